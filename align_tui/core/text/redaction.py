"""A secret blotted out of text: as it is, escaped, percent-encoded, in base64 or hex, or cut.

Whatever a server sends may repeat the key that it was sent. Text goes through here before anything
is cut, joined, shown or stored, in pieces (`Redaction`) or as a whole (`Secret.redacted`).
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
"""Characters of a secret: what is shorter ("x", "no") stands for having none."""
LEAST_IN_REPLIES = 8
"""Of one that is looked for in replies: a word such as EMPTY or ollama is no secret, and may be
a word of the reply."""
LEAST_OF_A_PART = 6
"""Characters that a beginning of the secret has to have to count as one that was cut."""
_ESCAPED = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|%([0-9a-fA-F]{2})|&#(\d{1,3});|\\(.)"
)
_OPENS = "\\%&"
_UNFINISHED = re.compile(r"\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?|%[0-9a-fA-F]?|&(?:#\d{0,3})?")


@dataclass(frozen=True)
class Secret:
    """What must not be told.

    `forms` are its spellings by their first character; any character of one may be escaped. Where
    `in_replies`, a beginning of it that was cut has to hold a digit: it may be a word.
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
        """What is looked for in replies: nothing, where the secret is short enough to be a word."""
        return Secret(self.text, True) if len(self.text) >= LEAST_IN_REPLIES else NOTHING


class Redaction:
    """Blots a secret out of a text that comes in pieces, wherever they part it."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._held = ""

    def feed(self, piece: str) -> str:
        """What is certain of the text so far; what may begin the secret waits for more."""
        if not self._secret.forms:
            return piece
        return self._told(self._held + piece, more=True)

    def end(self) -> str:
        """What still waited: nothing more comes."""
        return self._told(self._held, more=False)

    def _told(self, text: str, *, more: bool) -> str:
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
        """(end of the longest spelling that begins there, or 0; may more text make it longer?)"""
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
        """(end of the form in the text, or of enough of it, or 0; did the text end within it?)"""
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
        # Three ways to stand among other bytes; characters that those have a part in are left out.
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        begin = (before * 8 + 5) // 6
        whole = coded[begin : (before + len(raw)) * 8 // 6]
        if len(whole) >= LEAST:
            found |= {whole, whole.replace("+", "-").replace("/", "_")}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


NOTHING = Secret("")
