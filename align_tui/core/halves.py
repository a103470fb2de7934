"""The two decisions that a decision by both orders of the choices is the mean of, as JSON.

Replies, steps and examples are not in it: the decision has them, those of the given order first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from align_tui.core.alignment.ranking_json import ranking_from_json, ranking_to_json
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.both_orders import averaged
from align_tui.core.decisions import Decision, Response, ShownChoices
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.types import Json


def halves_to_json(decision: Decision) -> list[dict[str, Json]]:
    """The two halves as JSON; empty for a decision that is no mean."""
    return [_to_json(each) for each in decision.halves]


def _to_json(half: Decision) -> dict[str, Json]:
    ranking, relevance = half.ranking, half.relevance
    found: dict[str, Any] = {
        "choice": half.choice,
        "reasoning": half.reasoning,
        "replies": len(half.responses),
        "probabilities": list(half.probabilities) if half.probabilities else None,
        "votes": list(half.votes) if half.votes else None,
        "notes": list(half.notes),
        "shown": [[list(each.order), each.choice] for each in half.shown],
        "predictions": None,
        "relevance": None,
        "ranking": None,
    }
    if half.predictions is not None:
        found["predictions"] = [
            {name: [list(one.samples), list(one.reasons), one.rater] for name, one in row.items()}
            for row in half.predictions
        ]
    if relevance is not None:
        found["relevance"] = [[dict(row) for row in relevance.by_choice], relevance.rater]
    if ranking is not None:
        found["ranking"] = ranking_to_json(ranking)
    return found


def halves_from_json(body: Any, responses: Sequence[Response]) -> tuple[Decision, ...]:
    """Inverse of `halves_to_json`; `responses` are all replies of the decision.

    Raises ValueError, TypeError or LookupError for anything else.
    """
    if not body:
        return ()
    given, turned = body
    replies = int(given["replies"])
    if not 0 <= replies <= len(responses):
        raise ValueError("its halves have other replies than the decision")
    return _from_json(given, responses[:replies]), _from_json(turned, responses[replies:])


def _from_json(body: Mapping[str, Any], responses: Sequence[Response]) -> Decision:
    relevance, ranking = body["relevance"], body["ranking"]
    return Decision(
        ChoiceAnswer(int(body["choice"])),
        str(body["reasoning"]),
        probabilities=_numbers(body["probabilities"]),
        votes=_numbers(body["votes"]),
        responses=tuple(responses),
        notes=_texts(body["notes"]),
        predictions=_predictions(body["predictions"]),
        relevance=Relevance(
            tuple({str(name): float(one) for name, one in row.items()} for row in relevance[0]),
            str(relevance[1]),
        )
        if relevance is not None
        else None,
        ranking=ranking_from_json(ranking) if ranking is not None else None,
        shown=tuple(
            ShownChoices(tuple(int(index) for index in order), int(choice))
            for order, choice in body["shown"]
        ),
    )


def _numbers(values: Sequence[Any] | None) -> tuple[float, ...] | None:
    return tuple(float(each) for each in values) if values else None


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(each) for each in values)


def _predictions(rows: Sequence[Mapping[str, Any]] | None) -> Predictions | None:
    if rows is None:
        return None
    return tuple(
        {
            str(name): Prediction(_numbers(samples) or (), _texts(reasons), str(rater))
            for name, (samples, reasons, rater) in row.items()
        }
        for row in rows
    )


def averaged_anew(
    before: Decision, halves: Sequence[Decision], choices: int, seed: int
) -> Decision:
    """The decision `before` with other halves, averaged as in a run; `before` must have halves.

    It keeps the replies, steps and examples, and notes that are not of the average itself.
    """
    own = averaged(*_bare(before.halves), choices, seed).notes
    more = [note for note in before.notes if note not in own]
    given, turned = _bare(halves)
    made = averaged(given, turned, choices, seed)
    return replace(
        made,
        responses=before.responses,
        notes=tuple(dict.fromkeys((*made.notes, *more))),
        steps=before.steps,
        examples=before.examples,
    )


def _bare(halves: Sequence[Decision]) -> tuple[Decision, Decision]:
    given, turned = halves
    return replace(given, steps=(), examples=()), replace(turned, steps=(), examples=())
