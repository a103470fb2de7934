"""Imported: the decisions of another program. This decision-maker cannot decide anything."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class ImportedParams(AdmParams):
    """Holds decisions that another program made. They cannot be decided again here."""

    TRAITS: ClassVar[Traits] = Traits(
        is_steerable=True, takes_distributions=True, shows_order=False, can_decide=False
    )
    adm: str = Field("", max_length=500)


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
