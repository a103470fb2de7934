"""What a view of the overview is, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.format.key_names import KeyNames

Targets: TypeAlias = tuple[str | None, ...]
"""By profile: the id of the target that it is marked against."""


@dataclass(frozen=True, slots=True)
class ViewData:
    """What a view shows: the study, the newest snapshot, and what the user looks at.

    `discriminating`: accuracy counts only the discriminating scenarios. `compare` numbers the
    target that baselines are compared with.
    """

    study: Study
    glyphs: Glyphs
    keys: KeyNames
    snapshot: Snapshot
    focus: int
    discriminating: bool
    compare: int
    targets: Targets


@dataclass(frozen=True, slots=True)
class OverviewView:
    """One view. Its functions are pure and quick: the event loop calls them.

    `lines_wanted(data, width, height)` is the number of lines that it would like on a screen of
    `height` lines. `part(data, width, rows)` lays it out in at most `rows` lines. `shows(snapshot)`
    gives what it reads of a snapshot: while that stays equal, the view is not made again. `grows`:
    the number of lines that it wants depends on the snapshot, and not only on the study.
    """

    name: str
    lines_wanted: Callable[[ViewData, int, int], int]
    part: Callable[[ViewData, int, int], Part]
    shows: Callable[[Snapshot], object] = lambda snapshot: (snapshot.overview, snapshot.tallies)
    grows: bool = False
