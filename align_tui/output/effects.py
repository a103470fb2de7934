"""Steering effects and the numbers beside an accuracy: as JSON, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from align_tui.core.column_names import with_model
from align_tui.core.column_numbers import ColumnNumbers
from align_tui.core.columns import Column
from align_tui.core.stats.clusters import METHODS, ClusterMean
from align_tui.core.stats.spread import Bounds, Spread
from align_tui.core.steering import Opposed, Steering
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.effects import Effects
from align_tui.output.decision_json import target_words, targets_json
from align_tui.output.tables import point

Object = dict[str, Any]


def mean_json(found: ClusterMean | None) -> Object | None:
    """A mean over questions with its interval; null where there is none."""
    if found is None:
        return None
    return {
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "questions": found.questions,
        "clusters": found.clusters,
        "method": METHODS[found.method],
    }


def beside_json(effects: Effects, column: int, target: str) -> Object:
    """The keys of a profile's score that stand beside its accuracy."""
    found = effects.numbers.get((column, target))
    chance = found.chance if found is not None else None
    return {
        "expected_accuracy": mean_json(found.expected) if found is not None else None,
        "chance": chance.chance if chance is not None else None,
        "chance_p": chance.p if chance is not None else None,
        "chance_p_adjusted": effects.chance_adjusted.get((column, target)),
        "chance_exact": chance.exact if chance is not None else None,
        "bounds": _bounds_json(found.bounds) if found is not None else None,
        "spread": _spread_json(found.spread) if found is not None else None,
    }


def _bounds_json(found: Bounds | None) -> Object | None:
    if found is None:
        return None
    return {
        "failed": found.failed,
        "wrong": mean_json(found.wrong),
        "right": mean_json(found.right),
    }


def _spread_json(found: Spread | None) -> Object | None:
    if found is None:
        return None
    return {
        "repeats": found.repeats,
        "deviation": found.deviation,
        "low": found.low,
        "high": found.high,
    }


def effects_json(effects: Effects) -> list[Object]:
    """Each steering effect of a run's columns."""
    return [steering_json(each, effects.columns[each.low], effects.columns[each.high])
            for each in effects.steering]  # fmt: skip


def steering_json(found: Steering, low: Column, high: Column) -> Object:
    """One steering effect; `value` and what belongs to it is null where no question has labels."""
    labels = found.effect.labels
    return {
        "attribute": found.between.attribute,
        "high": {"profile": high.name, "targets": targets_json(high.targets)},
        "low": {"profile": low.name, "targets": targets_json(low.targets)},
        "value": labels.value if labels is not None else None,
        "lower": labels.low if labels is not None else None,
        "upper": labels.high if labels is not None else None,
        "questions": labels.questions if labels is not None else 0,
        "clusters": labels.clusters if labels is not None else 0,
        "method": METHODS[labels.method] if labels is not None else METHODS["none"],
        "p": found.p,
        "p_adjusted": found.adjusted,
        "p_exact": labels.test.exact if labels is not None else None,
        "flip_rate": mean_json(found.effect.flips),
    }


def effect_name(between: Opposed) -> str:
    """`steering effect moral_desert: high - low`, or with the targets' numbers."""
    ends = (between.high, between.low)
    aims = "high - low" if ends == (1.0, 0.0) else f"{ends[0]:g} - {ends[1]:g}"
    return f"steering effect {one_line(between.attribute, 60)}: {aims}"


def signed(value: float) -> str:
    """`+.24`, `-.07`, `.00`."""
    sign = "" if round(value, 2) == 0 else "+" if value > 0 else "-"
    return sign + point(abs(value))


def p_number(p: float | None) -> str:
    """Three digits, `< .001`, or a dash."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else "1.000" if p >= 0.9995 else f"{p:.3f}"[1:]


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


def beside_lines(effects: Effects) -> Iterator[str]:
    """A line for each column and target: what stands beside its accuracy."""
    for index, column in enumerate(effects.columns):
        for targets in column.under:
            found = effects.numbers[index, target_id(targets)]
            words = beside_words(found, effects.chance_adjusted.get((index, target_id(targets))))
            if words:
                name = one_line(with_model(column.name, column.model), 60)
                yield f"{name}, {one_line(target_words(targets), 60)}: {words}"


def beside_words(found: ColumnNumbers, adjusted: float | None = None) -> str:
    """`expected accuracy ...; better than chance .50: p = ...; ...`; empty without a number."""
    parts = []
    if found.expected is not None:
        parts.append(f"expected accuracy {mean_words(found.expected)}")
    if found.chance is not None:
        parts.append(chance_words(found, adjusted))
    if found.bounds is not None:
        parts.append(bounds_words(found.bounds))
    if found.spread is not None:
        parts.append(spread_words(found.spread))
    return "; ".join(parts)


def chance_words(found: ColumnNumbers, adjusted: float | None = None) -> str:
    """`better than chance .50: p = .035 (Holm p = .070)`."""
    if found.chance is None:
        return ""
    p = adjusted_words(found.chance.p, adjusted)
    return f"better than chance {point(found.chance.chance)}: {p}"


def bounds_words(found: Bounds) -> str:
    """`with 2 failed .50 (as wrong) to .67 (as right)`."""
    return (
        f"with {found.failed} failed {point(found.wrong.mean)} (as wrong) to "
        f"{point(found.right.mean)} (as right)"
    )


def spread_words(found: Spread) -> str:
    """`5 repeats .55 to .72, standard deviation .06`."""
    return (
        f"{counted(found.repeats, 'repeat')} {point(found.low)} to {point(found.high)}, "
        f"standard deviation {point(found.deviation)}"
    )
