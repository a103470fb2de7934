"""The options that the command line passes to the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from align_tui.config.study import Study

Reader: TypeAlias = "Callable[[], tuple[Launch, Study]]"


@dataclass(frozen=True, slots=True)
class Launch:
    """A study to explore, or a run (`run`) to resume or to replay.

    With `autostart` the screen queues the whole study right after the first paint. A run that the
    screen creates stores `versions`. With `browse` the list of runs opens over the run. With
    `low_bandwidth` streaming text is painted less often. With `greets` the line of keys begins with
    a greeting that the user can put away.
    """

    database: Path
    study: Study | None
    run: str | None
    autostart: bool
    replay: bool = False
    browse: bool = False
    speed: float = 1.0
    versions: Mapping[str, str] = field(default_factory=dict)
    debug: bool = False
    low_bandwidth: bool = False
    greets: bool = False
