"""Gather a table of methods from runs: pure counts, before anybody formats them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes
from align_tui.core.stats.macro import Mean, mean_of
from align_tui.core.stats.rates import Rate, chance, make_rate
from align_tui.core.targets import Targets
from align_tui.core.types import Json
from align_tui.output.decision_json import target_words
from align_tui.store.results import Tally

BOTH = "both"
CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One row: a method on a model, steered in one direction (`high`, `low`, a value or `both`).

    `cells` has a rate for each attribute that the row was scored for, by the column's key.
    """

    method: str
    model: str
    direction: str
    cells: Mapping[str, Rate]

    @property
    def mean(self) -> Mean | None:
        """The mean of its cells, each counted once; None if nothing is scored."""
        return mean_of(list(self.cells.values()))


@dataclass(frozen=True, slots=True)
class MethodTable:
    """The rows, and the columns by key with their titles, in order of first mention.

    `over` says which decisions count: `all` scored ones or the `discriminating` ones. `chances`
    has the accuracy of a uniform random chooser by (direction, column). `gaps` are sentences on
    decisions that are missing from the table.
    """

    columns: Mapping[str, str]
    rows: Sequence[MethodRow]
    over: str
    chances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    gaps: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A run as the table reads it: its study, its tallies, and (failed, open) by profile."""

    run: str
    study: Study
    tallies: Sequence[Tally]
    unfinished: Mapping[int, tuple[int, int]]


def table_of(runs: Iterable[ScoredRun], *, discriminating: bool = False) -> MethodTable:
    """The table of several runs; decisions of one method, model and target are pooled.

    Two profiles are the same method if they differ in name, target and model alone.
    """
    parts = list(runs)
    columns: dict[str, str] = {}
    counts: dict[tuple[str, str, str], dict[str, list[int]]] = {}
    seen: dict[tuple[str, str, str], set[str]] = {}
    steered: set[tuple[str, str]] = set()
    chances: dict[tuple[str, str], float] = {}
    labels = method_labels(profile for part in parts for profile in part.study.profiles)
    for part in parts:
        targets = part.study.targets_by_id()
        for tally in part.tallies:
            aim = targets.get(tally.target)
            if aim is None:
                continue
            column, title = column_of(aim, part.study.attributes)
            columns.setdefault(column, title)
            profile = part.study.profiles[tally.profile]
            row = labels[method_key(profile)], profile.model_label, direction_of(aim)
            seen.setdefault(row, set()).add(part.run)
            if profile.target:
                steered.add(row[:2])
            rate = tally.discriminating if discriminating else tally.all
            cell = counts.setdefault(row, {}).setdefault(column, [0, 0])
            cell[0] += rate.correct
            cell[1] += rate.scored
            place = direction_of(aim), column
            if place not in chances:
                found = chance(
                    part.study.scenarios, aim, part.study.scorer, discriminating=discriminating
                )
                if found is not None:
                    chances[place] = found
    rows = [
        MethodRow(*key, {column: make_rate(*cell) for column, cell in cells.items()})
        for key, cells in counts.items()
    ]
    return MethodTable(
        columns,
        _ordered(rows, steered),
        "discriminating" if discriminating else "all",
        {place: chances[place] for place in sorted(chances, key=lambda at: _rank(at[0]))},
        (*(gap for part in parts for gap in _gaps(part)), *map(_pooled, _several(seen))),
    )


def _several(seen: Mapping[tuple[str, str, str], set[str]]) -> list[str]:
    """The rows that have decisions of more than one run, in words."""
    return [", ".join(filter(None, row)) for row, runs in seen.items() if len(runs) > 1]


def _pooled(row: str) -> str:
    return (
        f"{row}: pooled over several runs. If they decide the same scenarios, its intervals are "
        "too narrow, since they count every decision as independent"
    )


def _rank(direction: str) -> tuple[int, str]:
    """High before low, and both before any other direction."""
    return {"high": 0, "low": 1}.get(direction, 2), direction


def column_of(targets: Targets, attributes: Attributes | None) -> tuple[str, str]:
    """(key, title) of the column: the attribute's name, or the targets in words if several."""
    key = "+".join(target.attribute for target in targets)
    names = []
    for target in targets:
        known = attributes.get(target.attribute) if attributes is not None else None
        names.append(known.name if known is not None else target.attribute)
    return key, " + ".join(names)


