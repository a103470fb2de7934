"""Ask a model for a decision: a checked reply, its retry, and the choices' probabilities."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from align_tui.adms.base import Llm
from align_tui.adms.reply import write_reply
from align_tui.config.adm_params import Reasoned
from align_tui.core.choice_order import in_place
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Response, Sampling
from align_tui.core.errors import ReplyError
from align_tui.core.replies import (
    PLAIN,
    ReplyForm,
    choice_start,
    decision_schema,
    read_reply,
    split_thinking,
)
from align_tui.core.types import JsonObject

DEFAULTS = Reasoned()
UNSCORED_THINKING = (
    "The choices have no probabilities: the model cannot give them after its thinking."
)


async def ask(
    llm: Llm,
    messages: Sequence[Message],
    choices: Sequence[str],
    *,
    params: Reasoned = DEFAULTS,
    role: str = "positive",
    stream: int = 0,
    scored: bool = False,
    form: ReplyForm = PLAIN,
    order: Sequence[int] | None = None,
) -> Response:
    """Ask for one reply and check it.

    `order` has the indices of `choices` in the order in which the messages show them (in their own
    by default); the response's choice and probabilities are those of `choices`, and it keeps
    the order.

    With `scored`, one scoring pass gives the probabilities of the choices after the reply's
    reasoning, and draws the choice if the model can. If the model cuts a reply at max_tokens, this
    asks once more with twice the limit, and a note says so. Raises Truncated if the second reply is
    cut too, ReplyError if a reply is not a decision.
    """
    shown = tuple(range(len(choices))) if order is None else tuple(order)
    choices = tuple(choices[index] for index in shown)
    question = _Question(llm, tuple(messages), choices, params, stream, form)
    schema = question.schema(range(len(choices)))
    sampling = llm.sampling(stream)
    if form.blanks:
        sampling = replace(sampling, blanks=True)
    # An index has no quote in front at which the reply could stop, so it is scored afterwards.
    to_choice = scored and not form.by_index
    made, sampling, retried = await question.write(schema, sampling, to_choice=to_choice)
    chances: ChoiceProbabilities | None = None
    if made.finish == "choice":
        made, sampling, chances, again = await question.conclude(made, sampling)
        retried = retried or again
    choice, reasoning = read_reply(made.text, choices, params.reasoning, form)
    if scored and chances is None:
        chances = await question.score(made.text, sampling)
        if chances is None and split_thinking(made.text)[0]:
            made = replace(made, notes=(*made.notes, UNSCORED_THINKING))
    return Response(
        role=role,
        choice=shown[choice],
        reasoning=reasoning,
        messages=question.messages,
        schema=schema,
        sampling=sampling,
        generation=made,
        retried=retried,
        probabilities=in_place(chances.probabilities, shown) if chances is not None else None,
        order=None if order is None else shown,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    llm: Llm
    messages: tuple[Message, ...]
    choices: tuple[str, ...]
    params: Reasoned
    stream: int
    form: ReplyForm

    def schema(self, allowed: Sequence[int]) -> JsonObject:
        """The JSON schema of a reply that takes one of the choices of these indices."""
        p = self.params
        texts = [self.choices[index] for index in allowed]
        return decision_schema(
            texts, p.reasoning, p.max_reasoning_chars, p.given, p.goes_on, self.form
        )

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
        start = choice_start(text, self.params.reasoning, self.form)
        if start is None:
            return None
        # Each has its closing quote (or what follows an index), so that no choice is the beginning
        # of another.
        replies = [text[:start] + self._rest(index) for index in range(len(self.choices))]
        return await self.llm.score(self.messages, replies, sampling)

    def _rest(self, index: int) -> str:
        """A choice as the reply continues with it from `choice_start` on."""
        value = self.form.choice_json(index, self.choices)
        if self.form.by_index:
            return value + ("," if self.params.reasoning == "after" else "}")
        return value[1:]

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
        took = time.monotonic() - since
        if self.params.reasoning == "after":
            made, sampling, again = await self.write(self.schema([chances.drawn]), sampling)
            first = begun.total_s + took + made.first_token_s
            made = replace(made, first_token_s=first, total_s=begun.total_s + took + made.total_s)
            return made, sampling, chances, again
        text = begun.text + self._rest(chances.drawn) + "}"
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
