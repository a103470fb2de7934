"""The appendix's means over attributes: one for each decision-maker and direction."""

from __future__ import annotations

from align_tui.core.columns import Column
from align_tui.core.stats.clusters import Asked
from align_tui.core.stats.macro import macro_mean
from align_tui.core.steering import method_of
from align_tui.core.targets import Targets, target_id
from align_tui.output.numbers import point
from align_tui.output.report.blocks import Block, Grid
from align_tui.output.report.sections.gathered import Gathered

HOW = (
    "Each row is the mean of a decision-maker's accuracies for several attributes, each counted "
    "once, with its 95 % interval. Scenarios that have labels of two attributes make these "
    "accuracies dependent, and the interval allows for it."
)


def means_over_attributes(gathered: Gathered) -> Block | None:
    """One row for each decision-maker of a run that is scored for two attributes or more."""
    groups: dict[tuple[object, ...], dict[str, list[Asked]]] = {}
    names: dict[tuple[object, ...], str] = {}
    for index, column in enumerate(gathered.effects.columns):
        for targets in column.under:
            numbers = gathered.effects.numbers[index, target_id(targets)]
            place = _place(column, targets)
            if numbers.rate.scored and place is not None:
                groups.setdefault(place, {})[targets[0].attribute] = list(numbers.asked)
                names.setdefault(place, f"{_method(column)}, {_direction(targets)}")
    rows = []
    for place, group in groups.items():
        found = macro_mean(list(group.values()))
        if len(group) > 1 and found is not None:
            mean = f"{point(found.accuracy)} [{point(found.low)}, {point(found.high)}]"
            rows.append((names[place], ", ".join(group).replace("_", " "), mean))
    if not rows:
        return None
    grid = Grid(("decision-maker", "attributes", "mean accuracy"), tuple(rows))
    return Block("Means over attributes", (HOW,), (grid,), uses=("macro",))


def _place(column: Column, targets: Targets) -> tuple[object, ...] | None:
    """Equal for one decision-maker of one run, steered in one direction; None for several."""
    if len(targets) != 1:
        return None
    return column.run, method_of(column), bool(column.targets), _direction(targets)


def _direction(targets: Targets) -> str:
    number = targets[0].number
    if number is None:
        return "distributions"
    return {1.0: "high", 0.0: "low"}.get(number, f"at {number:g}")


def _method(column: Column) -> str:
    kind = column.settings.get("adm.kind", column.name)
    return f"{kind} · {column.model}" if column.model else kind
