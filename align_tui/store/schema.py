"""The tables, as numbered migrations. A new version adds one and never changes an old one."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from align_tui.store.domain_tables import DOMAIN, fill_targets
from align_tui.store.example_tables import EXAMPLES
from align_tui.store.source_tables import SOURCES

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase

APPLICATION_ID = 0x414C4754  # "ALGT"
LATEST = 16

# These statements are written out so that a reader sees the tables here.
_INITIAL = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL,
  parent TEXT REFERENCES runs(id) ON DELETE SET NULL,
  state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'stopped')),
  priority INTEGER NOT NULL DEFAULT 0,
  repeat INTEGER NOT NULL DEFAULT 1, rule TEXT NOT NULL, scored_only INTEGER NOT NULL DEFAULT 0,
  is_demo INTEGER NOT NULL DEFAULT 0, versions TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE scenarios (hash TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE run_scenarios (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, idx INTEGER NOT NULL,
  key TEXT NOT NULL, hash TEXT NOT NULL REFERENCES scenarios(hash),
  PRIMARY KEY (run, idx), UNIQUE (run, key)
) WITHOUT ROWID;
CREATE TABLE run_profiles (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, idx INTEGER NOT NULL,
  name TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL, model TEXT,
  PRIMARY KEY (run, idx), UNIQUE (run, name)
) WITHOUT ROWID;
CREATE TABLE samples (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  scenario INTEGER NOT NULL, profile INTEGER NOT NULL, repeat INTEGER NOT NULL,
  backbone TEXT NOT NULL, priority INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'done', 'failed')),
  worker TEXT, lease REAL, attempt INTEGER NOT NULL DEFAULT 0, started REAL,
  cancel INTEGER NOT NULL DEFAULT 0,
  UNIQUE (run, scenario, profile, repeat)
);
CREATE INDEX samples_queue ON samples (run, status, backbone, priority DESC, id);
CREATE INDEX samples_running ON samples (worker) WHERE status = 'running';
CREATE TABLE results (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  sample INTEGER NOT NULL UNIQUE REFERENCES samples(id) ON DELETE CASCADE,
  finished REAL NOT NULL, started REAL NOT NULL, worker TEXT,
  choice INTEGER, choice_text TEXT, reasoning TEXT NOT NULL DEFAULT '',
  probabilities TEXT, votes TEXT, notes TEXT NOT NULL DEFAULT '[]',
  latency_s REAL NOT NULL, first_token_s REAL, tokens INTEGER NOT NULL DEFAULT 0,
  error_kind TEXT, error_message TEXT
);
CREATE TABLE scores (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
  run TEXT NOT NULL, profile INTEGER NOT NULL, target TEXT NOT NULL,
  correct INTEGER, discriminating INTEGER NOT NULL, distance REAL,
  PRIMARY KEY (sample, target)
) WITHOUT ROWID;
CREATE INDEX scores_tally ON scores (run, profile, target, discriminating, correct);
CREATE TABLE texts (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE responses (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE, idx INTEGER NOT NULL,
  role TEXT NOT NULL, choice INTEGER, reasoning TEXT NOT NULL,
  raw TEXT NOT NULL, prompt TEXT NOT NULL, messages TEXT NOT NULL, schema TEXT NOT NULL,
  sampling TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, tokens INTEGER NOT NULL,
  first_token_s REAL NOT NULL, total_s REAL NOT NULL, finish TEXT NOT NULL,
  retried INTEGER NOT NULL DEFAULT 0, timeline TEXT NOT NULL,
  PRIMARY KEY (sample, idx)
) WITHOUT ROWID;
CREATE TABLE live (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
  stream INTEGER NOT NULL, t REAL NOT NULL, text TEXT NOT NULL
);
CREATE INDEX live_sample ON live (sample, id);
CREATE TABLE workers (
  id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, process_start REAL NOT NULL,
  started REAL NOT NULL, heartbeat REAL NOT NULL, state TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '', progress REAL, model TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '', memory_mb REAL, tokens_per_s REAL NOT NULL DEFAULT 0,
  active INTEGER NOT NULL DEFAULT 0, stop INTEGER NOT NULL DEFAULT 0, error TEXT
);
CREATE VIRTUAL TABLE results_fts USING fts5 (
  reasoning, content='results', content_rowid='seq', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER results_fts_in AFTER INSERT ON results BEGIN
  INSERT INTO results_fts (rowid, reasoning) VALUES (new.seq, new.reasoning);
END;
CREATE TRIGGER results_fts_out AFTER DELETE ON results BEGIN
  INSERT INTO results_fts (results_fts, rowid, reasoning)
  VALUES ('delete', old.seq, old.reasoning);
END
"""

