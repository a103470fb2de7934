"""Check before a run that a profile's prompt changes with its targets.

The first prompt is rendered at the targets, at the opposite of each, and without it. Where two are
equal, the model cannot know the target, and every number of that column would be meaningless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.profile import Profile
from align_tui.config.prompts.target_text import level_of
from align_tui.core.attributes import Attributes, fold
from align_tui.core.decisions import Message
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Target, Targets

HINT = (
    "Write the target into the template, for example: {% for target in targets %}Your "
    "{{ target.name }} is {{ target.degree }}. {{ target.stance }}{% endfor %}"
)
OWN_HINT = "Fix the decision-maker, so that its prompt states the target, or leave out the target."


@runtime_checkable
class AsksFirst(Protocol):
    """A kind of decision-maker whose first prompt can be rendered without a model."""

    def first_prompt(
        self, profile: Profile, scenario: Scenario, targets: Targets, attributes: Attributes
    ) -> tuple[Message, ...]:
        """The turns of its first question; empty if it asks none."""
        ...


def check_arrival(profile: Profile, scenarios: Sequence[Scenario], attributes: Attributes) -> None:
    """Raise ConfigError if the prompt of a profile stays the same whatever its targets are.

    It is checked on one of `scenarios` for each target: the first that is labelled for it, or else
    the first. A decision-maker whose prompt cannot be rendered without a model is not checked.
    """
    tells = profile.adm.traits.first_prompt_tells
    if tells == "nothing" or not profile.target or not scenarios:
        return
    if tells == "values":
        for target in profile.target:
            _check_definition(profile, target, attributes)
    if not _may_forget(profile):
        return
    for target in profile.target:
        labelled = (each for each in scenarios if target.attribute in each.labelled)
        scenario = next(labelled, scenarios[0])
        _Arrival(profile, scenario, attributes).check(target, values=tells == "values")


def _check_definition(profile: Profile, target: Target, attributes: Attributes) -> None:
    """Raise ConfigError if the definition of an attribute says the same for high and low."""
    attribute = attributes.get(target.attribute)
    if attribute is not None and fold(attribute.high) == fold(attribute.low):
        raise ConfigError(
            f"profile {profile.name}: the attribute pack has the same text for high and for low "
            f"{attribute.id!r}, so a prompt cannot tell the model which one is the target",
            f"Write different texts for `high` and `low` of {attribute.id!r}: see "
            "docs/attributes.md.",
        )


def _may_forget(profile: Profile) -> bool:
    """Can the prompt lack the target? Our own templates state it, so they need not be rendered.

    Jinja is then not imported, which the screen would wait for.
    """
    own = profile.prompt.system is not None or profile.prompt.user is not None
    return own or profile.adm.kind not in ADM_KINDS.entries


class _Arrival:
    """The first prompts of one profile on one scenario."""

    def __init__(self, profile: Profile, scenario: Scenario, attributes: Attributes) -> None:
        # Examples answer by the target in any prompt, so they would hide a template without it.
        self._profile = profile.model_copy(update={"examples": None})
        self._scenario, self._attributes = scenario, attributes

    def check(self, target: Target, *, values: bool) -> None:
        """Raise ConfigError if the prompt is the same at the target and without it, or opposite."""
        others = tuple(each for each in self._profile.target if each != target)
        at = self._rendered((*others, target))
        if not at:
            return
        pair = _pair(target) if values and self._is_defined(target) else None
        if at == self._rendered(others):
            raise self._error(f"with the target {_words(target)} as without it")
        if pair is None:
            return
        here = at if pair[0] == target else self._rendered((*others, pair[0]))
        if here and here == self._rendered((*others, pair[1])):
            raise self._error(f"for {_words(pair[0])} as for {_words(pair[1])}")

    def _is_defined(self, target: Target) -> bool:
        """Does a pack say what a high and a low value mean? A bare name of a group has no value."""
        return self._attributes.get(target.attribute) is not None

    def _rendered(self, targets: Targets) -> tuple[Message, ...]:
        """The first prompt; empty if it cannot be rendered: the run says why."""
        kind = ADM_KINDS.get(self._profile.adm.kind)
        if not isinstance(kind, AsksFirst):
            return ()
        # The order of targets is part of a prompt, so it is the profile's.
        order = [each.attribute for each in self._profile.target]
        ordered = tuple(sorted(targets, key=lambda each: order.index(each.attribute)))
        try:
            return kind.first_prompt(self._profile, self._scenario, ordered, self._attributes)
        except Exception:  # a template that needs a target, or another package's code
            return ()

    def _error(self, same: str) -> ConfigError:
        profile = self._profile
        own = [
            f"prompt.{name}"
            for name, text in (("system", profile.prompt.system), ("user", profile.prompt.user))
            if text is not None
        ]
        named = " and ".join(own)
        what = f"the prompt from {named}" if own else f"the prompt of {profile.adm.kind} itself"
        return ConfigError(
            f"profile {profile.name}: {what} is the same {same}, so the target does not reach the "
            "model",
            HINT if own else OWN_HINT,
        )


def _pair(target: Target) -> tuple[Target, Target] | None:
    """Two targets that a prompt must tell apart; None if there are none, as for one half.

    A value near one half is stated like its opposite, as neither high nor low; then it is enough
    that the prompt tells 1 from 0.
    """
    point, opposite = target.point, target.opposite
    if point is None or opposite.point is None or abs(point - opposite.point) < 1e-9:
        return None
    if level_of(point) != level_of(opposite.point):
        return target, opposite
    if not isinstance(target.value, float | int):
        return None
    return replace(target, value=1.0), replace(target, value=0.0)


def _words(target: Target) -> str:
    return target.attribute if target.point is None else f"{target.attribute} = {target.point:g}"
