"""scoring_single_class: align-system's older decision-makers, each in one class.

The comparative one asks for outcomes, relevance and scores; another rates each choice by itself;
a third predicts scores from texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.adms.hybrid_regression import QUESTIONS
from align_tui.adms.ranking import alignment_function
from align_tui.adms.rating.deciding import decide_by_ratings
from align_tui.adms.rating.rated import Rated
from align_tui.adms.rating.text_head import text_of, windowed
from align_tui.config.alignment import AverageDistanceParams
from align_tui.config.attributes import load_attributes
from align_tui.core.alignment.history import history_of
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target

from ..families import Check
from ..families.compare import lists_differ, numbers_differ, sets_differ, values_differ
from ..rating_script import Request, ScriptedLlm
from .rating_cases import attribute, decided, scores_differ

FUNCTIONS = {
    "sample": "kde_sample",
    "max_likelihood": "kde_max_likelihood",
    "js_divergence": "kde_js",
    "cumulative_kde": "kde_cumulative_js",
    "relevance_cumulative_kde": "kde_relevance_cumulative_js",
    "relevance_average": "relevance_average_distance",
}
"""Our alignment functions by the name that the class's `distribution_matching` has for each."""


def check_class(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of the class that rates comparatively."""
    scalar = given["target_kind"] == "scalar"
    matching = given["distribution_matching"]
    plain = scalar and matching != "relevance_average"  # numbers have no other function there
    function = "average_distance" if plain else FUNCTIONS[matching]
    answers = _answers(given)
    llm = ScriptedLlm(lambda request: answers[request.stream])
    llm.history = {name: tuple(values) for name, values in given["history_before"].items()}
    scenario = Scenario("case", "A situation.", tuple(Choice(text) for text in given["choices"]))
    decision = decided(
        llm,
        scenario,
        {
            "kind": "comparative_regression",
            "reasoning": "per_choice",
            "samples": given["samples"],
            "predict_outcomes": given["predict_outcomes"],
            "predict_relevance": given["predict_relevance"],
            "enum_scores": given["only_listed_scores"],
        },
        _targets(given["targets"]),
        load_attributes(),
        alignment={"function": function, "exact_ties": True},
    )
    return [
        *scores_differ(
            given["choices"], decision.predictions or (), expected["predicted_kdma_values"]
        ),
        *_taken_differs(given, expected, decision),
        *_relevance_differs(given, expected, decision),
        *_requests_differ(given, expected, llm),
    ]


def _targets(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, value in given.items():
        if isinstance(value, Mapping):
            kernel = {} if value["kernel"] == "gaussian" else {"kernel": value["kernel"]}
            kde = {"samples": value["samples"], "bandwidth": value["bandwidth"], **kernel}
            found.append({"attribute": name, **kde})
        else:
            found.append({"attribute": name, "value": value})
    return found


def _answers(given: Mapping[str, Any]) -> list[Any]:
    """The answers in the order in which we ask: scores attribute by attribute."""
    answers = given["answers"]
    scores = sorted(
        answers["scores"],
        key=lambda each: (list(given["targets"]).index(each["attribute"]), each["sample"]),
    )
    relevance = [each["answer"] for each in answers.get("relevance", ())]
    return [*answers.get("outcomes", ()), *relevance, *(each["answer"] for each in scores)]


def _taken_differs(
    given: Mapping[str, Any], expected: Mapping[str, Any], decision: Decision
) -> list[str]:
    """The differences of the best choices, and of the taken one's reasons and history."""
    assert decision.ranking is not None and decision.choice is not None
    names = given["choices"]
    best = [names[index] for index in decision.ranking.best]
    differs = sets_differ("best", expected["tied_best"], best)
    taken = names[decision.choice]
    # Each line begins with what it is about: `QualityOfLife: reason`.
    pieces = [line.partition(": ")[2] for line in decision.reasoning.split("\n")]
    if pieces not in expected["justification_pieces"].get(taken, [pieces]):
        wanted = expected["justification_pieces"][taken]
        differs.append(f"justification: expected one of {wanted}, ours {pieces}")
    if len(expected["tied_best"]) == 1 and decision.predictions is not None:
        new = history_of([decision.predictions[decision.choice]])
        for name, values in expected["history_after"].items():
            ours = [*given["history_before"].get(name, ()), *new[name]]
            differs += lists_differ(f"history of {name}", values, ours)
    return differs


def _relevance_differs(
    given: Mapping[str, Any], expected: Mapping[str, Any], decision: Decision
) -> list[str]:
    relevance = decision.relevance
    ours = (
        {
            choice: dict(row)
            for choice, row in zip(given["choices"], relevance.by_choice, strict=True)
        }
        if relevance is not None
        else None
    )
    wanted = expected["predicted_relevance"]
    if wanted is not None:  # there each is a list of one sample
        wanted = {c: {name: float(each[0]) for name, each in r.items()} for c, r in wanted.items()}
    return values_differ("relevance", wanted, ours)


def _requests_differ(
    given: Mapping[str, Any], expected: Mapping[str, Any], llm: ScriptedLlm
) -> list[str]:
    """The differences of how much was asked, and of the bounds of each attribute's scores.

    There the bounds of the last attribute hold for all; here each has its own.
    """
    differs = values_differ("requests", sum(expected["calls"]), len(llm.asked))
    names = list(given["targets"])
    asked = sorted(llm.asked, key=lambda request: request.stream)
    scoring = asked[len(asked) - len(names) * given["samples"] :]
    last = expected["score_schema_of_every_attribute"]
    for place, name in enumerate(names):
        bounds = _bounds(scoring[place * given["samples"]], given["choices"][0])
        if place == len(names) - 1:
            differs += values_differ(f"bounds of {name}", last, bounds)
        elif not given["only_listed_scores"]:
            whole = {
                "minimum": 0,
                "maximum": given["factors"][name],
                "number_of_listed_scores": None,
            }
            differs += values_differ(f"bounds of {name}", whole, bounds)
        else:  # 101 scores for a factor of 100, and four for one of 10
            count = {100: 101, 10: 4}[given["factors"][name]]
            differs += values_differ(f"scores of {name}", count, bounds["number_of_listed_scores"])
    return differs


def _bounds(request: Request, choice: str) -> dict[str, Any]:
    properties: Any = request.schema["properties"]
    score = properties[choice]["properties"]["score"]
    listed = score.get("enum")
    return {
        "minimum": score.get("minimum"),
        "maximum": score.get("maximum"),
        "number_of_listed_scores": len(listed) if listed is not None else None,
    }


def check_squared_error(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of the class that rates each choice by itself, from 0 to 10."""
    scores: Mapping[str, Mapping[str, Sequence[int]]] = given["scores_0_to_10"]
    targets: Mapping[str, float] = given["targets"]
    first = next(iter(scores.values()))
    samples = len(next(iter(first.values())))
    answers = [
        {"reasoning": "r", "score": score}
        for name in targets
        for row in scores.values()
        for score in row[name]
    ]
    decision = decided(
        ScriptedLlm(lambda request: answers[request.stream]),
        Scenario("case", "A situation.", tuple(Choice(text) for text in scores)),
        {"kind": "direct_regression", "samples": samples},
        _targets(targets),
        Attributes({name: attribute(name, factor=10) for name in targets}),
        alignment={"function": "squared_distance", "tie": "first"},
    )
    assert decision.choice is not None and decision.predictions is not None
    rated = decision.predictions[decision.choice]
    return [
        *values_differ("choice", expected["choice"], list(scores)[decision.choice]),
        *lists_differ(
            "averages", expected["averages_of_choice"], [rated[name].mean for name in targets]
        ),
    ]


def check_regressor(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of the class that predicts scores from texts, injected here.

    align-system fails with several attributes and with targets that are dictionaries; here all
    attributes are ranked by.
    """
    predicted: Mapping[str, Sequence[float]] = given["predictions"]
    scenario = Scenario("case", "A situation.", tuple(Choice(text) for text in given["choices"]))
    rows = tuple(
        {name: Prediction((values[index],)) for name, values in predicted.items()}
        for index in range(len(scenario.choices))
    )
    targets = tuple(Target(name, value) for name, value in given["targets"].items())
    function = alignment_function(
        AverageDistanceParams(function="average_distance", exact_ties=True)
    )
    llm = ScriptedLlm(lambda request: "")
    decision = decide_by_ratings(function, Rated(rows), scenario, targets, llm)
    assert decision.ranking is not None
    best = [given["choices"][index] for index in decision.ranking.best]
    if "error" in expected:
        errors: Any = decision.ranking.details["distances"]
        wanted = [
            sum(abs(values[index] - given["targets"][name]) for name, values in predicted.items())
            for index in range(len(rows))
        ]
        return lists_differ("distances over all attributes", wanted, errors)
    asked = [_questions(scenario, name) for name in predicted]
    return [
        *sets_differ("best", expected["tied_best"], best),
        *values_differ("questions", expected["question_sentences_added_per_attribute"], asked),
    ]


def _questions(scenario: Scenario, name: str) -> int:
    """How many questions stand in the text of a choice for that attribute."""
    question = QUESTIONS.get(name, "")
    return text_of(scenario, scenario.choices[0], question=question).count("?")


def check_window(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a text cut to a window: `[SEP]` ends it, where align-system has `SEP`."""
    words = [f"w{number}" for number in range(given["words"])]
    found = windowed(words, (), given["window"])
    told = numbers_differ(
        "length", {"tokens": sum(expected["mask"])}, {"tokens": float(len(found))}
    )
    wanted = [*expected["tokens"][:-1], "[SEP]"]
    return [*told, *values_differ("tokens", wanted, list(found))]


KINDS: Mapping[str, Check] = {
    "scalar_plain": check_class,
    "scalar_relevance": check_class,
    "kde_plain": check_class,
    "kde_relevance": check_class,
    "mean_squared_error": check_squared_error,
    "text_regressor": check_regressor,
    "token_window": check_window,
}
