"""Replace scenarios, profiles and texts that a damaged page destroyed by placeholders.

Decisions refer to scenarios and profiles by number, so none of them may be missing. A placeholder
says that it is one, and no worker decides anything with it.
"""

from __future__ import annotations

import json
import sqlite3

from align_tui.config.profile import Profile
from align_tui.core.scenarios import Choice, Scenario, scenario_from_json, scenario_to_json
from align_tui.core.sources import Source
from align_tui.core.types import canonical, content_hash

LOST = "lost in a damaged database"
_TEXTS = {"prompt": f"({LOST})", "messages": "[]", "schema": "{}"}


def fill_gaps(connection: sqlite3.Connection) -> list[str]:
    """Put placeholders where rows are missing or garbled; the tables that needed some."""
    _drop_garbled(connection)
    found = []
    for run in [str(row[0]) for row in connection.execute("SELECT id FROM runs")]:
        found += ["run_scenarios"] * _scenarios(connection, run)
        found += ["run_profiles"] * _profiles(connection, run)
    for column, body in _TEXTS.items():
        made = connection.execute(
            f"INSERT OR IGNORE INTO texts SELECT DISTINCT {column}, ? FROM responses"
            f" WHERE {column} NOT IN (SELECT hash FROM texts)",
            (body,),
        )
        found += ["texts"] * bool(made.rowcount)
    made = connection.execute(
        "INSERT OR IGNORE INTO texts SELECT DISTINCT prompt, ? FROM examples"
        " WHERE prompt NOT IN (SELECT hash FROM texts)",
        (f"({LOST})",),
    )
    found += ["texts"] * bool(made.rowcount)
    return list(dict.fromkeys(found))


def _drop_garbled(connection: sqlite3.Connection) -> None:
    """Delete the scenarios and texts that no longer have the hash that names them."""
    for table in ("scenarios", "texts", "example_sets", "models"):
        garbled = [
            (row[0],)
            for row in connection.execute(f"SELECT hash, body FROM {table}")
            if content_hash(str(row[1])) != row[0]
        ]
        connection.executemany(f"DELETE FROM {table} WHERE hash=?", garbled)
    for digest, body in connection.execute("SELECT hash, body FROM sources").fetchall():
        if not Source("file", "", str(digest), str(body)).is_whole:
            connection.execute("DELETE FROM sources WHERE hash=?", (digest,))


def _scenarios(connection: sqlite3.Connection, run: str) -> bool:
    rows = connection.execute(
        "SELECT r.idx, r.key, s.body FROM run_scenarios r LEFT JOIN scenarios s ON s.hash=r.hash"
        " WHERE r.run=?",
        (run,),
    ).fetchall()
    known = {int(row[0]): str(row[1]) for row in rows}
    whole = {int(row[0]) for row in rows if row[2] is not None and _reads(str(row[2]))}
    made = False
    for idx in range(_count(connection, run, "scenario", known)):
        if idx in whole:
            continue
        made = True
        key = known.get(idx, f"lost-{idx + 1}")
        body = canonical(scenario_to_json(_placeholder(connection, run, idx, key)))
        digest = content_hash(body)
        connection.execute("INSERT OR IGNORE INTO scenarios VALUES (?,?)", (digest, body))
        connection.execute(
            "INSERT OR REPLACE INTO run_scenarios VALUES (?,?,?,?)", (run, idx, key, digest)
        )
        _close(connection, run, "scenario", idx)
    return made


def _placeholder(connection: sqlite3.Connection, run: str, idx: int, key: str) -> Scenario:
    """A scenario with the choices that the decisions on it name."""
    chosen = {
        int(row[0]): str(row[1])
        for row in connection.execute(
            "SELECT DISTINCT x.choice, x.choice_text FROM results x JOIN samples s ON s.id=x.sample"
            " WHERE s.run=? AND s.scenario=? AND x.choice IS NOT NULL",
            (run, idx),
        )
    }
    choices = tuple(
        Choice(chosen.get(n, f"Choice {n + 1} ({LOST})"), {})
        for n in range(max(2, max(chosen, default=0) + 1))
    )
    return Scenario(key, f"This scenario was {LOST}.", choices, title=LOST)


def _profiles(connection: sqlite3.Connection, run: str) -> bool:
    rows = connection.execute(
        "SELECT idx, name, body FROM run_profiles WHERE run=?", (run,)
    ).fetchall()
    known = {int(row[0]): str(row[1]) for row in rows}
    whole = {int(row[0]) for row in rows if _is_profile(str(row[2]))}
    made = False
    for idx in range(_count(connection, run, "profile", known)):
        if idx in whole:
            continue
        made = True
        name = known.get(idx, f"lost-{idx + 1}")
        adm = {"kind": "imported", "adm": LOST}
        profile = Profile.model_validate({"name": name, "adm": adm})
        connection.execute(
            "INSERT OR REPLACE INTO run_profiles (run, idx, name, hash, body) VALUES (?,?,?,?,?)",
            (run, idx, name, profile.hash, canonical(profile.body())),
        )
        _close(connection, run, "profile", idx)
    return made


def _count(connection: sqlite3.Connection, run: str, column: str, known: dict[int, str]) -> int:
    row = connection.execute(f"SELECT max({column}) FROM samples WHERE run=?", (run,)).fetchone()
    return max(int(row[0]) + 1 if row[0] is not None else 0, max(known, default=-1) + 1)


def _close(connection: sqlite3.Connection, run: str, column: str, idx: int) -> None:
    """Delete the open samples of a placeholder, so that no worker decides on it."""
    connection.execute(
        f"DELETE FROM samples WHERE run=? AND {column}=? AND status IN ('pending', 'running')",
        (run, idx),
    )


def _reads(body: str) -> bool:
    try:
        scenario_from_json(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _is_profile(body: str) -> bool:
    try:
        Profile.from_body(json.loads(body))
    except ValueError:
        return False
    return True
