"""The plain way: `model.generate` under an outlines processor, one reply at a time.

Fallback for models whose cache cannot be batched and tokenizers that llguidance does not know, and
what the batched engine is tested against.
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
from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.reader import Probe
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.thinking_grammar import Thought
from align_tui.core.errors import ReplyError
from align_tui.core.types import JsonObject


class _Streamer(BaseStreamer):
    """Hands each token to the reply as it is made."""

    def __init__(self, reply: Reply, tokenizer: Any, before: int = 0) -> None:
        self.reply = reply
        self.tokenizer = tokenizer
        self.before = before  # tokens that were thought
        self.seen: list[int] = []
        self.told = 0
        self.is_prompt = True

    def put(self, value: torch.Tensor) -> None:
        if self.is_prompt:
            self.is_prompt = False
            return
        self.seen.extend(int(token) for token in value.reshape(-1))
        text = self.tokenizer.decode(self.seen, skip_special_tokens=True)
        # A character may be made of several tokens: half of one is not told yet.
        if not text.endswith("\ufffd"):
            self._tell(text)

    def end(self) -> None:
        self._tell(self.tokenizer.decode(self.seen, skip_special_tokens=True))

    def _tell(self, text: str) -> None:
        if self.reply.finish is None:  # else it has ended where its choice begins
            new = self.reply.up_to_choice(text[self.told :])
            self.reply.tell(new, self.before + len(self.seen))
        self.told = len(text)


class _Stop(StoppingCriteria):
    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        stop = self.reply.stop_requested or self.reply.finish is not None
        return torch.full((input_ids.shape[0],), stop, dtype=torch.bool, device=input_ids.device)


class HfGenerator:
    """`model.generate` for one loaded model."""

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
        """Write the reply, after its thinking; its `finish` says how it ended."""
        # generate() draws from the global stream; this thread is alone in using it.
        torch.manual_seed(reply.request.sampling.seed)
        if reply.thought is not None:
            self._think(reply, reply.thought)
        reply.check_bounds()
        if reply.finish is not None:
            return
        processor = self._processor(compact(reply.request.schema))
        processor.reset()
        most = reply.request.sampling.max_tokens
        streamer = _Streamer(reply, self.loaded.tokenizer, reply.tokens)
        made = self._generate(
            reply, most, [processor], StoppingCriteriaList([_Stop(reply)]), streamer
        )
        if reply.stop_requested:
            reply.finish = "cancelled"
        elif reply.has_ended:
            return  # at its choice, which scoring draws as it does for the batch
        elif made >= most:
            reply.finish = "length"
        elif reply.bounds.positions is not None and made >= reply.bounds.positions - len(reply.ids):
            reply.ids.extend([0] * (made + 1))  # as long as it would have become
            reply.check_bounds()
        else:
            reply.finish = "stop"

    def _think(self, reply: Reply, thought: Thought) -> None:
        """Free text up to where the thinking ends; what leads on joins the reply's tokens."""
        ended = _Think(reply, thought)
        stop = StoppingCriteriaList([_Stop(reply), ended])
        self._generate(reply, thought.cap, [_Only(thought)], stop, ended.streamer)
        if not thought.is_over and not reply.stop_requested:  # the positions came to their end
            reply.check_bounds()

    def _generate(
        self,
        reply: Reply,
        most: int,
        processors: list[Any],
        stop: StoppingCriteriaList,
        streamer: BaseStreamer,
    ) -> int:
        """Let the model go on from the reply's tokens; how many it made, `most` at most."""
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
        numbers = _Numbers(self.loaded, reply)
        try:
            # The processors' masks are compiled at their first use, for seconds: not worth it.
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
            raise ReplyError(f"The model cannot be run by generate(): {error}") from error
        return int(out.shape[1] - ids.shape[1])

    def _ends(self, reply: Reply) -> list[int]:
        """The tokens that end a text: the model's own, and the one that a finished grammar leaves.

        A tokenizer's may be none of the model's (of fine-tunes that changed one of them), or none.
        """
        own = self.loaded.model.generation_config.eos_token_id
        ends = {own} if isinstance(own, int) else set(own or ())
        if reply.grammars is not None:
            ends |= set(reply.grammars.tokens.eos_tokens)
        elif self.loaded.tokenizer.eos_token_id is not None:
            ends.add(self.loaded.tokenizer.eos_token_id)
        return sorted(ends)

    def read(self, probes: Sequence[Probe]) -> None:
        """The logits of sequences, each from a pass of its own, as transformers computes them."""
        for probe in probes:
            ids = torch.tensor([probe.ids], device=self.loaded.device)
            out = self.loaded.model(ids, use_cache=False)
            probe.logits.append(out.logits[0, probe.first :])


class _Numbers(LogitsProcessor):
    """Ends a generation whose logits are no numbers, before anything is drawn from them."""

    def __init__(self, loaded: Loaded, reply: Reply) -> None:
        self.loaded = loaded
        self.reply = reply

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if not is_finite(scores).all():
            ids = input_ids[0].tolist()
            raise not_finite(self.loaded.model, self.reply.bounds.name, ids)
        return scores


class _Only(LogitsProcessor):
    """Leaves the tokens that thinking may hold."""

    def __init__(self, thought: Thought) -> None:
        self.thought = thought

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        allowed = self.thought.tokens.allowed.to(scores.device)[: scores.shape[-1]]
        return scores.masked_fill(~allowed, -torch.inf)


class _Think(StoppingCriteria):
    """Hands each token of the thinking to its reply, and stops where the thinking ends."""

    def __init__(self, reply: Reply, thought: Thought) -> None:
        self.reply = reply
        self.thought = thought
        self.streamer = _Quiet()

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        text, joined = self.thought.take(int(input_ids[0, -1]))
        self.reply.ids += joined
        self.reply.tell_thinking(text, self.thought.is_over)
        if self.thought.is_over:
            self.reply.reply_start = len(self.reply.ids)
        done = self.thought.is_over
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)


class _Quiet(BaseStreamer):
    """Told of nothing: what a model thinks is told as it ends or goes on."""

    def put(self, value: Any) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


def compact(schema: JsonObject) -> str:
    """The schema as text, with llguidance told to allow no blanks between JSON's marks."""
    options = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return json.dumps({**schema, "x-guidance": options}, ensure_ascii=False)
