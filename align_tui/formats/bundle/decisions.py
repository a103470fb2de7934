"""The decision of a sample of a bundle, as a value of core."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import GREEDY, Decision, Generation, Response, ShownChoices
from align_tui.core.errors import BundleError
from align_tui.core.halves import halves_from_json
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.text.error_text import error_text
from align_tui.formats.bundle import parts as p

_UNREAD = Generation("", "", 0, 0, "stop", 0.0, 0.0)


def decision_of(each: p.SamplePart) -> Decision | None:
    """The decision of a sample, with the votes of its replies; None if it has none."""
    result = each.result
    if result is None or result.error_kind is not None:
        return None
    responses = tuple(
        Response(
            one.role,
            one.choice,
            one.reasoning,
            (),
            {},
            GREEDY,
            _UNREAD,
            order=tuple(one.order) if one.order is not None else None,
        )
        for one in each.responses
    )
    return Decision(
        ChoiceAnswer(result.choice)
        if result.choice is not None
        else TextAnswer(result.choice_text),
        result.reasoning,
        probabilities=tuple(result.probabilities) if result.probabilities else None,
        votes=tuple(result.votes) if result.votes else None,
        responses=responses,
        notes=tuple(result.notes),
        shown=tuple(ShownChoices(tuple(one.order), one.choice) for one in result.shown),
        halves=halves_of(result, responses),
        predictions=tuple(
            {
                name: Prediction(tuple(one.samples), tuple(one.reasons), one.rater)
                for name, one in row.items()
            }
            for row in each.predictions
        )
        if each.predictions is not None
        else None,
        relevance=Relevance(tuple(each.relevance.by_choice), each.relevance.rater)
        if each.relevance is not None
        else None,
    )


def halves_of(result: p.ResultPart, responses: Sequence[Response]) -> tuple[Decision, ...]:
    """The two decisions that the result is the mean of; raises BundleError for other content."""
    try:
        return halves_from_json(result.halves, responses)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BundleError(f"halves cannot be read: {error_text(error)}") from error
