"""The plain way: `model.generate` under an outlines processor, one reply at a time.

Fallback for models whose cache cannot be batched and tokenizers that llguidance does not know, and
what the batched engine is tested against.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import torch
from outlines.backends import get_json_schema_logits_processor
from outlines.models.transformers import from_transformers
from transformers import StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from align_tui.backbones.local.load import Loaded
from align_tui.backbones.local.row import Row
from align_tui.core.errors import ReplyError
from align_tui.core.types import JsonObject


class _Tell(BaseStreamer):
    """Hands each token to the row as it is made."""

    def __init__(self, row: Row, tokenizer: Any) -> None:
        self.row = row
        self.tokenizer = tokenizer
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
            self.row.tell(text[self.told :], len(self.seen))
            self.told = len(text)

    def end(self) -> None:
        text = self.tokenizer.decode(self.seen, skip_special_tokens=True)
        self.row.tell(text[self.told :], len(self.seen))
        self.told = len(text)


class _Stop(StoppingCriteria):
    def __init__(self, row: Row) -> None:
        self.row = row

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        stop = self.row.stop_requested
        return torch.full((input_ids.shape[0],), stop, dtype=torch.bool, device=input_ids.device)


class PlainGenerator:
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

    def run(self, row: Row) -> None:
        """Generate the row's reply; its `finish` says how it ended."""
        sampling = row.request.sampling
        processor = self._processor(compact(row.request.schema))
        processor.reset()
        ids = torch.tensor([row.ids], device=self.loaded.device)
        greedy = sampling.temperature == 0
        drawn: dict[str, Any] = {"do_sample": False}
        if not greedy:
            drawn = {
                "do_sample": True,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": sampling.top_k,
                "min_p": sampling.min_p or None,
            }
        # generate() draws from the global stream; this thread is alone in using it.
        torch.manual_seed(sampling.seed)
        tell = _Tell(row, self.loaded.tokenizer)
        end = self.loaded.tokenizer.eos_token_id
        try:
            # The processors' masks are compiled at their first use, for seconds: not worth it.
            with torch.compiler.set_stance("force_eager"):
                out = self.loaded.model.generate(  # type: ignore[operator]  # a mixin that transformers does not type
                    ids,
                    attention_mask=torch.ones_like(ids),
                    max_new_tokens=sampling.max_tokens,
                    logits_processor=[processor],
                    stopping_criteria=StoppingCriteriaList([_Stop(row)]),
                    streamer=tell,
                    pad_token_id=end if end is not None else 0,
                    **drawn,
                )
        except (ValueError, TypeError) as error:
            raise ReplyError(f"The model cannot be run by generate(): {error}") from error
        made = out.shape[1] - ids.shape[1]
        if row.stop_requested:
            row.finish = "cancelled"
        else:
            row.finish = "length" if made >= sampling.max_tokens else "stop"


def compact(schema: JsonObject) -> str:
    """The schema as text, with llguidance told to allow no blanks between JSON's marks."""
    options = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return json.dumps({**schema, "x-guidance": options}, ensure_ascii=False)
