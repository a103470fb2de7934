"""Create, extend, list, read, pause, cancel and delete runs."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import StoreError
from align_tui.core.families import DEFAULT_RULE, rule_named
from align_tui.core.scenarios import scenario_from_json, scenario_to_json
from align_tui.core.seeds import NEW_RULE
from align_tui.core.types import canonical, content_hash
from align_tui.store import run_ids, suspects
from align_tui.store.basis import TABLES as BASIS_TABLES
from align_tui.store.database import Database, Row
from align_tui.store.example_sets import keep_example_sets, with_stored_examples
from align_tui.store.run_inputs import (
    RunInputs,
    stored_attributes,
    used_attributes,
    write_inputs,
)
from align_tui.store.run_models import in_words, models_of
from align_tui.store.run_records import with_stored_records
from align_tui.store.run_sources import identity_of, keep_files_of, keep_sources
from align_tui.store.turns import later_samples, turn_columns
from align_tui.studies.sources import sources_of_study

KEPT = "id NOT IN (SELECT run FROM trash)"


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the list of runs; the counts are of samples."""

    id: str
    name: str
    created: float
    parent: str | None
    state: str
    samples: int
    done: int
    failed: int
    running: int
    pending: int

    @property
    def finished(self) -> bool:
        """True if no sample is open."""
        return self.pending == 0 and self.running == 0


def new_run_id() -> str:
    """A new id that sorts by time and is short to type: 20261123-181500-k3f9."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    tail = "".join(secrets.choice(alphabet) for _ in range(4))
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime()) + tail


def create_run(
    db: Database,
    study: Study,
    versions: dict[str, str],
    *,
    parent: str | None = None,
    priority: int = 0,
    enqueue: bool = True,
    run_id: str | None = None,
) -> str:
    """Write a run of `study` with its attribute definitions; with `enqueue` queue its samples.

    Its id is `run_id`, or a new one. Raises StoreError, and ConfigError if an attribute pack that
    it needs is not valid any more.
    """
    run = run_id or new_run_id()
    today = (run_ids.day_of(run_id) if run_id else None) or time.strftime("%Y-%m-%d")
    attributes = used_attributes(study)
    sources = sources_of_study(study, attributes, versions)
    inputs = RunInputs(NEW_RULE, attributes)
    with db.write() as connection:
        connection.execute(
            "INSERT INTO runs (id, name, created, parent, priority, repeat, rule, scored_only,"
            " is_demo, versions, notes, day, cluster) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                run,
                study.name,
                time.time(),
                parent,
                priority,
                study.repeat,
                study.rule,
                int(study.scored_only),
                int(study.is_demo),
                canonical(versions),
                json.dumps(list(study.notes)),
                _day_of(connection, parent) if parent is not None else today,
                study.cluster if study.cluster != DEFAULT_RULE else None,
            ),
        )
        if study.margin is not None:
            connection.execute("UPDATE runs SET margin=? WHERE id=?", (study.margin, run))
        write_inputs(connection, run, study, attributes, parent)
        keep_example_sets(connection, run, study.profiles)
        keep_sources(connection, run, sources)
        keep_files_of(connection, run, study.profiles)
        for idx, scenario in enumerate(study.scenarios):
            body = canonical(scenario_to_json(scenario))
            digest = content_hash(body)
            connection.execute("INSERT OR IGNORE INTO scenarios VALUES (?,?)", (digest, body))
            connection.execute(
                "INSERT INTO run_scenarios VALUES (?,?,?,?)", (run, idx, scenario.key, digest)
            )
        connection.executemany(
            "INSERT INTO run_profiles (run, idx, name, hash, body, identity) VALUES (?,?,?,?,?,?)",
            [
                (
                    run,
                    idx,
                    profile.name,
                    profile.hash,
                    canonical(profile.body()),
                    identity_of(profile, inputs, sources.profiles[idx]),
                )
                for idx, profile in enumerate(study.profiles)
            ],
        )
        if enqueue:
            _insert_samples(connection, run, study, study.pairs(), 0)
    return run


def day(db: Database, run: str) -> str:
    """The date (ISO) that chat templates take for today in every prompt of the run.

    A child run has its parent's date, so that its prompts differ by the change alone.
    """
    return _day_of(db.connection, run)


def _day_of(connection: sqlite3.Connection, run: str) -> str:
    row = connection.execute("SELECT day, created FROM runs WHERE id=?", (run,)).fetchone()
    if row is None:
        return time.strftime("%Y-%m-%d")
    return str(row["day"] or time.strftime("%Y-%m-%d", time.localtime(row["created"])))


def _insert_samples(
    connection: sqlite3.Connection,
    run: str,
    study: Study,
    pairs: Iterable[tuple[int, int, int]],
    priority: int,
) -> None:
    keys = [profile.backbone_key for profile in study.profiles]
    turns, now = turn_columns(study), time.time()
    connection.executemany(
        "INSERT OR IGNORE INTO samples"
        " (run, scenario, profile, repeat, backbone, priority, asked, context, turn)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (
            (run, s, p, r, keys[p], priority, now, *turns.get((s, p), (None, None)))
            for s, p, r in pairs
        ),
    )


def enqueue(
    db: Database,
    run: str,
    study: Study,
    pairs: Iterable[tuple[int, int, int]],
    *,
    priority: int = 0,
) -> None:
    """Add samples to a run; of those that it has already only the priority changes."""
    wanted = list(pairs)
    with db.write() as connection:
        _insert_samples(connection, run, study, wanted, priority)
        if priority:
            connection.executemany(
                "UPDATE samples SET priority=? WHERE run=? AND scenario=? AND profile=?"
                " AND repeat=? AND status='pending'",
                [(priority, run, *pair) for pair in wanted],
            )
        _resume(connection, run)


def retry(db: Database, run: str, samples: Iterable[int] | None = None) -> int:
    """Queue failed samples again (all of the run, or those of `samples`); how many.

    Samples that lack a failed one in their history (store/turns.py) are queued again as well, so
    that the run ends with the decisions of a run in which nothing failed. They are not counted.
    """
    with db.write() as connection:
        failed = [
            int(row[0])
            for row in connection.execute(
                "SELECT id FROM samples WHERE run=? AND status='failed'", (run,)
            )
        ]
        if samples is not None:
            chosen = set(samples)
            failed = [sample for sample in failed if sample in chosen]
        for sample in dict.fromkeys((*failed, *later_samples(connection, failed))):
            for table in ("results", "responses", "scores", "live", *BASIS_TABLES):
                connection.execute(f"DELETE FROM {table} WHERE sample=?", (sample,))
            connection.execute(
                "UPDATE samples SET status='pending', worker=NULL, asked=? WHERE id=?",
                (time.time(), sample),
            )
        suspects.forgive(connection, failed)
        if failed:
            _resume(connection, run)
    return len(failed)


def _resume(connection: sqlite3.Connection, run: str) -> None:
    """Make a run active. Its samples did not wait for a worker while it stood still."""
    connection.execute(
        "UPDATE runs SET state='active', resumed=? WHERE id=? AND state<>'active'",
        (time.time(), run),
    )


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many samples of a run were pending and running when it was cancelled."""

    pending: int = 0
    running: int = 0

    @property
    def nothing(self) -> bool:
        """True if the run had no open sample."""
        return not (self.pending or self.running)