# What people add to runs and decisions. No decision and no score depends on it. A decision's
# annotations belong to its result: they are deleted with it when the sample is decided again.
_ANNOTATIONS = """
CREATE TABLE run_tags (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, tag TEXT NOT NULL,
  PRIMARY KEY (run, tag)
) WITHOUT ROWID;
CREATE TABLE run_notes (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE, body TEXT NOT NULL,
  written REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE bookmarks (
  seq INTEGER PRIMARY KEY REFERENCES results(seq) ON DELETE CASCADE, made REAL NOT NULL
);
CREATE TABLE verdicts (
  seq INTEGER PRIMARY KEY REFERENCES results(seq) ON DELETE CASCADE,
  verdict TEXT NOT NULL CHECK (verdict IN ('agree', 'disagree', 'unsure')), given REAL NOT NULL
);
CREATE TABLE trash (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE, state TEXT NOT NULL,
  thrown REAL NOT NULL
) WITHOUT ROWID
"""

# The index finds the samples that somebody looks at, however long the queue is. A worker's row says
# how many of its samples have no text yet, which GPUs it may use and what it had to change.
_ENGINE = """
CREATE INDEX samples_urgent ON samples (priority DESC, id) WHERE status='pending' AND priority>0;
ALTER TABLE workers ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workers ADD COLUMN gpus TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN notes TEXT NOT NULL DEFAULT ''
"""

# A chat template may write the date, so a run stores the day that all its prompts see, however long
# it lasts. Thinking tokens are counted apart from a reply's other tokens.
_THINKING = """
ALTER TABLE runs ADD COLUMN day TEXT;
ALTER TABLE responses ADD COLUMN thinking_tokens INTEGER NOT NULL DEFAULT 0
"""

# How many workers ended while they were deciding a sample (store/suspects.py).
_SUSPECTS = """
CREATE TABLE suspects (
  sample INTEGER PRIMARY KEY REFERENCES samples(id) ON DELETE CASCADE,
  ends INTEGER NOT NULL DEFAULT 0, kills INTEGER NOT NULL DEFAULT 0
)
"""

# `machine` identifies a worker's process without the wall clock, which somebody may set. `silent`
# is the heartbeat that another process saw stand still for a lease. Every beat adds one to
# `heartbeat`. Nothing writes samples.lease (once a time of day) and samples.cancel any more.
_LEASES = """
ALTER TABLE workers ADD COLUMN machine TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN silent REAL
"""

# The traceback of an unforeseen error that a sample failed by.
_TRACEBACKS = """
ALTER TABLE results ADD COLUMN traceback TEXT
"""

# A sample that needs the decisions before it (core/alignment/history.py) names its context and its
# turn there; both are NULL for all others. The index finds an open sample of an earlier turn in one
# step, so that a worker claims samples in their turns however long a context is.
_TURNS = """
ALTER TABLE samples ADD COLUMN context TEXT;
ALTER TABLE samples ADD COLUMN turn INTEGER;
CREATE INDEX samples_turn ON samples (run, profile, repeat, context, turn)
  WHERE turn IS NOT NULL AND status IN ('pending', 'running')
"""

# The orders in which the choices were shown, as JSON: [[order, choice], ...] for a decision, and
# the order of a reply's prompt. NULL where it was the scenario's own, or none was shown.
_ORDERS = """
ALTER TABLE results ADD COLUMN shown TEXT;
ALTER TABLE responses ADD COLUMN choice_order TEXT
"""

