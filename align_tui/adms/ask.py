"""Ask a model for a decision: a checked reply, its retry, and the choices' probabilities."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from align_tui.adms.base import Llm
from align_tui.adms.reply import write_reply
from align_tui.config.adm_params import Reasoned
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Response, Sampling
from align_tui.core.errors import ReplyError
from align_tui.core.replies import choice_start, decision_schema, read_reply, split_thinking
from align_tui.core.types import JsonObject, canonical

PLAIN = Reasoned()
UNSCORED_THINKING = (
    "The choices have no probabilities: the model cannot give them after its thinking."
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
    """Ask for one reply and check it.

    With `scored`, one scoring pass gives the probabilities of the choices after the reply's
    reasoning, and draws the choice if the model can. If the model cuts a reply at max_tokens, this
    asks once more with twice the limit, and a note says so. Raises Truncated if the second reply is
    cut too, ReplyError if a reply is not a decision.
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
        """The JSON schema of a reply that takes one of these choices."""
        p = self.params
        return decision_schema(choices, p.reasoning, p.max_reasoning_chars, p.given, p.goes_on)

    async def write(
        self, schema: JsonObject, sampling: Sampling, *, to_choice: bool = False
    ) -> tuple[Generation, Sampling, bool]:
        """Ask for a reply: (reply, its sampling, True if it is the second attempt)."""
        return await write_reply(
            self.llm, self.messages, schema, sampling, stream=self.stream, to_choice=to_choice
        )

    async def score(self, text: str, sampling: Sampling) -> ChoiceProbabilities | None:
        """The probabilities of the choices after the reply's earlier text, by one scoring pass.

        None if the reply has no choice to score, or the model cannot score.
        """
        start = choice_start(text, self.params.reasoning)
        if start is None:
            return None
        # Each has its closing quote, so that no choice is the beginning of another.
        replies = [text[:start] + canonical(choice)[1:] for choice in self.choices]
        return await self.llm.score(self.messages, replies, sampling)

    async def conclude(
        self, begun: Generation, sampling: Sampling
    ) -> tuple[Generation, Sampling, ChoiceProbabilities, bool]:
        """Complete a reply that ends where its choice begins, with a choice drawn by scoring.

        If reasoning comes after the choice, this asks for it under a schema with only this choice.
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
            # Without reasoning, the model writes nothing before the choice is drawn.
            first_token_s=total if self.params.reasoning == "none" else begun.first_token_s,
            total_s=total,
            timeline=(*begun.timeline, (last + took, len(text))),
        )
        return made, sampling, chances, False
