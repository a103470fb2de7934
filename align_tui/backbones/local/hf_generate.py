"""Write one reply at a time with `model.generate` of Hugging Face, under an outlines processor.

The fallback for models whose cache cannot be batched and for tokenizers that llguidance does not
know. Tests compare the batched engine with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from outlines.backends import get_json_schema_logits_processor
from outlines.models.transformers import from_transformers
from transformers import LogitsProcessor, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from align_tui.backbones.local.finite_logits import is_finite, not_finite
from align_tui.backbones.local.grammar import BLANKS, COMPACT
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.reader import Probe
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.thinking_grammar import ThinkingPhase
from align_tui.core.errors import ReplyError
from align_tui.core.replies import FREE_TEXT, without_marks
from align_tui.core.types import JsonObject


class _Streamer(BaseStreamer):
    """Adds the text of each new token to the reply."""

    def __init__(self, reply: Reply, tokenizer: Any, before: int = 0) -> None:
        self.reply = reply
        self.tokenizer = tokenizer
        self.before = before  # tokens of thinking
        self.seen: list[int] = []
        self.sent = 0
        self.is_prompt = True

    def put(self, value: torch.Tensor) -> None:
        if self.is_prompt:
            self.is_prompt = False
            return
        self.seen.extend(int(token) for token in value.reshape(-1))
        text = self.tokenizer.decode(self.seen, skip_special_tokens=True)
        # One character may take several tokens: wait until it is whole.
        if not text.endswith("\ufffd"):
            self._send(text)

    def end(self) -> None:
        self._send(self.tokenizer.decode(self.seen, skip_special_tokens=True))

    def _send(self, text: str) -> None:
        if self.reply.finish is None:  # otherwise the reply has ended where its choice begins
            new = self.reply.up_to_choice(without_marks(text[self.sent :]))
            self.reply.add_text(new, self.before + len(self.seen))
        self.sent = len(text)


class _Stop(StoppingCriteria):
    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        stop = self.reply.stop_requested or self.reply.finish is not None
        return torch.full((input_ids.shape[0],), stop, dtype=torch.bool, device=input_ids.device)


class HfGenerator:
    """Writes replies of one loaded model with `model.generate`."""

    def __init__(self, loaded: Loaded, grammar_backend: str) -> None:
        """`grammar_backend` is outlines' name: 'llguidance', 'outlines_core' or 'xgrammar'."""
        self.loaded = loaded
        self.grammar_backend = grammar_backend
        tokenizer: Any = loaded.tokenizer  # outlines names narrower classes than it takes
        self._outlines = from_transformers(loaded.model, tokenizer)
        self._processor = lru_cache(maxsize=64)(self._make_processor)

    def _make_processor(self, schema: str) -> Any:
        return get_json_schema_logits_processor(self.grammar_backend, self._outlines, schema)

    def run(self, reply: Reply) -> None:
        """Write the thinking and the reply; sets the reply's `finish`."""
        reply.begin()
        # generate() draws from the global random stream, which only this thread uses.
        torch.manual_seed(reply.request.sampling.seed)
        if reply.thought is not None:
            self._think(reply, reply.thought)
        reply.check_bounds()
        if reply.finish is not None:
            return
        processors = []
        if reply.request.schema != FREE_TEXT:
            blanks = reply.request.sampling.blanks
            processors = [self._processor(constrained(reply.request.schema, blanks=blanks))]
            processors[0].reset()
        most = reply.request.sampling.max_tokens
        streamer = _Streamer(reply, self.loaded.tokenizer, reply.tokens)
        made = self._generate(
            reply, most, processors, StoppingCriteriaList([_Stop(reply)]), streamer
        )
        if reply.stop_requested:
            reply.finish = "cancelled"
        elif reply.has_ended:
            return  # at its choice, which scoring draws, as for the batch
        elif made >= most:
            reply.finish = "length"
        elif reply.bounds.positions is not None and made >= reply.bounds.positions - len(reply.ids):
            reply.ids.extend([0] * (made + 1))  # the length that it would have reached
            reply.check_bounds()
        else:
            reply.finish = "stop"

    def _think(self, reply: Reply, thought: ThinkingPhase) -> None:
        """Write the thinking; the tokens that lead to the reply join the reply's tokens."""
        ended = _ThinkingStop(reply, thought)
        stop = StoppingCriteriaList([_Stop(reply), ended])
        self._generate(reply, thought.cap, [_ThinkingMask(thought)], stop, ended.streamer)
        if not thought.is_over and not reply.stop_requested:  # no positions are left
            reply.check_bounds()

    def _generate(
        self,
        reply: Reply,
        most: int,
        processors: list[Any],
        stop: StoppingCriteriaList,
        streamer: BaseStreamer,
    ) -> int:
        """Continue from the reply's tokens; returns how many tokens were made (at most `most`)."""
        sampling = reply.request.sampling
        ids = torch.tensor([reply.ids], device=self.loaded.device)
        drawn: dict[str, Any] = {"do_sample": False}
        if sampling.temperature > 0:
            drawn = {
                "do_sample": True,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": sampling.top_k,
                "min_p": sampling.min_p or None,
            }
        end = self.loaded.tokenizer.eos_token_id
        if reply.bounds.positions is not None:
            most = max(1, min(most, reply.bounds.positions - len(reply.ids)))
        numbers = _FiniteCheck(self.loaded, reply)
        try:
            # Compiling the processors' masks at their first use takes seconds: not worth it.
            with torch.compiler.set_stance("force_eager"):
                out = self.loaded.model.generate(  # type: ignore[operator]  # a mixin that transformers does not type
                    ids,
                    attention_mask=torch.ones_like(ids),
                    max_new_tokens=most,
                    logits_processor=[numbers, *processors],
                    stopping_criteria=stop,
                    streamer=streamer,
                    pad_token_id=end if end is not None else 0,
                    eos_token_id=self._ends(reply) or None,
                    **drawn,
                )
        except (ValueError, TypeError) as error:
            raise ReplyError(f"generate() of transformers failed: {error}") from error
        return int(out.shape[1] - ids.shape[1])

    def _ends(self, reply: Reply) -> list[int]:
        """The tokens that end a text: the model's own, and those that a finished grammar allows.

        A fine-tune may have changed the end token of the model or of the tokenizer alone.
        """
        own = self.loaded.model.generation_config.eos_token_id
        ends = {own} if isinstance(own, int) else set(own or ())
        if reply.grammars is not None:
            ends |= set(reply.grammars.tokens.eos_tokens)
        elif self.loaded.tokenizer.eos_token_id is not None:
            ends.add(self.loaded.tokenizer.eos_token_id)
        return sorted(ends)

    def read(self, probes: Sequence[Probe]) -> None:
        """Fill the probes' logits, each from its own pass, as transformers computes them."""
        for probe in probes:
            ids = torch.tensor([probe.ids], device=self.loaded.device)
            out = self.loaded.model(ids, use_cache=False)
            probe.logits.append(out.logits[0, probe.first :])


