"""One sample of an Inspect log: a scenario, its answer with the score, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import TextAnswer, letter
from align_tui.core.replies import split_thinking
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import Score
from align_tui.core.targets import Targets, target_id
from align_tui.core.types import Json, JsonObject
from align_tui.output.choice_info import choice_info
from align_tui.output.decision_json import target_words
from align_tui.store.basis import Basis
from align_tui.store.results import Result, StoredResponse

ALIGNMENT, CHOICE = "alignment", "choice"
STOPS = {"stop": "stop", "length": "max_tokens", "choice": "stop"}


@dataclass(frozen=True, slots=True)
class Scored:
    """A sample's JSON, with the index of its scenario and its scores by target id."""

    body: JsonObject
    scenario: int
    scores: Mapping[str, Score]


def score_name(targets: Targets, aims: Sequence[Targets]) -> str:
    """The name of the score under `targets`; with several `aims` it names the target."""
    return ALIGNMENT if len(aims) == 1 else f"{ALIGNMENT} ({target_words(targets)})"


def inspect_sample(
    study: Study,
    profile: Profile,
    model: str,
    result: Result,
    scores: Mapping[str, Score],
    basis: Basis,
    responses: Sequence[StoredResponse],
) -> Scored:
    """The sample of one ended decision, or of one that failed."""
    scenario = study.scenarios[result.scenario]
    aims = study.scoring_targets(profile)
    body: dict[str, Json] = {
        "id": scenario.key,
        "epoch": result.repeat + 1,
        "input": scenario.text,
        "choices": list(scenario.choice_texts),
        "target": _right(study, scenario, aims),
        "messages": _messages(scenario, result, responses),
        "output": _output(model, result, responses),
        "scores": {},
        "metadata": _metadata(profile, scenario, result, basis),
        "model_usage": {},
        "total_time": result.latency_s,
        "working_time": result.latency_s,
        "uuid": f"{study.name}-{result.sample}",
    }
    if not scenario.choices:
        del body["choices"]
    if responses:
        body["model_usage"] = {model: _usage(responses)}
    if result.error_kind is not None:
        message = f"{result.error_kind}: {result.error_message or ''}"
        body["error"] = {"message": message, "traceback": "", "traceback_ansi": ""}
    else:
        body["scores"] = _scores(aims, result, scores)
    return Scored(body, result.scenario, scores)


def _right(study: Study, scenario: Scenario, aims: Sequence[Targets]) -> Json:
    """The letters of the choices that are right under the first target; empty if none is known."""
    for targets in aims[:1]:
        right = [
            letter(index)
            for index in range(len(scenario.choices))
            if study.scorer.is_correct(index, scenario, targets)
        ]
        return right[0] if len(right) == 1 else list(right) or ""
    return ""


def _scores(
    aims: Sequence[Targets],
    result: Result,
    scores: Mapping[str, Score],
) -> JsonObject:
    """A score for each target; the answer alone, as a score of that name, where none is scored."""
    answer = _answer(result)
    found: dict[str, Json] = {}
    for targets in aims:
        score = scores.get(target_id(targets))
        if score is not None and score.correct is not None:
            found[score_name(targets, aims)] = {
                "value": "C" if score.correct else "I",
                "answer": answer,
                "explanation": result.reasoning,
                "metadata": {
                    "target": target_words(targets),
                    "distance": score.distance,
                    "discriminating": score.discriminating,
                },
            }
    if not found:
        found[CHOICE] = {"value": answer, "answer": answer, "explanation": result.reasoning}
    return found


def _answer(result: Result) -> str:
    answer = result.answer
    return answer.text if isinstance(answer, TextAnswer) else letter(result.choice or 0)


def _decisive(result: Result, responses: Sequence[StoredResponse]) -> StoredResponse | None:
    """The reply whose reasoning the decision has, else the first one."""
    fitting = [each for each in responses if each.reasoning == result.reasoning]
    return next(iter([*fitting, *responses]), None)


def _messages(
    scenario: Scenario, result: Result, responses: Sequence[StoredResponse]
) -> list[JsonObject]:
    """The turns of the prompt and the reply; without a model the situation and the answer."""
    reply = _decisive(result, responses)
    if reply is None:
        asked: list[JsonObject] = [{"role": "user", "content": _question(scenario)}]
        answered = _words(result)
        return [*asked, {"role": "assistant", "content": answered}] if answered else asked
    turns: list[JsonObject] = [
        {"role": str(turn.get("role", "user")), "content": str(turn.get("content", ""))}
        for turn in reply.messages
    ]
    return [*turns, {"role": "assistant", "content": _parts(reply.raw)}]


def _parts(raw: str) -> Json:
    """The reply; thinking becomes a part of its own, as Inspect shows it."""
    thinking, reply = split_thinking(raw)
    if not thinking.strip():
        return reply
    return [{"type": "reasoning", "reasoning": thinking}, {"type": "text", "text": reply}]


def _question(scenario: Scenario) -> str:
    lines = [f"{letter(i)}) {choice.text}" for i, choice in enumerate(scenario.choices)]
    return "\n".join([scenario.text, *[""] * bool(lines), *lines])


def _words(result: Result) -> str:
    """The answer in words, where no model replied."""
    if result.error_kind is not None:
        return ""
    named = "" if result.choice is None else f"{letter(result.choice)}) "
    return "\n\n".join(filter(None, (named + result.choice_text, result.reasoning)))


def _output(model: str, result: Result, responses: Sequence[StoredResponse]) -> JsonObject:
    reply = _decisive(result, responses)
    content = _parts(reply.raw) if reply is not None else _words(result)
    stop = STOPS.get(reply.finish, "unknown") if reply is not None else "stop"
    body: dict[str, Json] = {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": content}, "stop_reason": stop}],
        "time": result.latency_s,
    }
    if responses:
        body["usage"] = _usage(responses)
    return body


def _usage(responses: Sequence[StoredResponse]) -> JsonObject:
    given = sum(each.prompt_tokens for each in responses)
    made = sum(each.tokens for each in responses)
    return {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}


def _metadata(profile: Profile, scenario: Scenario, result: Result, basis: Basis) -> JsonObject:
    """What the decision was made of; `choice_info` has the form of align-system's records."""
    texts = scenario.choice_texts
    found: dict[str, Json] = {
        "title": scenario.title,
        "target": target_words(profile.target),
        "labels": {
            letter(index): dict(choice.labels)
            for index, choice in enumerate(scenario.choices)
            if choice.labels
        },
        "choice_info": choice_info(scenario, texts, result, basis),
        "notes": list(result.notes),
    }
    if result.votes:
        found["votes"] = {letter(index): vote for index, vote in enumerate(result.votes)}
    if basis.ranking is not None and len(basis.ranking.best) > 1:
        found["tied"] = [letter(index) for index in basis.ranking.best]
    return {key: value for key, value in found.items() if value not in ("", {}, [])}
