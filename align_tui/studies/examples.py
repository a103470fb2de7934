"""Read the example sets of profiles, and check them before a run starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from align_tui.config.examples import ExamplesSpec
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError, DatasetError
from align_tui.core.examples.answers import ALL, example_targets, nearest_choice
from align_tui.core.examples.example_set import ExampleSet, candidate_of, example_set, prepared
from align_tui.core.examples.selection import Candidate, shortage
from align_tui.core.scenarios import Scenario
from align_tui.core.types import canonical
from align_tui.formats.library import find_scenarios
from align_tui.formats.sets import tell_apart


def with_examples(
    profile: Profile, attributes: Attributes, known: Iterable[Profile] = ()
) -> Profile:
    """The profile with its example set, read from its files.

    A profile that pins the hash of a set takes that set from one of the profiles `known`, so that
    a changed target does not change the examples. Raises ConfigError if the set cannot be read.
    """
    spec = profile.examples
    if spec is None or spec.is_loaded:
        return profile
    for other in known:
        theirs = other.examples
        if theirs is not None and theirs.is_loaded and theirs.set_sha256 == spec.set_sha256:
            return profile.model_copy(update={"examples": spec.with_set(theirs.loaded)})
    found = _read(profile.name, spec, attributes)
    names = tuple(name if name == ALL else attributes.canonical(name) for name in spec.attributes)
    spec = spec.model_copy(update={"attributes": names}).with_set(found)
    return profile.model_copy(update={"examples": spec})


def all_with_examples(profiles: Sequence[Profile], attributes: Attributes) -> tuple[Profile, ...]:
    """The profiles with their example sets; each set is read once."""
    sets: dict[tuple[str, ...], Profile] = {}
    found = []
    for profile in profiles:
        spec = profile.examples
        if spec is not None and not spec.set_sha256 and spec.scenarios in sets:
            pinned = sets[spec.scenarios].examples
            assert pinned is not None
            named = spec.model_copy(update={"set_sha256": pinned.set_sha256})
            profile = profile.model_copy(update={"examples": named})
        profile = with_examples(profile, attributes, sets.values())
        if profile.examples is not None:
            sets[profile.examples.scenarios] = profile
        found.append(profile)
    return tuple(found)


def _read(profile: str, spec: ExamplesSpec, attributes: Attributes) -> ExampleSet:
    """Read the sets of `spec.scenarios`, in their order, with unique keys."""
    scenarios: list[Scenario] = []
    for name in spec.scenarios:
        try:
            scenarios += find_scenarios(name, attributes).scenarios
        except DatasetError as error:
            raise ConfigError(
                f"profile {profile}: examples.scenarios: {error.message}", error.hint
            ) from error
    keys = tell_apart([scenario.key for scenario in scenarios], "#{}")
    return example_set(
        [replace(each, key=key) for each, key in zip(scenarios, keys, strict=True)], attributes
    )


def check_examples(
    profile: Profile,
    attributes: Attributes,
    scenarios: Sequence[Scenario] = (),
    *,
    target_later: bool = False,
) -> None:
    """Raise ConfigError if a profile cannot show its examples for each of `scenarios`.

    `target_later`: a missing target is not an error, since a study or a command line sets it later.
    """
    spec, where = profile.examples, f"profile {profile.name}"
    if spec is None:
        return
    takes = profile.adm.traits.takes_examples
    if takes == "no":
        raise ConfigError(
            f"{where}: {profile.adm.kind} shows no examples, so it cannot use [examples]",
            "Leave out [examples], or choose a decision-maker that shows them: baseline, "
            "prompt_aligned, comparative_regression.",
        )
    if not spec.number:
        return
    rated = profile.adm.attributes_to_rate(profile.target)
    targets = example_targets(
        profile.target, tuple(map(attributes.canonical, rated)) or spec.attributes
    )
    if not targets:
        if target_later:
            return
        raise ConfigError(
            f"{where}: its examples need a target to answer by, but it has none",
            'Add a target, or name attributes: [examples] attributes = ["moral_desert"] (the '
            "examples then take the choice with the highest label).",
        )
    found = with_examples(profile, attributes).examples
    assert found is not None
    examples = prepared(found.loaded.examples, found.choice_order, found.normalise, found.seed)
    groups = [(target,) for target in targets] if takes == "each" else [targets]
    for group in groups:
        usable = [
            each.scenario
            for each in examples
            if nearest_choice(each.scenario, group, as_reference=spec.as_reference) is not None
        ]
        names = " or ".join(target.attribute for target in group)
        if not usable:
            raise ConfigError(
                f"{where}: no scenario of its examples has labels for {names}",
                _labelled(found.loaded),
            )
        lacks = shortage(
            ((scenario.key, _candidate(scenario)) for scenario in scenarios or _nowhere()),
            [_candidate(scenario) for scenario in usable],
            found.rule,
        )
        if lacks is not None:
            key, message = lacks
            at = f" for the scenario {key}" if key else ""
            raise ConfigError(
                f"{where}: too few examples{at} with labels for {names}: {message}",
                "Lower examples.number, change examples.leave_out, or name more scenarios.",
            )


def _nowhere() -> tuple[Scenario, ...]:
    """A scenario that is like no example, for a check without a study."""
    return (Scenario("", "\0", ()),)


def _candidate(scenario: Scenario) -> Candidate:
    """As selection sees it; the choices stand in for the words of the prompt's template."""
    return candidate_of(scenario, canonical([scenario.text, list(scenario.choice_texts)]))


def _labelled(found: ExampleSet) -> str:
    counts: Mapping[str, int] = {
        name: sum(name in each.scenario.labelled for each in found.examples)
        for name in sorted({n for each in found.examples for n in each.scenario.labelled})
    }
    listed = ", ".join(f"{name} ({count})" for name, count in counts.items())
    return f"Attributes with labels, and in how many scenarios: {listed or 'none'}."
