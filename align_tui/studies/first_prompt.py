"""Find what a profile's decision-maker asks first about a scenario, without a model."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import RunsFile
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Scenario
from align_tui.core.text.display import one_line
from align_tui.studies.prompt_arrival import AsksFirst


@dataclass(frozen=True, slots=True)
class FirstPrompt:
    """The turns of the first question. `note` says what differs, or why there are no turns."""

    turns: tuple[Message, ...] = ()
    note: str = ""


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
    if not isinstance(kind, AsksFirst):
        return ()
    return kind.first_prompt(profile, scenario, profile.target, attributes)


def shown_first_prompt(profile: Profile, scenario: Scenario, attributes: Attributes) -> FirstPrompt:
    """The first prompt for somebody who edits profile or scenario. It never raises."""
    kind, traits = profile.adm.kind, profile.adm.traits
    try:
        turns = first_prompt(profile, scenario, attributes)
    except AlignError as error:
        return FirstPrompt(note=f"There is no prompt: {error.message}")
    except Exception as error:  # another package's decision-maker, or a template
        what = one_line(f"{type(error).__name__}: {error}", 300)
        return FirstPrompt(note=f"The prompt cannot be rendered: {what}")
    if turns:
        moves = profile.shows_order and profile.choice_order != "given"
        shuffled = "The choices are in the scenario's order here. The profile changes it."
        return FirstPrompt(turns, shuffled if moves else "")
    if isinstance(profile.adm, RunsFile):
        why = f"{kind} runs your own code. align-tui does not run it to show a prompt."
    elif not traits.can_decide:
        why = "Another program made these decisions. Its prompts are not known."
    elif not (traits.needs_model or traits.roles):
        why = f"{kind} asks no model, so there is no prompt."
    else:
        why = f"The first question of {kind} is not a chat, so there is no prompt to show."
    return FirstPrompt(note=why)