def cancel(db: Database, run: str) -> Cancelled:
    """Stop a run: workers claim no more of it and put its running samples back.

    A run without open samples does not change.
    """
    with db.write() as connection:
        found = Cancelled(
            *connection.execute(
                "SELECT ifnull(sum(status='pending'), 0), ifnull(sum(status='running'), 0)"
                " FROM samples WHERE run=? AND status IN ('pending', 'running')",
                (run,),
            ).fetchone()
        )
        if not found.nothing:
            connection.execute("UPDATE runs SET state='stopped' WHERE id=?", (run,))
    return found


def set_state(db: Database, run: str, state: str) -> None:
    """Set 'active', 'paused' (running samples may end) or 'stopped' (workers put them back)."""
    with db.write() as connection:
        if state == "active":
            _resume(connection, run)
        else:
            connection.execute("UPDATE runs SET state=? WHERE id=?", (state, run))


def state_of(db: Database, run: str) -> str | None:
    """'active', 'paused' or 'stopped'; None if the run was deleted."""
    row = db.one("SELECT state FROM runs WHERE id=?", (run,))
    return str(row[0]) if row is not None else None


def newest(db: Database) -> float | None:
    """When the newest run was created, in seconds since the epoch; None if there is no run."""
    row = db.one("SELECT max(created) FROM runs")
    return float(row[0]) if row is not None and row[0] is not None else None


def resolve(db: Database, name: str | None) -> str:
    """The id of the run that `name` means: an id, or the start or end of just one.

    None means the newest run. Raises StoreError.
    """
    if name is None:
        row = db.one(f"SELECT id FROM runs WHERE {KEPT} ORDER BY created DESC, rowid DESC LIMIT 1")
        if row is None:
            raise StoreError("There is no run yet", "Start one: align-tui run")
        return str(row[0])
    rows = db.read(
        "SELECT id FROM runs WHERE (id=? OR substr(id,1,?)=? OR substr(id,-?)=?)"
        f" AND {KEPT} ORDER BY id=? DESC LIMIT 3",
        (name, len(name), name, max(1, len(name)), name, name),
    )
    if rows and (len(rows) == 1 or rows[0][0] == name):
        return str(rows[0][0])
    if not rows or not name:
        raise StoreError(f"There is no run {name!r}", "See: align-tui runs")
    raise StoreError(f"{name!r} fits several runs", "Type more of the id. See: align-tui runs")


_LIST = """
SELECT r.id, r.name, r.created, r.parent, r.state, count(s.id) AS samples,
  ifnull(sum(s.status='done'), 0) AS done, ifnull(sum(s.status='failed'), 0) AS failed,
  ifnull(sum(s.status='running'), 0) AS running, ifnull(sum(s.status='pending'), 0) AS pending
FROM runs r LEFT JOIN samples s ON s.run = r.id {where}
GROUP BY r.id ORDER BY r.created DESC, r.rowid DESC {limit}
"""


