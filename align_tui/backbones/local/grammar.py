"""Constrained decoding: schemas as outlines expresses them, one llguidance matcher a generation.

The tokenizer is prepared once a model and a grammar once a schema; outlines' own generators would
build both again for every call (docs/architecture.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from llguidance import LLExecutor, LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
from llguidance.numpy import fill_next_token_bitmask_par
from outlines.types import JsonSchema

from align_tui.core.errors import ReplyError
from align_tui.core.types import JsonObject

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# No blanks between JSON's marks: a sampled model would spend tokens on them.
COMPACT: Any = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}


@lru_cache(maxsize=512)
def _grammar(schema: str) -> str:
    return LLMatcher.grammar_from_json_schema(schema, overrides=COMPACT)


def schema_text(schema: JsonObject) -> str:
    """The schema as outlines hands it to a backend, the order of its keys kept."""
    return str(JsonSchema(json.dumps(schema, ensure_ascii=False)).schema)


class Grammars:
    """Makes the matchers of one tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, vocabulary: int) -> None:
        """Raises ValueError for a tokenizer that llguidance does not know."""
        size = max(vocabulary, len(tokenizer))
        self.tokens: LLTokenizer = from_tokenizer(tokenizer, n_vocab=size)  # type: ignore[arg-type]  # it checks itself, with a ValueError

    def matcher(self, schema: JsonObject) -> LLMatcher:
        """A fresh matcher; raises ReplyError for a schema that no grammar expresses."""
        matcher = LLMatcher(self.tokens, _grammar(schema_text(schema)), log_level=0)
        if matcher.is_error():
            raise ReplyError(f"The reply's schema cannot be used: {matcher.get_error()[:300]}")
        return matcher


class Masks:
    """Which tokens may come next, for many matchers at once."""

    def __init__(self, threads: int | None) -> None:
        """`threads` work on the matchers (None: as many as llguidance thinks right)."""
        self._executor = LLExecutor(num_threads=threads)
        self._bits = np.zeros((0, 0), dtype=np.int32)

    def allowed(
        self, matchers: Sequence[LLMatcher], width: int, device: torch.device
    ) -> torch.Tensor:
        """Booleans (matchers, width). The row of a matcher that has failed means nothing."""
        words = -(-width // 32)
        if self._bits.shape[0] < len(matchers) or self._bits.shape[1] != words:
            self._bits = np.zeros((len(matchers), words), dtype=np.int32)
        bits = self._bits[: len(matchers)]
        numbered = [(matcher, i) for i, matcher in enumerate(matchers)]
        fill_next_token_bitmask_par(self._executor, numbered, bits)
        # A byte a token would be eight times as much to move to a GPU.
        octets = torch.from_numpy(bits.view(np.uint8)).to(device)
        powers = torch.tensor([1, 2, 4, 8, 16, 32, 64, 128], dtype=torch.uint8, device=device)
        return (octets[:, :, None] & powers).ne(0).flatten(1)[:, :width]
