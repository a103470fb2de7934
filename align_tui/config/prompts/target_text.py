"""The values of a target for a prompt; without Jinja, since the check of a study imports it."""

from __future__ import annotations

from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Targets


def target_values(targets: Targets, attributes: Attributes) -> list[dict[str, object]]:
    """The values of each target for a template; raises ConfigError without a definition."""
    out: list[dict[str, object]] = []
    for target in targets:
        attribute = attributes.get(target.attribute)
        if attribute is None:
            raise ConfigError(
                f"No attribute pack defines {target.attribute!r}, and the prompt must state it",
                "Define it in your own pack: see docs/attributes.md.",
            )
        if target.direction == "middle":
            raise ConfigError(
                f"The target {target.attribute} = 0.5 is neither high nor low, "
                "and the prompt must state one",
                "Set it above or below 0.5.",
            )
        out.append(
            {
                "id": attribute.id,
                "name": attribute.name,
                "definition": attribute.definition,
                "direction": target.direction,
                "stance": attribute.high if target.direction == "high" else attribute.low,
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
        raise ConfigError(f"One protocol can be followed at a time, and the targets name {names}")
    attribute = attributes.get(targets[0].attribute)
    if attribute is None or not attribute.steps:
        known = ", ".join(each.id for each in attributes if each.steps)
        raise ConfigError(
            f"{targets[0].attribute!r} is no protocol: no attribute pack gives it steps",
            f"Protocols: {known or 'none'}. For your own, see docs/attributes.md.",
        )
    return attribute
