"""Remove a secret from text: plain, escaped, percent-encoded, in base64 or hex, or cut short.

A server's text may repeat the API key that it received. Every such text passes through here before
it is cut, joined, shown or stored, in pieces (`Redaction`) or as a whole (`Secret.redacted`).
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

MARK = "***"
LEAST = 4
"""The fewest characters of a secret: a shorter text ("x", "no") stands for having none."""
LEAST_IN_REPLIES = 8
"""The fewest characters of a secret that is removed from replies: EMPTY or ollama is not a secret,
and may be a word of the reply."""
LEAST_OF_A_PART = 6
"""The fewest characters of a beginning of the secret that count as the secret cut short."""
_ESCAPED = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|&#(\d{1,3});|\\(.)"
)
_OPENS = "\\%&"
_UNFINISHED = re.compile(r"\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?|%[0-9a-fA-F]?|&(?:#\d{0,3})?")


@dataclass(frozen=True)
class Secret:
    """A text that must not be shown or stored.

    `forms` are its spellings by their first character; any character of one may be escaped. With
    `in_replies`, a beginning of it must contain a digit to be removed: it may be a word otherwise.
    """

    text: str
    in_replies: bool = False
    forms: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    starts: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms: dict[str, tuple[str, ...]] = {}
        for form in _forms(self.text) if len(self.text) >= LEAST else ():
            forms[form[0]] = (*forms.get(form[0], ()), form)
        object.__setattr__(self, "forms", forms)
        signs = re.escape("".join([*forms, _OPENS]))
        object.__setattr__(self, "starts", re.compile(f"[{signs}]"))

    def __repr__(self) -> str:
        return f"Secret({MARK})"

    def redacted(self, text: str) -> str:
        """The whole text without the secret."""
        redaction = Redaction(self)
        return redaction.feed(text) + redaction.end()

    def for_replies(self) -> Secret:
        """The secret to remove from replies; none if it is short enough to be a word."""
        return Secret(self.text, True) if len(self.text) >= LEAST_IN_REPLIES else NOTHING


class Redaction:
    """Removes a secret from a text that comes in pieces, even if it is split between pieces."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._held = ""

    def feed(self, piece: str) -> str:
        """Add a piece and return the text that is certain; a possible secret waits for more."""
        if not self._secret.forms:
            return piece
        return self._cleared(self._held + piece, more=True)

    def end(self) -> str:
        """Return the text that still waited, after the last piece."""
        return self._cleared(self._held, more=False)

    def _cleared(self, text: str, *, more: bool) -> str:
        out: list[str] = []
        done = at = 0
        self._held = ""
        while (start := self._secret.starts.search(text, at)) is not None:
            at = start.start()
            end, waits = self._found(text, at)
            if waits and more:
                self._held = text[at:]
                break
            if end:
                out += [text[done:at], MARK]
                done = at = end
            else:
                at += 1
        out.append(text[done : len(text) - len(self._held)])
        return "".join(out)

    def _found(self, text: str, at: int) -> tuple[int, bool]:
        """(end of the longest spelling that begins at `at`, or 0; may more text extend it?)"""
        forms = self._secret.forms
        if _UNFINISHED.fullmatch(text, at):
            return 0, True
        escape = _ESCAPED.match(text, at) if text[at] in _OPENS else None
        end, waits = 0, False
        for form in (*forms.get(text[at], ()), *(forms.get(_meant(escape), ()) if escape else ())):
            found, reaches_out = self._match(text, at, form)
            end, waits = max(end, found), waits or reaches_out
        return end, waits

    def _match(self, text: str, at: int, form: str) -> tuple[int, bool]:
        """(end of the form or of enough of it, or 0; did the text end inside the form?)"""
        read, out = 0, False
        while read < len(form):
            if at >= len(text):
                out = True
                break
            width = 1
            if text[at] != form[read]:
                if text[at] not in _OPENS:
                    break
                unfinished = _UNFINISHED.match(text, at)
                if unfinished is not None and unfinished.end() == len(text):
                    out = True
                    break
                escape = _ESCAPED.match(text, at)
                if escape is None or _meant(escape) != form[read]:
                    break
                width = escape.end() - at
            read, at = read + 1, at + width
        return at if self._is_enough(form, read) else 0, out

    def _is_enough(self, form: str, read: int) -> bool:
        if read == len(form):
            return True
        if read < max(LEAST_OF_A_PART, (len(form) + 1) // 2):
            return False
        return not self._secret.in_replies or any(char.isdigit() for char in form[:read])


def _meant(escape: re.Match[str]) -> str:
    unicode, byte, percent, decimal, plain = escape.groups()
    if plain is not None:
        return plain
    return chr(int(decimal)) if decimal is not None else chr(int(unicode or byte or percent, 16))


def _forms(secret: str) -> tuple[str, ...]:
    """The spellings of a secret, the longest first."""
    raw = secret.encode("utf-8", "replace")
    found = {secret, secret.lower(), secret.upper(), raw.hex(), raw.hex().upper()}
    found |= {quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    for before in range(3):
        # Base64 depends on the secret's offset among other bytes, modulo 3. Characters that also
        # encode a neighbouring byte are left out.
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        begin = (before * 8 + 5) // 6
        whole = coded[begin : (before + len(raw)) * 8 // 6]
        if len(whole) >= LEAST:
            found |= {whole, whole.replace("+", "-").replace("/", "_")}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


NOTHING = Secret("")
