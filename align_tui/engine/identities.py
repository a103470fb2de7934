"""Record which models decide a run, and queue what the run inherited from another model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from align_tui.backbones.base import HashedFiles, ModelInfo
from align_tui.config.program import program_facts
from align_tui.config.study import Study
from align_tui.store import inheritance, run_models, runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed
from align_tui.store.run_models import HASHING, RunModel

Key = tuple[int, str, str]  # profile, role, the model's identity


@dataclass(frozen=True, slots=True)
class _Hashing:
    run: str
    model: RunModel
    files: HashedFiles


class Identities:
    """The models of one run, as far as this process has stored them."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._noted: dict[Key, object] = {}
        self._hashing: list[_Hashing] = []

    def note(self, db: Database, claimed: Claimed, role: str, info: ModelInfo) -> None:
        """Store a model each time that it is loaded, with its hashes if they are known."""
        key = (claimed.profile, role, info.identity)
        mark: object = info.files if info.files is not None else info.identity
        if self._noted.get(key) == mark:
            return
        facts = {**info.facts, "dtype": info.dtype, **program_facts()}
        facts.setdefault("device", info.device)
        model = RunModel(claimed.profile, role, info.name, info.identity, None, facts)
        if info.files is not None:
            self._hashing.append(_Hashing(claimed.run, model, info.files))
            model = replace(model, state=HASHING)
        run_models.record(db, claimed.run, model)
        self._noted[key] = mark
        self.record_known(db)

    @property
    def is_hashing(self) -> bool:
        """Are hashes of a model's files still to come?"""
        return bool(self._hashing)

    def record_known(self, db: Database) -> None:
        """Store the hashes that have become known since. Raises StoreError."""
        for each in list(self._hashing):
            files, trouble = each.files.known(), each.files.trouble
            if files is None and not trouble:
                continue
            self._record(db, each.run, replace(each.model, files=files, state=trouble))
            self._hashing.remove(each)

    def _record(self, db: Database, run: str, model: RunModel) -> None:
        """Store a model; decisions that the run inherited from another model are queued."""
        if not inheritance.ancestors(db, run):
            run_models.record(db, run, model)
            return
        before = inheritance.inherited(db, run, self._study)
        run_models.record(db, run, model)
        now = inheritance.inherited(db, run, self._study)
        lost = [place for place in before if place not in now]
        if lost:
            runs.enqueue(db, run, self._study, lost)
