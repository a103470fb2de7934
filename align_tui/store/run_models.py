"""Store which models decided a run: their files with hashes, and the machine they ran on.

Hashes of large weights come after the first decisions. Until then a model is stored without them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from align_tui.core.types import canonical, content_hash
from align_tui.store.database import Database, Row
from align_tui.store.fingerprints import told_of

HASHING = "hashing"
SERVER = "server"
"""The fact that only served models have."""
Column = tuple[str, int]  # a run, and the index of a profile


@dataclass(frozen=True, slots=True)
class RunModel:
    """A model that decided a profile of a run, in its role ('' is the main one).

    `files` has the SHA-256 of each file by name; None while they are computed, or where the model
    has no files here (a server). `facts` say where it ran: device, driver, versions. `state` says
    why there are no hashes: `hashing`, or a sentence. `found` is in seconds since the epoch.
    """

    profile: int
    role: str
    name: str
    identity: str
    files: Mapping[str, str] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    found: float = 0.0

    @property
    def body(self) -> str:
        """As canonical JSON, without place and time."""
        return canonical(
            {
                "name": self.name,
                "identity": self.identity,
                "files": dict(self.files) if self.files is not None else None,
                "facts": dict(self.facts),
                "state": self.state,
            }
        )

    @property
    def sha256(self) -> str:
        """SHA-256 over names and hashes of the files; empty while they are unknown."""
        return content_hash(dict(self.files)) if self.files else ""


def record(db: Database, run: str, model: RunModel) -> None:
    """Store a model of a run, in place of what was stored of it while it was hashed."""
    digest = content_hash(model.body)
    place = (run, model.profile, model.role)
    with db.write() as connection:
        connection.execute("INSERT OR IGNORE INTO models VALUES (?,?)", (digest, model.body))
        if model.state != HASHING:
            hashing = RunModel(
                model.profile, model.role, model.name, model.identity, None, model.facts, HASHING
            )
            connection.execute(
                "DELETE FROM run_models WHERE run=? AND profile=? AND role=? AND hash=?",
                (*place, content_hash(hashing.body)),
            )
        connection.execute(
            "INSERT OR IGNORE INTO run_models SELECT ?,?,?,?,? WHERE EXISTS"
            " (SELECT 1 FROM runs WHERE id=?)",
            (*place, digest, time.time(), run),
        )


def models_of(db: Database, run: str, profile: int | None = None) -> tuple[RunModel, ...]:
    """The models that decided a run, or one of its profiles, the first ones first.

    A served model has the fact `fingerprint`, if the replies of its profile have any.
    """
    rows = db.read(
        "SELECT r.profile, r.role, r.found, m.body FROM run_models r JOIN models m"
        " ON m.hash=r.hash WHERE r.run=? ORDER BY r.profile, r.role, r.found, r.hash",
        (run,),
    )
    found = (_model(row) for row in rows if profile is None or row["profile"] == profile)
    models = tuple(each for each in found if each is not None)
    if not any(SERVER in each.facts for each in models):
        return models
    told = told_of(db, run)
    return tuple(_with_fingerprints(each, told.get(each.profile, {})) for each in models)


def _with_fingerprints(model: RunModel, told: Mapping[str, int]) -> RunModel:
    """The model with what its server calls itself in the replies of the profile."""
    if SERVER not in model.facts or not told:
        return model
    return replace(model, facts={**model.facts, "fingerprint": " and ".join(told)})


def _model(row: Row) -> RunModel | None:
    try:
        body = json.loads(row["body"])
        files, facts = body["files"], body["facts"]
        return RunModel(
            int(row["profile"]),
            str(row["role"]),
            str(body["name"]),
            str(body["identity"]),
            {str(k): str(v) for k, v in files.items()} if files is not None else None,
            {str(k): str(v) for k, v in facts.items()},
            str(body["state"]),
            float(row["found"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # garbled by a damaged page


FACTS = (
    "device name",
    "device",
    "driver",
    "CUDA",
    "processor",
    "threads",
    "attention",
    "server",
    "fingerprint",
)


def in_words(model: RunModel) -> str:
    """A short description: how many files with which hash, and where it ran."""
    parts = []
    if model.files:
        count = f"{len(model.files)} file{'s' if len(model.files) > 1 else ''}"
        parts.append(f"{count}, SHA-256 {model.sha256[:16]}…")
    elif model.state:
        parts.append(f"files: {model.state}")
    parts += [f"{name} {model.facts[name]}" for name in FACTS if model.facts.get(name)]
    words = ", ".join(parts)
    return f"{model.role}: {words}" if model.role else words


def settings_of(models: Iterable[RunModel]) -> dict[str, str]:
    """Each file's hash and each fact under a name of its own, for tables of what differs.

    Where several models decided a profile, their values stand beside each other.
    """
    found: dict[str, dict[str, None]] = {}
    for model in models:
        role = f"model {model.role}".strip()
        values = {
            f"{role} file {name}": sha256[:16] for name, sha256 in (model.files or {}).items()
        }
        values |= {f"{role} {name}": value for name, value in model.facts.items()}
        if model.state:
            values[role + " files"] = model.state
        for key, value in values.items():
            found.setdefault(key, {})[value] = None
    return {key: " and ".join(values) for key, values in found.items()}


def differing_files(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The names of files that differ, or that only one of two models has."""
    names = one.keys() | other.keys()
    return tuple(sorted(name for name in names if one.get(name) != other.get(name)))


def model_changes(models: Iterable[RunModel], others: Iterable[RunModel]) -> tuple[str, ...]:
    """The files in which the models of two profiles differ, by role; empty where none is known."""
    found: dict[str, None] = {}
    theirs = [each for each in others if each.files]
    for model in models:
        same_role = [each for each in theirs if each.role == model.role]
        if not model.files or not same_role or model.sha256 in {m.sha256 for m in same_role}:
            continue
        for name in differing_files(model.files, same_role[0].files or {}):
            found[f"{model.role}: {name}" if model.role else name] = None
    return tuple(found)


def models_differ(db: Database, one: Column, other: Column) -> bool:
    """Did other files decide the two profiles, as far as the files of both are known?

    A profile that several models decided is the same as another only if all of them are.
    """
    mine, theirs = models_of(db, *one), models_of(db, *other)
    for role in {each.role for each in mine} & {each.role for each in theirs}:
        first = {each.sha256 for each in mine if each.role == role and each.sha256}
        second = {each.sha256 for each in theirs if each.role == role and each.sha256}
        if first and second and first != second:
            return True
    return False


def model_of(db: Database, sample: int) -> str:
    """The model revision or file hash that decided a sample; empty if it was not recorded."""
    row = db.one(
        "SELECT p.model, p.run, p.idx FROM samples s JOIN run_profiles p ON p.run=s.run"
        " AND p.idx=s.profile WHERE s.id=?",
        (sample,),
    )
    if row is None:
        return ""
    known = [in_words(each) for each in models_of(db, row["run"], row["idx"])]
    return "; ".join(filter(None, (row["model"], *known)))


def record_model(db: Database, run: str, profile: int, model: str) -> None:
    """Store which model revision or file hash a profile of the run really used."""
    with db.write() as connection:
        connection.execute(
            "UPDATE run_profiles SET model=? WHERE run=? AND idx=? AND model IS NOT ?",
            (model, run, profile, model),
        )
