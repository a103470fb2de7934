"""The values of a target for a prompt; without Jinja, since the check of a study imports it.

A target is stated in words at one of five levels, by the level whose value is the nearest: very low
(0), low (0.25), middle (0.5), high (0.75) or very high (1). At the outer two the stance is the
attribute's own text. In between it gives both texts and says how far each holds, so that it reads
well for attributes that are a matter of degree and for those that are not, such as a region.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Targets

Level: TypeAlias = Literal["very low", "low", "middle", "high", "very high"]

DEGREES: dict[Level, str] = {
    "very low": "low",
    "low": "rather low",
    "middle": "neither high nor low",
    "high": "rather high",
    "very high": "high",
}
"""How the default prompt says each level after `Your ATTRIBUTE is`."""

BETWEEN: dict[Level, str] = {
    "low": "You stand between two descriptions, nearer to the first.",
    "middle": "You stand halfway between two descriptions: each holds for you as much as the "
    "other.",
    "high": "You stand between two descriptions, nearer to the first.",
}
"""What precedes the two texts of an attribute at the levels in between."""


def level_of(value: float) -> Level:
    """The level of a target's value (0..1). Values of 1/8 and 7/8 are the low and the high level.

    A value and its opposite (1 - value) have opposite levels.
    """
    if value < 0.125:
        return "very low"
    if value < 0.375:
        return "low"
    if value <= 0.625:
        return "middle"
    return "high" if value <= 0.875 else "very high"


def stance_at(attribute: Attribute, level: Level) -> str:
    """How a decision-maker at that level behaves, in words: the attribute's text, or both."""
    if level == "very high":
        return attribute.high
    if level == "very low":
        return attribute.low
    first, second = attribute.high, attribute.low
    if level == "low":
        first, second = second, first
    return f'{BETWEEN[level]} The first: "{first}" The second: "{second}"'


def target_values(targets: Targets, attributes: Attributes) -> list[dict[str, object]]:
    """The values of each target for a template.

    `direction` is high, low or middle; `level` is one of five, and `degree` the same in a sentence.
    Raises ConfigError for an attribute without a definition, and for a target without a number.
    """
    out: list[dict[str, object]] = []
    for target in targets:
        attribute = attributes.get(target.attribute)
        if attribute is None:
            raise ConfigError(
                f"No attribute pack defines {target.attribute!r}, and the prompt must state it",
                "Define it in your own pack: see docs/attributes.md.",
            )
        if target.point is None:
            raise ConfigError(
                f"The target of {target.attribute!r} has no number, and the prompt must state one",
                "Give it a value (0 to 1).",
            )
        level = level_of(target.point)
        out.append(
            {
                "id": attribute.id,
                "name": attribute.name,
                "definition": attribute.definition,
                "direction": target.direction,
                "level": level,
                "degree": DEGREES[level],
                "stance": stance_at(attribute, level),
                "value": target.point,
            }
        )
    return out


def protocol_of(targets: Targets, attributes: Attributes) -> Attribute | None:
    """The protocol that the only target names; None without a target.

    Raises ConfigError for several targets, and for an attribute without steps.
    """
    if not targets:
        return None
    if len(targets) > 1:
        names = ", ".join(target.attribute for target in targets)
        raise ConfigError(
            f"A decision-maker follows one protocol, but the targets name {names}",
            "Give the profile one target.",
        )
    attribute = attributes.get(targets[0].attribute)
    if attribute is None or not attribute.steps:
        known = ", ".join(each.id for each in attributes if each.steps)
        raise ConfigError(
            f"{targets[0].attribute!r} is not a protocol: no attribute pack gives it steps",
            f"Protocols: {known or 'none'}. For your own, see docs/attributes.md.",
        )
    return attribute
