"""Make the panes of a scenario, for the live feed and for the replaying one."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING

from align_tui.core.text.display import plain
from align_tui.monitor.feeds.written import Written
from align_tui.monitor.marks import focus_repeat
from align_tui.monitor.snapshot import Cells, Repeats, Shown

if TYPE_CHECKING:
    from align_tui.store.basis import Basis
    from align_tui.store.results import Result
    from align_tui.store.run_annotations import Annotation
    from align_tui.store.thinking import Thought

Writing = Callable[[int], Written]  # by sample


def shown_repeat(repeats: Repeats, asked: int | None) -> int:
    """The repeat that a pane shows: the requested one, else a running or the last ended one."""
    return focus_repeat(repeats) if asked is None else min(asked, len(repeats) - 1)


def shown_panes(
    row: Cells,
    results: Mapping[int, Result],
    thoughts: Mapping[int, Thought],
    bases: Mapping[int, Basis],
    writing: Writing,
    started: Mapping[int, float | None],
    now: float,
    repeat: int | None,
    annotations: Mapping[int, Annotation],
    ahead: Mapping[int, int],
    blocked: Mapping[int, str],
    before: Mapping[int, Result],
    in_worker: Container[int] = (),
) -> tuple[Shown, ...]:
    """Make one pane for each profile.

    `ahead` has for pending samples how many come before them, `blocked` has messages about
    samples that hold up their workers, and `before` the parent run's decisions in the places that a
    what-if changed. Samples of `in_worker` wait inside their worker.
    """
    panes = []
    for profile, repeats in enumerate(row):
        number = shown_repeat(repeats, repeat)
        cell = repeats[number]
        if cell is None:
            panes.append(Shown(profile, number))
        elif cell.status == "running":
            so_far = writing(cell.sample)
            begun = started.get(cell.sample)
            elapsed = max(0.0, now - begun) if begun is not None else None
            panes.append(
                Shown(
                    profile,
                    number,
                    cell.sample,
                    "running",
                    so_far.text,
                    so_far.streams,
                    elapsed,
                    thinking=so_far.thinking,
                    blocked=blocked.get(cell.sample, ""),
                    begun=cell.sample not in in_worker,
                )
            )
        elif cell.status in ("done", "failed"):
            result = results.get(cell.sample)
            text = plain(result.reasoning) if result is not None else ""
            thought = thoughts.get(cell.sample)
            panes.append(
                Shown(
                    profile,
                    number,
                    cell.sample,
                    cell.status,
                    text,
                    result=result,
                    scores=cell.scores,
                    annotation=annotations.get(cell.sample),
                    origin=cell.origin,
                    thinking=thought.text if thought is not None else "",
                    thinking_tokens=thought.tokens if thought is not None else 0,
                    basis=bases.get(cell.sample),
                    before=before.get(cell.sample),
                )
            )
        else:
            waits = ahead.get(cell.sample)
            panes.append(Shown(profile, number, cell.sample, cell.status, ahead=waits))
    return tuple(panes)