def _run_row(row: Row) -> RunRow:
    return RunRow(**{key: row[key] for key in row.keys()})  # noqa: SIM118 - Row iterates values


def list_runs(db: Database, limit: int | None = None) -> list[RunRow]:
    """All runs outside the trash, the newest first."""
    if limit is None:
        return [_run_row(row) for row in db.read(_LIST.format(where=f"WHERE r.{KEPT}", limit=""))]
    newest = f"SELECT id FROM runs WHERE {KEPT} ORDER BY created DESC, rowid DESC LIMIT ?"
    where = f"WHERE r.id IN ({newest})"
    return [_run_row(row) for row in db.read(_LIST.format(where=where, limit=""), (limit,))]


def get_run(db: Database, run: str) -> RunRow:
    """One run's line. Raises StoreError if there is no such run."""
    row = db.one(_LIST.format(where="WHERE r.id=?", limit=""), (run,))
    if row is None:
        raise StoreError(f"There is no run {run!r}", "See: align-tui runs")
    return _run_row(row)


def load_study(db: Database, run: str) -> Study:
    """The study of a run as the database stores it. Raises StoreError, ConfigError.

    Its rule of what counts as independent is the reader's (`db.cluster`), if that has one.
    """
    head = db.one("SELECT * FROM runs WHERE id=?", (run,))
    if head is None:
        raise StoreError(f"There is no run {run!r}", "See: align-tui runs")
    profiles = db.read("SELECT body FROM run_profiles WHERE run=? ORDER BY idx", (run,))
    scenarios = db.read(
        "SELECT s.body FROM run_scenarios r JOIN scenarios s ON s.hash=r.hash"
        " WHERE r.run=? ORDER BY r.idx",
        (run,),
    )
    read = [Profile.from_body(json.loads(row[0])) for row in profiles]
    return Study(
        name=head["name"],
        profiles=with_stored_records(db, run, with_stored_examples(db, run, read)),
        scenarios=tuple(scenario_from_json(json.loads(row[0])) for row in scenarios),
        repeat=head["repeat"],
        scored_only=bool(head["scored_only"]),
        rule=head["rule"],
        margin=head["margin"],
        is_demo=bool(head["is_demo"]),
        notes=tuple(json.loads(head["notes"])),
        attributes=stored_attributes(head["attributes"]),
        cluster=db.cluster or rule_named(head["cluster"]),
    )


OF_PROFILES = ("model of ", "identity of ")
"""The beginnings of the keys of `run_versions` that belong to one profile."""
_NAMES = "SELECT name FROM run_profiles WHERE run=? ORDER BY idx"


def stored_versions(db: Database, run: str) -> dict[str, str]:
    """The versions of the packages that the run was made with."""
    head = db.one("SELECT versions FROM runs WHERE id=?", (run,))
    return dict(json.loads(head[0])) if head is not None else {}


def run_versions(db: Database, run: str) -> dict[str, str]:
    """The versions of the packages used, and each profile's models: revision, files, machine."""
    found = stored_versions(db, run)
    for row in db.read("SELECT name, model FROM run_profiles WHERE run=? ORDER BY idx", (run,)):
        if row["model"]:
            found[f"model of {row['name']}"] = row["model"]
    names = [row["name"] for row in db.read(_NAMES, (run,))]
    for model in models_of(db, run):
        if model.profile < len(names) and (words := in_words(model)):
            key = f"identity of {names[model.profile]}"
            found[key] = f"{found[key]}; also {words}" if key in found else words
    return found


def model_label(body: str) -> str:
    """A short name of the model of a stored profile; empty if it has none."""
    return Profile.from_body(json.loads(body)).model_label


def rename(db: Database, run: str, name: str) -> None:
    """Rename a run. Raises StoreError for a blank name."""
    if not name.strip():
        raise StoreError("A run needs a name", "Type one, or press escape.")
    with db.write() as connection:
        connection.execute("UPDATE runs SET name=? WHERE id=?", (name.strip()[:200], run))


def delete_run(db: Database, run: str) -> None:
    """Delete a run with all its rows, and what no other run uses: scenarios, texts, examples."""
    with db.write() as connection:
        connection.execute("UPDATE runs SET state='stopped' WHERE id=?", (run,))
        connection.execute("DELETE FROM runs WHERE id=?", (run,))
        connection.execute(
            "DELETE FROM scenarios WHERE hash NOT IN (SELECT hash FROM run_scenarios)"
        )
        connection.execute(
            "DELETE FROM texts WHERE hash NOT IN (SELECT prompt FROM responses"
            " UNION SELECT messages FROM responses UNION SELECT schema FROM responses"
            " UNION SELECT prompt FROM examples)"
        )
        connection.execute(
            "DELETE FROM example_sets WHERE hash NOT IN (SELECT hash FROM run_example_sets)"
        )
        for table in ("sources", "models"):
            connection.execute(
                f"DELETE FROM {table} WHERE hash NOT IN (SELECT hash FROM run_{table})"
            )
