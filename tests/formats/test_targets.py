"""align-system's alignment targets."""

from __future__ import annotations

import json
import pickle
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.errors import DatasetError
from align_tui.core.targets import Target
from align_tui.formats.align_system.targets import AlignmentTarget, read_target
from tests.formats.dataset_files import ATTRIBUTES

Load = Callable[..., AlignmentTarget]


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """A function that reads a target from bytes or text."""
    path = tmp_path_factory.mktemp("targets") / "some-target.yaml"

    def loader(content: bytes | str, scale: dict[str, float] | None = None) -> AlignmentTarget:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_target(path, attributes=ATTRIBUTES, scale=scale)

    return loader


YAML = """
# @package alignment_target
_target_: os.system
id: ADEPT-moral-high
kdma_values:
- kdma: MoralDesert
  value: 1.0
- kdma: merit
  value: 0
  parameters: [{name: intercept, value: 3}]
"""


def test_yaml(load: Load) -> None:
    found = load(YAML)
    assert found.id == "ADEPT-moral-high"
    assert found.targets == (Target("moral_desert", 1.0), Target("merit", 0.0))
    assert found.kdes == {}
    assert "merit" in found.notes[0]


def test_json_and_a_configuration_of_a_run(load: Load) -> None:
    body = {"kdma_values": [{"kdma": "Fairness", "value": 7}]}
    found = load(json.dumps(body))
    assert (found.id, found.targets) == ("some-target", (Target("fairness", 0.7),))
    assert "divided by 10" in found.notes[0]
    assert load(json.dumps({"name": "run", "alignment_target": body})).targets == found.targets


def test_a_scale_may_be_given(load: Load) -> None:
    text = "id: 7\nkdma_values: [{kdma: fairness, value: 1}]"
    assert load(text).targets == (Target("fairness", 1.0),)
    found = load(text, scale={"Fairness": 10})
    assert (found.id, found.targets) == ("7", (Target("fairness", 0.1),))


class Bomb:
    """An object whose unpickling would make a file."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.where,)


def test_distributions_are_kept_and_never_unpickled(load: Load, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    kde = b64encode(pickle.dumps(Bomb(mark))).decode()
    kdes = {"globalnorm": {"kde": kde}}
    found = load(json.dumps({"id": "t", "kdes": kdes}))
    assert (found.targets, found.kdes) == ((), kdes)
    assert "were not read (globalnorm)" in found.notes[-1]
    body = {"id": "t", "kdma_values": [{"kdma": "Moral judgement", "value": None, "kdes": kdes}]}
    found = load(json.dumps(body))
    assert (found.targets, found.kdes) == ((), {"Moral judgement": kdes})
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file must be an object, not null"),
        ("- 1", "the file must be an object, not a list"),
        ("id: x", "neither 'kdma_values' nor 'kdes'"),
        ("id: x\nkdma_values: []", "it sets no attribute"),
        ("id: x\nkdma_values: 3", "kdma_values must be a list, not a number"),
        ("id: x\nkdma_values: [3]", r"kdma_values\[0\] must be an object"),
        ("id: x\nkdma_values: [{value: 1}]", r"kdma_values\[0\].kdma must be text"),
        ("id: x\nkdma_values: [{kdma: a}]", "a has no value"),
        ("id: x\nkdma_values: [{kdma: a, value: b}]", "a must be a number, not text"),
        ("id: x\nkdma_values: [{kdma: a, value: .nan}]", "a = nan is not a label"),
        ("id: x\nkdma_values: [{kdma: a, value: -1}]", "a = -1 is not in 0..1"),
        ("id: x\nkdma_values: [{kdma: a, value: 11}]", "a = 11 is not in 0..10"),
        ("kdma_values: [{kdma: a, value: 1}, {kdma: a, value: 0}]", "a is given twice"),
        (
            "kdma_values: [{kdma: Fairness, value: 1}, {kdma: fairness, value: 0}]",
            "fairness has two different labels",
        ),
        ("id: []\nkdes: {}", "id must be text"),
        ("kdes: 3", "kdes must be an object"),
        ("a: &x [1]\nb: *x", "YAML aliases"),
        ("a: [1", "line 1: .*expected"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("id: 2024-13-45", "cannot be read"),
        ("id: !!bool maybe", "cannot be read"),
        ("id: !!int ''", "cannot be read"),
        ("id: !!timestamp x", "cannot be read"),
        ("id: !!binary aGk=", "which is not JSON"),
        ("[" * 5000, "nested more than 64 deep"),
        ("- " * 5000, "nested more than 64 deep"),
        ("{a: " * 5000, "this is not JSON"),
        ('{"id": "x"', "this is not JSON"),
        ('{"id": "x", "id": "y"}', "the key 'id' is given twice"),
    ],
)
def test_errors(load: Load, text: str, says: str) -> None:
    with pytest.raises(DatasetError, match=rf"some-target.yaml.*({says})") as caught:
        load(text)
    assert caught.value.hint


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text("ab:-{}[]!&* \n'\"#|>%@`,?1.e", max_size=40))
def test_any_bytes_are_a_target_or_a_dataset_error(load: Load, content: bytes | str) -> None:
    try:
        load(content)
    except DatasetError as error:
        assert error.message
