"""`[history]` of a profile: which earlier decisions a cumulative alignment function counts."""

from __future__ import annotations

from pydantic import Field

from align_tui.config.reading.toml import Strict

SCENARIO_ID = "scenario_id"


class HistorySpec(Strict):
    """`[history]`: the context in which a decision-maker remembers its earlier choices.

    `context` is a key of the scenarios' `meta`: scenarios with an equal value there are in one
    context. With `run` all scenarios of the run are in one. The default is align-system's id of a
    scenario, which its probes share.
    """

    context: str = Field(SCENARIO_ID, min_length=1, max_length=200)
