"""Steering effects and the numbers beside an accuracy, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from align_tui.core.column_names import with_model
from align_tui.core.stats.clusters import ClusterMean
from align_tui.core.stats.spread import Bounds, Spread
from align_tui.core.steering import Opposed, Steering
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.effects import Effects
from align_tui.output.decision_json import target_words
from align_tui.output.numbers import p_number, point, signed
from align_tui.output.tables import quiet_table


def effect_name(between: Opposed) -> str:
    """`steering effect moral_desert: high - low`, or with the targets' numbers."""
    ends = (between.high, between.low)
    aims = "high - low" if ends == (1.0, 0.0) else f"{ends[0]:g} - {ends[1]:g}"
    return f"steering effect {one_line(between.attribute, 60)}: {aims}"


def adjusted_words(p: float, adjusted: float | None = None) -> str:
    """`p = .035`, with `, Holm .070` behind it where it was adjusted for other tests."""
    said = p_number(p)
    sign = "" if said.startswith("<") else "= "
    more = f", Holm {p_number(adjusted)}" if adjusted is not None and adjusted != p else ""
    return f"p {sign}{said}{more}"


def effect_words(found: Steering) -> str:
    """`+.42 [+.10, +.66], p = .012; flips .50 [.29, .71]`."""
    labels, flips = found.effect.labels, found.effect.flips
    parts = ["no question has labels"]
    if labels is not None:
        ends = f"[{signed(labels.low)}, {signed(labels.high)}]"
        p = adjusted_words(labels.test.p, found.adjusted)
        parts = [f"{signed(labels.value)} {ends}, {p}"]
    if flips is not None:
        parts.append(f"flips {mean_words(flips)}")
    return "; ".join(parts)


def mean_words(found: ClusterMean | None) -> str:
    """`.50 [.29, .71]`, or a dash."""
    if found is None:
        return "–"
    return f"{point(found.mean)} [{point(found.low)}, {point(found.high)}]"


def effect_lines(effects: Effects) -> Iterator[str]:
    """A line for each steering effect."""
    for each in effects.steering:
        low, high = effects.columns[each.low], effects.columns[each.high]
        names = " - ".join(one_line(with_model(of.name, of.model), 60) for of in (high, low))
        labels = each.effect.labels
        size = (
            f" ({counted(labels.questions, 'question')}, {counted(labels.clusters, 'cluster')})"
            if labels is not None
            else ""
        )
        yield f"{effect_name(each.between)} ({names}): {effect_words(each)}{size}"


def beside_table(effects: Effects) -> Table | None:
    """A row for each column and target: what stands beside its accuracy; None without a row."""
    table = quiet_table("profile", "target", "expected", "p", "Holm", "failed", "repeats")
    for index, column in enumerate(effects.columns):
        for targets in column.under:
            place = index, target_id(targets)
            found = effects.numbers[place]
            if found.rate.scored or found.bounds is not None:
                table.add_row(
                    Text(one_line(column.name, 60)),
                    Text(one_line(target_words(targets), 60)),
                    mean_words(found.expected),
                    p_number(found.chance.p if found.chance is not None else None),
                    p_number(effects.chance_adjusted.get(place)),
                    bounds_words(found.bounds),
                    spread_words(found.spread),
                )
    return table if table.row_count else None


BESIDE = (
    "expected: the accuracy from probabilities. p: against a uniform chooser. failed: the accuracy "
    "if failed samples were wrong, and if right. repeats: their range and standard deviation."
)


def bounds_words(found: Bounds | None) -> str:
    """`2: .50 to .67`, the accuracy with 2 failures as wrong and as right; or a dash."""
    if found is None:
        return "–"
    return f"{found.failed}: {point(found.wrong.mean)} to {point(found.right.mean)}"


def spread_words(found: Spread | None) -> str:
    """`.55 to .72 (.06)`: the range over repeats, and the standard deviation; or a dash."""
    if found is None:
        return "–"
    return f"{point(found.low)} to {point(found.high)} ({point(found.deviation)})"
