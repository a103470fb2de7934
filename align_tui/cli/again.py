"""`align-tui rescore`, `bundle` and `verify`: what is made of a stored run without a model."""

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
from align_tui.services.bundling import verify_bundle, write_bundle
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
    out.print(
        f"{made.changed} of {counted(made.samples, 'sample')} chose differently, "
        f"{made.failed} failed"
    )
    out.print(f"run {made.run}, made from run {run}. {CAPTION}", style="dim")


def bundle_run(name: str | None, db_path: Path | None, out: Path | None) -> None:
    """Write the run's bundle to `out`, and print the file's path."""
    db = open_database(database_path(db_path), create=False)
    run = runs.resolve(db, name)
    path = out if out is not None else Path(f"{run}.zip")
    with waiting("writing the bundle"):
        write_bundle(db, run, path)
    say(str(path), error=True)
    parent = runs.get_run(db, run).parent
    if parent is not None:
        say(
            f"note: run {run} is a child of run {parent}. The decisions that it inherits are not "
            f"in the bundle: bundle run {parent} too.",
            error=True,
        )


def verify_file(path: Path, *, as_json: bool) -> int:
    """Print the checks of a bundle; the exit status is 1 if one failed."""
    with waiting("checking the bundle"):
        checks = verify_bundle(path)
    failed = any(check.status == "failed" for check in checks)
    if as_json:
        say_json(
            {
                "bundle": str(path),
                "ok": not failed,
                "checks": [
                    {
                        "name": check.name,
                        "status": check.status,
                        "checked": check.checked,
                        "wrong": check.wrong,
                        "problems": list(check.problems),
                        "skipped": check.skipped or None,
                    }
                    for check in checks
                ],
            }
        )
        return int(failed)
    for check in checks:
        say(f"{check.name}: {check.status}, {check.checked} checked")
        for problem in check.problems:
            say(f"  {problem}")
        if check.wrong > len(check.problems):
            say(f"  and {check.wrong - len(check.problems)} more")
        if check.skipped:
            say(f"  {check.skipped}")
    return int(failed)


def _parameters(overrides: Sequence[str], alignment: str | None) -> dict[str, Json]:
    """The parameters of the alignment function; raises ConfigError for other settings."""
    found: dict[str, Json] = {}
    for text in overrides:
        path, value = parse_override(text)
        if len(path) != 2 or path[0] != "alignment" or path[1] == "function":
            raise ConfigError(
                f"--set {text}: only parameters of the alignment function can change here, since "
                "everything else changes what the model is asked",
                "For example: --set alignment.misaligned=true. For other settings start a new run.",
            )
        found[path[1]] = value
    if found and alignment is None:
        raise ConfigError("--set needs --alignment", "Name the function: --alignment FUNCTION.")
    return found
