"""Decide by predictions: an alignment function ranks the choices; the reasons become reasoning."""

from __future__ import annotations

import time
from collections.abc import Sequence

from align_tui.core.alignment.ranking import AlignmentFunction, History
from align_tui.core.alignment.reasons import in_words, reasons_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Response, Step
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets


def decide_by_predictions(
    function: AlignmentFunction,
    predictions: Predictions,
    targets: Targets,
    seed: int,
    *,
    relevance: Relevance | None = None,
    history: History | None = None,
    responses: Sequence[Response] = (),
    steps: Sequence[Step] = (),
    notes: Sequence[str] = (),
) -> Decision:
    """Rank the choices by `function` and take the first; the decision keeps all it was made of.

    `steps` are those before the ranking, which adds its own. The decision's reasoning is that of
    the ratings of the taken choice. Raises AlignmentError if the function cannot rank.
    """
    begun = time.monotonic()
    ranking = function(predictions, targets, relevance, history or {}, seed)
    retried = any(response.retried for response in responses)
    again = ("A reply was cut at max_tokens, so it was asked again with twice the limit.",)
    said = tuple(dict.fromkeys(note for each in responses for note in each.generation.notes))
    return Decision(
        answer=ChoiceAnswer(ranking.taken),
        reasoning=reasons_of(predictions, ranking, targets) or in_words(ranking, targets),
        responses=tuple(responses),
        notes=(*notes, *said, *(again if retried else ()), *ranking.notes),
        predictions=predictions,
        relevance=relevance,
        ranking=ranking,
        steps=(*steps, Step("rank", time.monotonic() - begun)),
    )
