"""pipeline: align-system's `PipelineADM` and its utility components, by our steps and state.

Not known here: `step` and `call_with_available`, how its components name their arguments in Python;
the set's README asks nobody to copy that. Where align-system hands a value on that is none of the
kind that its name says, ours refuses it: a text in the place of ratings (`merge_scores`), and
whatever is no value by name (`edge`). Equal texts of choices are told apart on import, by the
person or by a number, and never stay equal (`choice_texts`). `choice_info`, which align-system
always adds to the working dictionary, is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from operator import add
from typing import Any, cast

from pydantic import ValidationError

from align_tui.adms.base import Llm
from align_tui.adms.pipeline import decision_of, run_steps
from align_tui.adms.steps.answering import FIXED, FixedStepParams
from align_tui.adms.steps.base import Step
from align_tui.adms.steps.combining import MERGE, RENAME, MergeParams, RenameParams
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.alignment.history import earlier_than, history_of, turns_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.errors import AdmError
from align_tui.core.pipeline.merging import merge_maps
from align_tui.core.pipeline.names import ANSWER, ANY, PREDICTIONS, REASONING, Kind, Name
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Prediction, Predictions
from align_tui.core.scenarios import Choice, Scenario
from align_tui.formats.drafts import CHOICE_MARK
from align_tui.formats.people import distinct_texts

from ..families import Check
from ..families.compare import numbers_differ, values_differ
from .compare import refusal_differs
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
    return tuple(_rated(scores.get(choice, {})) for choice in choices)


def _rated(given: Any) -> Any:
    """The predictions of one choice; a text in their place, as some cases have it, stays one."""
    if isinstance(given, str):
        return given
    return {name: Prediction(tuple(values)) for name, values in given.items()}


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
    if _has_texts(dictionaries):
        return refusal_differs(lambda: _merged(given["names_in_order"], dictionaries))
    found = _merged(given["names_in_order"], dictionaries)
    return values_differ("scores", expected["result"], {c: s for c, s in found.items() if s})


def _has_texts(dictionaries: Mapping[str, Scores]) -> bool:
    return any(
        isinstance(each, str) for scores in dictionaries.values() for each in scores.values()
    )


def _merged(
    names: Sequence[str], dictionaries: Mapping[str, Scores]
) -> dict[str, dict[str, list[float]]]:
    """The scores by choice that the step `merge` makes of those under these names."""
    choices = _choices(*dictionaries.values())
    state = State(_scenario(choices))
    for key, scores in dictionaries.items():
        state = state.with_given(
            Given().put(PREDICTIONS, _predictions(scores, choices)), names={"predictions": key}
        )
    params = MergeParams(step="merge", names=tuple(names))
    last, _ = _run([(params, MERGE.make(PROFILE, params, NOTHING))], state)
    return _scores(last.get(PREDICTIONS), choices)


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


def check_chosen_action(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the answer at the end of a pipeline, and of the reason beside it.

    An action may bring a reason from the file, which align-system keeps; ours belong to decisions.
    """
    choices, index = given["choices"], given["chosen_action_index"]
    if index is None and given["chosen_choice"] in choices:
        index = choices.index(given["chosen_choice"])
    values = Given() if index is None else Given().put(ANSWER, ChoiceAnswer(index))
    if given["justification"] is not None:
        values = values.put(REASONING, given["justification"])
    state = State(_scenario(choices)).with_given(values)
    if "error" in expected:
        return refusal_differs(lambda: decision_of(state))
    made = decision_of(state)
    told = (made.reasoning,) if given["own_justifications"][expected["action_index"]] else ()
    return [
        *values_differ("choice", expected["action_index"], made.choice),
        *([] if told else values_differ("reason", expected["justification"] or "", made.reasoning)),
    ]


def check_choice_texts(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The texts that a reader makes of equal ones: all differ, and each begins with its own.

    align-system changes only texts of treatments and tags, or fails; ours never leaves two equal.
    """
    texts = [action["text"] for action in given["actions"]]
    actions = [(action["type"], action.get("character") or "") for action in given["actions"]]
    found = distinct_texts(texts, actions, given["characters"], CHOICE_MARK)
    differs = values_differ("different texts", len(texts), len(set(found)))
    differs += [
        f"{mine!r} does not begin with {text!r}"
        for text, mine in zip(texts, found, strict=True)
        if not mine.startswith(text)
    ]
    for text, mine, changed in zip(texts, found, expected.get("changed", ()), strict=False):
        if not changed and texts.count(text) == 1:
            differs += values_differ("a text that was not equal to another", text, mine)
    return differs


def check_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """What a pipeline makes of steps that give too little, or what is no value by name.

    align-system takes the letters of a text and the keys of a dictionary for the values of two
    names; ours refuses them, as it refuses a number.
    """
    answer = Given().put(ANSWER, ChoiceAnswer(0))
    gives: Mapping[str, object] = {
        "two_names_one_value": ["x"],
        "two_names_and_a_two_letter_text": "ab",
        "names_given_as_number": 1,
        "dictionary_returned_for_two_names": {"p": 1, "q": 2},
        "no_chosen_action": Given(),
        "choice_info_is_kept": answer.put(Name("choice_info", ANY), {"own": 1}),
        "choice_info_is_text": Given().put(Name(ANSWER.name, ANY), "a text"),
    }
    if given["what"] == "no_steps":
        return refused_differs({"kind": "pipeline", "steps": []})

    async def run(state: State, llm: Llm) -> Given:
        return cast(Given, gives[given["what"]])

    step = ScriptedStep.model_validate({"step": "scripted"})

    def made() -> State:
        last, _ = _run([(step, run)], State(_scenario(["x"])))
        decision_of(last)
        return last

    if given["what"] != "choice_info_is_kept":
        return refusal_differs(made)
    return values_differ("kept", {"own": 1}, made().values.get("choice_info"))


def refused_differs(table: Mapping[str, Any]) -> list[str]:
    """The difference if a profile may have this `[adm]` table."""
    try:
        Profile.model_validate({"name": "golden", "adm": table})
    except ValidationError:
        return []
    return ["expected an error, and there was none"]


KINDS: Mapping[str, Check] = {
    "chosen_action": check_chosen_action,
    "choice_texts": check_choice_texts,
    "edge": check_edge,
    "join_outputs": check_join_outputs,
    "merge_scores": check_merge_scores,
    "merge_plain": check_merge_plain,
    "rename": check_rename,
    "working_dictionary": check_working_dictionary,
    "fixed_index": check_fixed_index,
    "choice_history": check_choice_history,
}
