"""Thinking that a server leaves in the text of a reply, told apart from the reply.

`split_inline` reads a whole text and has the last word. `Inline` reads it as it comes: what it
tells on the way may turn out otherwise, and is then told anew.
"""

from __future__ import annotations

import re

from align_tui.core.strict_json import read_json_at

_NAMES = r"(?:\w+:)?(?:think|thinking|thoughts?|reason|reasoning|reflection|analysis)"
_HEAD = r"(?:[^<]|<\|constrain\|>){0,40}<\|message\|>"
_FINAL = rf"(?:<\|start\|>assistant)?<\|channel\|>final{_HEAD}"
# Each way to think: how it begins, and how it ends.
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
"""Ends harmony's thinking where a server leaves its control tokens out of the text."""
_ANY_END = re.compile("|".join([*(f"(?:{end})" for _, end in _WAYS), _RUN_TOGETHER]), re.I)
_LEAD = re.compile(rf"\s*(?:{_FINAL}\s*)?", re.I)
_JSON_BEGINS = ("{", "[", "`", '"')
_MOST = 100
"""Blocks of thinking that a message may have."""
_PARTIAL = 96
"""Characters of a mark that may have come in part: no mark that is known is longer."""


def split_inline(text: str) -> tuple[str, str]:
    """(thinking, reply) of the text of a message, both without the marks and blanks around them.

    A block that is not closed is thinking to its end. A mark that closes a block which the chat
    template opened counts where the text is not JSON already.
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
    """Does a text begin as a reply in JSON does, fenced or not?"""
    return _led(text).startswith(_JSON_BEGINS)


def _led(text: str) -> str:
    """The text without blanks and the mark of harmony's last channel in front."""
    found = _LEAD.match(text)
    return text[found.end() :] if found else text


def _joined(thoughts: list[str]) -> str:
    return "\n".join(bare for each in thoughts if (bare := each.strip()))


def _opened(text: str) -> tuple[int, re.Pattern[str]] | None:
    """Where thinking begins at the start of a text, and what ends it."""
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
    """The mark behind which the reply stands: JSON follows it, or no other mark does."""
    last = None
    for closed in _ANY_END.finditer(text):
        if begins_json(text[closed.end() : closed.end() + 200]):
            return closed
        last = closed
    return None if text.startswith("{") else last


class Inline:
    """Tells thinking from reply in pieces: pairs of (is it thinking?, text)."""

    def __init__(self) -> None:
        self._waiting = ""
        self._closes: re.Pattern[str] | None = None
        self._replying = False

    def feed(self, piece: str) -> list[tuple[bool, str]]:
        """What can be told with one more piece."""
        if self._replying:
            return [(False, piece)]
        self._waiting += piece
        told: list[tuple[bool, str]] = []
        while not self._replying and self._step(told):
            pass
        return told

    def end(self) -> list[tuple[bool, str]]:
        """What still waited: nothing more comes."""
        left, self._waiting = self._waiting, ""
        return [(self._closes is not None, left)] if left else []

    def _step(self, told: list[tuple[bool, str]]) -> bool:
        """Read on in what waits; False when that needs more of the text."""
        if self._closes is None:
            return self._begin(told)
        closed = self._closes.search(self._waiting)
        if closed is not None:
            self._tell(told, closed.start())
            self._waiting = self._waiting[closed.end() - closed.start() :]
            self._closes = None
            return True
        # A mark may have come in part: what could be its beginning waits.
        late = max(0, len(self._waiting) - _PARTIAL)
        cut = max(self._waiting.rfind(sign, late) for sign in "<[◁")
        self._tell(told, cut if cut >= 0 else len(self._waiting))
        return False

    def _begin(self, told: list[tuple[bool, str]]) -> bool:
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
            told.append((False, bare))
            self._waiting = ""
            return False
        # Neither JSON nor a mark: most likely thinking whose block the chat template opened.
        self._closes = _ANY_END
        return True

    def _tell(self, told: list[tuple[bool, str]], end: int) -> None:
        if end:
            told.append((True, self._waiting[:end]))
        self._waiting = self._waiting[end:]
