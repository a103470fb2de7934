"""Asking a model for a decision: one checked reply, its retry, and the choices' probabilities."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from align_tui.adms.base import Llm
from align_tui.config.adm_params import Reasoned
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Response, Sampling
from align_tui.core.errors import ReplyError, Truncated
from align_tui.core.replies import choice_start, decision_schema, read_reply, split_thinking
from align_tui.core.types import JsonObject, canonical

PLAIN = Reasoned()
UNSCORED_THINKING = (
    "The choices have no probabilities: the model could not be asked for them behind its thinking."
)


async def ask(
    llm: Llm,
    messages: Sequence[Message],
    choices: Sequence[str],
    *,
    params: Reasoned = PLAIN,
    role: str = "positive",
    stream: int = 0,
    scored: bool = False,
) -> Response:
    """One reply, read and checked.

    With `scored`, the probabilities of the choices after its own reasoning come from one scoring
    pass, and so does the choice where the model lets it be drawn there. A reply cut at max_tokens
    is asked for once more with twice the cap, and says so. Raises Truncated when that is cut too,
    ReplyError for a reply that is no decision.
    """
    question = _Question(llm, tuple(messages), tuple(choices), params, stream)
    schema = question.schema(choices)
    sampling = llm.sampling(stream)
    made, sampling, retried = await question.write(schema, sampling, to_choice=scored)
    chances: ChoiceProbabilities | None = None
    if made.finish == "choice":
        made, sampling, chances, again = await question.conclude(made, sampling)
        retried = retried or again
    choice, reasoning = read_reply(made.text, choices, params.reasoning)
    if scored and chances is None:
        chances = await question.score(made.text, sampling)
        if chances is None and split_thinking(made.text)[0]:
            made = replace(made, notes=(*made.notes, UNSCORED_THINKING))
    return Response(
        role=role,
        choice=choice,
        reasoning=reasoning,
        messages=question.messages,
        schema=schema,
        sampling=sampling,
        generation=made,
        retried=retried,
        probabilities=chances.probabilities if chances is not None else None,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    llm: Llm
    messages: tuple[Message, ...]
    choices: tuple[str, ...]
    params: Reasoned
    stream: int

    def schema(self, choices: Sequence[str]) -> JsonObject:
        """The schema of a reply that takes one of these."""
        p = self.params
        return decision_schema(choices, p.reasoning, p.max_reasoning_chars, p.given, p.goes_on)

    async def write(
        self, schema: JsonObject, sampling: Sampling, *, to_choice: bool = False
    ) -> tuple[Generation, Sampling, bool]:
        """A reply, the sampling that it was made with, and whether that was the second attempt."""

        async def once(sampling: Sampling) -> Generation:
            return await self.llm.generate(
                self.messages, schema, sampling, stream=self.stream, to_choice=to_choice
            )

        made = await once(sampling)
        if made.finish != "length":
            return made, sampling, False
        more = replace(sampling, max_tokens=2 * sampling.max_tokens)
        made = await once(more)
        if made.finish == "length":
            raise Truncated(
                f"The reply was cut at {sampling.max_tokens} and at {more.max_tokens} "
                "tokens before it came to a decision",
                "Raise decoding.max_tokens, or lower adm.max_reasoning_chars.",
            )
        return made, more, True

    async def score(self, text: str, sampling: Sampling) -> ChoiceProbabilities | None:
        """Probabilities of the choices after the text before them: one scoring pass.

        None when the reply has no choice to score, or the model does not tell.
        """
        start = choice_start(text, self.params.reasoning)
        if start is None:
            return None
        # Each with its closing quote, so that no choice is the beginning of another.
        replies = [text[:start] + canonical(choice)[1:] for choice in self.choices]
        return await self.llm.score(self.messages, replies, sampling)

    async def conclude(
        self, begun: Generation, sampling: Sampling
    ) -> tuple[Generation, Sampling, ChoiceProbabilities, bool]:
        """A reply that ends where its choice begins, with the choice that scoring draws.

        Reasoning that comes after the choice is then asked for under a schema that has this one.
        """
        since = time.monotonic()
        chances = await self.score(begun.text, sampling)
        if chances is None or chances.drawn is None:
            raise ReplyError("The reply ends before its choice, and the model draws none")
        chosen = self.choices[chances.drawn]
        took = time.monotonic() - since
        if self.params.reasoning == "after":
            made, sampling, again = await self.write(self.schema([chosen]), sampling)
            first = begun.total_s + took + made.first_token_s
            made = replace(made, first_token_s=first, total_s=begun.total_s + took + made.total_s)
            return made, sampling, chances, again
        text = begun.text + canonical(chosen)[1:] + "}"
        total = begun.total_s + took
        last = begun.timeline[-1][0] if begun.timeline else 0.0
        made = replace(
            begun,
            text=text,
            finish="stop",
            # Without reasoning, nothing of the model's own is written before the choice is drawn.
            first_token_s=total if self.params.reasoning == "none" else begun.first_token_s,
            total_s=total,
            timeline=(*begun.timeline, (last + took, len(text))),
        )
        return made, sampling, chances, False
