"""The default keys of screens, for tests of what is painted without one."""

from __future__ import annotations

from align_tui.tui.keymap import DEFAULT
from align_tui.tui.screens.study.screen import StudyScreen

STUDY = DEFAULT.keys(StudyScreen).names
