"""Save a run to a new file or folder, in any registered format."""

from __future__ import annotations

from pathlib import Path

from align_tui.core.errors import DatasetError
from align_tui.files.write import write_text, writing
from align_tui.formats.files import shown
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.store.database import Database


def save(db: Database, run: str, format_name: str, path: Path) -> Path:
    """Write the run in one of the formats of EXPORTERS; return the absolute path.

    Raises ConfigError for an unknown format, OutputError, and DatasetError if `path` exists.
    """
    exporter = EXPORTERS.get(format_name)
    path = path.expanduser()
    if path.exists():
        raise DatasetError(f"{shown(path)} exists already", "Choose another name.")
    if exporter.folder is not None:
        exporter.folder(db, run, path)
    elif exporter.text is not None:
        write_text(path, "".join(exporter.text(db, run)))
    elif exporter.data is not None:
        with writing(path) as file:
            exporter.data(db, run, file)
    return path.absolute()
