"""Targets: which attribute a decision-maker is steered to, and to what value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The value (0..1) of an attribute that a decision-maker is steered to."""

    attribute: str
    value: float

    @property
    def direction(self) -> str:
        """'high' above one half, 'low' below it, 'middle' at it."""
        if self.value == 0.5:
            return "middle"
        return "high" if self.value > 0.5 else "low"

    @property
    def opposite(self) -> Target:
        """The target that negative samples are drawn under: 1 - value."""
        return Target(self.attribute, 1.0 - self.value)


Targets = tuple[Target, ...]


def target_id(targets: Iterable[Target]) -> str:
    """`attribute=value`, several joined by `+`: the key under which scores are kept."""
    return "+".join(f"{target.attribute}={float(target.value)}" for target in targets)


def targets_from_id(text: str) -> Targets:
    """Inverse of `target_id`; raises ValueError."""
    found = []
    for part in text.split("+"):
        name, equals, value = part.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"{part!r} is not attribute=value")
        found.append(Target(name.strip(), float(value)))
    return tuple(found)
