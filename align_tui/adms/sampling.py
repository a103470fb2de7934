"""Ask for several replies to one scenario together, and let them vote."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from align_tui.adms.ask import ask
from align_tui.adms.base import Llm
from align_tui.config.adm_params import Reasoned
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.choice_order import NEGATIVE
from align_tui.core.decisions import Decision, Message, Response
from align_tui.core.replies import PLAIN, ReplyForm
from align_tui.core.scenarios import Scenario
from align_tui.core.votes import vote_shares, winner


async def decide_by_votes(
    llm: Llm,
    scenario: Scenario,
    params: Reasoned,
    asked: Sequence[tuple[str, Sequence[Message]]],
    *,
    only_positive: bool = False,
    form: ReplyForm = PLAIN,
    orders: Sequence[Sequence[int]] = (),
) -> Decision:
    """Ask all of `asked`, each (role, messages), at once and decide by the votes of the replies.

    A reply of the role `negative` votes against its choice; all others count as positive. `orders`
    has the order in which each of them shows the choices; empty for the scenario's own.

    The decision's reasoning is that of the first positive response that chose the winner. Its
    probabilities are the mean over the positive responses.
    """
    choices = scenario.choice_texts
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                ask(
                    llm,
                    messages,
                    choices,
                    params=params,
                    role=role,
                    stream=stream,
                    scored=params.probabilities and role != NEGATIVE,
                    form=form,
                    order=orders[stream] if orders else None,
                )
            )
            for stream, (role, messages) in enumerate(asked)
        ]
    responses = [task.result() for task in tasks]
    positive = [r for r in responses if r.role != NEGATIVE]
    shares = vote_shares(
        len(choices),
        [r.choice for r in positive if r.choice is not None],
        [r.choice for r in responses if r.role == NEGATIVE and r.choice is not None],
        only_positive=only_positive,
    )
    choice = winner(shares)
    shown = next((r for r in positive if r.choice == choice), positive[0])
    mean = _mean_probabilities(positive)
    return Decision(
        answer=ChoiceAnswer(choice),
        reasoning=shown.reasoning,
        probabilities=mean,
        votes=shares if len(responses) > 1 else None,
        responses=tuple(responses),
        notes=tuple(_notes(responses, mean, choice)),
    )


def _mean_probabilities(responses: Sequence[Response]) -> tuple[float, ...] | None:
    known = [each.probabilities for each in responses if each.probabilities is not None]
    if not known:
        return None
    return tuple(sum(column) / len(known) for column in zip(*known, strict=True))


def _notes(responses: Sequence[Response], mean: tuple[float, ...] | None, choice: int) -> list[str]:
    notes = list(dict.fromkeys(note for r in responses for note in r.generation.notes))
    if any(response.retried for response in responses):
        notes.append("A reply was cut at max_tokens, so it was asked again with twice the limit.")
    greedy = len(responses) == 1 and responses[0].sampling.temperature == 0
    if greedy and mean is not None and max(mean) > mean[choice]:
        notes.append("The scored probabilities favour another choice than the reply names.")
    return notes
