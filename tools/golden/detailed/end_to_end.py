"""end_to_end: whole decision-makers of align-system, as pipelines in `pipelines/*.toml`.

A scripted model answers in the order of the calls. The few-shot decision-makers show examples of
`pipelines/solved.toml`, since the cases hold none: their number is compared. (align-system also
picks examples of need for a rater that shows none, which ours leaves out.) The names in
the working dictionary and the fields of `choice_info` are align-system's own and not compared. It
gives one letter for the reason of a choice that was not asked about, and ours gives none.
`pipeline_baseline` fails there before it asks a model, so its case has no answers: ours must take
what its model answers, whichever choice that is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.core.attributes import Attribute
from align_tui.core.decisions import Decision
from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.targets import Target
from align_tui.core.types import Json
from align_tui.studies.assemble import check_profile
from align_tui.studies.examples import with_examples

from ..families import Check
from ..families.compare import numbers_differ, values_differ
from .scripted import ScriptedModel

FOLDER = Path(__file__).parent / "pipelines"
PLACEHOLDER = "<"  # the first letter of a text that stands in its place of a reason
NEAR = 1e-6  # align-system computes Kaleido's numbers in float32
MOST_RELEVANT = "most_relevant"
PEOPLE = ("Patient A", "Patient B")


def scenario_of(given: Mapping[str, Any]) -> Scenario:
    """The scenario of a case: two people, and choices that concern one of them or nobody."""
    choices = zip(given["choices"], given["labels"], given["character_of_choice"], strict=True)
    return Scenario(
        "golden",
        "Two people are hurt.",
        tuple(Choice(text, labels, character=who or "") for text, labels, who in choices),
        characters=tuple(Character(who, who, f"{who} is hurt.") for who in PEOPLE),
    )


def model_of(given: Mapping[str, Any]) -> ScriptedModel:
    """A model that gives the case's answers; each sample of a call is one reply of ours."""
    replies = [
        _reply(answer) for call in given["engine_answers_in_order"] for answer in call["answers"]
    ]
    return ScriptedModel(replies, _rate(given))


