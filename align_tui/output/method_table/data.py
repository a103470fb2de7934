"""Gather a table of methods from runs: pure counts, before anybody formats them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes
from align_tui.core.stats.chance import odds_of
from align_tui.core.stats.macro import Mean
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets
from align_tui.core.types import Json
from align_tui.output.decision_json import target_words
from align_tui.output.method_table.questions import Cell, ChanceCell, Questions, add, merged
from align_tui.store.results import QuestionCount

BOTH = "both"
CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One row: a method on a model, steered in one direction (`high`, `low`, a value or `both`).

    `cells` has a rate for each attribute that the row was scored for, by the column's key; `mean`
    is the mean of them, each counted once, and None if nothing is scored.
    """

    method: str
    model: str
    direction: str
    cells: Mapping[str, Rate]
    mean: Mean | None = None


@dataclass(frozen=True, slots=True)
class MethodTable:
    """The rows, and the columns by key with their titles, in order of first mention.

    `over` says which decisions count: `all` scored ones or the `discriminating` ones. `chances`
    has the accuracy of a uniform random chooser by (direction, column), over the questions that
    any row counts there. `gaps` are sentences on decisions that are missing from the table.
    """

    columns: Mapping[str, str]
    rows: Sequence[MethodRow]
    over: str
    chances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    gaps: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """A run as the table reads it: its study, scored decisions, and (failed, open) by profile."""

    run: str
    study: Study
    counts: Sequence[QuestionCount]
    unfinished: Mapping[int, tuple[int, int]]


def table_of(runs: Iterable[ScoredRun], *, discriminating: bool = False) -> MethodTable:
    """The table of several runs; decisions of one method, model and target are pooled.

    Two profiles are the same method if they differ in name, target and model alone. A scenario that
    several runs decide is one question.
    """
    parts = list(runs)
    columns: dict[str, str] = {}
    cells: dict[tuple[str, str, str], dict[str, Cell]] = {}
    steered: set[tuple[str, str]] = set()
    by_chance: dict[tuple[str, str], ChanceCell] = {}
    labels = method_labels(profile for part in parts for profile in part.study.profiles)
    questions = Questions([part.study for part in parts])
    for number, part in enumerate(parts):
        targets = part.study.targets_by_id()
        for count in part.counts:
            aim = targets.get(count.target)
            if aim is None:
                continue
            column, title = column_of(aim, part.study.attributes)
            columns.setdefault(column, title)
            profile = part.study.profiles[count.profile]
            row = labels[method_key(profile)], profile.model_label, direction_of(aim)
            if profile.target:
                steered.add(row[:2])
            cell = cells.setdefault(row, {}).setdefault(column, {})
            if count.discriminating or not discriminating:
                question = questions.question(number, count.scenario)
                add(cell, question, count.times, count.right)
                odds = odds_of(part.study.scorer, part.study.scenarios[count.scenario], aim)
                place = by_chance.setdefault((direction_of(aim), column), ChanceCell(questions))
                place.add(question, odds, count.times)
    chances = {place: known for place, each in by_chance.items()
               if (known := each.mean()) is not None}  # fmt: skip
    return MethodTable(
        columns,
        _ordered(cells, questions, steered),
        "discriminating" if discriminating else "all",
        {place: chances[place] for place in sorted(chances, key=lambda at: _rank(at[0]))},
        tuple(gap for part in parts for gap in _gaps(part)),
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


def _ordered(
    cells: Mapping[tuple[str, str, str], Mapping[str, Cell]],
    questions: Questions,
    steered: Collection[tuple[str, str]],
) -> list[MethodRow]:
    """The rows by method and model, each with its directions; `both` pools high and low.

    A method that is not steered has no `both`: its high and its low are the same decisions, scored
    twice.
    """
    found: list[MethodRow] = []
    for method, model in dict.fromkeys((method, model) for method, model, _ in cells):
        own = {key[2]: of for key, of in cells.items() if key[:2] == (method, model)}
        rows = [(direction, own[direction]) for direction in sorted(own, key=_rank)]
        pair = [of for direction, of in rows if direction in ("high", "low")]
        if len(pair) == 2 and (method, model) in steered:
            both = {key: merged(pair[0][key], pair[1][key]) for key in pair[0] if key in pair[1]}
            if both:
                rows.append((BOTH, both))
        found += [
            MethodRow(
                method,
                model,
                direction,
                {column: questions.rate(cell) for column, cell in of.items()},
                questions.mean(list(of.values())),
            )
            for direction, of in rows
        ]
    return found


def _gaps(part: ScoredRun) -> Iterator[str]:
    for index, profile in enumerate(part.study.profiles):
        failed, still_open = part.unfinished.get(index, (0, 0))
        if failed or still_open:
            yield f"{part.run}, {profile.name}: {failed} failed, {still_open} open"
