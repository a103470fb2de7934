"""`python -m tools.golden`: which golden vectors count as equal."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from align_tui.core.alignment.registry import FUNCTIONS
from tests.formats.dataset_files import shared_data

ROOT = Path(__file__).resolve().parent.parent
Golden = Callable[..., tuple[int, Any]]


@pytest.fixture
def golden(capsys: pytest.CaptureFixture[str]) -> Golden:
    """Run the tool in this process: (exit code, report)."""

    def run(*files: Path) -> tuple[int, Any]:
        main = importlib.import_module("tools.golden.__main__").main
        code = main([str(file) for file in files])
        return code, json.loads(capsys.readouterr().out)

    return run


# Computed by hand: distances .25 and .75, so the inverses are 4 and 4/3.
NEAR: dict[str, Any] = {
    "case": "average_distance-1",
    "input": {
        "predictions": {"A": {"merit": [0.5, 1.0]}, "B": {"merit": [0.25]}},
        "targets": [{"kdma": "merit", "value": 1.0}],
        "misaligned": False,
    },
    "expected": {"probabilities": {"A": 0.75, "B": 0.25}, "best": ["A"]},
}
URGENT = {
    "case": "medical_only-1",
    "input": {"predictions": {"A": {"medical": [0.1]}, "B": {"medical": [0.2]}}},
    "expected": {"chosen": "B"},
}
VOTED = {
    "case": "votes-1",
    "input": {"choices": ["A", "B"], "positive": ["B", "B", "A"], "negative": []},
    "expected": {"shares": {"A": -1e-06, "B": 1.000001}, "winner": "B",
                 "winner_among_positive": "B"},
}  # fmt: skip


def write(path: Path, *cases: object) -> Path:
    path.write_text("".join(f"{json.dumps(case)}\n" for case in cases))
    return path


def test_equal_cases_of_every_family_exit_with_0(tmp_path: Path, golden: Golden) -> None:
    code, report = golden(write(tmp_path / "renamed.jsonl", NEAR, URGENT, VOTED))
    assert code == 0
    assert report["cases"] == report["equal"] == 3
    assert set(report["families"]) == {"average_distance", "medical_only", "votes"}
    assert all("unequal" not in family for family in report["families"].values())


def test_the_file_names_the_family_where_the_case_does_not(tmp_path: Path, golden: Golden) -> None:
    code, report = golden(write(tmp_path / "medical_only.held.jsonl", URGENT | {"case": "7"}))
    assert (code, list(report["families"])) == (0, ["medical_only"])


@pytest.mark.parametrize(
    ("case", "changed"),
    [
        (NEAR, {"probabilities": {"A": 0.75 + 1e-8, "B": 0.25}, "best": ["A"]}),
        (NEAR, {"probabilities": {"A": 0.75, "B": 0.25}, "best": ["A", "B"]}),
        (NEAR, {"probabilities": {"A": 0.75}, "best": ["A"]}),
        (URGENT, {"chosen": "A"}),
        (VOTED, {"shares": {"A": 2e-6, "B": 1.0}, "winner": "B", "winner_among_positive": "B"}),
        (VOTED, {"shares": {"A": 0.0, "B": 1.0}, "winner": "A", "winner_among_positive": "B"}),
        (VOTED, {"shares": {}}),
    ],
)
def test_one_value_off_exits_with_1_and_is_named(
    tmp_path: Path, golden: Golden, case: dict[str, Any], changed: object
) -> None:
    code, report = golden(write(tmp_path / "a.jsonl", case, case | {"expected": changed}))
    [family] = report["families"].values()
    assert code == 1
    assert (family["cases"], family["equal"]) == (2, 1)
    assert family["unequal"][0]["case"] == case["case"]
    assert family["unequal"][0]["differs"]


def test_what_is_not_known_or_cannot_be_read_is_not_equal(tmp_path: Path, golden: Golden) -> None:
    unknown = {"case": "tarot-1", "input": {}, "expected": {}}
    longer = NEAR | {"case": "average_distance_of_something-1"}
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"case": "votes-1"}\nno json\n')
    nothing = write(tmp_path / "nothing.jsonl")
    code, report = golden(write(tmp_path / "u.jsonl", NEAR, unknown, longer), broken)
    assert code == 1
    assert report["unknown"] == 2
    assert report["families"]["tarot"] == {"cases": 1, "equal": 0, "unknown": 1}
    assert report["families"]["average_distance_of_something"]["unknown"] == 1
    assert report["families"]["average_distance"]["equal"] == 1
    assert report["families"]["broken"]["cases"] == 2
    assert golden(nothing)[0] == 1
    code, report = golden(tmp_path / "none.jsonl")
    assert (code, list(report["unreadable"])) == (1, [str(tmp_path / "none.jsonl")])


def test_detailed_cases_are_counted_by_kind(tmp_path: Path, golden: Golden) -> None:
    def case(kind: str, choice: str = "B") -> dict[str, Any]:
        given = {"scores": {"A": {"medical": 0.1}, "B": {"medical": [0.2]}}}
        return {"case": f"alignment_medical/{kind}/000", "kind": kind, "input": given,
                "expected": {"choice": choice}}  # fmt: skip

    code, report = golden(
        write(tmp_path / "x.jsonl", case("medical_only"), case("medical_only", "A"), case("tea"))
    )
    family = report["families"]["alignment_medical"]
    assert code == 1 and report["unknown"] == 1
    assert family["kinds"] == {
        "medical_only": {"cases": 2, "equal": 1},
        "tea": {"cases": 1, "equal": 0, "unknown": 1},
    }
    assert family["unequal"][0]["differs"]
    assert golden(write(tmp_path / "y.jsonl", case("medical_only")))[0] == 0
    nameless = case("medical_only") | {"case": "1"}
    assert golden(write(tmp_path / "alignment_medical.held.jsonl", nameless))[0] == 0
    stranger = case("medical_only") | {"case": "../families/votes/1"}
    assert golden(write(tmp_path / "z.jsonl", stranger))[1]["unknown"] == 1


def test_the_reference_s_vectors_are_equal() -> None:
    """Called as from a shell, on all cases of three families."""
    folder = shared_data() / "golden"
    names = ("average_distance", "medical_only", "votes")
    files = [folder / f"{name}.jsonl" for name in names]
    if not all(file.is_file() for file in files):
        pytest.skip(f"the golden vectors are not in {folder}")
    done = subprocess.run(
        [sys.executable, "-m", "tools.golden", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    families = json.loads(done.stdout)["families"]
    assert done.returncode == 0, done.stdout
    assert {name: families[name]["cases"] for name in names} == {
        file.stem: len(file.read_text().splitlines()) for file in files
    }


@pytest.mark.parametrize("family", ["kaleido", "relevance"])
def test_the_detailed_vectors_of_a_family_are_equal(family: str, golden: Golden) -> None:
    file = shared_data() / "golden" / "detailed" / f"{family}.jsonl"
    if not file.is_file():
        pytest.skip(f"the golden vectors are not at {file}")
    _, report = golden(file)
    found = report["families"][family]
    unequal = {name for name, each in found["kinds"].items() if each["cases"] != each["equal"]}
    # Kaleido's component is also ranked by a function that weighs by relevance.
    lacking = set() if "relevance_average_distance" in FUNCTIONS else {"component"}
    assert unequal <= lacking and found["cases"] > 200, found.get("unequal")
