"""Parameters that all decision-makers which rate choices share, and what they rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, field_validator

from align_tui.config.adm_params import AdmParams
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.corrections import Form
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Targets

ALL_OF_TARGET = "*"
"""In `attributes`: those of the target, in its order."""
MAX_ATTRIBUTES = 100
Name = Annotated[str, Field(min_length=1, max_length=200)]


class RatesAttributes(AdmParams):
    """Which attributes are rated, and what is overridden.

    `attributes` are names, with `*` for those of the target; one that comes twice is rated once.
    `fixed_texts` overrides the ratings of three choices of the phase-2 data (core/corrections.py).
    """

    attributes: tuple[Name, ...] = Field((ALL_OF_TARGET,), min_length=1, max_length=MAX_ATTRIBUTES)
    fixed_texts: Form = "corrected"

    @field_validator("attributes")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names))

    @property
    def rates_target(self) -> bool:
        """Does it rate the attributes of its target, so that it needs one?"""
        return ALL_OF_TARGET in self.attributes

    def attributes_to_rate(self, targets: Targets) -> tuple[str, ...]:
        """The names of the attributes in order, each once, with those of the target for `*`."""
        found: list[str] = []
        for name in self.attributes:
            aimed = [target.attribute for target in targets]
            found += aimed if name == ALL_OF_TARGET else [name]
        return tuple(dict.fromkeys(found))


class AsksForScores(RatesAttributes):
    """A rater that asks a model; `system` and `user` are Jinja templates in place of ours."""

    samples: int = Field(1, ge=1, le=200)
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)
    system: str | None = Field(None, max_length=50_000)
    user: str | None = Field(None, max_length=50_000)

    @property
    def replies_per_question(self) -> int:
        """The number of its samples."""
        return self.samples


def defined(names: Sequence[str], known: Attributes) -> tuple[Attribute, ...]:
    """The definitions of the named attributes, in their order, each once.

    Raises ConfigError for one that no pack defines.
    """
    found: dict[str, Attribute] = {}
    for name in names:
        attribute = known.get(name)
        if attribute is None:
            near = known.nearest(name)
            raise ConfigError(
                f"No attribute pack defines {name!r}, and a rating must quote its definition",
                f"Did you mean {near!r}?"
                if near
                else "Define it in your own pack: see docs/attributes.md.",
            )
        found[attribute.id] = attribute
    return tuple(found.values())
