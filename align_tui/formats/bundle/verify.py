"""Check a bundle by itself: hashes, scores and tallies are computed anew and compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, cast

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.attributes import definitions_hash
from align_tui.core.errors import AlignError, BundleError
from align_tui.core.halves import averaged_anew
from align_tui.core.scorers.base import Score
from align_tui.core.seeds import sample_seed, seed_hash
from align_tui.core.sources import Source, SourceKind, identity_of
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line
from align_tui.core.text.error_text import error_text
from align_tui.core.text.plurals import counted
from align_tui.core.types import canonical, content_hash
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import read_archive
from align_tui.formats.bundle.content import Bundle, profile_of, read_content
from align_tui.formats.bundle.decisions import decision_of

MOST_PROBLEMS = 20
NEAR = 1e-9
_Row = TypeVar("_Row")
Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: how many things it looked at, and what is wrong, the first few in sentences."""

    name: str
    checked: int
    problems: tuple[str, ...] = ()
    wrong: int = 0
    skipped: str = ""

    @property
    def status(self) -> Status:
        """`skipped` if nothing was wrong and something could not be checked here."""
        return "failed" if self.wrong else "skipped" if self.skipped else "ok"


def read_bundle(path: Path) -> Bundle:
    """Read a bundle whose parts are those of its manifest; raises BundleError."""
    archive = read_archive(path)
    if archive.differences:
        raise BundleError(
            f"{archive.differences[0]}", "The bundle was changed: see align-tui verify."
        )
    return read_content(archive.parts)


def verify(path: Path) -> tuple[Check, ...]:
    """Check a bundle. Raises BundleError for a file that is none."""
    archive = read_archive(path)
    parts = _check("parts", len(archive.manifest.parts), iter(archive.differences))
    return (parts, *check_content(archive.parts, archive.manifest.run))


def check_content(parts: Mapping[str, bytes], run: str) -> tuple[Check, ...]:
    """Check the parts of a bundle, whose manifest names the run `run`, against each other."""
    try:
        bundle = read_content(parts)
        study = bundle.study()
        bundle.stated_targets()
        for each in bundle.samples:
            decision_of(each)
    except AlignError as error:
        return (Check("schema", 1, (error.message,), 1),)
    rows = (bundle.profiles, bundle.scenarios, bundle.examples, bundle.samples, bundle.tallies)
    return (
        Check("schema", sum(map(len, rows)) + len(bundle.texts)),
        _check("run", 1, _run(bundle, study, run)),
        _check("hashes", _hashed(bundle), _hashes(bundle, study)),
        _check("samples", len(bundle.samples), _samples(bundle, study)),
        _scores(bundle, study),
        _check("tallies", len(bundle.tallies), _tallies(bundle)),
    )


def _run(bundle: Bundle, study: Study, run: str) -> Iterator[str]:
    if run != bundle.run.id:
        yield "The manifest names another run than run.json."
    if len({profile.name for profile in bundle.profiles}) < len(bundle.profiles):
        yield "Two profiles have the same name."
    if len({scenario.key for scenario in study.scenarios}) < len(study.scenarios):
        yield "Two scenarios have the same key."


def _check(name: str, checked: int, problems: Iterator[str]) -> Check:
    kept: list[str] = []
    wrong = 0
    for problem in problems:
        wrong += 1
        if len(kept) < MOST_PROBLEMS:
            kept.append(one_line(problem, 400))
    return Check(name, checked, tuple(kept), wrong)


def _hashed(bundle: Bundle) -> int:
    parts = (bundle.profiles, bundle.scenarios, bundle.examples, bundle.sources, bundle.models)
    return sum(map(len, parts)) + len(bundle.texts)


def _hashes(bundle: Bundle, study: Study) -> Iterator[str]:
    """The hashes that differ from what they name."""
    for at, each in enumerate(bundle.profiles):
        if content_hash(each.body) != each.sha256:
            yield f"profile {each.name}: its body has another SHA-256"
        elif not each.changed and each.hash not in profile_hashes(each.body):
            yield f"profile {each.name}: its hash is not that of its settings"
        elif not each.changed and each.identity not in (None, _identity(bundle, study, at)):
            yield f"profile {each.name}: its identity is not that of what it decides with"
    bodies = [
        *((f"scenario {at}", each.hash, each.body) for at, each in _counted(bundle.scenarios)),
        *((f"example set {at}", each.hash, each.body) for at, each in _counted(bundle.examples)),
        *((f"model {at}", each.hash, each.body) for at, each in _counted(bundle.models)),
    ]
    for what, digest, body in bodies:
        if content_hash(canonical(body)) != digest:
            yield f"{what}: its hash is not that of its body"
    for digest, text in bundle.texts.items():
        if content_hash(text) != digest:
            yield f"text {digest[:12]}…: its hash is not that of the text"
    for source in bundle.sources:
        if source.sha256 not in source_hashes(source):
            yield f"{source.kind} {source.name}: its SHA-256 is not that of its text"
        if source.kind == "records":
            yield from _records(source, study)


