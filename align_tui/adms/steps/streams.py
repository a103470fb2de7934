"""Give the texts of a pipeline's steps numbers of their own, so that no two share a stream."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from align_tui.adms.base import Llm
from align_tui.adms.wrapped_llm import WrappedLlm
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.types import JsonObject


@dataclass(slots=True)
class _Used:
    most: int = -1


class NumberedLlm(WrappedLlm):
    """A sample's model for one step: the step's stream 0 comes after all streams before it.

    A step counts its streams from 0, as a decision-maker does. So the first step of a pipeline
    gets the texts that the same decision-maker alone gets.
    """

    def __init__(self, llm: Llm) -> None:
        super().__init__(llm)
        self._first = 0
        self._used = _Used()

    def next_step(self) -> NumberedLlm:
        """The model for the step that begins now."""
        made = copy(self)
        made._first = self._used.most + 1
        return made

    def role(self, name: str) -> NumberedLlm:
        """The sample's model of a role, with the step's numbers."""
        made = copy(self)
        made._llm = self._llm.role(name)
        return made

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding with the seed of that stream of the step."""
        return self._llm.sampling(self._first + stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """One reply on that stream of the step."""
        number = self._first + stream
        self._used.most = max(self._used.most, number)
        return await self._llm.generate(
            messages, schema, sampling, stream=number, to_choice=to_choice
        )
