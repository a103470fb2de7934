"""scoring_comparative: align-system's comparative regression, and what follows it in a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from align_tui.adms.rating.comparative import ComparativeOptions, rate_together
from align_tui.adms.rating.rated import prediction
from align_tui.config.prompts.rating import RatingPrompts
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.alignment.reasons import reasons_of
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.corrections import FixedChoice, correct
from align_tui.core.decisions import Message
from align_tui.core.errors import AlignError
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.rating_replies import read_scores
from align_tui.core.scenarios import Choice, Scenario
from align_tui.output.choice_info import choice_info
from align_tui.store.basis import Basis
from align_tui.store.results import Result

from ..families import Check
from ..families.compare import lists_differ, predictions_of, values_differ
from ..rating_script import Request, ScriptedLlm
from .rating_cases import attribute, decided, reasons_differ, run, scores_differ

MEDICAL = "medical"


def _known(given: Mapping[str, Any]) -> Attributes:
    """The case's attributes. One that no pack defines has no factor in the case either."""
    names = {name: attribute(name, factor=factor) for name, factor in given["factors"].items()}
    return Attributes(names)


def _scenario(given: Mapping[str, Any]) -> Scenario:
    return Scenario("case", "A situation.", tuple(Choice(text) for text in given["choices"]))


def _answers(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [sample for part in parts for sample in part["samples"]]


def _reasoning(answers: Sequence[Mapping[str, Any]]) -> str:
    return "shared" if answers and "reasoning" in answers[0] else "per_choice"


def check_scores(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `ComparativeRegressionADMComponent`.

    An attribute that is named twice is rated once here, so its first answers count.
    """
    parts, seen = [], set()
    for part in given["answers"]:
        if part["attribute"] not in seen:
            parts.append(part)
        seen.add(part["attribute"])
    answers = _answers(parts)
    llm = ScriptedLlm(lambda request: answers[request.stream])
    names = given["target_attributes"] or ()
    rated = given["attribute_override"] or ["*"]
    table = {
        "kind": "comparative_regression",
        "attributes": rated,
        "samples": given["samples"],
        "reverse_choices": given["reverse_choices"],
        "reasoning": _reasoning(answers),
    }
    targets = [{"attribute": name, "value": 0.5} for name in names]
    # Without a target no function but this one can rank, and with nothing to rate none can.
    tables = {} if names else {"alignment": {"function": "medical_only"}}
    predictions: Predictions
    try:
        if names or any(name != "*" for name in rated):
            decision = decided(llm, _scenario(given), table, targets, _known(given), **tables)
            predictions = decision.predictions or ()
        else:
            predictions = _rated(given, llm, ())
    except AlignError as error:
        return [] if "error" in expected else [f"{type(error).__name__}: {error}"]
    if "error" in expected:
        return [f"expected an error ({expected['error']}), and there was none"]
    return [
        *_ratings_differ(given, expected, predictions, once=len(parts) < len(given["answers"])),
        *_requests_differ(given, expected, llm),
    ]


def _ratings_differ(
    given: Mapping[str, Any], expected: Mapping[str, Any], predictions: Predictions, *, once: bool
) -> list[str]:
    scores, reasonings = expected["scores"], expected["reasonings"]
    if once:  # each attribute was rated once: the first samples of those expected
        samples = given["samples"]
        scores, reasonings = (
            {c: {a: v[:samples] for a, v in row.items()} for c, row in each.items()}
            for each in (scores, reasonings)
        )
    return [
        *scores_differ(given["choices"], predictions, scores),
        *reasons_differ(given["choices"], predictions, reasonings),
    ]


def _requests_differ(
    given: Mapping[str, Any], expected: Mapping[str, Any], llm: ScriptedLlm
) -> list[str]:
    """The differences of what was asked: attributes, replies of each, choices and turns."""
    asked = sorted(llm.asked, key=lambda request: request.stream)
    by_attribute = {
        name: [request for request in asked if f"<{name}>" in request.system]
        for name in expected["attributes_with_dialog"]
    }
    found = {name: len(requests) for name, requests in by_attribute.items()}
    wanted = dict.fromkeys(expected["attributes_with_dialog"], given["samples"])
    differs = values_differ("requests by attribute", wanted, found)
    differs += values_differ("requests", sum(wanted.values()), len(asked))
    if wanted:
        order = expected["choice_order_in_prompts"][0]
        for request in asked:
            differs += values_differ("order in the prompt", order, _order(given, request))
            keys = [key for key in request.schema["properties"] if key != "reasoning"]
            differs += values_differ("order in the schema", order, keys)
    roles = {
        name: [turn.role for turn in requests[0].messages]
        for name, requests in by_attribute.items()
        if requests
    }
    return differs + values_differ("turns", expected["turn_roles"], roles)


def _order(given: Mapping[str, Any], request: Request) -> list[str]:
    return sorted(given["choices"], key=request.user.index)


def _rated(
    given: Mapping[str, Any],
    llm: ScriptedLlm,
    attributes: Sequence[Attribute],
    examples: Mapping[str, Sequence[Message]] | None = None,
) -> Predictions:
    """What the rater itself gives: for cases without anything to rank, and for examples."""
    options = ComparativeOptions(samples=given["samples"], reverse_choices=given["reverse_choices"])
    prompts = RatingPrompts("case")
    scenario = _scenario(given)
    return run(
        rate_together(llm, scenario, attributes, prompts, options, examples or {})
    ).predictions


def check_with_examples(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case with examples; an attribute without any is refused, as there."""
    answers = _answers(given["answers"])
    llm = ScriptedLlm(lambda request: answers[request.stream])
    turns = (Message("user", "?"), Message("assistant", "{}"))
    examples = {name: turns * (count // 2) for name, count in given["example_turns"].items()}
    known = _known(given)
    names = [part["attribute"] for part in given["answers"]]
    try:
        predictions = _rated(given, llm, [known.known[name] for name in names], examples)
    except AlignError as error:
        return [] if "error" in expected else [f"{type(error).__name__}: {error}"]
    if "error" in expected:
        return [f"expected an error ({expected['error']}), and there was none"]
    return [
        *_ratings_differ(given, expected, predictions, once=False),
        *_requests_differ(given, expected, llm),
    ]


def check_both_orders(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case that asks in both orders and joins the samples."""
    answers = _answers([*given["answers_given_order"], *given["answers_reversed_order"]])
    llm = ScriptedLlm(lambda request: answers[request.stream])
    names = [part["attribute"] for part in given["answers_given_order"]]
    decision = decided(
        llm,
        _scenario(given),
        {
            "kind": "comparative_regression",
            "samples": given["samples"],
            "swap_average": True,
            "reasoning": _reasoning(answers),
        },
        [{"attribute": name, "value": 0.5} for name in names],
        _known(given),
    )
    turned = [_order(given, request) for request in sorted(llm.asked, key=lambda r: r.stream)]
    half = len(turned) // 2
    predictions = decision.predictions or ()
    return [
        *scores_differ(given["choices"], predictions, expected["scores"]),
        *reasons_differ(given["choices"], predictions, expected["reasonings"]),
        *values_differ("first order", [given["choices"]] * half, turned[:half]),
        *values_differ("second order", [given["choices"][::-1]] * half, turned[half:]),
    ]


def check_correction(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `Phase2RegressionRuleBasedCorrection`, in its own form."""
    kinds: Mapping[str, FixedChoice] = {"<stay>": "stay", "<leave>": "leave", "<wait>": "wait"}
    choices = list(given["scores"])
    fixed = [kinds.get(choice) for choice in choices]
    found = correct(predictions_of(given["scores"]), fixed, "align")
    return scores_differ(choices, found, expected["scores"])


def check_scale(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of scores divided by their factor."""
    scored = attribute("a", factor=given["factor"])
    scores: list[int] = given["integer_scores"]
    replies = ({"one": {"score": s}, "other": {"score": given["factor"] - s}} for s in scores)
    read = [read_scores(reply, ("one", "other"), scored) for reply in replies]
    one, other = (prediction(scored, column).samples for column in zip(*read, strict=True))
    return [
        *lists_differ("scaled", expected["scaled"], one),
        *lists_differ("scaled complement", expected["scaled_complement"], other),
    ]


def _rated_texts(given: Mapping[str, Any]) -> tuple[Predictions, Ranking]:
    """Predictions with the case's reasons, and a ranking that takes its choice and sample."""
    texts: Mapping[str, Mapping[str, Any]] = given["reasonings"]
    predictions = tuple(
        {name: _with_reasons(reasons) for name, reasons in row.items()} for row in texts.values()
    )
    taken = list(texts).index(given["choice"])
    ranking = Ranking("case", "score", (0.0,) * len(texts), (taken,), taken)
    return predictions, replace(ranking, sample=given["best_sample_index"])


def _with_reasons(reasons: Any) -> Prediction:
    listed = (reasons,) if isinstance(reasons, str) else tuple(reasons)
    return Prediction((0.5,) * len(listed), listed)


def check_justification(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `JustificationFromReasonings`; each line names its attribute."""
    predictions, ranking = _rated_texts(given)
    lines = reasons_of(predictions, ranking, ()).split("\n")
    names = list(given["reasonings"][given["choice"]])
    pieces = expected["pieces_joined_by_newline"]
    wanted = [f"{name}: {piece}" for name, piece in zip(names, pieces, strict=True)]
    return values_differ("justification", wanted, lines)


def check_justification_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """One text is a reason and no list of letters; a sample without a reason tells none."""
    predictions, ranking = _rated_texts(given)
    wanted = {"text_instead_of_list": f"m: {given['reasonings']['a']['m']}", "index_too_large": ""}
    return values_differ(
        "justification", wanted[given["what"]], reasons_of(predictions, ranking, ())
    )


def check_choice_info(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `PopulateChoiceInfo`.

    A choice without labels is left out of `true_kdma_values` here. Relevance is a number for each
    attribute, where align-system writes a list of one.
    """
    choices: Sequence[str] = given["choices"]
    scenario = Scenario(
        "case",
        "A situation.",
        tuple(Choice(c, labels or {}) for c, labels in zip(choices, given["labels"], strict=True)),
    )
    scores, relevance = given["scores"], given["relevance"]
    basis = Basis(
        predictions=predictions_of(scores) if scores else None,
        relevance=Relevance.of_scenario({k: v[0] for k, v in relevance.items()}, len(choices))
        if relevance
        else None,
        ranking=Ranking("case", "score", (0.0,) * len(choices), (0,), 0)
        if given["has_alignment_info"]
        else None,
    )
    info: Mapping[str, Any] = choice_info(scenario, choices, _result(), basis)
    differs = []
    true = {c: row for c, row in (expected.get("true_kdma_values") or {}).items() if row}
    if scores is not None:  # without predictions the labels may stand in the record alone
        differs += values_differ("labels", true or None, info.get("true_kdma_values"))
    wanted = expected.get("predicted_kdma_values")
    differs += values_differ("predicted", wanted, info.get("predicted_kdma_values"))
    matters = {name: each[0] for name, each in relevance.items()} if relevance else None
    differs += values_differ("relevance", matters, info.get("predicted_relevance"))
    has = "alignment_info" in expected["fields"]
    return differs + values_differ("has alignment_info", has, "alignment_info" in info)


def _result() -> Result:
    return Result(
        0, 0, 0, 0, 0, 0.0, 0.0, 0, "", "", None, None, (), 0.0, None, 0, None, None
    )  # fmt: skip


KINDS: Mapping[str, Check] = {
    "reason_per_choice": check_scores,
    "shared_reason": check_scores,
    "mixed_reasons": check_scores,
    "attribute_named_twice": check_scores,
    "no_target": check_scores,
    "star_without_target": check_scores,
    "unknown_attribute": check_scores,
    "with_examples": check_with_examples,
    "examples_lack_attribute": check_with_examples,
    "both_orders": check_both_orders,
    "fixed_texts_correction": check_correction,
    "scale": check_scale,
    "justification": check_justification,
    "justification_edge": check_justification_edge,
    "choice_info": check_choice_info,
}