# What the run's study counts as independent (core/families.py); NULL is the usual rule.
_CLUSTERS = """
ALTER TABLE runs ADD COLUMN cluster TEXT
"""

# Differences of accuracies inside the margin of the run's study count as tied; NULL: it names none.
_MARGIN = """
ALTER TABLE runs ADD COLUMN margin REAL
"""

# When a sample was asked for, and when its run was last resumed, by the wall clock; NULL in rows of
# earlier versions. A sample's wait counts from the later of the two to its claim.
_ASKED = """
ALTER TABLE samples ADD COLUMN asked REAL;
ALTER TABLE runs ADD COLUMN resumed REAL
"""

# `halves`: the two decisions of which one by both orders of the choices is the mean, as JSON
# (core/halves.py). `fingerprint`: what a server calls the setup that wrote a reply. NULL: none.
_HALVES_AND_FINGERPRINTS = """
ALTER TABLE results ADD COLUMN halves TEXT;
ALTER TABLE responses ADD COLUMN fingerprint TEXT
"""


def _statements(script: str) -> list[str]:
    out, part = [], ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            out.append(part)
            part = ""
    return out


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, once, even if several processes open the database at once."""
    from sqlite_utils import Database as UtilsDatabase
    from sqlite_utils.migrations import Migrations

    migrations = Migrations("align_tui")

    @migrations()
    def m001_initial(db: UtilsDatabase) -> None:
        for statement in _statements(_INITIAL):
            db.conn.execute(statement)

    @migrations()
    def m002_remarks(db: UtilsDatabase) -> None:
        for statement in _statements(_ANNOTATIONS):
            db.conn.execute(statement)

    @migrations()
    def m003_engine(db: UtilsDatabase) -> None:
        for statement in _statements(_ENGINE):
            db.conn.execute(statement)

    @migrations()
    def m004_thinking(db: UtilsDatabase) -> None:
        for statement in _statements(_THINKING):
            db.conn.execute(statement)

    @migrations()
    def m005_suspects(db: UtilsDatabase) -> None:
        for statement in _statements(_SUSPECTS):
            db.conn.execute(statement)

    @migrations()
    def m006_leases(db: UtilsDatabase) -> None:
        for statement in _statements(_LEASES):
            db.conn.execute(statement)

    @migrations()
    def m007_tracebacks(db: UtilsDatabase) -> None:
        for statement in _statements(_TRACEBACKS):
            db.conn.execute(statement)

    @migrations()
    def m008_domain(db: UtilsDatabase) -> None:
        for statement in _statements(DOMAIN):
            db.conn.execute(statement)
        fill_targets(db.conn)

    @migrations()
    def m009_examples(db: UtilsDatabase) -> None:
        for statement in _statements(EXAMPLES):
            db.conn.execute(statement)

    @migrations()
    def m010_turns(db: UtilsDatabase) -> None:
        for statement in _statements(_TURNS):
            db.conn.execute(statement)

    @migrations()
    def m011_orders(db: UtilsDatabase) -> None:
        for statement in _statements(_ORDERS):
            db.conn.execute(statement)

    @migrations()
    def m012_sources(db: UtilsDatabase) -> None:
        for statement in _statements(SOURCES):
            db.conn.execute(statement)

    @migrations()
    def m013_clusters(db: UtilsDatabase) -> None:
        for statement in _statements(_CLUSTERS):
            db.conn.execute(statement)

    @migrations()
    def m014_margin(db: UtilsDatabase) -> None:
        for statement in _statements(_MARGIN):
            db.conn.execute(statement)

    @migrations()
    def m015_asked(db: UtilsDatabase) -> None:
        for statement in _statements(_ASKED):
            db.conn.execute(statement)

    @migrations()
    def m016_halves_and_fingerprints(db: UtilsDatabase) -> None:
        for statement in _statements(_HALVES_AND_FINGERPRINTS):
            db.conn.execute(statement)

    connection.execute("BEGIN IMMEDIATE")
    try:
        # application_id and user_version are in the file's header, which transactions cover too.
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        migrations.apply(UtilsDatabase(connection))
        connection.execute(f"PRAGMA user_version={LATEST}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
