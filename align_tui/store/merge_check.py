"""Check that the program can read a run of another database, before anything of it is merged."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from align_tui.core.errors import AlignError, StoreError
from align_tui.store import results, run_annotations, run_inputs, runs
from align_tui.store.basis import PAGE, bases_of
from align_tui.store.database import Database
from align_tui.store.results import Result

MOST_REPEATS = 10_000  # as in study files
_BROKEN = (
    AlignError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError,
    RecursionError,
)  # fmt: skip


class Refused(StoreError):
    """A run that cannot be merged; the message says why. Other runs are not concerned."""

    title = "This run cannot be merged"


def check_run(source: Database, run: str) -> None:
    """Read all of a run as the program's own readers do. Raises Refused."""
    try:
        _read_all(source, run)
    except Refused:
        raise
    except _BROKEN as error:
        why = error.message if isinstance(error, AlignError) else type(error).__name__
        raise Refused(f"it cannot be read ({why})") from error


def _read_all(source: Database, run: str) -> None:
    study = runs.load_study(source, run)
    if not 1 <= study.repeat <= MOST_REPEATS:
        raise Refused(f"it has {study.repeat} repeats")
    _check_head(source, run)
    run_inputs.read_inputs(source, run)
    run_inputs.stored_targets(source, run)
    run_annotations.annotations_on(source, run)
    _check_places(source, run, len(study.scenarios), len(study.profiles), study.repeat)
    _check_choices(source, run, max((len(s.choices) for s in study.scenarios), default=0))
    for page in _pages(source, run):
        for result in page:
            _check_result(result, len(study.scenarios[result.scenario].choices))
        samples = [result.sample for result in page]
        bases_of(source, samples)
        results.scores_of(source, samples)
        for sample in samples:
            stored = source.one("SELECT count(*) FROM responses WHERE sample=?", (sample,))
            if stored is None or stored[0] != len(results.responses_of(source, sample)):
                raise Refused("the text of a prompt is missing")


def _check_head(source: Database, run: str) -> None:
    """Raise Refused unless the run's versions and notes are texts."""
    [row] = source.read("SELECT versions, notes FROM runs WHERE id=?", (run,))
    versions, notes = json.loads(row["versions"]), json.loads(row["notes"])
    if not isinstance(versions, dict) or not isinstance(notes, list):
        raise Refused("its versions or notes cannot be read")
    if not all(isinstance(each, str) for each in (*versions.values(), *notes)):
        raise Refused("its versions or notes are not texts")


def _check_choices(source: Database, run: str, choices: int) -> None:
    """Raise Refused if a part of a decision names a choice that no scenario has."""
    columns = {"predictions": "choice", "relevance": "choice", "rankings": "taken"}
    for table, column in columns.items():
        row = source.one(
            f"SELECT min(t.{column}), max(t.{column}) FROM {table} t JOIN samples s"
            " ON s.id=t.sample WHERE s.run=?",
            (run,),
        )
        if row is not None and row[0] is not None and not (row[0] >= 0 and row[1] < choices):
            raise Refused(f"the table {table} names choices that no scenario has")


def _pages(source: Database, run: str) -> Iterator[list[Result]]:
    last = 0
    while page := results.results_after(source, run, last, PAGE):
        yield page
        last = page[-1].seq


def _check_places(source: Database, run: str, scenarios: int, profiles: int, repeats: int) -> None:
    """Raise Refused if a sample is of no scenario, profile or repeat, or lacks its result."""
    strange = source.one(
        "SELECT count(*) FROM samples s LEFT JOIN results r ON r.sample=s.id WHERE s.run=?"
        " AND NOT (s.scenario>=0 AND s.scenario<? AND s.profile>=0 AND s.profile<? AND s.repeat>=0"
        " AND s.repeat<? AND (s.status IN ('done', 'failed'))=(r.seq IS NOT NULL)"
        " AND (r.seq IS NULL OR (s.status='failed')=(r.error_kind IS NOT NULL)))",
        (run, scenarios, profiles, repeats),
    )
    for table, count in (("run_scenarios", scenarios), ("run_profiles", profiles)):
        last = source.one(f"SELECT max(idx), min(idx) FROM {table} WHERE run=?", (run,))
        if count and (last is None or (last[0], last[1]) != (count - 1, 0)):
            raise Refused("some of its scenarios or profiles are missing")
    if strange is not None and strange[0]:
        raise Refused("samples and results do not fit together")


def _check_result(result: Result, choices: int) -> None:
    if not all(isinstance(note, str) for note in result.notes):
        raise Refused("a decision's notes are not texts")
    if result.choice is not None and not 0 <= result.choice < choices:
        raise Refused(f"a decision takes choice {result.choice} of {choices}")
    for seconds in (result.started, result.finished, result.latency_s):
        if not math.isfinite(seconds):
            raise Refused("a time is not a finite number")
