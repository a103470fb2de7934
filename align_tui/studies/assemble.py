"""Assemble a study: load its profiles and scenarios, apply overrides, and check it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from align_tui.config.adm_params import RunsFile
from align_tui.config.alignment import params_of
from align_tui.config.attributes import load_attributes
from align_tui.config.backbones import absolute, list_backbones, typed
from align_tui.config.code import notes_on
from align_tui.config.columns import Swept, load_columns, refuse_namesakes, swept
from align_tui.config.library import anchored_override
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.config.prompts.target_text import protocol_of, target_values
from align_tui.config.reading.files import exists, is_file
from align_tui.config.roles import check_roles
from align_tui.config.study import OUT_OF_DEPTH, Study, StudyFile
from align_tui.core.alignment.ratings import kind_in_words
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import KIND_WORDS, Distribution, Target, TargetKind, Targets
from align_tui.core.text.repair import storable
from align_tui.formats.library import find_scenarios
from align_tui.studies.examples import all_with_examples, check_examples
from align_tui.studies.library import find_study, read_study
from align_tui.studies.prompt_arrival import check_arrival
from align_tui.studies.records import with_records

DEMO_PROFILES = ("baseline", "moral-desert-high", "moral-desert-low", "risk-aversion-high")
DEMO_SCENARIOS = "demo-triage"
RELEVANCE = "the relevance of attributes"


def parse_targets(texts: Sequence[str], attributes: Attributes) -> Targets | None:
    """Parse texts such as `moral_desert=1.0` as targets with canonical ids; None without texts."""
    found: list[Target] = []
    for text in texts:
        name, equals, value = text.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not equals or not name.strip() or not 0.0 <= number <= 1.0:
            raise ConfigError(
                f"--target {text!r} is not attribute=value with a value from 0 to 1",
                "For example: --target moral_desert=1.0",
            )
        target = Target(attributes.canonical(name.strip()), number)
        if any(other.attribute == target.attribute for other in found):
            raise ConfigError(f"--target names {target.attribute} twice")
        found.append(target)
    return tuple(found) or None


def parse_scale(texts: Sequence[str]) -> dict[str, float] | None:
    """Parse texts such as `moral_desert=10`: the value of an attribute that stands for 1."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = 0.0
        if not name or not 0.0 < found[name] < float("inf"):
            raise ConfigError(
                f"--scale {text!r} is not attribute=maximum", "For example: --scale fairness=10"
            )
    return found or None


def load_study(options: Options) -> Study:
    """Assemble and check the study of the options; raises ConfigError, DatasetError."""
    attributes = load_attributes()
    path = find_study(options.study) if options.study is not None else None
    file = _study_file(path)
    beside = path.resolve().parent if path is not None else None
    targets = parse_targets(options.targets, attributes)
    if targets is None and file.target:
        targets = parse_targets([f"{k}={v}" for k, v in file.target.items()], attributes)
    if options.targets and file.sweep and not options.profiles:
        raise ConfigError(
            "--target would replace the targets of the study's [[sweep]]",
            "Leave out --target, or name the profiles to run: --profile PROFILE.",
        )
    own_code: set[str] = set()
    says_more = path is not None and bool(file.set or file.backbone or file.backbones)
    profiles = load_columns(
        options.profiles or [*file.profiles, *_sweeps(file, attributes)],
        tuple(map(typed, options.backbones)) or _backbones(file, beside),
        beside=beside if not options.profiles else None,
        overrides=(
            *([f'order="{file.order}"'] if file.order is not None else []),
            *(anchored_override(text, beside or Path.cwd()) for text in file.set),
            *([f'order="{options.order}"'] if options.order is not None else []),
            *(anchored_override(text, Path.cwd()) for text in options.overrides),
        ),
        targets=targets,
        attributes=attributes,
        files=[path] if path is not None and says_more else [],
        own_code=own_code,
    )
    scenarios, notes = _load_scenarios(
        options.scenarios or file.scenarios,
        attributes,
        beside if not options.scenarios else None,
        parse_scale(options.scale),
    )
    study = Study(
        name=_name(options, file, path),
        profiles=all_with_examples(
            tuple(with_records(profile, attributes) for profile in profiles), attributes
        ),
        scenarios=scenarios,
        repeat=options.repeat if options.repeat is not None else file.repeat,
        scored_only=options.scored_only or file.scored_only,
        rule=options.rule or file.scoring.rule,
        margin=options.margin if options.margin is not None else file.margin,
        is_demo=options.is_demo,
        notes=notes,
        own_code=frozenset(own_code),
        attributes=attributes,
        cluster=options.cluster or file.cluster,
    )
    study = limited(study, options.limit if options.limit is not None else file.limit)
    check(study, attributes)
    more = (*depth_notes(study, options, file), *notes_on(study.profiles))
    return replace(study, notes=(*notes, *more))