class _FiniteCheck(LogitsProcessor):
    """Ends a generation whose logits are not finite, before a token is drawn from them."""

    def __init__(self, loaded: Loaded, reply: Reply) -> None:
        self.loaded = loaded
        self.reply = reply

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if not is_finite(scores).all():
            ids = input_ids[0].tolist()
            raise not_finite(self.loaded.model, self.reply.bounds.name, ids)
        return scores


class _ThinkingMask(LogitsProcessor):
    """Masks all tokens that thinking may not contain."""

    def __init__(self, thought: ThinkingPhase) -> None:
        self.thought = thought

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        allowed = self.thought.tokens.allowed.to(scores.device)[: scores.shape[-1]]
        return scores.masked_fill(~allowed, -torch.inf)


class _ThinkingStop(StoppingCriteria):
    """Adds each token of the thinking to its reply, and stops where the thinking ends."""

    def __init__(self, reply: Reply, thought: ThinkingPhase) -> None:
        self.reply = reply
        self.thought = thought
        self.streamer = _SilentStreamer()

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        text, joined = self.thought.take(int(input_ids[0, -1]))
        self.reply.ids += joined
        self.reply.add_thinking(text, self.thought.is_over)
        if self.thought.is_over:
            self.reply.reply_start = len(self.reply.ids)
        done = self.thought.is_over
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)


class _SilentStreamer(BaseStreamer):
    """Ignores tokens: `_ThinkingStop` adds the text of the thinking."""

    def put(self, value: Any) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


def constrained(schema: JsonObject, *, blanks: bool = False) -> str:
    """The schema as text, with the options that tell llguidance which blanks the JSON may have."""
    options = BLANKS if blanks else COMPACT
    return json.dumps({**schema, "x-guidance": options}, ensure_ascii=False)
