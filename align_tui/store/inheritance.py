"""Find the decisions of ancestor runs that a child run inherits, and so need not ask again.

A decision is stored once, in the run that made it. A child inherits it if both agree in what the
decision-maker sees of the scenario, in the profile (all but its name), in the definitions of its
targets' attributes and in the repeat. Labels count only for decision-makers that read them, and
for runs of version 0.1, whose seeds depend on labels too. A decision that depends on earlier ones
is inherited if these belong to equal scenarios in both runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Scenario, scenario_from_json
from align_tui.core.targets import target_id
from align_tui.store.database import Database, Row
from align_tui.store.results import SampleState, states
from align_tui.store.run_inputs import RunInputs, read_inputs
from align_tui.store.run_models import models_differ
from align_tui.store.run_sources import compared_of_profile
from align_tui.store.runs import load_study
from align_tui.studies.turns import earlier

Place = tuple[int, int, int]  # scenario, profile, repeat
_Found = dict[int, tuple[int, ...]]  # an ancestor's index: the same thing's indexes in the run
MAX_ANCESTORS = 1_000


@dataclass(frozen=True, slots=True)
class Inherited:
    """A decision of the ancestor `run`, with its place in the child.

    `choice` is None for a text answer. `scores` are (target id, is it right) for the targets that
    the child scores this profile against. It ended at `finished`, in seconds since the epoch.
    `margin` is as in SampleState.
    """

    run: str
    sample: int
    place: Place
    choice: int | None
    scores: tuple[tuple[str, bool | None], ...]
    finished: float | None
    margin: float | None = None


def ancestors(db: Database, run: str) -> tuple[str, ...]:
    """The parent, its parent and so on, as far as the database still has them."""
    rows = db.read(
        "WITH RECURSIVE line (id, age) AS (SELECT parent, 1 FROM runs WHERE id=?"
        " UNION ALL SELECT r.parent, age + 1 FROM line JOIN runs r ON r.id = line.id"
        " WHERE age < ?) SELECT id FROM line WHERE id IS NOT NULL ORDER BY age",
        (run, MAX_ANCESTORS),
    )
    return tuple(str(row["id"]) for row in rows)


def fingerprint(db: Database, run: str) -> tuple[tuple[str, int], ...]:
    """(run, a number) for each ancestor and the run itself: equal while it inherits the same.

    The numbers count an ancestor's decisions, and the models that are known to have decided.
    """
    line = ancestors(db, run)
    models = "SELECT count(*) AS n FROM run_models WHERE run=?"
    done = "SELECT count(*) AS n FROM samples WHERE run=? AND status='done'"
    asked = [(each, sql) for each in line for sql in (done, models)]
    asked += [(run, models)] if line else []
    return tuple((each, int(row["n"])) for each, sql in asked for row in db.read(sql, (each,)))


def inherited(
    db: Database, run: str, study: Study, scenario: int | None = None
) -> dict[Place, Inherited]:
    """The decisions that a run of `study` inherits, by place (all, or those on one scenario).

    The nearest ancestor's decision counts. Places where the run has its own samples are included.
    Raises StoreError.
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
    """The places of `pairs` without an inherited decision, or with a sample of the run itself."""
    wanted = list(pairs)
    scenarios = {place[0] for place in wanted}
    only = next(iter(scenarios)) if len(scenarios) == 1 else None
    held = inherited(db, run, study, only)
    if not held:
        return wanted
    own = {(state.scenario, state.profile, state.repeat) for state in states(db, run, only)}
    return [place for place in wanted if place in own or place not in held]


