"""Decide anew from the votes or the predictions of a stored decision; no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from align_tui.core.alignment.partial import LEFT_OUT, UNRANKED, rank_some, unranked
from align_tui.core.alignment.ranking import AlignmentFunction, History
from align_tui.core.alignment.reasons import in_words, reasons_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.choice_order import NEGATIVE, mapped_back
from align_tui.core.decisions import Decision, ShownChoices
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Relevance
from align_tui.core.targets import Targets
from align_tui.core.votes import vote_shares, winner

NEAR = 1e-9  # shares that other versions stored may differ in the last bits


def shares_of(
    decision: Decision, n_choices: int, *, only_positive: bool
) -> tuple[float, ...] | None:
    """The shares of the votes of a decision's responses; None if no response votes for a choice."""
    voted = [each for each in decision.responses if each.choice is not None]
    positive = [each.choice for each in voted if each.role != NEGATIVE and each.choice is not None]
    negative = [each.choice for each in voted if each.role == NEGATIVE and each.choice is not None]
    if not positive or not all(0 <= each < n_choices for each in (*positive, *negative)):
        return None
    return vote_shares(n_choices, positive, negative, only_positive=only_positive)


def is_by_votes(decision: Decision, n_choices: int, *, only_positive: bool) -> bool:
    """Do the decision's responses give its votes and its choice, by this rule of voting?"""
    shares = shares_of(decision, n_choices, only_positive=only_positive)
    if shares is None or winner(shares) != decision.choice:
        return False
    stored = decision.votes
    if stored is None:
        return len([each for each in decision.responses if each.choice is not None]) == 1
    return len(stored) == len(shares) and all(
        abs(one - other) <= NEAR for one, other in zip(stored, shares, strict=True)
    )


def revoted(decision: Decision, n_choices: int, *, only_positive: bool) -> Decision:
    """The decision by the same votes and another rule of voting (`is_by_votes` must hold).

    Its reasoning is that of the first positive response that chose the winner, as in a new run.
    """
    shares = shares_of(decision, n_choices, only_positive=only_positive)
    if shares is None:
        return decision
    choice = winner(shares)
    positive = [
        each for each in decision.responses if each.role != NEGATIVE and each.choice is not None
    ]
    shown = next((each for each in positive if each.choice == choice), positive[0])
    return replace(
        decision,
        answer=ChoiceAnswer(choice),
        reasoning=shown.reasoning,
        votes=shares if decision.votes is not None else None,
    )


def as_shown(decision: Decision, order: Sequence[int] | None) -> Decision:
    """The decision on the choices in the order in which they were shown; None: their own."""
    if order is None:
        return decision
    places = {index: place for place, index in enumerate(order)}
    return mapped_back(decision, [places[index] for index in range(len(order))])


def in_own_order(
    made: Decision, before: Decision, order: Sequence[int] | None, *, alone: bool
) -> Decision:
    """Inverse of `as_shown` for what was made of `before`.

    `alone`: the choices were shown in one order only, so what was taken in it is the new choice.
    """
    if order is None:
        return made
    found = mapped_back(made, order)
    shown = before.shown
    if alone and found.choice is not None:
        shown = (ShownChoices(tuple(order), found.choice),)
    return replace(found, responses=before.responses, shown=shown)


def is_by_ranking(decision: Decision) -> bool:
    """Did an alignment function rank the decision's predictions, and is its answer the result?"""
    return (
        decision.predictions is not None
        and decision.ranking is not None
        and decision.ranking.taken == decision.choice
    )


def reranked(
    decision: Decision,
    function: AlignmentFunction,
    name: str,
    targets: Targets,
    kept: tuple[int, ...],
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    by: str = "ratings",
) -> Decision:
    """The decision that the alignment function `name` makes of the stored predictions.

    `kept` are the choices (indices from 0) that it ranks; none of them means that none is rated.
    `by` says in a word what it ranks. Raises AlignmentError if the function cannot rank them.
    """
    predictions, before = decision.predictions, decision.ranking
    if predictions is None or before is None:
        raise AlignmentError("The decision has no stored predictions, so it cannot be ranked anew")
    if any(not 0 <= index < len(predictions) for index in kept):
        raise AlignmentError("The decision's predictions are not those of the scenario's choices")
    ranking = (
        rank_some(
            function, predictions, list(kept), targets, seed, relevance=relevance, history=history
        )
        if kept
        else unranked(name, len(predictions))
    )
    told = reasons_of(predictions, ranking, targets)
    same = (ranking.taken, ranking.sample) == (before.taken, before.sample)
    if told and same:
        told = decision.reasoning or told  # it may tell more than the ratings do
    gone = set(before.notes)
    notes = [
        each
        for each in decision.notes
        if each not in gone and each != UNRANKED and not each.endswith(f"{LEFT_OUT}.")
    ]
    return replace(
        decision,
        answer=ChoiceAnswer(ranking.taken),
        reasoning=told or in_words(ranking, targets, by),
        notes=(*notes, *ranking.notes),
        relevance=relevance,
        ranking=ranking,
    )
