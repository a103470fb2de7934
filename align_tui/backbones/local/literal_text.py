"""Encode the text of a scenario or a model literally: no part of it becomes a control token.

transformers has `sanitize_control_tokens` for chats that a template renders. Models without a
template, replies to score, and text that a normaliser turns into a control token need the same. So
`guard` looks at the tokens of a text, and cuts it where a control token begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CUT = "\ufdd1"
"""A character that Unicode never assigns; `guard` puts it inside text to keep it literal."""
ROUNDS = 8
_MARKUP = re.compile(r"<\|.*\|>|</?\w*(think|tool|turn|im_)\w*>|\[/?[A-Z_]+\]", re.DOTALL)
_BRACKETED = re.compile(r"\[/?[A-Z]{3,}\]|<</?[A-Z]{2,}>>|<\|?/?[a-z_]{2,}\|?>")


def template_of(tokenizer: PreTrainedTokenizerBase) -> str:
    """The text of a tokenizer's chat template, '' when it has none.

    Of several templates (Command R has some for tools and documents) it is the default one.
    """
    found: Any = getattr(tokenizer, "chat_template", None)
    if isinstance(found, dict):
        found = found.get("default")
    return str(found or "")


def control_tokens(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids of the tokens that structure a conversation, declared as special or not."""
    template = template_of(tokenizer)
    found = set(tokenizer.all_special_ids)
    for number, token in tokenizer.added_tokens_decoder.items():
        text = token.content
        in_template = len(text) > 2 and not text.isspace() and text in template
        if token.special or in_template or _MARKUP.fullmatch(text):
            found.add(number)
    return frozenset(found)


def _unknown_ids(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    named = getattr(getattr(backend, "model", None), "unk_token", None)
    found = {tokenizer.unk_token_id, backend.token_to_id(named) if named else None}
    return frozenset(number for number in found if isinstance(number, int))


class LiteralEncoder:
    """Encodes text for one tokenizer; text with a CUT in it never becomes a control token."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.control = control_tokens(tokenizer)
        self._texts = self._texts_of(self.control)
        self._unknown = _unknown_ids(tokenizer)
        self._cutting: Any = None

    def _texts_of(self, ids: Iterable[int]) -> re.Pattern[str]:
        texts = sorted(map(str, self.tokenizer.convert_ids_to_tokens(list(ids))), key=len)
        return re.compile("|".join(re.escape(text) for text in reversed(texts) if text) or "(?!)")

    def guard(self, text: str) -> str:
        """The text with a CUT inside each part that the tokenizer would read as a control token."""
        text = text.replace(CUT, "\ufffd")
        text = self._texts.sub(lambda found: found[0][0] + CUT + found[0][1:], text)
        for _ in range(ROUNDS):
            spans = self._control_spans(text)
            if not spans:
                break
            for start, _end in reversed(spans):
                text = text[: start + 1] + CUT + text[start + 1 :]
        return text

    def _control_spans(self, text: str) -> list[tuple[int, int]]:
        """Where the tokenizer finds control tokens in a text, after its normaliser."""
        if not getattr(self.tokenizer, "is_fast", False):
            return []
        found = self._backend(text).encode(text, add_special_tokens=False)
        pairs = zip(found.ids, found.offsets, strict=True)
        real = (
            self.control - self._unknown
        )  # an unknown token stands for any character that the vocabulary lacks
        return [span for token, span in pairs if token in real and span[1] - span[0] > 1]

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Ids of a text whose guarded parts are literal; control tokens without a CUT count.

        With `special` the tokenizer adds its own start token (and similar ones).
        """
        if CUT not in text:
            return list(self.tokenizer(text, add_special_tokens=special)["input_ids"])
        if not getattr(self.tokenizer, "is_fast", False):
            first, *others = text.split(CUT)
            ids = list(self.tokenizer(first, add_special_tokens=special)["input_ids"])
            for part in others:
                ids += self.tokenizer(part, add_special_tokens=False)["input_ids"]
            return ids
        backend = self._backend(text)
        cut = backend.token_to_id(CUT)
        found = backend.encode(text, add_special_tokens=special)
        return [token for token in found.ids if token != cut]

    def encode_literal(self, text: str) -> list[int]:
        """Ids of a text without any control token."""
        return self.encode(self.guard(text))

    def _backend(self, text: str) -> Any:
        """The underlying tokenizer; for a text with CUTs a copy that splits text at them."""
        backend: Any = self.tokenizer.backend_tokenizer
        if CUT not in text:
            return backend
        if self._cutting is None:
            from tokenizers import AddedToken, Tokenizer

            self._cutting = Tokenizer.from_str(backend.to_str())
            self._cutting.no_truncation()
            self._cutting.no_padding()
            self._cutting.add_special_tokens([AddedToken(CUT, special=True, normalized=False)])
        return self._cutting


def bare(text: str) -> str:
    """The text without its CUTs."""
    return text.replace(CUT, "")


def marks_of_template(template: str, texts: Iterable[str]) -> str:
    """The first mark of a template that one of the texts contains, or ''.

    Some templates mark turns with ordinary text ([INST]). A model cannot tell it from the same text
    in a scenario, so the user has to know.
    """
    marks = bracketed(template)
    return next((mark for text in texts for mark in marks if mark in text), "")


def bracketed(template: str) -> list[str]:
    """The parts of a template that look like marks, control tokens or not."""
    return sorted(set(_BRACKETED.findall(template)))
