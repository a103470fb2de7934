"""What a prompt states of a target; apart from the templates, since a study is checked by it."""

from __future__ import annotations

from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Targets


def target_values(targets: Targets, attributes: Attributes) -> list[dict[str, object]]:
    """What a template sees of each target; raises ConfigError where there is no definition."""
    out: list[dict[str, object]] = []
    for target in targets:
        attribute = attributes.get(target.attribute)
        if attribute is None:
            raise ConfigError(
                f"No attribute pack defines {target.attribute!r}, and a prompt has to state it",
                "Define it in a pack of your own: see docs/attributes.md.",
            )
        if target.direction == "middle":
            raise ConfigError(
                f"The target {target.attribute} = 0.5 is neither high nor low, "
                "and a prompt has to state one",
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
