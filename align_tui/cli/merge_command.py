"""`align-tui merge`: bring the runs of other machines' databases into this one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.text import Text

from align_tui.cli import tell
from align_tui.cli.option_values import database_path
from align_tui.core.errors import StoreError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.output.merged import merged_event, named
from align_tui.output.tables import console, quiet_table, waiting
from align_tui.output.terminal import say, say_json
from align_tui.store import merge, runs
from align_tui.store.database import Database, open_database
from align_tui.store.merge_run import MergedRun
from align_tui.store.merge_source import opened

REFUSED, UNREADABLE = 1, 2


def merge_databases(
    others: Sequence[Path], db_path: Path | None, names: Sequence[str], *, as_json: bool
) -> int:
    """Merge each database in its turn, and print what became of its runs; the exit status.

    One that cannot be read does not keep the others from being merged. Raises StoreError.
    """
    db = open_database(database_path(db_path))
    done: list[tuple[Path, MergedRun]] = []
    unreadable = []
    unknown = set(names)
    for path in others:
        try:
            found = _merge_one(db, path, names, as_json=as_json)
        except StoreError as error:
            if not db.path.exists() or db.read_only:
                raise
            tell(error)
            unreadable.append(path)
            continue
        done += [(path, each) for each in found]
        known = {each.run for each in found}
        unknown -= {name for name in names if any(_means(name, run) for run in known)}
    if done and not as_json:
        _print_table(done)
    if unreadable:
        return UNREADABLE
    if unknown:
        raise StoreError(
            f"No database has the run {', '.join(sorted(unknown))}",
            "See: align-tui runs --db DATABASE",
        )
    return REFUSED if any(each.outcome == "refused" for _, each in done) else 0


def _means(name: str, run: str) -> bool:
    return run.startswith(name) or run.endswith(name)


def _merge_one(db: Database, path: Path, names: Sequence[str], *, as_json: bool) -> list[MergedRun]:
    found = []
    with ExitStack() as stack:
        with waiting(f"reading {path}"):
            other = stack.enter_context(opened(path, db))
        wanted = merge.runs_to_merge(other, names)
        for number, run in enumerate(wanted, 1):
            with waiting(f"merging run {number} of {len(wanted)}: {run}"):
                [merged] = merge.merge(db, other, [run])
            found.append(merged)
            _say(merged, other)
            if as_json:
                say_json(merged_event(merged, path, db))
    return found


def _say(merged: MergedRun, other: Database) -> None:
    """Tell on stderr what became of a run, and what a person has to know of it."""
    if merged.outcome == "refused":
        say(f"run {merged.run} was not merged: {one_line(merged.reason, 300)}", error=True)
        return
    brought = merged.brought
    what = f"run {merged.run}: {merged.outcome}"
    if brought.decisions or brought.failures:
        what += f", {counted(brought.decisions, 'decision')}"
        what += f", {counted(brought.failures, 'failure')}" if brought.failures else ""
    say(what, error=True)
    for note in merged.notes:
        say(f"note: run {merged.run}: {one_line(note, 300)}", error=True)
    if brought.differ:
        say(
            f"note: run {merged.run}: {counted(brought.differ, 'sample')} decided otherwise there; "
            "the decisions here stay",
            error=True,
        )
        study = runs.load_study(other, merged.run)
        for each in brought.differing[:5]:
            where = named(study, each)
            say(
                f"  {one_line(where['profile'], 40)} on {one_line(where['scenario'], 40)}: "
                f"{one_line(each.ours, 60)} here, {one_line(each.theirs, 60)} there",
                error=True,
            )


def _print_table(done: Sequence[tuple[Path, MergedRun]]) -> None:
    table = quiet_table("run", "study", "from", "", "decisions", "failures", "open", "differ")
    for path, each in done:
        brought = each.brought
        counts = (brought.decisions, brought.failures, each.open, brought.differ)
        cells = [str(n) for n in counts] if each.outcome != "refused" else [""] * 4
        table.add_row(
            each.run, Text(one_line(each.name, 40)), Text(one_line(path.name, 40)), each.outcome,
            *cells,
        )  # fmt: skip
    console().print(table)