def limited(study: Study, limit: int | None) -> Study:
    """The study on its first `limit` scenarios; with `scored_only`, the first that are scored."""
    if limit is None:
        return study
    taken = (
        each
        for each in study.scenarios
        if not study.scored_only or any(study.takes(profile, each) for profile in study.profiles)
    )
    return replace(study, scenarios=tuple(islice(taken, limit)))


def require_samples(study: Study) -> None:
    """Raise ConfigError if the study has nothing to decide: a run of it would be empty."""
    if next(study.pairs(), None) is not None:
        return
    if study.scored_only and study.scenarios and study.profiles:
        aims = sorted({aim.attribute for each in study.profiles for aim in each.target})
        raise ConfigError(
            "No scenario has labels for the targets, so there is nothing to decide: "
            f"{', '.join(aims) if aims else 'the profiles have no target'}",
            "Leave out --scored-only, or name other scenarios or targets.",
        )
    lacks = "scenario" if study.profiles else "profile"
    raise ConfigError(f"The study has no {lacks}, so there is nothing to decide")


def _sweeps(file: StudyFile, attributes: Attributes) -> list[Swept]:
    """The columns of the file's sweeps, in order."""
    found: list[Swept] = []
    for sweep in file.sweep:
        targets = [
            Target(attributes.canonical(attribute), value)
            for attribute in sweep.attributes
            for value in sweep.values
        ]
        taken = [*file.profiles, *(each.name for each in found)]
        found += swept(sweep.profile, targets, taken)
    return found


def _name(options: Options, file: StudyFile, path: Path | None) -> str:
    """The study file's name; without a file, `demo` or the names of the scenario sets."""
    if path is not None:
        return file.name or storable(path.stem)
    if options.is_demo:
        return file.name
    return ", ".join(storable(Path(name).stem) for name in (options.scenarios or file.scenarios))


def _backbones(file: StudyFile, beside: Path | None) -> tuple[str, ...]:
    """The backbones that a study file names; paths are relative to the file."""
    named = (file.backbone,) if file.backbone is not None else file.backbones
    known = {entry.name for entry in list_backbones()}
    near = [beside] if beside is not None else []
    return tuple(name if name in known else absolute(name, *near) for name in named)


def _study_file(path: Path | None) -> StudyFile:
    if path is None:
        return StudyFile(name="demo", profiles=DEMO_PROFILES, scenarios=(DEMO_SCENARIOS,))
    return read_study(path)


def _load_scenarios(
    names: Sequence[str],
    attributes: Attributes,
    beside: Path | None,
    scale: Mapping[str, float] | None,
) -> tuple[tuple[Scenario, ...], tuple[str, ...]]:
    """Load all scenarios of the named sets; a key in two sets gets the set's name in front."""
    sets = []
    for name in names:
        near = beside / name if beside is not None else None
        sets.append(
            find_scenarios(str(near) if near and exists(near) else name, attributes, scale=scale)
        )
    counts: dict[str, int] = {}
    for each in sets:
        for scenario in each.scenarios:
            counts[scenario.key] = counts.get(scenario.key, 0) + 1
    merged: list[Scenario] = []
    for number, each in enumerate(sets):
        for scenario in each.scenarios:
            shared = counts[scenario.key] > 1
            prefix = f"{each.name}:" if shared else ""
            key = prefix + scenario.key
            if shared and any(m.key == key for m in merged):
                key = f"{number + 1}:{key}"
            merged.append(replace(scenario, key=key))
    return tuple(merged), tuple(note for each in sets for note in each.notes)


def check(study: Study, attributes: Attributes) -> None:
    """Raise ConfigError if some sample could not be decided or scored; runs before any starts."""
    refuse_namesakes(study.profiles)
    labelled = {
        label for scenario in study.scenarios for label in scenario.labelled | scenario.groups
    }
    for profile in study.profiles:
        for target in profile.target:
            if attributes.get(target.attribute) is None and target.attribute not in labelled:
                close = attributes.nearest(target.attribute, labelled)
                known = ", ".join(sorted(labelled | {a.id for a in attributes if a.id in labelled}))
                raise ConfigError(
                    f"profile {profile.name}: no pack defines the attribute "
                    f"{target.attribute!r}, and no scenario labels it",
                    f"Did you mean {close!r}?"
                    if close
                    else f"Attributes with labels: {known or 'none'}.",
                )
        check_profile(profile, attributes)
        taken = [each for each in study.scenarios if study.takes(profile, each)]
        check_examples(profile, attributes, taken)
        check_arrival(profile, taken, attributes)
        _check_answers(study, profile)


def _check_answers(study: Study, profile: Profile) -> None:
    """Raise ConfigError if a scenario asks a profile for a kind of answer that it cannot give."""
    traits = profile.adm.traits
    for scenario in study.scenarios:
        if not traits.can_decide or scenario.asks in traits.answers:
            continue
        if study.takes(profile, scenario):
            asked = "an open answer" if scenario.asks == "text" else "a choice"
            raise ConfigError(
                f"profile {profile.name}: {profile.adm.kind} cannot give {asked}, but the "
                f"scenario {scenario.key} asks for one",
                "Leave out the scenario, or choose another decision-maker.",
            )


