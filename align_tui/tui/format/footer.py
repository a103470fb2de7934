"""The line of keys at the bottom, with what the user can do now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line, Span, cells, cut

Key = tuple[str, str]
Entry = tuple[str, ...]  # a label, and the ids of its actions
Stepping = Literal["wrong", "hit", "match"]  # what the keys for the next match step over
STEP: dict[Stepping, Entry] = {
    "wrong": ("next wrong", "study.next_match"),
    "hit": ("next hit", "study.next_match", "study.previous_match"),
    "match": ("next match", "study.next_match", "study.previous_match"),
}
SCENARIO = ("scenario", "study.next_scenario", "study.previous_scenario")
ALWAYS: list[Entry] = [("help", "study.help"), ("leave", "study.leave")]


def main_keys(
    names: KeyNames,
    glyphs: Glyphs,
    *,
    paused: bool,
    stepping: Stepping,
    baseline: bool,
    failed: bool = False,
    thinking: bool = False,
) -> list[Key]:
    """The keys of the live screen, the most important first."""
    entries: list[Entry] = [
        SCENARIO,
        ("run", "study.run_scenario"),
        ("all", "study.run_all"),
        ("resume" if paused else "pause", "study.pause"),
        STEP[stepping],
        ("filter", "study.filter"),
        *([("retry", "study.ask_again")] if failed else []),
        *([("thinking", "study.thinking")] if thinking else []),
        ("pane", "study.next_pane"),
        ("maximise", "study.maximise"),
        ("search", "study.search"),
        ("inside", "study.open_decision"),
        ("edit", "study.edit_scenario"),
        ("reasoning", "study.edit_reasoning"),
        ("targets", "study.edit_targets"),
        ("profile", "study.edit_profile"),
        ("add column", "study.add_column"),
        ("whole text", "study.whole_text"),
        ("list", "study.list"),
        ("compare", "study.compare_columns"),
        ("runs", "study.runs"),
        ("verdict", "study.verdict"),
        ("overview", "study.next_view"),
        ("discriminating", "study.discriminating"),
        *([("comparison", "study.comparison_target")] if baseline else []),
        *ALWAYS,
    ]
    return _labelled(names, glyphs, entries)


def replay_keys(
    names: KeyNames,
    glyphs: Glyphs,
    *,
    playing: bool,
    following: bool,
    stepping: Stepping = "wrong",
    thinking: bool = False,
) -> list[Key]:
    """The keys of a replay."""
    entries: list[Entry] = [
        ("pause" if playing else "play", "replay.pause"),
        *([] if following else [("follow", "replay.follow")]),
        ("5 s", "replay.seek_back", "replay.seek_forward"),
        ("decision", "replay.previous_decision", "replay.next_decision"),
        ("scenario", "replay.previous_decided_scenario", "replay.next_decided_scenario"),
        ("token", "replay.previous_token", "replay.next_token"),
        ("speed", "replay.faster", "replay.slower"),
        ("time", "replay.go_to_time"),
        SCENARIO,
        ("ends", "replay.start", "replay.end"),
        STEP[stepping],
        ("filter", "study.filter"),
        *([("thinking", "study.thinking")] if thinking else []),
        ("maximise", "study.maximise"),
        ("inside", "study.open_decision"),
        ("search", "study.search"),
        ("overview", "study.next_view"),
        *ALWAYS,
    ]
    return _labelled(names, glyphs, entries)


def compare_keys(names: KeyNames, glyphs: Glyphs, *, only: bool) -> list[Key]:
    """The keys of a comparison."""
    entries: list[Entry] = [
        ("row", "compare.next_row", "compare.previous_row"),
        ("next difference", "compare.next_difference", "compare.previous_difference"),
        ("next column", "compare.next_column"),
        ("swap", "compare.swap"),
        ("columns", "compare.add", "compare.remove"),
        ("all rows" if only else "only differences", "compare.only_differences"),
        ("target", "compare.comparison_target"),
        ("discriminating", "compare.discriminating"),
        ("settings", "compare.settings"),
        ("help", "compare.help"),
        ("back", "compare.back"),
    ]
    return _labelled(names, glyphs, entries)


def runs_keys(names: KeyNames, glyphs: Glyphs, *, trash: bool) -> list[Key]:
    """The keys of the list of runs."""
    entries: list[Entry] = [
        ("open", "runs.open"),
        ("filter", "runs.filter"),
        ("search all", "runs.search"),
        ("compare", "runs.compare"),
        ("tags", "runs.tags"),
        ("note", "runs.note"),
        ("rename", "runs.rename"),
        ("export", "runs.export"),
        ("delete", "runs.delete"),
        ("undo", "runs.undo"),
        ("replay", "runs.replay"),
        ("import", "runs.import"),
    ]
    if trash:
        entries = [
            ("bring back", "runs.undo"),
            ("remove for good", "runs.delete"),
            ("all runs", "runs.trash"),
        ]
    entries += [("help", "runs.help"), ("back", "runs.back")]
    return _labelled(names, glyphs, entries)


def _labelled(names: KeyNames, glyphs: Glyphs, entries: Iterable[Entry]) -> list[Key]:
    """(keys, what they do) of each entry that has a key."""
    labels = ((names.label(glyphs, *actions), does) for does, *actions in entries)
    return [(label, does) for label, does in labels if label]


def key_line(keys: Sequence[Key], width: int) -> Line:
    """As many whole keys as fit, always with the last two (help and leave or back)."""
    return _key_line(tuple(keys), width)


@lru_cache(maxsize=64)  # it is painted with every frame, and seldom changes
def _key_line(keys: tuple[Key, ...], width: int) -> Line:
    if not keys:
        return ()
    last = [_key(key) for key in keys[-len(ALWAYS) :]]
    room = width - sum(cells(part) for part in last)
    spans: list[Span] = []
    for key in keys[: -len(ALWAYS)]:
        part = _key(key)
        room -= cells(part)
        if room < 0:
            break
        spans.extend(part)
    spans.extend(span for part in last for span in part)
    return ((spans[0][0][2:], ""), *spans[1:])


def greeting_line(names: KeyNames, width: int, glyphs: Glyphs) -> Line:
    """The greeting of a first start: what the demo is, a few keys, and the key that hides this."""
    hide = names.fill("{study.back} hides this")
    keys = (
        names.fill("{study.next_scenario} next"),
        names.fill("{study.compare_columns} compare"),
        names.fill("{study.help} help"),
    )
    spans: list[Span] = [(" Demo: a toy model on toy cases. ", "bright")]
    spans.append((", ".join(filter(None, keys)), "text"))
    if hide:
        spans.append((f"   {hide}", "quiet"))
    return cut(spans, width, glyphs.more)


def _key(key: Key) -> Line:
    return (("   ", ""), (key[0], "key"), (f" {key[1]}", "quiet"))
