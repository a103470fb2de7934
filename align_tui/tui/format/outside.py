"""Words for a pane whose profile does not run on the shown scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.scenarios import Scenario

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study


def outside_words(study: Study, profile: Profile, scenario: Scenario) -> str:
    """Why the study does not ask the profile about the scenario; empty if it does."""
    if study.takes(profile, scenario):
        return ""
    return "not asked: the study takes scored scenarios only, and this one is not scored here"
