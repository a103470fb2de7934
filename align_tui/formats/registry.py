"""The registry of all formats of scenario files."""

from __future__ import annotations

from align_tui.core.registry import Registry
from align_tui.formats.base import ScenarioFormat

FORMATS = Registry(
    "format of scenarios",
    "align_tui.formats",
    ScenarioFormat,
    {
        "native": "align_tui.formats.native:SCENARIOS",
        "mta": "align_tui.formats.mta:SCENARIOS",
        "globalopinionqa": "align_tui.formats.global_opinion:SCENARIOS",
        "align-system": "align_tui.formats.align_system.scenarios:SCENARIOS",
    },
)
