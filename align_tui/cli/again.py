"""`align-tui rescore`: a child run from the stored decisions of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.config.library import parse_override
from align_tui.core.errors import ConfigError
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json
from align_tui.output import events
from align_tui.output.tables import CAPTION, console, result_table, waiting
from align_tui.output.terminal import say, say_json
from align_tui.services.rescoring import rescore
from align_tui.store import runs
from align_tui.store.database import open_database
from align_tui.studies.rescoring import Rescoring


def rescore_run(
    name: str,
    db_path: Path | None,
    *,
    scoring: str | None,
    only_positive: bool | None,
    alignment: str | None,
    overrides: Sequence[str],
    as_json: bool,
) -> None:
    """Make the child run and print its results."""
    what = Rescoring(scoring, only_positive, alignment, _parameters(overrides, alignment))
    db = open_database(database_path(db_path), create=False)
    run = runs.resolve(db, name)
    with waiting("deciding anew"):
        made = rescore(db, run, what)
    study = runs.load_study(db, made.run)
    summary = events.summary(db, made.run, study)
    for note in made.notes:
        say(f"note: {note}", error=True)
    if as_json:
        say_json({**summary, "parent": run, "samples": made.samples, "changed": made.changed})
        return
    out = console()
    out.print(result_table(study, summary))
    what_changed = counted(made.changed, "other choice")
    out.print(f"{what_changed} in {counted(made.samples, 'sample')}, {made.failed} failed")
    out.print(f"run {made.run}, made from run {run}. {CAPTION}", style="dim")


def _parameters(overrides: Sequence[str], alignment: str | None) -> dict[str, Json]:
    """The parameters of the alignment function; raises ConfigError for other settings."""
    found: dict[str, Json] = {}
    for text in overrides:
        path, value = parse_override(text)
        if len(path) != 2 or path[0] != "alignment" or path[1] == "function":
            raise ConfigError(
                f"--set {text}: only parameters of the alignment function can change here, since "
                "everything else changes what the model is asked",
                "Like: --set alignment.misaligned=true. For other settings start a new run.",
            )
        found[path[1]] = value
    if found and alignment is None:
        raise ConfigError("--set needs --alignment", "Name the function: --alignment FUNCTION.")
    return found
