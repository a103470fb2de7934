"""align-system's input_output.json in its known variants."""

from __future__ import annotations

from typing import Any

import pytest

from align_tui.core.errors import DatasetError
from align_tui.formats.align_system.scenarios import recorded_choices, without_options
from tests.formats.dataset_files import read, record, source

QUESTION = "Question: Is it so?\nOptions: A. Yes B. No, never\nAnswer:"


def labels_of(found: Any) -> list[dict[str, float]]:
    return [dict(c.labels) for c in found.scenarios[0].choices]


def test_a_record() -> None:
    body = record(alignment_target_id="T", output={"choice": 0}, choice_info={"x": [None]})
    found = read([body])
    assert found.format == "align-system"
    (scenario,) = found
    assert scenario.key == "S/P1"
    assert scenario.text == "Who is treated?"
    assert labels_of(found) == [{"moral_desert": 1.0}, {"moral_desert": 0.25}]
    assert scenario.meta == {"scenario_id": "S", "scene_id": "P1", "alignment_target_id": "T"}
    assert scenario.source == {
        "format": "align-system",
        "record": body,
        "names": {"MoralDesert": "moral_desert"},
    }


def test_keys() -> None:
    states: list[Any] = [
        {"meta_info": {"scene_id": 7}},
        {"meta_info": {"scene_id": "7"}},
        {"meta_info": {}},
        {"meta_info": None},
        None,
        {"meta_info": {"scene_id": "7#2"}},
    ]
    found = read([record(full_state=state) for state in states])
    assert [s.key for s in found] == ["S/7", "S/7#3", "S/3", "S/4", "S/5", "S/7#2"]
    assert found.scenarios[0].meta["scene_id"] == "7"


def test_text_is_the_state_or_that_of_the_full_state() -> None:
    assert read([record(state=None)]).scenarios[0].text == "Whole state."
    body = record()
    del body["input"]["state"]
    assert read([body]).scenarios[0].text == "Whole state."


def test_labels_are_label_or_the_associations() -> None:
    body = record(label=None)
    assert labels_of(read([body])) == [{"moral_desert": 1.0}, {"moral_desert": 0.25}]
    del body["label"]
    assert labels_of(read([body])) == [{"moral_desert": 1.0}, {"moral_desert": 0.25}]
    body["input"]["choices"][0]["kdma_association"] = None
    del body["input"]["choices"][1]["kdma_association"]
    assert labels_of(read([body])) == [{}, {}]
    # `label` takes precedence if there is one, and null in it means no label.
    body = record(label=[{"fairness": None, "patience": 0.5}, None])
    found = read([body])
    assert labels_of(found) == [{"patience": 0.5}, {}]
    assert "patience" in found.notes[0]
    assert "no attribute pack defines" in found.notes[0]


def test_ten_and_one_in_one_file() -> None:
    label = [{"fairness": 10, "merit": 0.5, "MoralDesert": 0}, {"moral_deservingness": 0}]
    found = read([record(label=label)])
    assert labels_of(found) == [
        {"fairness": 1.0, "merit": 0.5, "moral_desert": 0.0},
        {"moral_desert": 0.0},
    ]
    assert any(
        "because no label is above 1, beside others of 0..10: merit" in n for n in found.notes
    )


def test_a_share_a_little_above_one_is_no_scale_of_ten() -> None:
    found = read([record(label=[{"merit": 1.0000000002}, {"merit": 0.5}])])
    assert labels_of(found) == [{"merit": 1.0}, {"merit": 0.5}]


def test_equal_choices_are_numbered() -> None:
    texts = ["Ye", "s", "Ye", "Ye (2)", "Ye"]
    found = read([record(choices=[{"unstructured": t} for t in texts], label=None)])
    assert found.scenarios[0].choice_texts == ("Ye", "s", "Ye (3)", "Ye (2)", "Ye (4)")
    assert "1 record repeats a choice's text" in found.notes[0]
    assert "S/P1" in found.notes[0]


def test_options_are_taken_off_a_question() -> None:
    choices = [{"unstructured": "Yes"}, {"unstructured": "No, never"}]
    found = read([record(state=QUESTION, choices=choices, label=None)])
    assert found.scenarios[0].text == "Is it so?"


@pytest.mark.parametrize(
    "text",
    [
        "Is it so?",
        "Question: Is it so?",
        "Question: Is it so?\nAnswer:",
        "Question:\nOptions: A. Yes B. No, never\nAnswer:",
        QUESTION + " yes",
        QUESTION.replace("never", "sometimes"),  # no choice has this option
    ],
)
def test_any_other_text_stays_whole(text: str) -> None:
    assert without_options(text, ["Yes", "No, never"]) == text


