"""The study of a run that is scored, voted or ranked anew: what changes, and what cannot change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from align_tui.config.attributes import definitions_for
from align_tui.config.profile import Profile
from align_tui.config.reading.problem_words import sentence
from align_tui.config.study import Study
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.errors import ConfigError
from align_tui.core.scorers.registry import SCORERS
from align_tui.core.text.display import one_line
from align_tui.core.types import Json, JsonObject
from align_tui.studies.assemble import check_profile

ONLY_POSITIVE = "only_positive"
NO_PARAMETERS: Mapping[str, Json] = {}


@dataclass(frozen=True, slots=True)
class Rescoring:
    """What to do anew. None leaves a part as it was.

    `scoring` is a scorer's name, `only_positive` the rule of voting, and `alignment` the name of
    an alignment function with `parameters`.
    """

    scoring: str | None = None
    only_positive: bool | None = None
    alignment: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """What is done, for the name of the run: `scored by naacl, ranked by kde_js`."""
        parts = [f"scored by {self.scoring}"] if self.scoring is not None else []
        if self.only_positive is not None:
            parts.append("only positive votes" if self.only_positive else "all votes")
        if self.alignment is not None:
            given = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
            parts.append(f"ranked by {self.alignment}" + (f" ({given})" if given else ""))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class RescoredStudy:
    """The new study; `revoted` and `reranked` are the indices of the profiles that changed."""

    study: Study
    revoted: frozenset[int] = frozenset()
    reranked: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def rescored_study(study: Study, what: Rescoring) -> RescoredStudy:
    """The study with the changes; raises ConfigError that says why one cannot be made."""
    if not what.in_words:
        raise ConfigError(
            "No option says what to do anew",
            "Add --scoring SCORER, --only-positive, --all-votes or --alignment FUNCTION.",
        )
    rule = _scorer(study, what.scoring)
    profiles = list(study.profiles)
    voted = ranked = frozenset[int]()
    notes: list[str] = []
    if what.only_positive is not None:
        voted, left = _vote(profiles, only_positive=what.only_positive)
        notes += left
    if what.alignment is not None:
        ranked, left = _rank(study, profiles, what.alignment, what.parameters)
        notes += left
    changed = replace(study, profiles=tuple(profiles), rule=rule, is_demo=False)
    _check_labels(changed, study, what)
    return RescoredStudy(changed, voted, ranked, tuple(notes))


def _scorer(study: Study, name: str | None) -> str:
    if name is not None and name == study.rule:
        raise ConfigError(f"The run is scored by {name} already", "Name another scorer.")
    rule = name or study.rule
    if SCORERS.get(rule).is_async:
        raise ConfigError(
            f"The scorer {rule!r} asks a model, but align-tui scores a run anew without one",
            "Name another scorer: --scoring distance.",
        )
    return rule


def _check_labels(changed: Study, study: Study, what: Rescoring) -> None:
    """Raise ConfigError if a new scorer finds no label at all, where it should score."""
    if what.scoring is None:
        return
    scorer = changed.scorer
    if any(
        scorer.has_labels(scenario, targets)
        for profile in changed.profiles
        for targets in changed.scoring_targets(profile)
        for scenario in study.scenarios
    ):
        return
    kind = "shares of groups" if scorer.compares_shares else "labels"
    raise ConfigError(
        f"The scorer {what.scoring!r} cannot score a decision of the run: no scenario has {kind} "
        "for its targets",
        "Name another scorer.",
    )


def _vote(profiles: list[Profile], *, only_positive: bool) -> tuple[frozenset[int], list[str]]:
    """Change the rule of voting of every profile that has one."""
    found: dict[int, Profile] = {}
    has_rule = False
    for index, profile in enumerate(profiles):
        now = only_positive_of(profile)
        has_rule = has_rule or now is not None
        if now is not None and now != only_positive:
            found[index] = _with_votes(profile, only_positive=only_positive)
    rule = "only positive votes" if only_positive else "all votes"
    if not has_rule:
        kinds = ", ".join(dict.fromkeys(each.adm.kind for each in profiles))
        raise ConfigError(
            f"No decision-maker of the run lets positive and negative samples vote ({kinds})",
            "prompt_aligned and tagging do, with only_positive in [adm].",
        )
    if not found:
        raise ConfigError(f"The run counts {rule} already")
    left = [each.name for index, each in enumerate(profiles) if index not in found]
    for index, profile in found.items():
        profiles[index] = profile
    return frozenset(found), _unchanged(left, "votes")


def only_positive_of(profile: Profile) -> bool | None:
    """The profile's rule of voting; None if it has no such rule, or steps with different ones."""
    holders = [profile.adm, *getattr(profile.adm, "steps", ())]
    rules = {getattr(each, ONLY_POSITIVE) for each in holders if hasattr(each, ONLY_POSITIVE)}
    return bool(rules.pop()) if len(rules) == 1 else None


def _with_votes(profile: Profile, *, only_positive: bool) -> Profile:
    change = {ONLY_POSITIVE: only_positive}
    if hasattr(profile.adm, ONLY_POSITIVE):
        return profile.model_copy(update={"adm": profile.adm.model_copy(update=change)})
    steps = tuple(
        each.model_copy(update=change) if hasattr(each, ONLY_POSITIVE) else each
        for each in getattr(profile.adm, "steps", ())
    )
    return profile.model_copy(update={"adm": profile.adm.model_copy(update={"steps": steps})})


def _rank(
    study: Study, profiles: list[Profile], name: str, parameters: JsonObject
) -> tuple[frozenset[int], list[str]]:
    """Change the alignment function of every profile that ranks predictions."""
    entry = FUNCTIONS.get(name)
    found: dict[int, Profile] = {}
    for index, profile in enumerate(profiles):
        if not profile.adm.traits.ranks:
            continue
        changed = _with_function(profile, {"function": name, **parameters})
        if not entry.needs_history:
            changed = changed.model_copy(update={"history": None})
        if changed.hash == profile.hash:
            continue
        check_profile(changed, definitions_for(study.attributes, changed.attributes))
        found[index] = changed
    ranks = [each.name for each in profiles if each.adm.traits.ranks]
    if not ranks:
        kinds = ", ".join(dict.fromkeys(each.adm.kind for each in profiles))
        raise ConfigError(
            f"The run has no predictions that {name} could rank: no decision-maker of it rates "
            f"choices ({kinds})",
            "The regressions, kaleido, the oracle, and pipelines with `rank` rate choices.",
        )
    if not found:
        raise ConfigError(f"The run is ranked by {name} with these parameters already")
    left = [each.name for index, each in enumerate(profiles) if index not in found]
    for index, profile in found.items():
        profiles[index] = profile
    return frozenset(found), _unchanged(left, "rankings")


def _with_function(profile: Profile, table: JsonObject) -> Profile:
    body = {**profile.body(), "alignment": dict(table)}
    try:
        read = Profile.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"profile {profile.name}: {one_line(sentence(where, first), 400)}",
            "See docs/alignment-functions.md for each function's parameters.",
        ) from error
    return profile.model_copy(update={"alignment": read.alignment})


def _unchanged(names: Sequence[str], what: str) -> list[str]:
    if not names:
        return []
    return [f"The {what} of {', '.join(names)} are unchanged."]
