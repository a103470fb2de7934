"""Separate a reply from the thinking that a server leaves in its text.

`split_inline` reads a whole text, and its result is final. `InlineSplitter` reads a text in pieces;
its result may turn out wrong, and the caller then shows the final one.
"""

from __future__ import annotations

import re

from align_tui.core.strict_json import read_json_at

_NAMES = r"(?:\w+:)?(?:think|thinking|thoughts?|reason|reasoning|reflection|analysis)"
_HEAD = r"(?:[^<]|<\|constrain\|>){0,40}<\|message\|>"
_FINAL = rf"(?:<\|start\|>assistant)?<\|channel\|>final{_HEAD}"
# Each form of thinking: how it begins, and how it ends.
_WAYS = (
    (rf"<({_NAMES})>", rf"</{_NAMES}>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<\|channel>thought", r"<channel\|>"),
    (
        rf"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary){_HEAD}",
        rf"<\|end\|>|(?={_FINAL})",
    ),
)
_OPENS = [(re.compile(begin, re.I), re.compile(end, re.I)) for begin, end in _WAYS]
_RUN_TOGETHER = "assistantfinal"
"""Ends thinking in the harmony format when a server removes the control tokens."""
_ANY_END = re.compile("|".join([*(f"(?:{end})" for _, end in _WAYS), _RUN_TOGETHER]), re.I)
_LEAD = re.compile(rf"\s*(?:{_FINAL}\s*)?", re.I)
_JSON_BEGINS = ("{", "[", "`", '"')
_MOST = 100
"""The most blocks of thinking in a message."""
_PARTIAL = 96
"""The most characters of an incomplete mark; no known mark is longer."""


def split_inline(text: str) -> tuple[str, str]:
    """(thinking, reply) of a message's text, without marks and without blanks around them.

    A block without its closing mark is thinking to the end of the text. A closing mark without an
    opening one (which the chat template wrote) counts unless the text begins with JSON.
    """
    thoughts: list[str] = []
    rest = _led(text)
    while (ends := _opened(rest)) is not None and len(thoughts) < _MOST:
        begin, closes = ends
        closed = closes.search(rest, begin)
        if closed is None:
            return _joined([*thoughts, rest[begin:]]), ""
        thoughts.append(rest[begin : closed.start()])
        rest = _led(rest[closed.end() :])
    if not _is_json_first(rest) and (closed := _closing(rest)) is not None:
        thought = rest[: closed.start()]
        if closed.group().lower() == _RUN_TOGETHER:
            thought = thought.removeprefix("analysis")
        thoughts.append(thought)
        rest = _led(rest[closed.end() :])
    return _joined(thoughts), rest.rstrip()


def begins_json(text: str) -> bool:
    """Does a text begin like a JSON reply, fenced or not?"""
    return _led(text).startswith(_JSON_BEGINS)


def _led(text: str) -> str:
    """The text without leading blanks and the mark of harmony's final channel."""
    found = _LEAD.match(text)
    return text[found.end() :] if found else text


def _joined(thoughts: list[str]) -> str:
    return "\n".join(bare for each in thoughts if (bare := each.strip()))


def _opened(text: str) -> tuple[int, re.Pattern[str]] | None:
    """If a text begins with an opening mark: where the mark ends, and its closing pattern."""
    for opens, closes in _OPENS:
        if found := opens.match(text):
            if found.groups():
                closes = re.compile(f"</{re.escape(found.group(1))}>", re.I)
            return found.end(), closes
    return None


def _is_json_first(text: str) -> bool:
    if not text.startswith(("{", "[", '"')):
        return False
    try:
        read_json_at(text, 0)
    except (ValueError, RecursionError):
        return False
    return True


def _closing(text: str) -> re.Match[str] | None:
    """The closing mark before the reply: JSON follows it, or it is the last mark."""
    last = None
    for closed in _ANY_END.finditer(text):
        if begins_json(text[closed.end() : closed.end() + 200]):
            return closed
        last = closed
    return None if text.startswith("{") else last


class InlineSplitter:
    """Splits a text in pieces into pairs of (is it thinking?, text)."""

    def __init__(self) -> None:
        self._waiting = ""
        self._closes: re.Pattern[str] | None = None
        self._replying = False

    def feed(self, piece: str) -> list[tuple[bool, str]]:
        """Add a piece; returns the new pairs."""
        if self._replying:
            return [(False, piece)]
        self._waiting += piece
        found: list[tuple[bool, str]] = []
        while not self._replying and self._step(found):
            pass
        return found

    def end(self) -> list[tuple[bool, str]]:
        """The rest of the text, after the last piece."""
        left, self._waiting = self._waiting, ""
        return [(self._closes is not None, left)] if left else []

    def _step(self, found: list[tuple[bool, str]]) -> bool:
        """Read the waiting text up to the next mark; False when that needs more text."""
        if self._closes is None:
            return self._begin(found)
        closed = self._closes.search(self._waiting)
        if closed is not None:
            self._emit_thinking(found, closed.start())
            self._waiting = self._waiting[closed.end() - closed.start() :]
            self._closes = None
            return True
        # Text that could be the beginning of a mark waits.
        late = max(0, len(self._waiting) - _PARTIAL)
        cut = max(self._waiting.rfind(sign, late) for sign in "<[◁")
        self._emit_thinking(found, cut if cut >= 0 else len(self._waiting))
        return False

    def _begin(self, found: list[tuple[bool, str]]) -> bool:
        bare = _led(self._waiting)
        if (ends := _opened(bare)) is not None:
            self._waiting, self._closes = bare[ends[0] :], ends[1]
            return True
        may_be_mark = bare[:1] in ("", "<", "◁") and len(bare) < _PARTIAL
        if may_be_mark or "[think]".startswith(bare.lower()):
            self._waiting = bare
            return False
        if bare.startswith(_JSON_BEGINS):
            self._replying = True
            found.append((False, bare))
            self._waiting = ""
            return False
        # Neither JSON nor a mark: probably thinking whose opening mark the chat template wrote.
        self._closes = _ANY_END
        return True

    def _emit_thinking(self, found: list[tuple[bool, str]], end: int) -> None:
        if end:
            found.append((True, self._waiting[:end]))
        self._waiting = self._waiting[end:]
