"""The time that a run which `align-tui run` follows still takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from align_tui.config.study import Study
from align_tui.core.time_left import TimeLeft
from align_tui.store.runs import RunRow


class RunTimeLeft:
    """Words for the time left, told as `TimeLeft` does, once every model has decided something.

    `open_counts` are those of `store.results`, by profile.
    """

    def __init__(
        self,
        study: Study,
        open_counts: Mapping[int, tuple[int, int]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = [profile.backbone_key for profile in study.profiles]
        self._unmeasured = {self._keys[p] for p, (_, is_open) in open_counts.items() if is_open}
        self._left, self._ended, self._clock = TimeLeft(), 0, clock

    def ended(self, profiles: Iterable[int]) -> None:
        """Count samples that have ended, given by their profiles."""
        for profile in profiles:
            self._ended += 1
            self._unmeasured.discard(self._keys[profile])

    def look(self, row: RunRow, *, working: bool) -> str:
        """`left 02:10`; empty while it is not known. `working`: does a worker answer?"""
        working = working and row.state == "active" and row.running > 0
        self._left.look(self._clock(), self._ended, working=working)
        seconds = self._left.seconds(row.pending + row.running)
        if seconds is None or self._unmeasured or not working:
            return ""
        hours, rest = divmod(round(seconds), 3600)
        minutes, whole = divmod(rest, 60)
        return (
            f"left {hours}:{minutes:02d}:{whole:02d}"
            if hours
            else f"left {minutes:02d}:{whole:02d}"
        )
