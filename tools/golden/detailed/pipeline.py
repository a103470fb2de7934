"""pipeline: align-system's `PipelineADM` and its utility components, by our steps and state.

Not known here: `step` and `call_with_available` (how its components name their arguments),
`chosen_action` (actions with justifications of their own; our answers are indices), `choice_texts`
(how texts of equal actions are told apart, which is done on import) and `edge` (what a component
may return). Cases of `merge_scores` with a text in the place of ratings are not equal: here a
rating is numbers. `choice_info`, which it always adds to the working dictionary, is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from operator import add
from typing import Any

from pydantic import ValidationError

from align_tui.adms.base import Llm
from align_tui.adms.pipeline import run_steps
from align_tui.adms.steps.answering import FIXED, FixedStepParams
from align_tui.adms.steps.base import Step
from align_tui.adms.steps.combining import MERGE, RENAME, MergeParams, RenameParams
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.alignment.history import earlier_than, history_of, turns_of
from align_tui.core.attributes import Attributes
from align_tui.core.errors import AdmError
from align_tui.core.pipeline.merging import merge_maps
from align_tui.core.pipeline.names import ANSWER, ANY, PREDICTIONS, Kind, Name
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Prediction, Predictions
from align_tui.core.scenarios import Choice, Scenario

from ..families import Check
from ..families.compare import numbers_differ, values_differ
from .scripted import ScriptedModel

PROFILE = Profile.model_validate({"name": "golden", "adm": {"kind": "random"}})
NOTHING = Attributes({})
JOINED = ("attribute_prediction_scores", "attribute_prediction_reasonings")
Scores = Mapping[str, Mapping[str, Sequence[float]]]


def _run(steps: Sequence[tuple[StepParams, Step]], state: State) -> tuple[State, int]:
    """The state after the steps, and of how many the time was kept."""
    last, times = asyncio.run(run_steps(steps, state, ScriptedModel()))
    return last, len(times)


def _choices(*scores: Scores) -> list[str]:
    """The names of all choices, in order of first mention."""
    return list(dict.fromkeys(name for each in scores for name in each))


def _predictions(scores: Scores, choices: Sequence[str]) -> Predictions:
    return tuple(
        {name: Prediction(tuple(values)) for name, values in scores.get(choice, {}).items()}
        for choice in choices
    )


def _scores(predictions: Predictions, choices: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    return {
        choice: {name: list(each.samples) for name, each in rated.items()}
        for choice, rated in zip(choices, predictions, strict=True)
    }


def _scenario(choices: Sequence[str]) -> Scenario:
    return Scenario("golden", "", tuple(Choice(text) for text in choices))


def check_join_outputs(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences where two steps give one name and the samples are joined."""
    earlier, later = given["earlier"], given["later"]
    choices = _choices(earlier, later)
    before: tuple[Any, Any] = (_predictions(earlier, choices), _predictions(later, choices))
    name: Name[Any] = PREDICTIONS
    if given["name"] not in JOINED:  # a value of another kind, which is replaced
        before, name = (earlier, later), Name("dialogs", ANY)
    copies = deepcopy(before)
    state = State(_scenario(choices))
    for each in before:
        state = state.with_given(Given({name: each}), "join")
    made = state.get(name)
    found = _scores(made, choices) if name is PREDICTIONS else made
    return [
        *values_differ("scores", expected["result"], found),
        *values_differ("order", expected["order_of_choices"], list(found)),
        *values_differ("unchanged", expected["earlier_unchanged"], before == copies),
    ]


