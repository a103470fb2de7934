"""Make the decision-maker of a profile."""

from __future__ import annotations

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.ordered import in_order
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.repair import storable_parts


def make_adm(profile: Profile, attributes: Attributes) -> Adm:
    """Make the decision-maker of a profile. Raises AdmError or ConfigError.

    It shows the choices in the order of the profile, and its decisions are in the scenario's own.
    It repairs the text of each decision, since a custom decision-maker may return any text.
    """
    kind = ADM_KINDS.get(profile.adm.kind)
    if not isinstance(kind, AdmKind) or not isinstance(profile.adm, kind.params):
        raise AdmError(
            f"The decision-maker {profile.adm.kind!r} does not understand this profile",
            "The run was made with another version of its package. Install that version.",
        )
    adm = in_order(kind.make(profile, profile.adm, attributes), profile.choice_order)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        return storable_parts(await adm(scenario, targets, llm))

    return decide
