"""Pipelines against align-system's vectors: its utility steps, and its whole decision-makers."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("family", "unknown"),
    [
        ("pipeline", {"step", "call_with_available"}),  # informative, says the set's README
        ("end_to_end", set()),
    ],
)
def test_every_known_kind_is_equal(shared_data: Path, family: str, unknown: set[str]) -> None:
    path = shared_data / "golden" / "detailed" / f"{family}.jsonl"
    if not path.is_file():
        pytest.skip(f"the golden vectors are not in {path.parent}")
    kinds = importlib.import_module("tools.golden.detailed").kinds_of(family)
    differences = importlib.import_module("tools.golden.__main__").differences
    seen, wrong = set(), {}
    for line in path.read_text(encoding="utf-8").splitlines():
        body = json.loads(line)
        seen.add(body["kind"])
        check = kinds.get(body["kind"])
        found = differences(check, body["input"], body["expected"]) if check is not None else []
        if found:
            wrong[body["case"]] = found
    assert not wrong
    assert seen - set(kinds) == unknown
