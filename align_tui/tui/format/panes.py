"""The content of a pane, from what is known of its sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.marks import MarkName, cell_mark
from align_tui.monitor.snapshot import Cell, Shown, Snapshot
from align_tui.tui.format.decision import FOOT, cut_notes, foot_lines, shown_mark
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.pane_facts import ALONE, Beside, fact_words
from align_tui.tui.format.ratings import Rated
from align_tui.tui.format.status_text import (
    annotation_words,
    error_words,
    origin_words,
    running_words,
    waiting_words,
)
from align_tui.tui.format.styled_text import Line, Span, fit
from align_tui.tui.format.targets import heading
from align_tui.tui.format.thinking import is_reasoning, thinking_part
from align_tui.tui.format.wrapping import wrap

if TYPE_CHECKING:
    from align_tui.config.profile import Profile

# Text that only has an asterisk somewhere is not worth a Markdown document.
_MARKDOWN = re.compile(
    r"^(?:#{1,6} |[-*+] \S|\d+\. \S|> |```|\|.*\|)|\*\*\S[^*]*\*\*|`[^`\n]+`", re.MULTILINE
)
MAX_MARKDOWN = 12_000
OUT = ", out of its depth"  # behind the model's name, where there is room
MARGIN = 1  # cells at the right of the text, for the scroll thumb


@dataclass(frozen=True, slots=True)
class PaneView:
    """Everything that a pane paints, for its width.

    `above` is the model's thinking and `below` are the decision's notes. Both are painted quieter
    than the `text` between them.
    """

    title: Line
    subtitle: Line
    text: str
    quiet: bool
    key: object
    cursor: str
    foot: tuple[Line, ...]
    low: bool  # the foot stands at the bottom of the pane, and not right below the text
    markdown: bool
    above: str = ""
    below: str = ""
    empty: int | None = None  # lines below the foot; None for a text that may still grow


def worth_markdown(shown: Shown) -> bool:
    """True for a finished text that Markdown would show better."""
    return (
        shown.status == "done"
        and len(shown.text) <= MAX_MARKDOWN
        and _MARKDOWN.search(shown.text) is not None
    )


def generations(profile: Profile) -> int:
    """The number of replies that a decision of this profile takes."""
    adm = profile.adm
    asked = int(getattr(adm, "samples", 0) or 0)
    asked += int(getattr(adm, "n_positive", 0) or 0) + int(getattr(adm, "n_negative", 0) or 0)
    return max(1, asked)


def greeting(
    planned: int, scenarios: int, glyphs: Glyphs, keys: KeyNames, missing: Sequence[str] = ()
) -> str:
    """The text of an empty screen; `missing` are models that are not on this machine."""
    does = {
        "study.run_scenario": "run this scenario with all profiles",
        "study.run_all": "run the whole study: "
        f"{counted(scenarios, 'scenario')}, {counted(planned, 'decision')}",
        "study.help": "help",
    }
    starts = [
        f"{keys.label(glyphs, action)}  {what}"
        for action, what in does.items()
        if keys.first(action)
    ]
    absent = "".join(
        f"\n\n{glyphs.marks['failed']} {one_line(model, 100)} is not on this machine. The first "
        f"run downloads it. Without a network, run hf download {one_line(model, 100)} on another "
        "machine and set HF_HOME to its cache."
        for model in missing
    )
    return "Nothing is decided yet.\n\n" + "\n".join(starts) + absent


def current(shown: Shown, snapshot: Snapshot, scenario: int) -> tuple[Shown, Cell | None]:
    """What is known of a pane's sample, also right after the user has moved to the scenario.

    The marks of all scenarios are known already; the texts come with the next snapshot.
    """
    repeats = snapshot.rows[scenario][shown.profile] if scenario < len(snapshot.rows) else ()
    cell = repeats[min(shown.repeat, len(repeats) - 1)] if repeats else None
    if snapshot.scenario == scenario:
        return shown, cell
    if cell is None:
        return Shown(shown.profile, shown.repeat), None
    brief = Shown(
        shown.profile,
        shown.repeat,
        cell.sample,
        cell.status,
        scores=cell.scores,
        origin=cell.origin,
    )
    return brief, cell


def pane_view(
    profile: Profile,
    shown: Shown,
    cell: Cell | None,
    snapshot: Snapshot,
    choices: Sequence[str],
    target: str | None,
    width: int,
    glyphs: Glyphs,
    keys: KeyNames,
    *,
    height: int = 13,
    scenario: int,
    repeats: int,
    focused: bool,
    depth: bool,
    starting: bool,
    greet: str,
    thinking: bool = False,
    among: Sequence[str] = (),
    beside: Beside = ALONE,
) -> PaneView:
    """The whole pane, for `width` cells and `height` lines inside its border.

    `among` are the names of all columns, `beside` is what the decision is compared with. With
    `thinking` it shows the model's thinking whole, otherwise one line of it.
    """
    number = shown.profile + 1
    head, tail = f"{number} ", f" {shown.repeat + 1}/{repeats}" if repeats > 1 else ""
    name = heading(profile, glyphs, max(4, width - 2 - len(head) - len(tail)), among)
    title: list[Span] = [
        (head, "key" if focused else "quiet"),
        (name, "title" if focused else "text"),
        (tail, "quiet"),
    ]
    model = one_line(profile.model_label or profile.adm.kind)
    words = annotation_words(shown.annotation)
    annotated = f"{words} {glyphs.sep} " if words else ""
    source = f" {glyphs.sep} {origin_words(shown.origin)}" if shown.origin is not None else ""
    room = max(4, width - 4 - len(annotated) - len(source))
    if depth and cell_len(model) + cell_len(OUT) <= room:
        model += OUT
    subtitle: Line = (
        (fit(annotated, width - 4, glyphs.more), "text"),
        (fit(model, room, glyphs.more), "warn" if depth else "quiet"),
        (source, "quiet"),
    )
    mark: MarkName = cell_mark(cell, target) if cell is not None else shown_mark(shown, target)
    text, quiet = _text(shown, snapshot, starting, greet, profile, keys)
    above = thinking_part(shown, width - MARGIN, glyphs, unfolded=thinking)
    below = cut_notes(shown, width, glyphs) if shown.status == "done" else ""
    whole = thinking and bool(above) and not is_reasoning(shown)
    foot = foot_lines(
        shown,
        choices,
        target,
        width,
        glyphs,
        keys,
        of_streams=generations(profile),
        choice=cell.choice if cell is not None else None,
        mark=mark if shown.status == "done" else None,
        rated=rated_of(shown, profile, len(choices)),
        room=foot_room(height),
        facts=fact_words(shown, target, beside),
        spare=spare_lines((above, text, below), width - MARGIN, height),
    )
    live = shown.status == "running"
    markdown = worth_markdown(shown) and not whole
    return PaneView(
        title=tuple(title),
        subtitle=subtitle,
        text=text,
        quiet=quiet,
        key=(
            scenario,
            shown.repeat,
            shown.sample if shown.status != "absent" else None,
            quiet,
            whole,
        ),
        cursor=glyphs.writing if live and not quiet else "",
        foot=foot,
        low=shown.status not in ("done", "failed"),
        markdown=markdown,
        above=above,
        below=below,
        empty=None
        if live or shown.status == "pending"
        else 0
        if markdown
        else empty_lines((above, text, below), len(foot), width - MARGIN, height),
    )


def foot_room(height: int) -> int:
    """The most lines that ratings or an open answer take, in a pane of `height` lines inside.

    Reasoning keeps about half of the pane. Two choices and their heading always have room.
    """
    return max(3, height // 2 - 1)


def spare_lines(parts: tuple[str, str, str], width: int, height: int) -> int:
    """The lines that stay empty in a pane below its text, a blank one and `FOOT` lines.

    The text has the `parts` thinking, reasoning and notes.
    """
    return empty_lines(parts, FOOT, width, height)


def empty_lines(parts: tuple[str, str, str], foot: int, width: int, height: int) -> int:
    """The lines that stay empty in a pane below its text, a blank one and `foot` lines."""
    above, text, below = parts
    most = height - foot - 1
    if most <= 0 or len(text) > most * width:
        return 0  # too long, whatever its words
    notes = 1 + _rows(below, width) if below else 0
    return max(0, most - _rows(above, width) - _rows(text, width) - notes)


@lru_cache(maxsize=64)  # every paint asks for the same texts
def _rows(text: str, width: int) -> int:
    return len(wrap(text, width)) if text else 0


def rated_of(shown: Shown, profile: Profile, choices: int) -> Rated | None:
    """The ratings and ranking of the decision; None if it has none."""
    basis = shown.basis
    if basis is None or not (basis.predictions or basis.ranking):
        return None
    return Rated(choices, basis.predictions or (), basis.relevance, basis.ranking, profile.target)


def _sentences(text: str) -> str:
    """The text with a full stop behind each line that ends in a word."""
    return "\n".join(f"{line}." if line[-1:].isalnum() else line for line in text.split("\n"))


def _text(
    shown: Shown,
    snapshot: Snapshot,
    starting: bool,
    greet: str,
    profile: Profile,
    keys: KeyNames,
) -> tuple[str, bool]:
    """(the text of the pane, True if it is about the sample and not the model's reasoning)."""
    if shown.status == "absent":
        return (greet or "not queued yet"), True
    transport = snapshot.transport
    if shown.status == "pending" and transport is not None and transport.at < transport.length:
        return "waiting", True
    if shown.status == "pending":
        workers, silent = snapshot.workers, snapshot.silent
        return waiting_words(workers, snapshot.state, starting, keys, shown.ahead, silent), True
    if shown.status == "failed":
        return _sentences(error_words(shown.result)[1]), False
    if shown.status == "running" and shown.thinking and not shown.text:
        return "", False
    if shown.status == "running" and shown.blocked:
        return f"{shown.blocked}. The sample fails if this goes on.", True
    if shown.status == "running" and not shown.text:
        workers, silent = snapshot.workers, snapshot.silent
        return running_words(workers, profile.needs_model, silent, begun=shown.begun), True
    if shown.status == "done" and shown.result is not None and not shown.text.strip():
        return "(no reasoning)", True
    return shown.text, False