def test_options_may_stand_one_a_line() -> None:
    text = "Question: Why\nOptions: so?\nOptions:\nA. Yes\nB. No, never\nAnswer:\n"
    assert without_options(text, ["Yes", "No, never"]) == "Why\nOptions: so?"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scenario_id": None}, "input.scenario_id must be text or a whole number"),
        ({"full_state": []}, "full_state must be an object, not a list"),
        ({"full_state": {"meta_info": 3}}, "full_state.meta_info must be an object"),
        ({"full_state": {"meta_info": {"scene_id": []}}}, "scene_id must be text or"),
        ({"state": 3}, "input.state must be text, not a number"),
        ({"state": None, "full_state": None}, "input.state must be text, not null"),
        ({"state": "  "}, "its text is empty"),
        ({"choices": None}, "input.choices must be a list, not null"),
        ({"choices": []}, "it has 2 labels for 0 choices"),
        ({"choices": [3, 4]}, r"choices\[0\] must be an object, not a number"),
        ({"choices": [{}, {}]}, r"choices\[0\].unstructured must be text, not null"),
        ({"label": [{}]}, "it has 1 label for 2 choices"),
        ({"label": []}, "it has 0 labels for 2 choices"),
        ({"label": [{}, {}, {}]}, "it has 3 labels for 2 choices"),
        ({"label": "x"}, "label must be a list, not text"),
        ({"label": [{}, {"a": [1]}]}, r"label\[1\]: a must be a number, not a list"),
        ({"label": [{"MoralDesert": 1, "moral_desert": 0}, {}]}, "has two different labels"),
        ({"align_tui": 3}, "align_tui must be an object"),
        ({"align_tui": {"id": ""}}, "align_tui.id must have"),
        ({"align_tui": {"text": 1}}, "align_tui.text must be text"),
        ({"align_tui": {"title": 1}}, "align_tui.title must be text"),
        ({"align_tui": {"meta": 1}}, "align_tui.meta must be an object"),
    ],
)
def test_errors(change: dict[str, Any], says: str) -> None:
    with pytest.raises(DatasetError, match=rf"some scenarios: record 2( \(S/.*\))?: .*{says}"):
        read([record(), record(**change)])


@pytest.mark.parametrize("value", [None, 3, [], {}, {"input": None}])
def test_records_that_are_none(value: object) -> None:
    with pytest.raises(DatasetError, match=r"record 2: (the record|input) must be an object"):
        read([record(), value])


def test_numbers_that_are_none_are_null_in_what_is_kept() -> None:
    found = read([record(choice_info={"score": float("nan"), "more": [float("-inf")]})])
    kept = source(found.scenarios[0])["record"]["choice_info"]
    assert kept == {"score": None, "more": [None]}


A, B = ({"action_id": f"a{i}", "unstructured": t} for i, t in enumerate(("Treat A", "Treat B")))


@pytest.mark.parametrize(
    ("output", "chosen"),
    [
        (None, ()),
        ([], ()),
        ({"choice": 1, "action": B}, (1,)),
        ({"choice": 1}, (1,)),
        ([{"choice": 1, "action": B}, {"choice": 0, "action": A}], (1, 0)),
        ([{"choice": 1}, {"choice": 1}], (1,)),
        ([B], (1,)),
        ([B, A], (1, 0)),
        ({"action": B}, (1,)),
        ({"choice": None, "action": B}, (1,)),
        ([{"action_id": "a1", "unstructured": "reworded"}], (1,)),
        ([{"action_id": "other", "unstructured": "Treat B"}], (1,)),
    ],
)
def test_recorded_choices(output: object, chosen: tuple[int, ...]) -> None:
    assert recorded_choices(record(output=output)) == chosen


def test_without_output_nothing_is_recorded() -> None:
    assert recorded_choices(record()) == ()
    assert recorded_choices({}) == ()


@pytest.mark.parametrize(
    "output",
    [
        3,
        "x",
        [3],
        {},
        {"choice": 2},
        {"choice": -1},
        {"choice": True},
        {"choice": 0.5},
        {"action": 3},
        {"action": {"unstructured": "Treat C"}},
        [{"action_id": 3}],
    ],
)
def test_recorded_nonsense_is_a_dataset_error(output: Any) -> None:
    with pytest.raises(DatasetError, match="output"):
        recorded_choices(record(output=output))
    with pytest.raises(DatasetError):
        recorded_choices({"input": 3, "output": output})
