"""Read the finished runs at a path, in any known format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.registry import Registry
from align_tui.formats.files import shown
from align_tui.formats.recorded_runs import RecordedRun, RunFormat

RUN_FORMATS = Registry(
    "format of runs",
    "align_tui.run_formats",
    RunFormat,
    {
        "inspect": "align_tui.formats.inspect_log.read:RUNS",
        "align-system": "align_tui.formats.align_system.runs:RUNS",
    },
)


def read_runs(
    path: Path, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> list[RecordedRun]:
    """Read every run at `path`, a file or a folder, in the order of paths; raises DatasetError.

    align-system's format is the last one, and tells what is missing.
    """
    for _, found in RUN_FORMATS.loaded():
        places = found.find(path)
        if places:
            try:
                return [found.read(place, attributes, scale) for place in places]
            except DatasetError:
                raise
            except Exception as error:  # another package's code may raise anything
                reason = f"{type(error).__name__}: {error}"
                raise DatasetError(
                    f"{shown(path)}: the reader of the format {found.name} failed: {reason}"
                ) from error
    raise DatasetError(
        f"{shown(path)} has no run that align-tui can import",
        "docs/formats.md lists the formats of runs.",
    )
