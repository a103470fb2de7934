"""Turn requests into one model's tokens: prompts, unfinished replies and their grammars."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from align_tui.backbones.base import ChoiceScoringRequest, OnText, Request
from align_tui.backbones.local.bounds import bounds_of
from align_tui.backbones.local.chat import ChatFormat, Prompt
from align_tui.backbones.local.grammar import Grammars
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.thinking import Marks
from align_tui.backbones.local.thinking_grammar import (
    ThinkingPhase,
    ThinkingTokens,
    thinking_tokens,
)
from align_tui.core.decisions import Generation
from align_tui.core.replies import split_thinking

REMEMBERED = 512


class RequestTokenizer:
    """Turns requests into a model's tokens. For the event loop only."""

    def __init__(self, loaded: Loaded) -> None:
        self.chat = ChatFormat(loaded.tokenizer)
        self.bounds = bounds_of(loaded.model, loaded.info.name)
        self.notes: tuple[str, ...] = ()
        self.grammars: Grammars | None = None
        try:
            self.grammars = Grammars(self.chat.encoder, self.bounds.rows)
        except (ValueError, RuntimeError) as error:
            self.notes = (f"llguidance does not know its tokenizer ({error}): one reply at a time",)
        self.vocabulary = max(self.bounds.rows, len(loaded.tokenizer))
        config = loaded.model.generation_config
        own = loaded.tokenizer.eos_token_id
        ends = getattr(config, "eos_token_id", None)
        every = [*(ends if isinstance(ends, list) else [ends]), own]
        self._ends = {token for token in every if isinstance(token, int)}
        self._thinking: dict[Marks, ThinkingTokens] = {}
        self._thoughts: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def reply(
        self,
        request: Request,
        on_text: OnText,
        on_done: Callable[[Generation | BaseException], None],
    ) -> Reply:
        """A reply to write; raises BackboneError for a prompt that the model cannot read."""
        prompt = self.chat.render(request.messages, request.rendering, request.sampling.thinking)
        self.bounds.check([*prompt.ids, 0], len(prompt.ids))  # a reply has at least one token
        grammars = self.grammars
        return Reply(
            ids=prompt.ids,
            priority=request.priority,
            group=request.group,
            request=request,
            prompt=prompt.text,
            prompt_tokens=len(prompt.ids),
            matcher=grammars.matcher(request.schema, blanks=request.sampling.blanks)
            if grammars is not None
            else None,
            grammars=grammars,
            bounds=self.bounds,
            on_text=on_text,
            on_done=on_done,
            asked=time.monotonic(),
            thought=self._thought(prompt, request.sampling.max_thinking_tokens),
            notes=prompt.notes,
        )

    def _tokens_of(self, marks: Marks) -> ThinkingTokens:
        if marks not in self._thinking:
            self._thinking[marks] = thinking_tokens(
                self.chat.encoder, marks, self._ends, self.vocabulary
            )
        return self._thinking[marks]

    def _thought(self, prompt: Prompt, cap: int) -> ThinkingPhase | None:
        if prompt.thinks is None:
            return None
        return ThinkingPhase(self._tokens_of(prompt.thinks), cap, self._decode)

    def _decode(self, tokens: list[int]) -> bytes:
        if self.grammars is not None:
            return bytes(self.grammars.tokens.decode_bytes(tokens))
        return str(self.chat.tokenizer.decode(tokens)).encode()

    def remember(self, reply: Reply, made: Generation) -> None:
        """Keep the tokens of a reply's thinking: scoring reads exactly these before the choices."""
        thinking, _ = split_thinking(made.text)
        if reply.thought is None or not thinking:
            return
        self._thoughts[made.prompt, thinking] = reply.ids[reply.prompt_tokens : reply.reply_start]
        while len(self._thoughts) > REMEMBERED:
            self._thoughts.popitem(last=False)

    def sequences(self, request: ChoiceScoringRequest) -> list[list[int]]:
        """The tokens of the prompt and each unfinished reply.

        Raises BackboneError for tokens that the model cannot read.
        """
        prompt = self.chat.render(request.messages, request.rendering, request.sampling.thinking)
        sequences = []
        for text in request.replies:
            thinking, reply = split_thinking(text)
            ids = [*prompt.ids, *self._thought_ids(prompt, thinking)]
            sequences.append([*ids, *self.chat.encoder.encode_literal(reply)])
            self.bounds.check(sequences[-1], len(prompt.ids))
        return sequences

    def _thought_ids(self, prompt: Prompt, thinking: str) -> list[int]:
        if prompt.thinks is None:
            return []
        known = self._thoughts.get((prompt.text, thinking))
        if known is not None:
            return known
        bridge = self._tokens_of(prompt.thinks).bridge
        return [*self.chat.encoder.encode_literal(thinking), *bridge]
