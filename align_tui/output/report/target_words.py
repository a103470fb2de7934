"""Targets in the words of a report."""

from __future__ import annotations

from dataclasses import replace

from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.output import decision_json


def target_words(targets: Targets) -> str:
    """`moral desert 1 + fairness 0`."""
    spoken = tuple(replace(t, attribute=t.attribute.replace("_", " ")) for t in targets)
    return one_line(decision_json.target_words(spoken)) or "–"
