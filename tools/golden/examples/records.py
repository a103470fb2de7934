"""Records of a case as examples, and what the program's decision-makers answer for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.adms.decision_examples import DecisionExamples
from align_tui.adms.examples import Picked
from align_tui.config.adm_params import Reasoned
from align_tui.config.examples import ExamplesSpec
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.examples.example_set import Example, ExampleSet, prepared
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target
from align_tui.core.types import JsonObject

from ..scripted_decision import ScriptedLlm

ORDERS = {
    (False, "fixed"): "given",
    (True, "fixed"): "sorted",
    (False, "swapped"): "reversed",
    (True, "swapped"): "reversed",
}
NORMALISE = {None: "none", "rawscores": "none", "globalnorm": "attribute", "localnorm": "scenario"}


def examples_of(records: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """The records of a case as examples, with the reasons that they give."""
    found = []
    for number, record in enumerate(records):
        labels, reasons = record["labels"], record.get("reasons", [])
        choices = tuple(
            Choice(text, label) for text, label in zip(record["choices"], labels, strict=True)
        )
        scenario = Scenario(f"{number}", record["scene"], choices)
        found.append(Example(scenario, tuple(reasons)))
    return tuple(found)


def spec_of(settings: Mapping[str, Any], **more: Any) -> ExamplesSpec:
    """`[examples]` with align-system's settings; ValidationError for one that it cannot say."""
    order = (settings.get("sort_actions", True), settings.get("choice_order", "fixed"))
    normalise = settings.get("normalization")
    table = {
        "scenarios": "case",
        "choice_order": ORDERS[order],
        "normalise": NORMALISE.get(normalise, normalise),
        "leave_out": "none",
        **more,
    }
    return ExamplesSpec.model_validate(table)


def prepared_of(given: Mapping[str, Any]) -> tuple[Example, ...]:
    """The records of a case as this program prepares them by the case's settings."""
    spec = spec_of(given["settings"])
    return prepared(examples_of(given["records"]), spec.choice_order, spec.normalise)


async def answers_of(
    examples: Sequence[Example],
    spec: ExamplesSpec,
    attribute: str,
    target: float,
    reasoning: str = "before",
) -> list[tuple[JsonObject, Picked]]:
    """What this program's decision-makers answer for each of the examples, in their order."""
    spec = spec.with_set(ExampleSet(tuple(examples)))
    profile = Profile.model_validate({"name": "case", "adm": {"kind": "baseline"}})
    profile = profile.model_copy(update={"examples": spec})
    params = Reasoned.model_validate({"kind": "baseline", "reasoning": reasoning})
    maker = DecisionExamples(profile, params, Attributes(), lambda scenario: scenario.text)
    answer = maker.answer((Target(attribute, target),))
    assert maker.examples is not None
    scenario = Scenario("case", "the scene", ())
    picked = await maker.examples.pick(scenario, ScriptedLlm([]), answer, attribute)
    return [(body, each) for each in picked if (body := answer(each.example)) is not None]
