"""What decided a run, as JSON: versions, hashes, and the models' files and machines."""

from __future__ import annotations

from typing import Any

from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.fingerprints import told_of
from align_tui.store.run_inputs import read_inputs
from align_tui.store.run_models import SERVER, RunModel, models_of
from align_tui.store.run_sources import identities, profile_hashes


def run_identity(db: Database, run: str) -> dict[str, Any]:
    """What holds for the whole run: day, rule of seeds, versions with the checkout's commit."""
    return {
        "day": runs.day(db, run),
        "seed_rule": read_inputs(db, run).seed_rule,
        "versions": runs.stored_versions(db, run),
    }


def profile_identities(db: Database, run: str) -> list[dict[str, Any]]:
    """By the number of the profile: its hash, its identity, and the models that decided it."""
    told = told_of(db, run)
    models: dict[int, list[dict[str, Any]]] = {}
    for each in models_of(db, run):
        fingerprints = told.get(each.profile, {}) if SERVER in each.facts else {}
        models.setdefault(each.profile, []).append(_model_json(each, fingerprints))
    return [
        {"hash": digest, "identity": identity, "models": models.get(index, [])}
        for index, (digest, identity) in enumerate(
            zip(profile_hashes(db, run), identities(db, run), strict=True)
        )
    ]


def _model_json(model: RunModel, fingerprints: dict[str, int]) -> dict[str, Any]:
    return {
        "role": model.role,
        "name": model.name,
        "identity": model.identity,
        "sha256": model.sha256 or None,
        "files": dict(model.files) if model.files is not None else None,
        "files_state": model.state,
        "facts": {key: value for key, value in model.facts.items() if key != "fingerprint"},
        "fingerprints": fingerprints,
    }
