"""The list of past runs, with everything that the list can be filtered by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from align_tui.core.targets import Targets
from align_tui.store import runs, trash
from align_tui.store.database import Database
from align_tui.store.results import Tally, tallies
from align_tui.store.run_annotations import note_of
from align_tui.store.run_inputs import stored_targets
from align_tui.store.runs import RunRow


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of the list. `bookmarks` and `verdicts` count its decisions that have one."""

    row: RunRow
    profiles: tuple[str, ...]
    tags: tuple[str, ...]
    note: str
    bookmarks: int
    verdicts: int
    thrown: bool = False


@dataclass(frozen=True, slots=True)
class RunDetail:
    """What the list of runs shows of the chosen run; `verdicts` counts them by name."""

    run: str
    note: str
    tallies: tuple[Tally, ...]
    verdicts: dict[str, int]
    versions: dict[str, str]
    models: tuple[str, ...] = ()  # one short name a profile; empty if it uses no model
    targets: Mapping[str, Targets] = field(default_factory=dict)  # of the tallies, by key


def _grouped(db: Database, sql: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in db.read(sql):
        found.setdefault(row[0], []).append(row[1])
    return {key: tuple(values) for key, values in found.items()}


def _counted(db: Database, table: str) -> dict[str, int]:
    # CROSS JOIN fixes the order: SQLite starts with the few annotations, not with all samples.
    rows = db.read(
        f"SELECT s.run, count(*) FROM {table} t CROSS JOIN results r ON r.seq=t.seq"
        " CROSS JOIN samples s ON s.id=r.sample GROUP BY s.run"
    )
    return {row[0]: row[1] for row in rows}


def list_history(db: Database, *, thrown: bool = False) -> list[RunLine]:
    """All runs, the newest first; with `thrown` those in the trash, the last thrown first."""
    with db.snapshot():
        rows: Iterable[RunRow] = runs.list_runs(db)
        if thrown:
            rows = [runs.get_run(db, run) for run in trash.thrown(db)]
        profiles = _grouped(db, "SELECT run, name FROM run_profiles ORDER BY run, idx")
        tags = _grouped(db, "SELECT run, tag FROM run_tags ORDER BY run, tag")
        notes = _grouped(db, "SELECT run, body FROM run_notes")
        bookmarks, verdicts = _counted(db, "bookmarks"), _counted(db, "verdicts")
    return [
        RunLine(
            row,
            profiles.get(row.id, ()),
            tags.get(row.id, ()),
            notes.get(row.id, ("",))[0],
            bookmarks.get(row.id, 0),
            verdicts.get(row.id, 0),
            thrown,
        )
        for row in rows
    ]


def read_detail(db: Database, run: str) -> RunDetail:
    """Read what the list of runs shows of one run."""
    counted = db.read(
        "SELECT v.verdict, count(*) FROM verdicts v JOIN results r ON r.seq=v.seq"
        " JOIN samples s ON s.id=r.sample WHERE s.run=? GROUP BY v.verdict",
        (run,),
    )
    return RunDetail(
        run,
        note_of(db, run),
        tuple(sorted(tallies(db, run), key=lambda tally: (tally.profile, tally.target))),
        {row[0]: row[1] for row in counted},
        runs.run_versions(db, run),
        tuple(
            runs.model_label(row[0])
            for row in db.read("SELECT body FROM run_profiles WHERE run=? ORDER BY idx", (run,))
        ),
        stored_targets(db, run),
    )
