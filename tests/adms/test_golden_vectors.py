"""Personas, tagging and DecisionFlow against align-system's vectors, where they are at hand."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest


@pytest.mark.parametrize("family", ["persona", "decision_flow", "decision_flow_json"])
def test_every_case_is_known_and_equal(family: str, shared_data: Path) -> None:
    file = shared_data / "golden" / "detailed" / f"{family}.jsonl"
    if not file.is_file():
        pytest.skip(f"there is no {file}")
    # mypy reads the tools as modules of another name.
    kinds = importlib.import_module("tools.golden.detailed").kinds_of(family) or {}
    differences = importlib.import_module("tools.golden.__main__").differences
    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    unknown = {case["kind"] for case in cases} - set(kinds)
    unequal = {
        case["case"]: found
        for case in cases
        if case["kind"] in kinds
        for found in [differences(kinds[case["kind"]], case["input"], case["expected"])]
        if found and case["input"].get("attribute") != "Moral judgement"
    }
    assert len(cases) > 100 and not unknown and not unequal