def _identity(bundle: Bundle, study: Study, place: int) -> str:
    """The identity of a profile: its hash with definitions, prompts, function and plug-ins."""
    profile, attributes = study.profiles[place], study.attributes
    names = profile.attributes
    return identity_of(
        profile.hash,
        definitions_hash(attributes, names) if attributes is not None else None,
        (
            Source(cast(SourceKind, each.kind), each.name, each.sha256, "")
            for each in bundle.sources
            if place in each.profiles
        ),
    )


def _records(source: p.SourcePart, study: Study) -> Iterator[str]:
    """Profiles that do not learn from the records that the bundle has for them."""
    for place in source.profiles:
        adm = study.profiles[place].adm if 0 <= place < len(study.profiles) else None
        if not isinstance(adm, UsesRecords) or adm.loaded is not None:
            continue
        # Earlier versions did not store where each of several sets ends, so it cannot be checked.
        if len(adm.records) == 1 or source.text.startswith("[["):
            yield f"records {source.name}: they are not those that their profile names"


def _counted(rows: Sequence[_Row]) -> Iterator[tuple[int, _Row]]:
    return enumerate(rows, start=1)


def profile_hashes(body: Mapping[str, object]) -> set[str]:
    """The hashes that versions of the program give a profile with that body."""
    rest = {key: each for key, each in body.items() if key not in ("name", "description")}
    if "target" in rest:
        rest["targets"] = rest.pop("target")
    found = {content_hash(rest)}
    try:
        profile: Profile = profile_of(body, str)
    except (ValueError, TypeError):
        return found
    return found | {profile.hash}


def source_hashes(source: p.SourcePart) -> set[str]:
    """The hashes that a source's text may have: of its bytes, or of an example set's JSON."""
    import hashlib

    found = {content_hash(source.text)}
    for encoding in ("utf-8", "latin-1"):
        try:
            found.add(hashlib.sha256(source.text.encode(encoding, "surrogatepass")).hexdigest())
        except UnicodeEncodeError:
            continue
    return found


def _samples(bundle: Bundle, study: Study) -> Iterator[str]:
    """What is wrong with samples beside their scores."""
    places: Counter[tuple[int, int, int]] = Counter()
    for each in bundle.samples:
        where = _place(each, bundle)
        place = (each.scenario, each.profile, each.repeat)
        places[place] += 1
        if each.scenario >= len(study.scenarios) or each.profile >= len(study.profiles):
            yield f"{where}: the bundle has no such scenario or profile"
            continue
        if each.repeat >= study.repeat or places[place] > 1:
            yield f"{where}: the study has no such sample, or it is there twice"
        scenario, profile = study.scenarios[each.scenario], study.profiles[each.profile]
        seed = sample_seed(
            profile.decoding.seed, seed_hash(scenario, bundle.run.seed_rule), each.repeat
        )
        if seed != each.seed:
            yield f"{where}: its seed is not that of the profile and the scenario"
        yield from _result(each, study, where)
        for response in each.responses:
            named = (response.prompt, response.messages, response.schema_hash)
            if any(digest not in bundle.texts for digest in named):
                yield f"{where}: a reply's prompt, turns or schema are not in texts.jsonl"
        if any(example.prompt not in bundle.texts for example in each.examples):
            yield f"{where}: an example's prompt is not in texts.jsonl"


def _result(each: p.SamplePart, study: Study, where: str) -> Iterator[str]:
    result, choices = each.result, study.scenarios[each.scenario].choices
    ended = each.status in ("done", "failed")
    if (result is not None) != ended:
        yield f"{where}: it is {each.status}, and has {'no' if result is None else 'a'} result"
    if result is None:
        return
    if (result.error_kind is not None) != (each.status == "failed"):
        yield f"{where}: its status and its error differ"
    if result.choice is None:
        return
    if result.choice >= len(choices):
        yield f"{where}: its choice is none of the scenario's"
    elif result.choice_text != choices[result.choice].text:
        yield f"{where}: the text of its choice is not the scenario's"
    for name, shares in (("probabilities", result.probabilities), ("votes", result.votes)):
        if shares is not None and len(shares) != len(choices):
            yield f"{where}: it has {len(shares)} {name} for {counted(len(choices), 'choice')}"
    orders = [one.order for one in result.shown]
    orders += [one.order for one in each.responses if one.order is not None]
    if any(sorted(order) != list(range(len(choices))) for order in orders):
        yield f"{where}: an order of the choices does not name each choice once"
    if any(one.choice >= len(choices) for one in result.shown):
        yield f"{where}: what was taken in an order is none of the scenario's choices"
    if each.ranking is not None and each.ranking.taken != result.choice and not each.responses:
        yield f"{where}: its choice is not the one that its ranking takes"
    if result.halves:
        yield from _mean(each, len(choices), where)