def _reply(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer under our names of fields and attributes."""
    names = {"detailed_reasoning": "reasoning", "action_choice": "choice"}
    found = {names.get(key, key): value for key, value in answer.items()}
    if MOST_RELEVANT in found:
        found[MOST_RELEVANT] = _name(load_attributes().get(found[MOST_RELEVANT]))
    return found


def _rate(given: Mapping[str, Any]) -> Callable[[str, Statement], tuple[StatementRating, str]]:
    """Kaleido's answers by choice and attribute; align-system asks choice by choice."""
    answers = list(given.get("kaleido_answers_in_order", ()))
    attributes = load_attributes()
    targets = list(given["targets"] or {})
    pairs = [(choice, name) for choice in given["choices"] for name in targets]
    known = dict(zip(pairs, answers, strict=False))

    def rate(action: str, statement: Statement) -> tuple[StatementRating, str]:
        choice = next(c for c in given["choices"] if action.startswith(f'Choosing "{c}"'))
        name = next(n for n in targets if _name(attributes.get(n)) == statement.text)
        answer = known[choice, name]
        rating = StatementRating(answer["relevance"][0], *answer["valence"])
        return rating, answer["explanation"]

    return rate


def _name(attribute: Attribute | None) -> str:
    return str(attribute.name) if attribute is not None else ""


def decide(given: Mapping[str, Any], pipeline: str) -> Decision:
    """The decision of a pipeline on a case. Raises whatever the decision-maker raises."""
    attributes = load_attributes()
    targets = tuple(Target(name, float(v)) for name, v in (given["targets"] or {}).items())
    profile = load_profile(str(FOLDER / f"{pipeline}.toml"), targets=targets, attributes=attributes)
    profile = with_examples(profile, attributes)
    check_profile(profile, attributes)
    adm = make_adm(profile, attributes)
    scenario = scenario_of(given)

    async def run() -> Decision:
        return await adm(scenario, profile.target, model_of(given))

    return asyncio.run(run())


def check(pipeline: str, given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case: choice, scores, relevance, votes, midpoints and reasons."""
    try:
        made = decide(given, pipeline)
    except AlignError as error:
        return [] if "error" in expected else [f"{type(error).__name__}: {error}"]
    except ExceptionGroup as group:
        return [] if "error" in expected else [f"{each!r}" for each in group.exceptions]
    if "error" in expected:
        return [f"expected {expected['error']}, ours chose {made.choice}"]
    texts = given["choices"]
    taken = texts[made.choice] if made.choice is not None else None
    differs = []
    if taken not in expected["possible_choices"]:
        differs.append(f"choice: expected {expected['possible_choices']}, ours {taken!r}")
    differs += _scores_differ(made, texts, expected.get("scores", {}))
    differs += _relevance_differs(made, expected.get("relevance", {}))
    differs += _details_differ(made, expected)
    differs += _examples_differ(made, expected.get("examples_per_attribute", {}))
    pieces = expected.get("justification_pieces")
    if isinstance(pieces, list):
        missing = [each for each in pieces if each != PLACEHOLDER and each not in made.reasoning]
        differs += [f"reasons: {missing} are missing"] if missing else []
    return differs


def _scores_differ(
    made: Decision, texts: Sequence[str], expected: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    differs = []
    for text, scores in expected.items():
        rated = (made.predictions or ({},) * len(texts))[texts.index(text)]
        for name, value in scores.items():
            wanted = value if isinstance(value, list) else [value]
            samples = rated[name].samples if name in rated else ()
            differs += numbers_differ(
                f"scores of {text} for {name}",
                {str(i): each for i, each in enumerate(wanted)},
                {str(i): each for i, each in enumerate(samples)},
                relative=NEAR,
            )
        extra = set(rated) - set(scores)
        differs += [f"scores of {text}: ours also rates {sorted(extra)}"] if extra else []
    return differs


def _examples_differ(made: Decision, expected: Mapping[str, int]) -> list[str]:
    together = {response.role.removeprefix("scores of ") for response in made.responses}
    wanted = {name: number for name, number in expected.items() if name in together}
    return values_differ("examples", wanted, dict(Counter(e.attribute for e in made.examples)))


def _relevance_differs(made: Decision, expected: Mapping[str, Any]) -> list[str]:
    if not expected:
        return []
    found = made.relevance.by_choice if made.relevance is not None else ({},)
    wanted = {
        name: sum(each) / len(each) if isinstance(each, list) else float(each)
        for name, each in expected.items()
    }
    return [
        difference
        for values in found
        for difference in numbers_differ("relevance", wanted, values, relative=NEAR)
    ]


def _details_differ(made: Decision, expected: Mapping[str, Any]) -> list[str]:
    """The votes and midpoints that the ranking records."""
    if "midpoints" not in expected:
        return []
    details = made.ranking.details if made.ranking is not None else {}
    told, votes = details.get("per_kdma"), details.get("votes")
    assert isinstance(told, Mapping) and isinstance(votes, Mapping)
    differs = []
    for name, middle in expected["midpoints"].items():
        ours = told.get(name)
        found: Json = ours.get("midpoint") if isinstance(ours, Mapping) else None
        if (middle is None) != (found is None):
            differs.append(f"midpoint of {name}: expected {middle}, ours {found}")
        elif middle is not None and isinstance(found, float):
            differs += numbers_differ("midpoint", {name: middle}, {name: found}, relative=NEAR)
    counted = {
        index: float(each)
        for index, each in (("0", votes["more_urgent"]), ("1", votes["less_urgent"]))
        if isinstance(each, float)
    }
    differs += numbers_differ("votes", expected["votes"], counted, absolute=NEAR)
    return differs


def check_baseline(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the baseline from the choice that its model names, each in turn."""
    differs = []
    for text in given["choices"]:
        answer = {"detailed_reasoning": f"reason of {text}", "action_choice": text}
        told = {
            "possible_choices": [text],
            "justification_pieces": [answer["detailed_reasoning"]],
        }
        script = {"engine_answers_in_order": [{"answers": [answer]}]}
        differs += check("baseline", {**given, **script}, told)
    return differs


PIPELINES = {
    "zeroshot_comparative_regression": "comparative_regression",
    "fewshot_comparative_regression": "few_shot",
    "fewshot_comparative_regression_swap_average": "swap_average",
    "fewshot_comparative_regression_medical_only": "medical_only",
    "fewshot_comparative_regression_predict_most_relevant": "most_relevant",
    "fewshot_comparative_regression_kaleido_relevance": "kaleido_relevance",
    "direct_regression": "direct_regression",
    "direct_medical_regression": "direct_medical",
    "kaleido_zeroshot_mashup": "kaleido_mashup",
    "kaleido": "kaleido",
    "oracle": "labels",
    "relevance_oracle": "labels_and_relevance",
    "pipeline_choose_a": "fixed_0",
    "pipeline_choose_b": "fixed_1",
    "pipeline_random": "random",
    "tagging_baseline": "baseline",
}
KINDS: Mapping[str, Check] = {kind: partial(check, name) for kind, name in PIPELINES.items()} | {
    "pipeline_baseline": check_baseline
}
