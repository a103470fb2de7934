"""What a child run need not ask: decisions of its ancestors that still hold in it.

Nothing is copied: a decision is kept once, in the run that made it, and is found here by what it
was made of: the scenario's content, the profile (all but its name) and the repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.config.study import Study
from align_tui.core.scenarios import scenario_from_json
from align_tui.core.targets import Targets, target_id
from align_tui.store.database import Database
from align_tui.store.results import SampleState, states

Place = tuple[int, int, int]  # scenario, profile, repeat
MAX_ANCESTORS = 1_000


@dataclass(frozen=True, slots=True)
class Inherited:
    """A decision of the ancestor `run`, at its place in the child.

    `scores` are by target id under what the child scores that profile against; it ended at
    `finished`, in seconds since the epoch.
    """

    run: str
    sample: int
    place: Place
    choice: int
    scores: tuple[tuple[str, bool | None], ...]
    finished: float | None


def ancestors(db: Database, run: str) -> tuple[str, ...]:
    """Parent, grandparent and so on, as far as they still are in the database."""
    rows = db.read(
        "WITH RECURSIVE line (id, age) AS (SELECT parent, 1 FROM runs WHERE id=?"
        " UNION ALL SELECT r.parent, age + 1 FROM line JOIN runs r ON r.id = line.id"
        " WHERE age < ?) SELECT id FROM line WHERE id IS NOT NULL ORDER BY age",
        (run, MAX_ANCESTORS),
    )
    return tuple(str(row["id"]) for row in rows)


def fingerprint(db: Database, run: str) -> tuple[tuple[str, int], ...]:
    """The ancestors with how much each has decided: equal while the same is inherited."""
    return tuple(
        (ancestor, int(row["n"]))
        for ancestor in ancestors(db, run)
        for row in db.read(
            "SELECT count(*) AS n FROM samples WHERE run=? AND status='done'", (ancestor,)
        )
    )


def inherited(
    db: Database, run: str, study: Study, scenario: int | None = None
) -> dict[Place, Inherited]:
    """By place in the run (of `study`, or on one scenario of it): what holds there, the nearest
    ancestor's first. Places at which the run has samples of its own are among them.
    """
    found: dict[Place, Inherited] = {}
    line = ancestors(db, run)
    if not line:
        return found
    match = _Match(db, run, study, scenario)
    for ancestor in line:
        for each in match.of(ancestor):
            found.setdefault(each.place, each)
    return found


def unasked(db: Database, run: str, study: Study, pairs: Iterable[Place]) -> list[Place]:
    """Those of the pairs that nothing inherited answers, or that the run has asked itself."""
    wanted = list(pairs)
    scenarios = {place[0] for place in wanted}
    only = next(iter(scenarios)) if len(scenarios) == 1 else None
    held = inherited(db, run, study, only)
    if not held:
        return wanted
    own = {(state.scenario, state.profile, state.repeat) for state in states(db, run, only)}
    return [place for place in wanted if place in own or place not in held]


class _Match:
    """A run's scenarios and profiles by what they are, to be found again in its ancestors."""

    def __init__(self, db: Database, run: str, study: Study, scenario: int | None) -> None:
        self._db, self._study, self._alone = db, study, scenario is not None
        self._wanted = range(len(study.scenarios)) if scenario is None else (scenario,)
        self._bodies = _places(_hashes(db, "run_scenarios", run))
        self._profiles = _places(_hashes(db, "run_profiles", run))
        self._targets = [
            {target_id(targets): targets for targets in study.scoring_targets(profile)}
            for profile in study.profiles
        ]
        self._contents: dict[str, str] = {}  # of a scenario's body, both as their hashes

    def of(self, ancestor: str) -> Iterable[Inherited]:
        """What that run decided and still holds."""
        db, study = self._db, self._study
        scenarios = self._scenarios(ancestor)
        profiles = {
            idx: self._profiles.get(digest, ())
            for idx, digest in _hashes(db, "run_profiles", ancestor).items()
        }
        row = db.one("SELECT rule FROM runs WHERE id=?", (ancestor,))
        scored = row is not None and row["rule"] == study.rule
        reads = scenarios if self._alone else (None,)
        for state in (state for at in reads for state in states(db, ancestor, at)):
            if state.status != "done" or state.choice is None or state.repeat >= study.repeat:
                continue
            for s in scenarios.get(state.scenario, ()):
                for p in profiles.get(state.profile, ()):
                    if study.takes(study.profiles[p], study.scenarios[s]):
                        scores = self._scores(state, s, p, scored=scored)
                        place = (s, p, state.repeat)
                        yield Inherited(
                            ancestor, state.id, place, state.choice, scores, state.finished
                        )

    def _scenarios(self, ancestor: str) -> dict[int, tuple[int, ...]]:
        """Where the ancestor's scenarios stand in the run: the same body, else the same content."""
        theirs, ours = _hashes(self._db, "run_scenarios", ancestor), self._bodies
        found = {idx: ours[digest] for idx, digest in theirs.items() if digest in ours}
        missing = set(self._wanted) - {place for places in found.values() for place in places}
        if not missing:
            return self._only_wanted(found)
        alike = [self._study.scenarios[idx] for idx in sorted(missing)]
        texts = {scenario.text for scenario in alike}  # few are equal, so few are hashed
        contents = _places(dict(zip(sorted(missing), (each.hash for each in alike), strict=True)))
        for idx, digest in theirs.items():
            known = self._study.scenarios[found[idx][0]] if idx in found else None
            if known is None or known.text in texts:
                content = self._content(digest) if known is None else known.hash
                found[idx] = (*found.get(idx, ()), *contents.get(content, ()))
        return self._only_wanted(found)

    def _only_wanted(self, found: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
        if not self._alone:
            return found
        kept = {idx: tuple(set(places) & set(self._wanted)) for idx, places in found.items()}
        return {idx: places for idx, places in kept.items() if places}

    def _content(self, body: str) -> str:
        known = self._contents.get(body)
        if known is None:
            row = self._db.one("SELECT body FROM scenarios WHERE hash=?", (body,))
            known = scenario_from_json(json.loads(row["body"])).hash if row is not None else ""
            self._contents[body] = known
        return known

    def _scores(
        self, state: SampleState, s: int, p: int, *, scored: bool
    ) -> tuple[tuple[str, bool | None], ...]:
        """As they were stored, where they were; a target that only the child has is scored here."""
        stored = dict(state.scores) if scored else {}
        assert state.choice is not None

        def correct(name: str, targets: Targets, choice: int) -> bool | None:
            if name in stored:
                return stored[name]
            study = self._study
            return study.scorer.is_correct(choice, study.scenarios[s], targets)

        return tuple(
            (name, correct(name, targets, state.choice))
            for name, targets in self._targets[p].items()
        )


def _hashes(db: Database, table: str, run: str) -> dict[int, str]:
    rows = db.read(f"SELECT idx, hash FROM {table} WHERE run=? ORDER BY idx", (run,))
    return {int(row["idx"]): str(row["hash"]) for row in rows}


def _places(hashes: dict[int, str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for idx, digest in hashes.items():
        found[digest] = (*found.get(digest, ()), idx)
    return found
