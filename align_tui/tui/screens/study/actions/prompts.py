"""The prompt that an edited text leads to, for the editors of the study screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.core.errors import AlignError
from align_tui.tui.format.prompt_text import prompt_text

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.core.attributes import Attributes
    from align_tui.core.scenarios import Scenario


def scenario_prompt(profile: Profile, attributes: Attributes) -> Callable[[str], str]:
    """From the text of a scenario to the profile's first prompt about it."""

    def render(text: str) -> str:
        from align_tui.studies.edits import edited_scenario

        return _rendered(lambda: (profile, edited_scenario(text, attributes)), attributes)

    return render


def profile_prompt(
    study: Study, scenario: int, attributes: Attributes
) -> Callable[[str], str] | None:
    """From the text of a profile to its first prompt about a scenario; None without scenarios."""
    if not study.scenarios:
        return None
    shown = study.scenarios[scenario]

    def render(text: str) -> str:
        from align_tui.studies.edits import edited_profile

        return _rendered(lambda: (edited_profile(study, text, attributes), shown), attributes)

    return render


def _rendered(read: Callable[[], tuple[Profile, Scenario]], attributes: Attributes) -> str:
    from align_tui.studies.first_prompt import FirstPrompt, shown_first_prompt

    try:
        profile, scenario = read()
    except AlignError as error:
        return prompt_text(FirstPrompt(note=f"There is no prompt yet: {error.message}"))
    return prompt_text(shown_first_prompt(profile, scenario, attributes))
