"""What a merge does with each table. A new table is one line here; a test compares with the schema.

All columns of a table are copied, so a new column needs no line, except one of `runs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bodies:
    """A table of texts by their hash (`hash`, `body`): copied where a copied row names the hash."""

    table: str


@dataclass(frozen=True, slots=True)
class OfRun:
    """A table with a column `run`: both databases' rows together; of two with one key, ours stays.

    `same` are columns that must be equal in rows with one key: else the two are different runs.
    `whole` says that both must have the same rows. `joined` are columns whose values may differ:
    both are kept, joined. `told` are columns of which a difference is reported. With `only_new`,
    rows come only with a run that this database did not have. `bodies` names the table of texts
    that a column refers to.
    """

    table: str
    same: tuple[str, ...] = ()
    whole: bool = False
    joined: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    only_new: bool = False
    bodies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfSample:
    """A table with a column `sample`: its rows come with the sample's result."""

    table: str
    bodies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfResult:
    """A table with a column `seq` of a result, such as annotations: both databases' rows together.

    They come where both databases have the same decision. Of two rows for one result, ours stays.
    """

    table: str


@dataclass(frozen=True, slots=True)
class Own:
    """A table that has code of its own in store/merge_run.py or store/merge_samples.py."""

    table: str


@dataclass(frozen=True, slots=True)
class Left:
    """A table that is deliberately not copied, and why."""

    table: str
    why: str


Rule = Bodies | OfRun | OfSample | OfResult | Own | Left

RULES: tuple[Rule, ...] = (
    Bodies("scenarios"),
    Bodies("texts"),
    Bodies("example_sets"),
    Bodies("sources"),
    Bodies("models"),
    Own("runs"),
    OfRun("run_scenarios", same=("key", "hash"), whole=True, bodies={"hash": "scenarios"}),
    OfRun("run_profiles", same=("name", "hash"), whole=True, joined=("model",), told=("identity",)),
    OfRun("run_targets", same=("body",)),
    OfRun("run_example_sets", bodies={"hash": "example_sets"}),
    OfRun("run_sources", told=("hash",), bodies={"hash": "sources"}),
    OfRun("run_models", bodies={"hash": "models"}),
    OfRun("run_tags"),
    OfRun("run_notes", told=("body",)),
    OfRun("trash", only_new=True),
    Own("samples"),
    Own("results"),
    OfSample("scores"),
    OfSample("responses", {"prompt": "texts", "messages": "texts", "schema": "texts"}),
    OfSample("predictions"),
    OfSample("relevance"),
    OfSample("rankings"),
    OfSample("steps"),
    OfSample("examples", {"prompt": "texts"}),
    OfResult("bookmarks"),
    OfResult("verdicts"),
    Left("live", "It is the text of samples that are not decided yet."),
    Left("workers", "Their rows are of processes of the other machine; one that ended has none."),
    Left("suspects", "It counts how workers ended on the other machine, which says little here."),
    Left("results_fts", "A trigger of the table of results fills in the search index."),
    Left("_sqlite_migrations", "It says which migrations a file had."),
)

SAME_STUDY = ("repeat", "rule", "scored_only", "seed_rule", "attributes")
"""Columns of `runs` that must be equal where both databases have a run of one id."""
OWN_COLUMNS = (
    "id", "name", "created", "parent", "state", "priority", "is_demo", "versions", "notes", "day",
    "cluster", "margin", "resumed",
)  # fmt: skip
"""The other columns of `runs`; store/merge_run.py says what becomes of each."""
