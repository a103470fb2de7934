"""`align-tui run`: start or resume a run, and follow it in the database without a screen."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from align_tui.cli.cancel_command import STOPPED, say_stopped, wait_until_released
from align_tui.cli.option_values import database_path, versions
from align_tui.cli.run_time_left import RunTimeLeft
from align_tui.cli.trust import require_trust
from align_tui.cli.wait_reasons import Patience, reason, turn_words
from align_tui.cli.worker_keeper import Keeper, wait_for_worker
from align_tui.config.options import Options
from align_tui.config.ready import wait_until_ready
from align_tui.config.signals import endings
from align_tui.config.study import Study
from align_tui.core.column_names import with_model
from align_tui.core.errors import ConfigError, StoreError
from align_tui.core.text.display import one_line, plain
from align_tui.monitor.effects import read_effects
from align_tui.monitor.findings import read_findings
from align_tui.output import events
from align_tui.output.effects import effect_lines
from align_tui.output.findings import finding_lines
from align_tui.output.tables import (
    CAPTION,
    console,
    loose_ends,
    result_table,
    similarity_lines,
    waiting,
)
from align_tui.output.terminal import say, say_json
from align_tui.services import queueing
from align_tui.services.cancel import cancel_run
from align_tui.store import results, runs
from align_tui.store.database import Database, open_database
from align_tui.studies.assemble import load_study, require_samples
from align_tui.studies.parts import parse_part, places_of

POLL_S = 0.05


class Interrupted(Exception):
    """The process got SIGINT, SIGTERM or SIGHUP while it followed a run."""


class CancelledMeanwhile(Exception):
    """Somebody else cancelled the run, with `align-tui cancel` or on a screen."""


@dataclass(frozen=True, slots=True)
class Begin:
    """How a run begins: its id (None: a new one), and which part of it is decided (`3/8`)."""

    run_id: str | None = None
    part: str | None = None


def start_run(
    options: Options,
    db_path: Path | None,
    begin: Begin,
    *,
    trust: bool,
    as_json: bool,
    detach: bool,
) -> int:
    """Create a run of the study and follow it; return the exit status.

    A run of the study that has the id already is continued. Raises ConfigError, StoreError.
    """
    part = parse_part(begin.part) if begin.part is not None else None
    if part is not None and begin.run_id is None:
        raise ConfigError(
            "--part needs --run-id: all parts have one id, so that a merge makes them one run",
            'For example: --run-id "20261127-mta"',
        )
    study = load_study(options)
    require_samples(study)
    places = places_of(study, part) if part is not None else None
    require_trust(study, trust=trust)
    with waiting("looking for the models"):
        wait_until_ready(study.profiles, _tell)
    path = database_path(db_path)
    with waiting(f"writing the run to {path}"):
        db = open_database(path)
        run = queueing.start_run(db, study, versions(), begin.run_id, places)
    return _serve(db, run, study, as_json=as_json, detach=detach)


def resume_run(name: str, db_path: Path | None, *, trust: bool, as_json: bool, detach: bool) -> int:
    """Continue a run with its pending and failed samples; return the exit status."""
    path = database_path(db_path)
    with waiting(f"reading the run from {path}"):
        db = open_database(path, create=False)
        run = runs.resolve(db, name)
        study = runs.load_study(db, run)
    require_trust(study, trust=trust)
    undecided = results.open_counts(db, run)
    with waiting("looking for the models"):
        wanted = [p for n, p in enumerate(study.profiles) if any(undecided.get(n, ()))]
        wait_until_ready(wanted, _tell)
    queueing.resume_run(db, run)
    return _serve(db, run, study, as_json=as_json, detach=detach)


def _tell(text: str) -> None:
    say(text, error=True)


def _serve(db: Database, run: str, study: Study, *, as_json: bool, detach: bool) -> int:
    if detach:
        wait_for_worker(db, lambda text: say(text, error=True))
        if turn := turn_words(db, run):
            say(turn, error=True)
        if as_json:
            say_json({"event": "started", "run": run})
        else:
            say(run)
        return 0
    for note in study.notes:
        say(f"note: {note}", error=True)
    total = runs.get_run(db, run).samples
    if as_json:
        say_json(events.started(run, total))
    if not follow(db, run, study, as_json=as_json):
        return STOPPED
    for key, value in runs.run_versions(db, run).items():
        caution = value.partition("; ")[2] if key.startswith("model of ") else ""
        if caution:
            say(f"note: {key}: {caution}", error=True)
    effects, findings = read_effects(db, run), read_findings(db, run, study)
    final = events.summary(db, run, study, effects=effects, findings=findings)
    if as_json:
        say_json(final)
    else:
        out = console()
        out.print(result_table(study, final))
        beside = [*effect_lines(effects), *similarity_lines(study, final), *loose_ends(final)]
        for line in beside:
            out.print(line)
        out.print(f"run {run}. {CAPTION}", style="dim")
        for line in finding_lines(findings):
            out.print(line)
        _print_failures(db, run, study)
    return 1 if events.failures(final) else 0


def follow(db: Database, run: str, study: Study, *, as_json: bool) -> bool:
    """Follow a run until no sample is open; False if it was cancelled or interrupted.

    With `as_json` it prints a line for each sample that ends.
    """
    try:
        with _signals():
            _follow(db, run, study, as_json=as_json)
    except Interrupted:
        cancel_run(db, run)
        say_stopped("Interrupted", wait_until_released(db, run))
        return False
    except CancelledMeanwhile:
        say_stopped("Cancelled", wait_until_released(db, run))
        return False
    with suppress(StoreError):
        db.checkpoint()  # from now on a copy of the database file is complete
    return True


@contextmanager
def _signals() -> Iterator[None]:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    numbers = endings()
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _follow(db: Database, run: str, study: Study, *, as_json: bool) -> None:
    """Show results as they come, until no sample is open.

    Raises StoreError, Interrupted, CancelledMeanwhile.
    """
    screen = console(error=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    row = runs.get_run(db, run)
    last = results.last_seq(db, run)
    keeper = Keeper(db, lambda text: screen.print(plain(text), markup=False, soft_wrap=True))
    patience, why = Patience(), ""
    version, time_left = -1, RunTimeLeft(study, results.open_counts(db, run))
    with bar:
        task = bar.add_task("starting", total=row.samples, completed=row.done + row.failed, left="")
        while True:
            now = db.version()
            if now != version:
                version = now
                while page := results.results_after(db, run, last):
                    last = page[-1].seq
                    bar.advance(task, len(page))
                    time_left.ended(result.profile for result in page)
                    keeper.progressed()
                    patience.progressed()
                    if as_json:
                        for event in events.page_events(db, run, study, page):
                            say_json(event)
                row = runs.get_run(db, run)
                if row.finished and not results.results_after(db, run, last):
                    keeper.close()
                    return
                if row.state == "stopped" and not row.finished:
                    raise CancelledMeanwhile
            seen = keeper.look()
            states = [w.error or w.detail or w.state for w in seen.answering]
            if patience.asks():
                why = reason(db, runs.get_run(db, run), keeper)
                if patience.due(why):
                    screen.print(why, markup=False, highlight=False, soft_wrap=True)
            states = [why] if patience.is_over and why else states
            left = time_left.look(row, working=bool(seen.answering))
            text = one_line(", ".join(states) or "starting a worker", 60)
            bar.update(task, description=text, left=left)
            time.sleep(POLL_S)


def _print_failures(db: Database, run: str, study: Study, most: int = 5) -> None:
    failed = [r for r in results.all_results(db, run) if r.error_kind]
    for result in failed[:most]:
        profile = study.profiles[result.profile]
        name = with_model(profile.name, profile.model_label)
        key = study.scenarios[result.scenario].key
        message = one_line(result.error_message or "", 400)
        say(f"failed: {one_line(name)} on {one_line(key)}: {message}", error=True)
    if len(failed) > most:
        say(f"and {len(failed) - most} more; list them: align-tui show {run}", error=True)