def _mean(each: p.SamplePart, choices: int, where: str) -> Iterator[str]:
    """What is wrong with a decision as the mean of its two orders of the choices."""
    decision = decision_of(each)
    if decision is None or any(shown.choice >= choices for shown in decision.shown):
        return
    try:
        made = averaged_anew(decision, decision.halves, choices, each.seed)
    except (ValueError, TypeError, LookupError, AssertionError) as error:
        yield f"{where}: its two orders of the choices cannot be averaged: {error_text(error)}"
    else:
        if made.choice != decision.choice or not _near(made.votes, decision.votes):
            yield f"{where}: its decision is not the mean of its two orders of the choices"


def _near(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    pairs = zip(one, other, strict=True)
    return len(one) == len(other) and all(math.isclose(a, b, abs_tol=NEAR) for a, b in pairs)


def _place(each: p.SamplePart, bundle: Bundle) -> str:
    names = bundle.profiles
    profile = names[each.profile].name if each.profile < len(names) else f"profile {each.profile}"
    return f"{profile} on scenario {each.scenario + 1}, repeat {each.repeat + 1}"


def _scores(bundle: Bundle, study: Study) -> Check:
    """Compute all scores anew from decisions and labels."""
    scorer = study.scorer
    if scorer.is_async or not scorer.answers:
        why = "asks a model" if scorer.is_async else "is not installed here"
        return Check("scores", 0, skipped=f"The scorer {scorer.name!r} {why}.")

    def problems() -> Iterator[str]:
        for each in bundle.samples:
            if each.scenario >= len(study.scenarios) or each.profile >= len(study.profiles):
                continue
            decision = decision_of(each)
            if decision is None or not _fits(each, study):
                if each.scores and decision is None:
                    yield f"{_place(each, bundle)}: it has a score and no decision"
                continue
            for targets in study.scoring_targets(study.profiles[each.profile]):
                key = target_id(targets)
                try:
                    new = scorer.score_made(decision, study.scenarios[each.scenario], targets)
                except Exception as error:  # of another package's scorer, or of odd labels
                    yield f"{_place(each, bundle)}: it cannot be scored: {error_text(error)}"
                    continue
                stored = each.scores.get(key)
                if stored is None or not _same(stored, new):
                    yield (
                        f"{_place(each, bundle)}: the score for {key} is {_said(stored)}, and "
                        f"its decision and labels give {_told(new)}"
                    )
            known = {target_id(t) for t in study.scoring_targets(study.profiles[each.profile])}
            for key in each.scores.keys() - known:
                yield f"{_place(each, bundle)}: it is scored for {key}, which is not its target"

    return _check("scores", sum(len(each.scores) for each in bundle.samples), problems())


def _fits(each: p.SamplePart, study: Study) -> bool:
    """Are the decision's numbers those of the scenario's choices? `_samples` tells if not."""
    choices = len(study.scenarios[each.scenario].choices)
    result = each.result
    if result is None or (result.choice is not None and result.choice >= choices):
        return False
    return all(
        shares is None or len(shares) == choices for shares in (result.probabilities, result.votes)
    )


def _same(stored: p.ScorePart, new: Score) -> bool:
    if (stored.correct, stored.discriminating) != (new.correct, new.discriminating):
        return False
    if stored.distance is None or new.distance is None:
        return stored.distance is None and new.distance is None
    return math.isclose(stored.distance, new.distance, rel_tol=NEAR, abs_tol=NEAR)


def _said(stored: p.ScorePart | None) -> str:
    if stored is None:
        return "missing"
    return _told(Score(stored.correct, stored.distance, stored.discriminating))


def _told(score: Score) -> str:
    right = {True: "right", False: "wrong", None: "unscored"}[score.correct]
    return right if score.distance is None else f"{right} at distance {score.distance:.6g}"


def tallied(samples: list[p.SamplePart]) -> list[p.TallyPart]:
    """The tallies of samples by profile and target, from their scores."""
    counts: dict[tuple[int, str], list[int]] = {}
    for each in samples:
        for target, score in each.scores.items():
            if score.correct is None:
                continue
            cell = counts.setdefault((each.profile, target), [0, 0, 0, 0])
            cell[0] += 1
            cell[1] += score.correct
            cell[2] += score.discriminating
            cell[3] += score.discriminating and score.correct
    return [
        p.TallyPart(
            profile=profile,
            target=target,
            scored=cell[0],
            correct=cell[1],
            discriminating_scored=cell[2],
            discriminating_correct=cell[3],
        )
        for (profile, target), cell in sorted(counts.items())
    ]


def _tallies(bundle: Bundle) -> Iterator[str]:
    computed = {(each.profile, each.target): each for each in tallied(list(bundle.samples))}
    stored = {(each.profile, each.target): each for each in bundle.tallies}
    if len(stored) < len(bundle.tallies):
        yield "A profile and target are tallied twice."
    for key in sorted(computed.keys() | stored.keys()):
        profile, target = key
        if computed.get(key) != stored.get(key):
            yield f"profile {profile} for {target}: the tally is not that of its scores"
