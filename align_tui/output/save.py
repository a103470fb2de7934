"""A run saved under a name that nothing has yet, in any format there is."""

from __future__ import annotations

from pathlib import Path

from align_tui.core.errors import DatasetError
from align_tui.files.write import write_text
from align_tui.formats.files import shown
from align_tui.output import export
from align_tui.store.database import Database

# What it is, and how its file's name ends; a folder has no ending.
FORMATS = {
    "jsonl": ("JSON Lines: every event", ".jsonl"),
    "csv": ("CSV: one line a decision and target", ".csv"),
    "markdown": ("Markdown: results and every decision", ".md"),
    "align-system": ("align-system: a run directory a profile", ""),
    "report": ("report in Markdown", "-report.md"),
    "report-html": ("report as one HTML page with plots", "-report.html"),
}


def save(db: Database, run: str, format_name: str, path: Path) -> Path:
    """Write the run; `format_name` is one of `FORMATS`.

    Raises OutputError, and DatasetError when there is something at `path` already.
    """
    path = path.expanduser()
    if path.exists():
        raise DatasetError(f"{shown(path)} exists already", "Choose another name.")
    if format_name == "align-system":
        export.align_system(db, run, path)
    else:
        write_text(path, _text(db, run, format_name))
    return path.absolute()


def _text(db: Database, run: str, format_name: str) -> str:
    if format_name.startswith("report"):
        from align_tui.output.report.data import gather

        report = gather(db, [run])
        if format_name == "report-html":
            from align_tui.output.report.html import html

            return html(report)
        from align_tui.output.report.markdown import markdown

        return markdown(report)
    return "".join(export.WRITERS[format_name](db, run))
