"""What the command line hands over to the screen."""

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
    """A study to explore, or a run (`run`) to go on with or to replay.

    With `autostart` everything is queued right after the first paint. `versions` are kept with
    a run that this screen creates. With `browse` the list of runs lies over the run; with
    `low_bandwidth` streaming text is painted less often.
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