def direction_of(targets: Targets) -> str:
    """`high` (all targets at 1), `low` (all at 0), or the targets' values in words."""
    numbers = {target.value for target in targets if isinstance(target.value, float)}
    if len(numbers) == 1 and all(isinstance(target.value, float) for target in targets):
        value = numbers.pop()
        return {1.0: "high", 0.0: "low"}.get(value, f"{value:g}")
    return target_words(targets)


def method_key(profile: Profile) -> str:
    """Equal for two profiles that differ in name, target and model alone."""
    bare = profile.model_copy(update={"targets": (), "backbone": type(profile.backbone)()})
    return bare.hash


def method_labels(profiles: Iterable[Profile]) -> dict[str, str]:
    """A unique label for each method: its kind, and what sets it apart from others of the kind."""
    first: dict[str, Profile] = {}
    for profile in profiles:
        first.setdefault(method_key(profile), profile)
    by_kind: dict[str, list[str]] = {}
    for key, profile in first.items():
        by_kind.setdefault(profile.adm.kind, []).append(key)
    labels: dict[str, str] = {}
    for kind, keys in by_kind.items():
        settings = [dict(_settings(first[key])) for key in keys]
        for key, name in zip(keys, _apart(settings), strict=True):
            labels[key] = f"{kind} ({name})" if name else kind
    return labels


def _apart(settings: Sequence[Mapping[str, str]]) -> list[str]:
    """What sets each of these methods apart: a table that others lack, and keys that differ."""
    tables = {name.partition(".")[0] for each in settings for name in each if "." in name}
    lacking = {t for t in tables if not all(any(_in(t, n) for n in each) for each in settings)}
    names = [
        name
        for name in dict.fromkeys(name for each in settings for name in each)
        if len({each.get(name) for each in settings if name in each}) > 1
        or (not any(_in(table, name) for table in lacking) and not all(name in e for e in settings))
    ]
    found = []
    for each in settings:
        parts = [f"with {t}" for t in sorted(lacking) if any(_in(t, name) for name in each)]
        parts += [f"{name} {each[name]}" for name in names if name in each]
        found.append(", ".join(parts))
    return found


def _in(table: str, name: str) -> bool:
    return name.startswith(f"{table}.")


def _settings(profile: Profile) -> Iterator[tuple[str, str]]:
    """Every setting of a method as (dotted name, value), without name, target and model."""
    body = profile.body()
    for table in (
        "order",
        "adm",
        "alignment",
        "decoding",
        "prompt",
        "examples",
        "models",
        "relevance",
    ):
        yield from _flat(table, body.get(table))


def _flat(name: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(f"{name}.{key}", each)
    elif value is not None:
        text = str(value)
        short = text if len(text) <= 24 else f"{text[:23]}…"
        yield name.removeprefix("adm."), short


def _ordered(rows: Sequence[MethodRow], steered: Collection[tuple[str, str]]) -> list[MethodRow]:
    """The rows by method and model, each with its directions; `both` pools high and low.

    A method that is not steered has no `both`: its high and its low are the same decisions, scored
    twice.
    """
    found: list[MethodRow] = []
    for method, model in dict.fromkeys((row.method, row.model) for row in rows):
        own = [row for row in rows if (row.method, row.model) == (method, model)]
        own.sort(key=lambda row: _rank(row.direction))
        found += own
        pair = [row for row in own if row.direction in ("high", "low")]
        if len(pair) == 2 and (method, model) in steered:
            cells = {
                key: make_rate(
                    sum(row.cells[key].correct for row in pair),
                    sum(row.cells[key].scored for row in pair),
                )
                for key in pair[0].cells
                if key in pair[1].cells
            }
            if cells:
                found.append(MethodRow(method, model, BOTH, cells))
    return found


def _gaps(part: ScoredRun) -> Iterator[str]:
    for index, profile in enumerate(part.study.profiles):
        failed, still_open = part.unfinished.get(index, (0, 0))
        if failed or still_open:
            yield f"{part.run}, {profile.name}: {failed} failed, {still_open} open"
