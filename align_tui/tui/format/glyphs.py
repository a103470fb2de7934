"""Every sign that the screen draws, in Unicode and in ASCII for terminals without UTF-8."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the marks bring the snapshot with them, and the first frame waits for signs
    from align_tui.monitor.marks import MarkName


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs; each sign has one meaning on the whole screen."""

    ascii: bool
    marks: Mapping[MarkName, str]
    high: str
    low: str
    levels: str
    steps: str
    full: str
    empty: str
    ends: tuple[str, str]
    line: str
    dot: str
    chance: str
    level: str
    more: str
    cursor: str
    writing: str
    alive: str
    thumb: str
    play: str
    pause: str
    back: str
    forth: str
    sep: str
    times: str
    updown: str
    enter: str
    unlike: str
    edited: str
    branch: str
    kept: str
    only: str
    rated: str
    unrated: str
    ticks: tuple[str, str]  # a sample on the rated and on the unrated part of a gauge
    target: str
    spread: tuple[str, str]
    tie: str


UNICODE = Glyphs(
    ascii=False,
    marks={
        "none": " ",
        "pending": "○",
        "working": "◐",
        "right": "✓",
        "wrong": "✗",
        "unscored": "·",
        "failed": "!",
    },
    high="▲",
    low="▼",
    levels="▁▂▃▄▅▆▇",
    steps="▁▂▃▄▅▆▇█",
    full="█",
    empty="░",
    ends=("├", "┤"),
    line="─",
    dot="●",
    chance="┊",
    level="┈",
    more="…",
    cursor="▸",
    writing="▌",
    alive="●",
    thumb="●",
    play="▸",
    pause="‖",
    back="◂◂",
    forth="▸▸",
    sep="·",
    times="×",
    updown="↑↓",
    enter="⏎",
    unlike="≠",
    edited="✎",
    branch="└",
    kept="★",
    only="∈",
    rated="━",
    unrated="─",
    ticks=("┿", "┼"),
    target="◆",
    spread=("(", ")"),
    tie="=",
)
ASCII = Glyphs(
    ascii=True,
    marks={
        "none": " ",
        "pending": "o",
        "working": "*",
        "right": "+",
        "wrong": "x",
        "unscored": ".",
        "failed": "!",
    },
    high="^",
    low="v",
    levels="1234567",
    steps="0123456789",
    full="#",
    empty=".",
    ends=("|", "|"),
    line="-",
    dot="O",
    chance=":",
    level="-",
    more="~",
    cursor=">",
    writing="_",
    alive="*",
    thumb="O",
    play=">",
    pause="=",
    back="<<",
    forth=">>",
    sep="-",
    times="x",
    updown="down/up",
    enter="enter",
    unlike="!=",
    edited="%",
    branch="`",
    kept="@",
    only="&",
    rated="#",
    unrated=".",
    ticks=("|", "|"),
    target="T",
    spread=("(", ")"),
    tie="=",
)


def choose_glyphs(environ: Mapping[str, str] | None = None, encoding: str | None = None) -> Glyphs:
    """The signs that this terminal can show, by the encoding of the locale and by TERM."""
    env = os.environ if environ is None else environ
    if env.get("TERM", "") in ("linux", "dumb", "vt100", "vt220"):
        return ASCII
    code = locale.getencoding() if encoding is None else encoding
    return UNICODE if code.lower().replace("-", "").replace("_", "") == "utf8" else ASCII
