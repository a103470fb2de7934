"""The program's own format, in TOML and in JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.formats.read import read_scenarios
from align_tui.formats.write import native_jsonl, native_toml, write_native_toml
from tests.formats.dataset_files import ATTRIBUTES, read

HEAD = 'format = "align-tui/scenarios/1"\n'
TOML = (
    HEAD
    + """
name = "gate"
description = "Two at a gate."

[[scenario]]
id = "one"
title = "First"
text = "Who goes in?"
author = "me"
meta = { day = 2024-05-01, n = 3 }
[[scenario.choice]]
text = "A"
labels = { MoralDesert = 1 }
colour = "red"
[[scenario.choice]]
text = "B"

[[scenario]]
id = "two"
text = "And now?"
choice = [{ text = "A", labels = { fairness = 0.5 } }, { text = "B" }]
"""
)


def line(**changes: object) -> dict[str, object]:
    body: dict[str, object] = {"id": "x", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}
    return {**body, **changes}


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_toml() -> None:
    found = read(TOML)
    assert (found.name, found.description, found.format) == ("gate", "Two at a gate.", "native")
    assert found.notes == ()
    one, two = found
    assert one == Scenario(
        "one",
        "Who goes in?",
        (Choice("A", {"moral_desert": 1.0}), Choice("B")),
        "First",
        {"day": "2024-05-01", "n": 3},
        {"format": "native", "extra": {"author": "me"}, "choices": [{"colour": "red"}, {}]},
    )
    assert two.labelled == {"fairness"}
    assert two.source == {}


def test_jsonl_with_and_without_header() -> None:
    rows = [line(id="1"), line(id="2", labels="kept", meta={"a": None})]
    header = {"format": "align-tui/scenarios/1", "name": "n", "description": "d"}
    with_header, without = read(jsonl(header, *rows)), read("\n" + jsonl(*rows) + "\n")
    assert with_header.scenarios == without.scenarios
    assert with_header.name == "n"
    assert without.name == "some scenarios"
    assert without.scenarios[1].meta == {"a": None}
    assert without.scenarios[1].source["extra"] == {"labels": "kept"}
    # A whole document, or a list of the lines, is read as well.
    assert read([*rows]).scenarios == without.scenarios
    assert read({**header, "scenario": rows}) == with_header


def test_line_separators_inside_a_string_do_not_end_a_line() -> None:
    text = json.dumps(line(text="a\u2028b\x85c"), ensure_ascii=False)
    assert read(text).scenarios[0].text == "a\u2028b\x85c"


def test_keys_that_repeat_are_numbered_and_never_collide() -> None:
    ids = ["a", "a", "a#2", "a", "a#2", "b"]
    found = read(jsonl(*(line(id=i) for i in ids)))
    assert [s.key for s in found] == ["a", "a#3", "a#2", "a#4", "a#2#2", "b"]
    assert "3 records repeat an earlier key" in found.notes[0]


def test_unknown_keys_of_the_file_are_reported() -> None:
    found = read(HEAD + 'licence = "x"\n' + TOML.removeprefix(HEAD))
    assert "licence" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "x"\n[[scenario]]\nid = "a"', "'format' is missing"),
        ('format = "other"', "format 'other' is unknown"),
        ("format = 3", "format must be text, not a number"),
        ('format = "align-tui/scenarios/9"', "/9' is unknown"),
        (HEAD, "it has no scenarios"),
        (HEAD + "scenario = 3", "scenario must be a list, not a number"),
        (HEAD + "scenario = [3]", "record 1: the scenario must be an object, not a number"),
        (HEAD + "[[scenario]]\ntext = 't'", "record 1: id must be text, not null"),
        (HEAD + "[[scenario]]\nid = ' '", "record 1: id must have 1 to 500 characters"),
        (HEAD + "[[scenario]]\nid = 'a'\ntext = 't'", r"record 1 \(a\): choice must be a list"),
        (
            HEAD + "[[scenario]]\nid = 'a'\ntext = 't'\nchoice = []",
            r"record 1 \(a\): it has 0 choices",
        ),
        (HEAD + "[[scenario]", "this is not TOML.*line 2"),
        ("a = " + "[" * 3000, "this is not TOML"),
        ("id: x\nkdma_values: []\n", "this is not TOML"),
    ],
)
def test_errors_name_file_record_and_key(text: str, says: str) -> None:
    with pytest.raises(DatasetError, match=f"some scenarios: .*{says}") as caught:
        read(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (line(text=""), "its text is empty"),
        (line(text=5), "text must be text, not a number"),
        (line(title=[]), "title must be text, not a list"),
        (line(meta=[1]), "meta must be an object, not a list"),
        (line(meta="{"), "meta is text that is not a JSON object"),
        (line(choice=[]), "both 'choice' and 'choices'"),
        (line(choices=[{"text": "a"}]), "it has 1 choice;"),
        (line(choices=[{"text": "a"}, {"text": "a"}]), "choice 2 repeats an earlier one: 'a'"),
        (line(choices=[{"text": "a"}, {"text": "a", "labels": []}]), "labels must be an object"),
        (line(choices=[{"text": "a"}, "b"]), r"choices\[1\] must be an object, not text"),
        (
            line(choices=[{"text": "a", "labels": {"fairness": 10}}, {"text": "b"}]),
            "labels of choice 1: fairness = 10 is not in 0..1",
        ),
        (
            line(choices=[{"text": "a", "labels": {"f": 1, "F": 0, " ": 1}}, {"text": "b"}]),
            "does not name its attribute",
        ),
        (
            line(choices=[{"text": "a", "labels": {"fairness": 1, "Fairness": 0}}, {"text": "b"}]),
            "fairness has two different labels",
        ),
    ],
)
def test_errors_of_a_line(row: object, says: str) -> None:
    with pytest.raises(DatasetError, match=rf"some scenarios: record 2 \(x\): .*{says}"):
        read(jsonl(line(id="first"), row))


def test_broken_lines_are_told_by_number() -> None:
    with pytest.raises(DatasetError, match="line 3 is not JSON"):
        read(jsonl(line(), line(id="y")) + '{"id": "z", "te')
    with pytest.raises(DatasetError, match="the key 'id' is given twice"):
        read('{"id": "a", "id": "b"}\n')
    with pytest.raises(DatasetError, match="line 1 is not a scenario") as caught:
        read('{"id": "t", "kdma_values": []}')
    assert "alignment target" in caught.value.hint


def test_a_scale_may_be_given() -> None:
    row = line(choices=[{"text": "a", "labels": {"Fairness": 50}}, {"text": "b"}])
    found = read(jsonl(row), {"FAIRNESS": 100})
    assert found.scenarios[0].choices[0].labels == {"fairness": 0.5}
    assert "divided by 100: fairness" in found.notes[0]


def test_toml_is_written_for_people(tmp_path: Path) -> None:
    scenario = Scenario("k", "one\ntwo", (Choice("a", {"fairness": 1.0}), Choice("b")))
    text = native_toml([scenario], name="n")
    assert 'text = """\none\ntwo"""' in text
    write_native_toml(tmp_path / "x.toml", [scenario], name="n")
    found = read_scenarios(tmp_path / "x.toml", attributes=ATTRIBUTES)
    assert found.scenarios == (scenario,)
    assert [p.name for p in tmp_path.iterdir()] == ["x.toml"]


@pytest.mark.parametrize(
    ("scenarios", "says"),
    [
        ([], "no scenarios to write"),
        ([Scenario("a", "t", (Choice("a"), Choice("b")))] * 2, "the same key"),
        ([Scenario("a", "t", (Choice("a"),))], "it has 1 choice;"),
        ([Scenario(" ", "t", (Choice("a"), Choice("b")))], "its key must have"),
        ([Scenario("a", "t", (Choice("a", {"x": 2.0}), Choice("b")))], "not in 0..1"),
        (
            [Scenario("a", "t", (Choice("a", {" ": 1.0}), Choice("b")))],
            "does not name its attribute",
        ),
    ],
)
def test_what_no_reader_would_take_is_not_written(scenarios: list[Scenario], says: str) -> None:
    for write in (native_jsonl, native_toml):
        with pytest.raises(DatasetError, match=says):
            write(scenarios)
