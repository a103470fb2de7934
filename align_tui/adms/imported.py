"""Imported: the decisions of another program. This decision-maker cannot decide anything."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.config.targets import TargetSpec
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

Aims = Annotated[tuple[TargetSpec, ...], Field(min_length=1, max_length=100)]


class ImportedParams(AdmParams):
    """Holds decisions that another program made. They cannot be decided again here.

    `scored_against` are targets by which decisions without a target were scored there.
    """

    TRAITS: ClassVar[Traits] = Traits(
        is_steerable=True, takes_distributions=True, shows_order=False, can_decide=False
    )
    adm: str = Field("", max_length=500)
    scored_against: tuple[Aims, ...] = Field((), max_length=100)

    @property
    def others_targets(self) -> tuple[Targets, ...]:
        """The targets that the imported files name."""
        return tuple(tuple(spec.target for spec in specs) for specs in self.scored_against)

    @model_serializer(mode="wrap")
    def _without_default(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = dump(self)
        if not self.scored_against:  # as earlier versions stored it: the hash stays
            body.pop("scored_against", None)
        return body


async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    """Raise AdmError, since only the imported results exist."""
    raise AdmError(
        "This column was imported, and align-tui does not have its decision-maker",
        "Decide the scenarios with a profile of your own, and compare the two columns.",
    )


def make(profile: Profile, params: ImportedParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that refuses to decide."""
    return decide


KIND = AdmKind(ImportedParams, make)
