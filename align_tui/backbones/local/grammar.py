"""Constrained decoding: schemas as outlines expresses them, one llguidance matcher a generation.

The tokenizer is prepared once a model and a grammar once a schema; outlines' own generators would
build both again for every call (docs/architecture.md).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer
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


def allowed_mask(matcher: LLMatcher, width: int, device: torch.device) -> torch.Tensor:
    """Booleans (width,): which tokens may come next. Raises ReplyError when none may."""
    bias = torch.frombuffer(bytearray(matcher.compute_logit_bias()), dtype=torch.uint8)
    if matcher.is_error():
        raise ReplyError(f"Constrained decoding failed: {matcher.get_error()[:300]}")
    mask = torch.zeros(width, dtype=torch.bool)
    size = min(width, bias.numel())
    mask[:size] = bias[:size] != 0
    return mask.to(device)
