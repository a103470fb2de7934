"""Find what a profile's decision-maker asks first about a scenario, without a model."""

from __future__ import annotations

from align_tui.adms.base import AdmKind
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import RunsFile
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.scenarios import Scenario


def first_prompt(
    profile: Profile, scenario: Scenario, attributes: Attributes
) -> tuple[Message, ...]:
    """The turns of the profile's first question about a scenario.

    Empty if its decision-maker asks nothing, decided elsewhere, or runs a file of the user's: that
    code is not run here. Raises AlignError if a text of the profile cannot be used.
    """
    traits = profile.adm.traits
    asks = traits.can_decide and (traits.needs_model or traits.roles)
    if isinstance(profile.adm, RunsFile) or not asks:
        return ()
    kind = ADM_KINDS.get(profile.adm.kind)
    if not isinstance(kind, AdmKind):
        return ()
    return kind.first_prompt(profile, scenario, profile.target, attributes)