def check_profile(profile: Profile, attributes: Attributes, *, target_later: bool = False) -> None:
    """Raise ConfigError if a decision-maker lacks an input, or has one that it cannot use.

    `target_later`: a needed target may be missing, since a study or a command line sets it later.
    """
    check_roles(profile)
    traits, where = profile.adm.traits, f"profile {profile.name}"
    if traits.needs_target and not profile.target and not target_later:
        raise ConfigError(
            f"{where}: {profile.adm.kind} needs a target",
            "Add one: --target moral_desert=1.0, or [[target]] in the profile.",
        )
    if traits.is_steerable and not traits.takes_distributions:
        _check_kinds(profile, profile.adm.kind, frozenset({"numbers"}))
    if traits.states_target:
        target_values(profile.target, attributes)
    for name in profile.adm.attributes_to_rate(profile.target):
        if attributes.get(name) is None:
            near = attributes.nearest(name)
            raise ConfigError(
                f"{where}: no attribute pack defines {name!r}, but {profile.adm.kind} quotes its "
                "definition",
                f"Did you mean {near!r}?"
                if near
                else "Define it in your own pack: see docs/attributes.md.",
            )
    if profile.relevance is None and traits.needs_relevance:
        raise ConfigError(
            f"{where}: {profile.adm.kind} needs a [relevance] table, which says how to predict "
            "relevance",
            'For example: [relevance] kind = "most_relevant"',
        )
    if profile.relevance is not None and not traits.takes_relevance:
        raise ConfigError(
            f"{where}: {profile.adm.kind} does not use the relevance of attributes",
            "Leave out [relevance], or choose a decision-maker that ranks choices by predictions.",
        )
    if traits.follows_protocol:
        protocol_of(profile.target, attributes)
    if traits.ranks:
        _check_alignment(profile)
    elif profile.alignment is not None:
        raise ConfigError(
            f"{where}: {profile.adm.kind} does not rank choices, so it cannot use the alignment "
            f"function {profile.alignment.function!r}",
            "Leave out [alignment], or choose a decision-maker that ranks, such as the oracle.",
        )
    if profile.history is not None and profile.history_context is None:
        raise ConfigError(
            f"{where}: its decisions do not use earlier ones, so it cannot use [history]",
            "Leave out [history], or choose a cumulative function under [alignment].",
        )
    if isinstance(profile.adm, RunsFile) and not is_file(Path(profile.adm.file)):
        raise ConfigError(f"{where}: there is no file {profile.adm.file}")


def _check_alignment(profile: Profile) -> None:
    """Raise ConfigError if the alignment function lacks an input, or cannot use the targets."""
    function = params_of(profile.alignment).function
    entry, traits = FUNCTIONS.get(function), profile.adm.traits
    lacks = {
        RELEVANCE: entry.needs_relevance
        and not (traits.gives_relevance or profile.relevance is not None),
        "earlier decisions": entry.needs_history and not traits.gives_history,
    }
    for what, is_lacking in lacks.items():
        if is_lacking:
            raise ConfigError(
                f"profile {profile.name}: the alignment function {function!r} needs {what}, which "
                f"{profile.adm.kind} does not give",
                "Choose another function under [alignment]."
                if what != RELEVANCE or not traits.takes_relevance
                else 'Add one, such as [relevance] kind = "most_relevant", or choose another '
                "function under [alignment].",
            )
    _check_kinds(profile, f"the alignment function {function!r}", entry.targets)


HOW_TO_STATE: Mapping[TargetKind, str] = {
    "numbers": "Give it a value (0 to 1)",
    "distributions": "Give it samples and a bandwidth",
    "random_effects": "Give it the parameters intercept, medical_weight and attr_weight",
}


def _check_kinds(profile: Profile, who: str, wanted: frozenset[TargetKind]) -> None:
    """Raise ConfigError if a target is of none of the kinds that `who` takes (empty: any)."""
    for target in profile.target if wanted else ():
        if wanted.isdisjoint(target.kinds):
            kinds = sorted(wanted)
            mean = isinstance(target.value, Distribution) and "numbers" in wanted
            raise ConfigError(
                f"profile {profile.name}: the target {target.attribute} is "
                f"{kind_in_words(target)}, but {who} needs "
                + " or ".join(KIND_WORDS[kind] for kind in kinds),
                f"To use the mean of the target, write: value = {target.point:.3g}"
                if mean
                else f"{' or '.join(HOW_TO_STATE[kind] for kind in kinds)}, "
                "or choose another function under [alignment].",
            )


def depth_notes(study: Study, options: Options, file: StudyFile) -> tuple[str, ...]:
    """A warning if the demo model decides scenarios that are not the demo's."""
    demo = any(profile.asks_demo for profile in study.profiles)
    own = tuple(options.scenarios or file.scenarios) == (DEMO_SCENARIOS,)
    return (OUT_OF_DEPTH,) if demo and not own else ()
