"""`align-tui table`: the table of methods of one or more runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.core.errors import ConfigError
from align_tui.core.families import ClusterRule
from align_tui.core.text.display import one_line
from align_tui.files.write import write_text
from align_tui.output.method_table.data import ScoredRun, table_of
from align_tui.output.method_table.render import CAPTION, FORMATS, text
from align_tui.output.tables import console, waiting
from align_tui.output.terminal import say, say_data
from align_tui.store import results, runs
from align_tui.store.database import Database, open_database

TEXT = "text"
WIDE = 200  # cells of a line in a file, where nothing folds lines


def print_table(
    names: Sequence[str],
    db_path: Path | None,
    format_name: str,
    out: Path | None,
    cluster: ClusterRule | None = None,
    *,
    discriminating: bool,
) -> None:
    """Print or write the table.

    Raises ConfigError for an unknown format, or if nothing is scored.
    """
    known = (TEXT, *FORMATS)
    if format_name not in known:
        raise ConfigError(
            f"There is no table format {format_name!r}", f"Known formats: {', '.join(known)}."
        )
    db = open_database(database_path(db_path), create=False)
    db.cluster = cluster
    with waiting("reading the runs"):
        ids = dict.fromkeys(runs.resolve(db, name) for name in names or (None,))
        made = table_of([_scored(db, run) for run in ids], discriminating=discriminating)
    if not made.rows:
        raise ConfigError(
            "No decision of these runs is scored, so there is no table",
            "The profiles need targets, and the scenarios labels for them.",
        )
    for gap in made.gaps:
        say(f"note: {one_line(gap)}", error=True)
    if format_name != TEXT:
        body = FORMATS[format_name](made)
        if out is None:
            say_data([body])
            return
    elif out is None:
        screen = console()
        for line in text(made, screen.width):
            screen.print(line, no_wrap=True, crop=False, overflow="ignore")
        screen.print(CAPTION, style="dim")
        return
    else:
        body = "".join(f"{line.plain}\n" for line in text(made, WIDE)) + f"{CAPTION}\n"
    write_text(out, body, devices=True)
    say(str(out), error=True)


def _scored(db: Database, run: str) -> ScoredRun:
    counts, unfinished = results.question_counts(db, run), results.open_counts(db, run)
    return ScoredRun(run, runs.load_study(db, run), counts, unfinished)
