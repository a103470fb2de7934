"""The shipped JSON Schema and the reader accept and refuse the same files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import align_tui.formats.read
from align_tui.config import paths
from align_tui.core.errors import DatasetError
from tests.formats.dataset_files import read

SCHEMA = json.loads(
    Path(align_tui.formats.read.__file__)
    .with_name("scenarios.schema.json")
    .read_text(encoding="utf-8")
)
DOCUMENT = jsonschema.Draft202012Validator(SCHEMA)
LINE = jsonschema.Draft202012Validator({"$ref": "#/$defs/line", "$defs": SCHEMA["$defs"]})
TWO: list[Any] = [{"text": "a", "labels": {"f": 0.5}}, {"text": "b"}]


def document(**changes: Any) -> dict[str, Any]:
    """A document with one scenario; a change to None removes the key."""
    scenario = {"id": "x", "text": "t", "choice": TWO, **changes}
    kept = {k: v for k, v in scenario.items() if v is not None}
    return {"format": "align-tui/scenarios/1", "scenario": [kept]}


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_shipped_and_the_test_scenarios_are_valid() -> None:
    files = [*paths.shipped_scenarios().glob("*.toml")]
    files += (Path(__file__).parents[1] / "data").glob("*triage.toml")
    assert files
    for path in files:
        DOCUMENT.validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_the_example_of_the_documentation_is_valid() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scenario-format.md").read_text(encoding="utf-8")
    toml = text.split("```toml\n")[1].split("```")[0]
    jsonl = text.split("```json\n")[1].split("```")[0]
    DOCUMENT.validate(tomllib.loads(toml))
    assert read(toml).scenarios[0].key == "gate-1"
    for row in jsonl.splitlines():
        LINE.validate(json.loads(row))
    assert read(jsonl).name == "two-at-the-gate"


GOOD = [
    document(),
    document(title="T", meta={"a": None}, source={}, more=1),
    document(meta="{}"),
    document(choice=[*TWO, {"text": "c", "labels": None, "more": 1}]),
    document(choice=[{"text": "a", "labels": {"f": 1, "g": None}}, {"text": "b", "labels": {}}]),
    document(asks="choice"),
    document(asks="text"),
    document(asks="text", choice=None),
    document(asks="text", choice=[]),
    document(asks="text", choice=TWO[:1]),
    {**document(), "name": "n", "description": "d", "more": 1},
]
BAD = [
    {"scenario": document()["scenario"]},
    {**document(), "format": "align-tui/scenarios/2"},
    {**document(), "scenario": []},
    {**document(), "scenario": {}},
    {**document(), "name": 3},
    document(id=None),
    document(id=" "),
    document(id=3),
    document(id="x" * 501),
    document(text=None),
    document(text="\n"),
    document(text="x" * 200_001),
    document(title=3),
    document(meta=[]),
    document(source=3),
    document(choices=TWO),
    document(choice=None),
    document(choice=[]),
    document(choice=TWO[:1]),
    document(choice=[{"text": str(i)} for i in range(65)]),
    document(choice=[*TWO, {"text": ""}]),
    document(choice=[*TWO, {"text": "x" * 4_001}]),
    document(choice=[*TWO, {"labels": {}}]),
    document(choice=[*TWO, "c"]),
    document(asks="essay"),
    document(asks="choice", choice=TWO[:1]),
    document(asks="text", choice=[{"text": str(i)} for i in range(65)]),
    document(choice=[*TWO, {"text": "c", "labels": {"f": 1.5}}]),
    document(choice=[*TWO, {"text": "c", "labels": {"f": -0.5}}]),
    document(choice=[*TWO, {"text": "c", "labels": {"f": "1"}}]),
    document(choice=[*TWO, {"text": "c", "labels": {"f": True}}]),
    document(choice=[*TWO, {"text": "c", "labels": {" ": 1}}]),
    document(choice=[*TWO, {"text": "c", "labels": []}]),
]


def as_line(body: dict[str, Any]) -> dict[str, Any]:
    scenario = dict(body["scenario"][0])
    if "choices" not in scenario and "choice" in scenario:
        scenario["choices"] = scenario.pop("choice")
    return scenario


@pytest.mark.parametrize("body", GOOD)
def test_both_take_it(body: dict[str, Any]) -> None:
    DOCUMENT.validate(body)
    LINE.validate(as_line(body))
    assert len(read(body)) == 1
    assert len(read(as_line(body))) == 1


@pytest.mark.parametrize("body", BAD)
def test_both_refuse_it(body: dict[str, Any]) -> None:
    assert not DOCUMENT.is_valid(body)
    with pytest.raises(DatasetError):
        read(body)
