"""Steering effects and the numbers beside an accuracy, as JSON."""

from __future__ import annotations

from typing import Any

from align_tui.core.columns import Column, column_chance
from align_tui.core.stats.spread import Bounds, Spread
from align_tui.core.steering import Steering
from align_tui.core.targets import target_id
from align_tui.monitor.effects import Effects
from align_tui.output.decision_json import targets_json
from align_tui.output.rate_json import mean_json

Object = dict[str, Any]


def beside_json(effects: Effects, column: int, target: str) -> Object:
    """The keys of a profile's score that stand beside its accuracy."""
    found = effects.numbers.get((column, target))
    chance = found.chance if found is not None else None
    aims = [each for each in effects.columns[column].under if target_id(each) == target]
    by_chance = {
        only: column_chance(effects.columns[column], aims[0], discriminating=only) if aims else None
        for only in (False, True)
    }
    return {
        "expected_accuracy": mean_json(found.expected) if found is not None else None,
        "chance": by_chance[False],
        "chance_discriminating": by_chance[True],
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
        "method": labels.method if labels is not None else "none",
        "p": found.p,
        "p_adjusted": found.adjusted,
        "p_exact": labels.test.exact if labels is not None else None,
        "flip_rate": mean_json(found.effect.flips),
    }
