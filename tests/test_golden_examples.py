"""Golden vectors of in-context examples: all that are on this machine are equal."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

KINDS = {"icl_selection": 15, "icl_examples": 16}


@pytest.mark.parametrize(
    "name", ["example_selection", "detailed/icl_selection", "detailed/icl_examples"]
)
def test_the_reference_s_examples_are_equal(
    name: str, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shared_data / "golden" / f"{name}.jsonl"
    if not file.is_file():
        pytest.skip(f"the golden vectors {file} are not on this machine")
    code = importlib.import_module("tools.golden.__main__").main([str(file)])
    report = json.loads(capsys.readouterr().out)
    family = report["families"][file.stem]
    assert code == 0, family
    assert family["cases"] == len(file.read_text().splitlines())
    assert len(family.get("kinds", ())) == KINDS.get(file.stem, 0)


@pytest.mark.parametrize(
    ("case", "kind", "given", "expected"),
    [
        (
            "icl_selection",
            "word_overlap_similarity",
            {"first": "a b", "second": "b"},
            {"similarity": 0.4},
        ),
        ("icl_examples", "label_to_integer_score", {"labels": [0.29], "factor": 100},
         {"integer_scores": [29]}),
        (
            "icl_examples",
            "nearest_label",
            {
                "records": [{"scene": "s", "choices": ["a", "b"], "labels": [{"x": 0}, {"x": 1}]}],
                "attribute": "x",
                "target": 0.9,
                "settings": {},
            },
            {"examples": [{"answer_keys": ["r", "c"], "choice": "a", "reason_from_file": None,
                           "direction_word": "high", "choices_in_prompt": ["a", "b"]}]},
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_found(
    case: str,
    kind: str,
    given: object,
    expected: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = {"case": f"{case}/{kind}/0", "kind": kind, "input": given, "expected": expected}
    (tmp_path / "x.jsonl").write_text(json.dumps(line))
    code = importlib.import_module("tools.golden.__main__").main([str(tmp_path / "x.jsonl")])
    assert code == 1
    assert json.loads(capsys.readouterr().out)["families"][case]["unequal"]