class _Match:
    """A run's scenarios and profiles by hash, to find the same ones in its ancestors."""

    def __init__(self, db: Database, run: str, study: Study, scenario: int | None) -> None:
        self._db, self._run = db, run
        self._study, self._alone = study, scenario is not None
        self._wanted = range(len(study.scenarios)) if scenario is None else (scenario,)
        self._bodies = _places(_hashes(db, "run_scenarios", run))
        self._profiles = _places(_hashes(db, "run_profiles", run))
        self._targets = [
            {target_id(targets): targets for targets in study.scoring_targets(profile)}
            for profile in study.profiles
        ]
        self._inputs = read_inputs(db, run)
        self._definitions = [self._inputs.definition_of(each.attributes) for each in study.profiles]
        self._contents: dict[str, tuple[str, str]] = {}  # a body's hash: its content's hashes
        self._hashes_now: dict[str, str] = {}  # a profile's stored hash: as this version hashes it
        self._studies: dict[str, Study] = {}  # of ancestors, read where decisions have a history

    def of(self, ancestor: str) -> Iterable[Inherited]:
        """The ancestor's decisions that the run inherits."""
        db, study = self._db, self._study
        inputs = read_inputs(db, ancestor)
        if inputs.seed_rule != self._inputs.seed_rule:
            return
        scenarios, relabelled = self._scenarios(ancestor, seen=inputs.seed_rule == "seen")
        profiles = self._profiles_in(ancestor, inputs)
        row = db.one("SELECT rule FROM runs WHERE id=?", (ancestor,))
        same_rule = row is not None and row["rule"] == study.rule
        reads = sorted({*scenarios, *relabelled}) if self._alone else (None,)
        for state in (state for at in reads for state in states(db, ancestor, at)):
            if state.status != "done" or state.repeat >= study.repeat:
                continue
            equal = scenarios.get(state.scenario, ())
            for s in (*equal, *relabelled.get(state.scenario, ())):
                for p in profiles.get(state.profile, ()):
                    profile = study.profiles[p]
                    if s not in equal and profile.reads_labels:
                        continue
                    if not self._follows_alike(ancestor, state, s, p):
                        continue
                    if study.takes(profile, study.scenarios[s]):
                        scores = self._scores(state, s, p, stored=same_rule and s in equal)
                        place = (s, p, state.repeat)
                        yield Inherited(
                            ancestor,
                            state.id,
                            place,
                            state.choice,
                            scores,
                            state.finished,
                            state.margin,
                        )

    def _follows_alike(self, ancestor: str, state: SampleState, s: int, p: int) -> bool:
        """Does the decision follow the decisions on equal scenarios in both runs, or on none?"""
        profile = self._study.profiles[p]
        if profile.history_context is None:
            return True
        if ancestor not in self._studies:
            self._studies[ancestor] = load_study(self._db, ancestor)
        before = self._studies[ancestor]

        def told(study: Study, profile: int, scenario: int) -> list[str]:
            found = (study.scenarios[index] for index in earlier(study, profile, scenario))
            return [each.hash for each in found]

        return told(before, state.profile, state.scenario) == told(self._study, p, s)

    def _profiles_in(self, ancestor: str, inputs: RunInputs) -> dict[int, tuple[int, ...]]:
        """The run's indexes of each profile of the ancestor whose attributes are defined alike.

        A definition that one side did not store (version 0.1) counts as the same: such a run is
        always resumed with the packs of the day.
        """
        found = {}
        sql = "SELECT idx, hash, body FROM run_profiles WHERE run=?"
        for row in self._db.read(sql, (ancestor,)):
            places = self._profiles.get(row["hash"]) or self._profiles.get(self._hash_now(row), ())
            index = int(row["idx"])
            alike = [p for p in places if self._defines_alike(p, inputs)]
            found[index] = tuple(p for p in alike if self._decides_alike(ancestor, index, p))
        return found

    def _decides_alike(self, ancestor: str, theirs: int, profile: int) -> bool:
        """Are prompts, functions, code and models of both the same, as far as both are known?"""
        db, run = self._db, self._run
        before = compared_of_profile(db, ancestor, theirs)
        now = compared_of_profile(db, run, profile)
        if before is not None and now is not None and before != now:
            return False
        return not models_differ(db, (ancestor, theirs), (run, profile))

    def _defines_alike(self, profile: int, inputs: RunInputs) -> bool:
        before = inputs.definition_of(self._study.profiles[profile].attributes)
        now = self._definitions[profile]
        return before is None or now is None or before == now

    def _hash_now(self, row: Row) -> str:
        """A stored profile's hash as this version computes it, which may know more keys.

        A graded profile keeps its stored hash: version 0.1 stated its target in other words.
        """
        known = self._hashes_now.get(row["hash"])
        if known is None:
            try:
                profile = Profile.from_body(json.loads(row["body"]))
                known = str(row["hash"]) if profile.is_graded else profile.hash
            except ValueError:
                known = ""  # garbled by a damaged page
            self._hashes_now[row["hash"]] = known
        return known

    def _scenarios(self, ancestor: str, *, seen: bool) -> tuple[_Found, _Found]:
        """The run's indexes of each scenario of the ancestor with the same body or content.

        Then, if `seen`, the indexes of scenarios that look the same but have other labels.
        """
        theirs, ours = _hashes(self._db, "run_scenarios", ancestor), self._bodies
        found = {idx: ours[digest] for idx, digest in theirs.items() if digest in ours}
        missing = set(self._wanted) - {place for places in found.values() for place in places}
        if not missing:
            return self._only_wanted(found), {}
        alike = [self._study.scenarios[idx] for idx in sorted(missing)]
        texts = {scenario.text for scenario in alike}  # hash only the few with an equal text
        contents = _places(dict(zip(sorted(missing), (each.hash for each in alike), strict=True)))
        looks = _places(dict(zip(sorted(missing), (each.seen_hash for each in alike), strict=True)))
        relabelled: _Found = {}
        for idx, digest in theirs.items():
            known = self._study.scenarios[found[idx][0]] if idx in found else None
            if known is None or known.text in texts:
                content, look = self._content(digest) if known is None else _hashes_of(known)
                equal = contents.get(content, ())
                found[idx] = (*found.get(idx, ()), *equal)
                if seen:
                    relabelled[idx] = tuple(set(looks.get(look, ())) - set(equal))
        return self._only_wanted(found), self._only_wanted(relabelled)

    def _only_wanted(self, found: _Found) -> _Found:
        if not self._alone:
            return found
        kept = {idx: tuple(set(places) & set(self._wanted)) for idx, places in found.items()}
        return {idx: places for idx, places in kept.items() if places}

    def _content(self, body: str) -> tuple[str, str]:
        known = self._contents.get(body)
        if known is None:
            row = self._db.one("SELECT body FROM scenarios WHERE hash=?", (body,))
            known = ("", "")
            if row is not None:
                known = _hashes_of(scenario_from_json(json.loads(row["body"])))
            self._contents[body] = known
        return known

    def _scores(
        self, state: SampleState, s: int, p: int, *, stored: bool
    ) -> tuple[tuple[str, bool | None], ...]:
        """The stored scores that still hold, and new ones for targets that only the child scores.

        A text answer has stored scores only, since labels belong to choices.
        """
        known = dict(state.scores) if stored else {}
        study = self._study
        scores: list[tuple[str, bool | None]] = []
        for name, targets in self._targets[p].items():
            if name in known:
                scores.append((name, known[name]))
            elif state.choice is not None:
                correct = study.scorer.is_correct(state.choice, study.scenarios[s], targets)
                scores.append((name, correct))
        return tuple(scores)


def _hashes_of(scenario: Scenario) -> tuple[str, str]:
    return scenario.hash, scenario.seen_hash


def _hashes(db: Database, table: str, run: str) -> dict[int, str]:
    rows = db.read(f"SELECT idx, hash FROM {table} WHERE run=? ORDER BY idx", (run,))
    return {int(row["idx"]): str(row["hash"]) for row in rows}


def _places(hashes: dict[int, str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for idx, digest in hashes.items():
        found[digest] = (*found.get(digest, ()), idx)
    return found
