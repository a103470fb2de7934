"""Predictions and ranking in a few words, for tables and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import letter
from align_tui.core.predictions import Predictions
from align_tui.output.decision_json import predictions_json, ranking_json
from align_tui.output.events import Event


def rating_words(predictions: Predictions | None, ranking: Ranking | None) -> str:
    """`moral_desert A .81, B .14; average_distance A .91, B .20`; empty if there is neither."""
    found = {"predictions": predictions_json(predictions), "ranking": ranking_json(ranking)}
    return event_rating_words(found)


def event_rating_words(event: Event) -> str:
    """The same for the event of a decision."""
    rows: Sequence[Mapping[str, Event]] = event.get("predictions") or ()
    means: dict[str, dict[int, float]] = {}
    for index, row in enumerate(rows):
        for name, one in row.items():
            means.setdefault(name, {})[index] = one["mean"]
    parts = [f"{name} {_by_choice(values)}" for name, values in means.items()]
    ranking = event.get("ranking")
    if ranking is not None:
        parts.append(f"{ranking['function']} {_by_choice(dict(enumerate(ranking['scores'])))}")
        if ranking["tie_break"] == "drawn":
            parts.append("drawn by the scores")
        elif len(ranking["best"]) > 1:
            parts.append(f"{', '.join(map(letter, ranking['best']))} tied")
    return "; ".join(parts)


def _by_choice(values: Mapping[int, float]) -> str:
    return ", ".join(f"{letter(index)} {_number(value)}" for index, value in values.items())


def _number(value: float) -> str:
    """`.62`, `-.62`, `1.00`."""
    text = f"{value:.2f}" if abs(value) < 1e5 else f"{value:.3g}"
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text
