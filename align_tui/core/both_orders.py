"""Average the two decisions on one scenario in the given and the reversed order.

What decides is averaged for each choice: the scores of the rankings, else the shares of the votes,
else the probabilities. A decision-maker that has none of them has one vote in each order. A tie is
broken by the sample's seed, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from align_tui.core.alignment.ranking import Ranking, draw_one, take_one, tied_best
from align_tui.core.answers import ChoiceAnswer, letter
from align_tui.core.choice_order import given_order
from align_tui.core.decisions import Decision, Response, ShownChoices, Step
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.types import derive_seed

NEITHER = "Neither order of the choices gave this choice; it is the best by the mean of the two."


def averaged(given: Decision, turned: Decision, choices: int, seed: int) -> Decision:
    """One decision of the two; `turned` is mapped back to the scenario's order already.

    Both must have a choice for an answer. Replies, examples and steps of both are kept, and the two
    themselves (`halves`), so that votes and rankings can be made anew.
    """
    tie = derive_seed(seed, "order of choices", "tie")
    first, second = given.choice, turned.choice
    assert first is not None and second is not None
    ranking = _ranking(given.ranking, turned.ranking, tie)
    probabilities = _mean(given.probabilities, turned.probabilities)
    votes = _mean(given.votes, turned.votes)
    notes: list[str] = []
    if ranking is not None:
        choice, tied = ranking.taken, ranking.tie_break == "seed"
    else:
        decides = votes or probabilities
        if decides is None:
            votes = decides = tuple(
                (float(index == first) + float(index == second)) / 2 for index in range(choices)
            )
        best = tied_best(decides)
        choice, tied = take_one(best, tie)[0], len(best) > 1
    if first != second:
        notes.append(
            f"The given order of the choices gave {letter(first)}, the reversed order "
            f"{letter(second)}."
        )
    if tied:
        notes.append("The two orders of the choices tie, and the seed drew this choice.")
    own = next((each for each in (given, turned) if each.choice == choice), None)
    given = replace(given, responses=_in_order(given, choices))
    return Decision(
        answer=ChoiceAnswer(choice),
        reasoning=own.reasoning if own is not None else NEITHER,
        probabilities=probabilities,
        votes=votes,
        responses=(*given.responses, *turned.responses),
        notes=tuple(dict.fromkeys((*given.notes, *turned.notes, *notes))),
        predictions=_predictions(given.predictions, turned.predictions),
        relevance=_relevance(given.relevance, turned.relevance),
        ranking=_with_sample(ranking, given, turned),
        steps=(*_named(given.steps, "given order"), *_named(turned.steps, "reversed order")),
        examples=tuple(dict.fromkeys((*given.examples, *turned.examples))),
        shown=(*(given.shown or (ShownChoices(given_order(choices), first),)), *turned.shown),
        halves=(given, turned),
    )


def _in_order(given: Decision, choices: int) -> tuple[Response, ...]:
    order = given_order(choices)
    return tuple(replace(each, order=each.order or order) for each in given.responses)


def _mean(one: Sequence[float] | None, other: Sequence[float] | None) -> tuple[float, ...] | None:
    """The mean for each choice; what only one of them has is left out."""
    if one is None or other is None:
        return None
    return tuple((a + b) / 2 for a, b in zip(one, other, strict=True))


def _ranking(one: Ranking | None, other: Ranking | None, seed: int) -> Ranking | None:
    """The ranking by the mean scores; None if the two do not rank by one measure."""
    if one is None or other is None:
        return None
    if (one.function, one.measure) != (other.function, other.measure):
        return None
    scores = _mean(one.scores, other.scores)
    assert scores is not None
    best = tied_best(scores)
    if "drawn" in (one.tie_break, other.tie_break):
        taken, why = draw_one(scores, seed)
    elif one.taken == other.taken and one.taken in best:
        taken, why = one.taken, one.tie_break
    else:
        taken, why = take_one(best, seed)
    if taken not in best:
        best = tuple(sorted((*best, taken))) if why != "drawn" else best
    return replace(
        one,
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why if len(best) > 1 or why == "drawn" else "none",
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
        sample=None,
        details={"given order": dict(one.details), "reversed order": dict(other.details)},
    )


def _with_sample(ranking: Ranking | None, given: Decision, turned: Decision) -> Ranking | None:
    """The ranking with the sample that fits best, counted among the samples of both orders."""
    if ranking is None:
        return None
    for decision, before in ((given, 0), (turned, _samples(given.predictions, ranking.taken))):
        own = decision.ranking
        if own is not None and own.taken == ranking.taken and own.sample is not None:
            return replace(ranking, sample=before + own.sample)
    return ranking


def _samples(predictions: Predictions | None, choice: int) -> int:
    """The number of samples of a choice's predictions; the most, if attributes differ."""
    rated = predictions[choice].values() if predictions else ()
    return max((len(each.samples) for each in rated), default=0)


def _predictions(one: Predictions | None, other: Predictions | None) -> Predictions | None:
    """The samples of both, so that their mean is the mean over the two orders."""
    if one is None or other is None:
        return one if other is None else other
    return tuple(_merged(a, b) for a, b in zip(one, other, strict=True))


def _merged(
    one: Mapping[str, Prediction], other: Mapping[str, Prediction]
) -> dict[str, Prediction]:
    found = {**other, **one}
    for name in one.keys() & other.keys():
        a, b = one[name], other[name]
        reasons = (*a.reasons, *b.reasons) if a.reasons and b.reasons else ()
        found[name] = Prediction((*a.samples, *b.samples), reasons, a.rater)
    return found


def _relevance(one: Relevance | None, other: Relevance | None) -> Relevance | None:
    """The mean relevance for each choice and attribute."""
    if one is None or other is None:
        return one if other is None else other
    by_choice = tuple(
        {
            name: (a.get(name, b.get(name, 0.0)) + b.get(name, a.get(name, 0.0))) / 2
            for name in a | b
        }
        for a, b in zip(map(dict, one.by_choice), map(dict, other.by_choice), strict=True)
    )
    return Relevance(by_choice, one.rater)


def _named(steps: Sequence[Step], order: str) -> tuple[Step, ...]:
    return tuple(replace(step, name=f"{step.name} ({order})") for step in steps)
