"""Constrained decoding: outlines writes the schema, and each reply has an llguidance matcher.

The tokenizer is prepared once for a model and a grammar once for a schema. outlines' own
generators would build both again for every call (docs/architecture.md).
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
from align_tui.core.replies import FREE_TEXT
from align_tui.core.types import JsonObject

if TYPE_CHECKING:
    from align_tui.backbones.local.literal_text import LiteralEncoder

# No blanks in the JSON: a sampled model would spend tokens on them.
COMPACT: Any = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
# One blank or none between the parts, as outlines allows by default; more would be padding.
BLANKS: Any = {"whitespace_pattern": "[ ]?"}


# Free text has none of the marks of a stream (core/replies.py).
_FREE_TEXT = r"[^\x00\x02\x03]*"


@lru_cache(maxsize=512)
def _grammar(schema: str, blanks: bool) -> str:
    return LLMatcher.grammar_from_json_schema(schema, overrides=BLANKS if blanks else COMPACT)


def schema_text(schema: JsonObject) -> str:
    """The schema as the text that outlines gives to a backend, with its keys in order."""
    return str(JsonSchema(json.dumps(schema, ensure_ascii=False)).schema)


class Grammars:
    """Makes matchers for one tokenizer."""

    def __init__(self, encoder: LiteralEncoder, vocabulary: int) -> None:
        """Prepare the tokenizer; raises ValueError for one that llguidance does not know."""
        self.size = max(vocabulary, len(encoder.tokenizer))
        self.tokens: LLTokenizer = from_tokenizer(encoder.tokenizer, n_vocab=self.size)  # type: ignore[arg-type]  # it checks itself, with a ValueError
        self._encoder = encoder
        self._spelled: dict[int, list[int]] = {}

    def matcher(self, schema: JsonObject, *, blanks: bool = False) -> LLMatcher:
        """A new matcher; raises ReplyError for a schema that llguidance cannot express.

        With `blanks` a blank may stand between the JSON's parts.
        """
        if schema == FREE_TEXT:
            grammar = LLMatcher.grammar_from_regex(_FREE_TEXT)
        else:
            grammar = _grammar(schema_text(schema), blanks)
        matcher = LLMatcher(self.tokens, grammar, log_level=0)
        if matcher.is_error():
            raise ReplyError(
                f"llguidance cannot use the reply's schema: {matcher.get_error()[:300]}"
            )
        return matcher

    def forced(self, matcher: LLMatcher) -> list[int]:
        """Consume and return the tokens that must come next; none is a control token.

        llguidance reads `<|im_end|>` in a choice as the control token, as the tokenizer does. Here
        it becomes ordinary text tokens.
        """
        found: list[int] = []
        while forced := matcher.compute_ff_tokens():
            spelled = [part for token in forced for part in self._as_text(token)]
            matcher.consume_tokens(spelled)
            found += spelled
            if spelled == forced:
                break
        return found

    def _as_text(self, token: int) -> list[int]:
        if token not in self._encoder.control:
            return [token]
        if token not in self._spelled:
            text = self.tokens.decode_bytes([token]).decode("utf-8", "replace")
            self._spelled[token] = self._encoder.encode_literal(text)
        return self._spelled[token]


class Masks:
    """Which tokens may come next, for many matchers at once."""

    def __init__(self, size: int, threads: int | None) -> None:
        """For matchers with `size` tokens; `threads` None lets llguidance choose."""
        self._size = size
        self._executor = LLExecutor(num_threads=threads)
        self._bits = np.zeros((0, 0), dtype=np.int32)

    def allowed(
        self, matchers: Sequence[LLMatcher], width: int, device: torch.device
    ) -> torch.Tensor:
        """Booleans (matchers, width). The row of a failed matcher has no meaning.

        Leaves out tokens that the matchers know and the model has no logits for.
        """
        words = -(-self._size // 32)
        if self._bits.shape[0] < len(matchers) or self._bits.shape[1] != words:
            self._bits = np.zeros((len(matchers), words), dtype=np.int32)
        bits = self._bits[: len(matchers)]
        numbered = [(matcher, i) for i, matcher in enumerate(matchers)]
        fill_next_token_bitmask_par(self._executor, numbered, bits)
        # One byte for each token would move eight times as much to a GPU.
        octets = torch.from_numpy(bits.view(np.uint8)).to(device)
        powers = torch.tensor([1, 2, 4, 8, 16, 32, 64, 128], dtype=torch.uint8, device=device)
        found = (octets[:, :, None] & powers).ne(0).flatten(1)[:, :width]
        if found.shape[1] < width:
            found = torch.nn.functional.pad(found, (0, width - found.shape[1]))
        return found
