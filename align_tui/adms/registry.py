"""Every kind of decision-maker, one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from align_tui.adms import baseline, custom, fixed, imported, oracle, prompt_aligned, random_choice
from align_tui.adms.base import Adm, Llm
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.repair import storable_parts

# kind -> (profile, its [adm] parameters, attributes) -> decision-maker. The parameters' class
# stands in config/profile.py under the same kind, where a form finds it too.
ADMS: dict[str, Callable[[Profile, Any, Attributes], Adm]] = {
    "random": lambda profile, params, attributes: random_choice.decide,
    "fixed": lambda profile, params, attributes: fixed.make(params.index),
    "oracle": lambda profile, params, attributes: oracle.make(params.inverted),
    "baseline": baseline.make,
    "prompt_aligned": prompt_aligned.make,
    "custom": lambda profile, params, attributes: custom.make(params),
    "imported": lambda profile, params, attributes: imported.decide,
}


def make_adm(profile: Profile, attributes: Attributes) -> Adm:
    """The decision-maker of a profile; raises AdmError or ConfigError.

    What it decides is repaired here: a custom one may return any text.
    """
    adm = ADMS[profile.adm.kind](profile, profile.adm, attributes)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        return storable_parts(await adm(scenario, targets, llm))

    return decide