def check_merge_scores(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the step `merge`; choices keep the order of the scenario."""
    dictionaries: Mapping[str, Scores] = given["dictionaries"]
    choices = _choices(*dictionaries.values())
    state = State(_scenario(choices))
    for key, scores in dictionaries.items():
        state = state.with_given(
            Given().put(PREDICTIONS, _predictions(scores, choices)), names={"predictions": key}
        )
    params = MergeParams(step="merge", names=tuple(given["names_in_order"]))
    last, _ = _run([(params, MERGE.make(PROFILE, params, NOTHING))], state)
    found = _scores(last.get(PREDICTIONS), choices)
    return values_differ("scores", expected["result"], {c: s for c, s in found.items() if s})


def check_merge_plain(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of merged maps, where the later value wins and where both are added."""
    first, second = given["first"], given["second"]
    return [
        *values_differ(
            "later wins", expected["later_wins"], merge_maps(first, second, lambda _, new: new)
        ),
        *values_differ("sums", expected["with_sum_on_conflict"], merge_maps(first, second, add)),
    ]


def check_rename(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the step `rename`."""
    state = State(_scenario(()), values=given["start"])
    params = RenameParams(step="rename", names=given["mapping"])
    try:
        last, _ = _run([(params, RENAME.make(PROFILE, params, NOTHING))], state)
    except AdmError:
        return values_differ("refused", True, "error" in expected)
    found = {name: last.values.get(name) for name in expected["values"]}
    return values_differ("values", expected["values"], found)


class ScriptedStep(StepParams):
    """A step that takes and gives what a case says."""

    own_inputs: tuple[str, ...] = ()


def _named(name: str) -> Name[Any]:
    joined: Callable[[Any, Any], Any] = lambda old, new: [name, old, new]  # noqa: E731
    return Name(name, Kind("a value", (object,), {"join": joined}))


def check_working_dictionary(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a pipeline of scripted steps: its state, and what each step got."""
    got: list[dict[str, Any]] = []

    def scripted(body: Mapping[str, Any]) -> tuple[StepParams, Step]:
        several = isinstance(body["gives"], list)
        names = body["gives"] if several else [body["gives"]]
        values = body["values"] if several else [body["values"]]

        async def run(state: State, llm: Llm) -> Given:
            found = {name: state.find(_named(name)) for name in body["takes"]}
            got.append({name: value for name, value in found.items() if value is not None})
            return Given(dict(zip(map(_named, names), values, strict=True)))

        conflict = "join" if body["joins_conflicts"] else "replace"
        return ScriptedStep.model_validate({"step": "scripted", "conflict": conflict}), run

    steps = [scripted(body) for body in given["steps"]]
    last, timed = _run(steps, State(_scenario(()), values=given["start"]))
    dictionary = {k: v for k, v in expected["dictionary"].items() if k != "choice_info"}
    order = [name for name in expected["names_in_order"] if name != "choice_info"]
    return [
        *values_differ("dictionary", dictionary, dict(last.values)),
        *values_differ("order", order, list(last.values)),
        *values_differ("given to steps", expected["given_to_steps"], got),
        *values_differ("times", expected["timing_entries"], timed),
    ]


def check_fixed_index(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the step `fixed`; an index that it refuses is an error there too."""
    try:
        params = FixedStepParams(step="fixed", index=given["index"])
    except ValidationError:
        return values_differ("refused", True, "error" in expected)
    state = State(_scenario(given["choices"]))
    last, _ = _run([(params, FIXED.make(PROFILE, params, NOTHING))], state)
    answer = last.get(ANSWER)
    taken = given["choices"][getattr(answer, "index", -1)]
    return values_differ("choice", expected.get("choice", expected), taken)


def check_choice_history(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the history after each decision, in its context."""
    calls = given["calls"]
    taken: list[Mapping[str, Prediction]] = []
    scenarios = []
    for number, call in enumerate(calls):
        rated = call["scores"].get(call["chosen"], {}) if call["chosen"] is not None else {}
        taken.append(
            {
                name: Prediction(tuple(each) if isinstance(each, list) else (each,))
                for name, each in rated.items()
                if name in given["attributes"]
            }
        )
        scenarios.append(Scenario(f"s{number}", "", (), meta={"scenario_id": call["scenario"]}))
    turns = turns_of(scenarios, "scenario_id")
    differs = []
    for number, after in enumerate(expected["history_after_each_call"]):
        found = history_of(taken[i] for i in (*earlier_than(turns, number), number))
        for name, values in after.items():
            differs += numbers_differ(
                f"history {number} of {name}",
                {str(i): value for i, value in enumerate(values)},
                {str(i): value for i, value in enumerate(found.get(name, ()))},
            )
    return differs


KINDS: Mapping[str, Check] = {
    "join_outputs": check_join_outputs,
    "merge_scores": check_merge_scores,
    "merge_plain": check_merge_plain,
    "rename": check_rename,
    "working_dictionary": check_working_dictionary,
    "fixed_index": check_fixed_index,
    "choice_history": check_choice_history,
}
