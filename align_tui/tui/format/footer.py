"""The line of keys at the bottom, by what the user can do now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells

Key = tuple[str, str]
Stepping = Literal["wrong", "hit", "match"]  # what n and N go to
ALWAYS: list[Key] = [("?", "help"), ("q", "leave")]
STEP: dict[Stepping, Key] = {
    "wrong": ("n", "next wrong"),
    "hit": ("n/N", "next hit"),
    "match": ("n/N", "next match"),
}


def main_keys(
    glyphs: Glyphs,
    *,
    paused: bool,
    stepping: Stepping,
    baseline: bool,
    failed: bool = False,
    thinking: bool = False,
) -> list[Key]:
    """The keys of the live screen, the most needed first."""
    keys = [
        (glyphs.updown, "scenario"),
        (glyphs.enter, "run"),
        ("a", "all"),
        ("space", "go on" if paused else "pause"),
        STEP[stepping],
        ("F", "filter"),
        *([("x", "ask again")] if failed else []),
        *([("h", "thinking")] if thinking else []),
        ("tab", "pane"),
        ("m", "maximise"),
        ("/", "search"),
        ("i", "inside"),
        ("e", "edit"),
        ("E", "reasoning"),
        ("v", "targets"),
        ("p", "profile"),
        ("A", "add column"),
        ("s", "whole text"),
        ("l", "list"),
        ("c", "compare"),
        ("r", "runs"),
        ("V", "verdict"),
        ("o", "overview"),
        ("d", "discriminating"),
    ]
    if baseline:
        keys.append(("t", "comparison"))
    return keys + ALWAYS


def replay_keys(
    glyphs: Glyphs,
    *,
    playing: bool,
    following: bool,
    stepping: Stepping = "wrong",
    thinking: bool = False,
) -> list[Key]:
    """The keys of a replay."""
    keys = [
        ("space", "pause" if playing else "play"),
        ("left/right", "5 s"),
        ("shift+left/right", "decision"),
        ("[/]", "scenario"),
        (",/.", "token"),
        ("+/-", "speed"),
        ("T", "time"),
        (glyphs.updown, "scenario"),
        ("home/end", "ends"),
        STEP[stepping],
        ("F", "filter"),
        *([("h", "thinking")] if thinking else []),
        ("m", "maximise"),
        ("i", "inside"),
        ("/", "search"),
        ("o", "overview"),
    ]
    if not following:
        keys.insert(1, ("f", "follow"))
    return keys + ALWAYS


def compare_keys(glyphs: Glyphs, *, only: bool) -> list[Key]:
    """The keys of a comparison."""
    return [
        (glyphs.updown, "row"),
        ("n/N", "next difference"),
        ("tab", "second column"),
        ("x", "swap"),
        ("+/-", "columns"),
        ("o", "all rows" if only else "only differences"),
        ("t", "target"),
        ("d", "discriminating"),
        ("s", "settings"),
        ("?", "help"),
        ("esc", "back"),
    ]


def runs_keys(glyphs: Glyphs, *, trash: bool) -> list[Key]:
    """The keys of the list of runs."""
    keys = [
        (glyphs.enter, "open"),
        ("f", "filter"),
        ("/", "search all"),
        ("c", "compare"),
        ("t", "tags"),
        ("w", "note"),
        ("e", "rename"),
        ("x", "export"),
        ("D", "delete"),
        ("u", "undo"),
        ("p", "replay"),
        ("I", "import"),
        ("?", "help"),
        ("esc", "back"),
    ]
    if trash:
        return [("u", "bring back"), ("D", "remove for good"), ("T", "all runs"), *keys[-2:]]
    return keys


def key_line(keys: Sequence[Key], width: int) -> Line:
    """As many whole keys as fit, help and leave always; the rest are left to the help screen."""
    last = [_key(key) for key in keys[-len(ALWAYS) :]]
    room = width - sum(cells(part) for part in last)
    spans: list[Span] = []
    for key in keys[: -len(ALWAYS)]:
        part = _key(key)
        if cells(spans) + cells(part) > room:
            break
        spans.extend(part)
    spans.extend(span for part in last for span in part)
    return ((spans[0][0][2:], ""), *spans[1:])


def _key(key: Key) -> Line:
    return (("   ", ""), (key[0], "key"), (f" {key[1]}", "quiet"))
