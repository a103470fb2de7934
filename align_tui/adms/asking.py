"""Asking a model for a decision: one checked reply, its retry, and the choices' probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from align_tui.adms.base import Llm
from align_tui.config.profile import Reasoned
from align_tui.core.decisions import Message, ReasoningOrder, Response
from align_tui.core.errors import Truncated
from align_tui.core.replies import choice_start, decision_schema, read_reply
from align_tui.core.types import canonical

PLAIN = Reasoned()


async def ask(
    llm: Llm,
    messages: Sequence[Message],
    choices: Sequence[str],
    *,
    params: Reasoned = PLAIN,
    role: str = "positive",
    stream: int = 0,
) -> Response:
    """One reply, read and checked.

    A reply cut at max_tokens is asked for once more with twice the cap, and says so. Raises
    Truncated when that is cut too, ReplyError for a reply that is no decision.
    """
    order = params.reasoning
    schema = decision_schema(
        choices, order, params.max_reasoning_chars, params.given, params.goes_on
    )
    sampling = llm.sampling(stream)
    made = await llm.generate(messages, schema, sampling, stream=stream)
    retried = made.finish == "length"
    if retried:
        sampling = replace(sampling, max_tokens=2 * sampling.max_tokens)
        made = await llm.generate(messages, schema, sampling, stream=stream)
        if made.finish == "length":
            raise Truncated(
                f"The reply was cut at {sampling.max_tokens // 2} and at {sampling.max_tokens} "
                "tokens before it came to a decision",
                "Raise decoding.max_tokens, or lower adm.max_reasoning_chars.",
            )
    choice, reasoning = read_reply(made.text, choices, order)
    return Response(
        role=role,
        choice=choice,
        reasoning=reasoning,
        messages=tuple(messages),
        schema=schema,
        sampling=sampling,
        generation=made,
        retried=retried,
    )


async def probabilities(
    llm: Llm, response: Response, choices: Sequence[str], order: ReasoningOrder
) -> tuple[float, ...] | None:
    """Probabilities of the choices after the response's own reasoning: one scoring pass.

    Normalised over the choices, not calibrated. None when the reply has no choice to score.
    """
    start = choice_start(response.generation.text, order)
    if start is None:
        return None
    before = response.generation.text[:start]
    # Each with its closing quote, so that no choice is the beginning of another.
    replies = [before + canonical(choice)[1:] for choice in choices]
    return await llm.score(response.messages, replies)
