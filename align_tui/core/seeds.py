"""Which parts of a scenario the seeds of its samples depend on."""

from __future__ import annotations

from typing import Literal

from align_tui.core.scenarios import Scenario
from align_tui.core.types import derive_seed

SeedRule = Literal["content", "seen"]
NEW_RULE: SeedRule = "seen"
SEED_RULES: dict[SeedRule, str] = {
    "content": "text, choices and labels (the rule of version 0.1)",
    "seen": "text and choices",
}
"""Each rule in words, for a sentence with "the scenario's" before them."""


def seed_hash(scenario: Scenario, rule: SeedRule) -> str:
    """The hash of a scenario that the seeds of its samples come from."""
    return scenario.seen_hash if rule == "seen" else scenario.hash


def sample_seed(profile_seed: int, scenario_hash: str, repeat: int) -> int:
    """A sample's seed, which does not depend on the host, the time or the other samples.

    `scenario_hash` is the scenario's `seen_hash`; in runs of version 0.1 it is its `hash`.
    """
    return derive_seed(profile_seed, scenario_hash, repeat)
