"""What each pane shows of a scenario; the same for a live run and for a replayed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from align_tui.core.text import plain
from align_tui.tui.snapshot import Row, Shown
from align_tui.tui.view.marks import focus_repeat
from align_tui.tui.view.words import remark_words

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.remarks import Remark
    from align_tui.store.results import Result

Writing = Callable[[int], tuple[str, int]]  # sample -> (text so far, generations begun)


def read_remarks(db: Database, run: str, scenario: int) -> dict[int, str]:
    """By sample: what the user said of it, in words."""
    from align_tui.store.remarks import remarks_at

    return remarks_in_words(remarks_at(db, run, scenario))


def remarks_in_words(remarks: Mapping[int, Remark]) -> dict[int, str]:
    """By sample, as panes say it."""
    return {
        sample: remark_words(remark.bookmarked, remark.verdict)
        for sample, remark in remarks.items()
    }


def shown_panes(
    row: Row,
    results: Mapping[int, Result],
    writing: Writing,
    started: Mapping[int, float | None],
    now: float,
    repeat: int | None,
    remarks: Mapping[int, str],
) -> tuple[Shown, ...]:
    """A pane a profile: the repeat that is asked for, else the one that has most to show."""
    panes = []
    for profile, repeats in enumerate(row):
        number = focus_repeat(repeats) if repeat is None else min(repeat, len(repeats) - 1)
        cell = repeats[number]
        if cell is None:
            panes.append(Shown(profile, number))
        elif cell.status == "running":
            text, streams = writing(cell.sample)
            begun = started.get(cell.sample)
            elapsed = max(0.0, now - begun) if begun is not None else None
            panes.append(Shown(profile, number, cell.sample, "running", text, streams, elapsed))
        elif cell.status in ("done", "failed"):
            result = results.get(cell.sample)
            text = plain(result.reasoning) if result is not None else ""
            panes.append(
                Shown(
                    profile,
                    number,
                    cell.sample,
                    cell.status,
                    text,
                    result=result,
                    scores=cell.scores,
                    remark=remarks.get(cell.sample, ""),
                    origin=cell.origin,
                )
            )
        else:
            panes.append(Shown(profile, number, cell.sample, cell.status))
    return tuple(panes)
