"""The default keys of the screens, for tests of lines that are painted without a screen."""

from __future__ import annotations

from align_tui.tui.keymap import DEFAULT
from align_tui.tui.screens.study.screen import StudyScreen

STUDY = DEFAULT.keys(StudyScreen).names
