"""The detailed golden vectors of raters: every case is equal, or met as the checks say."""

from __future__ import annotations

import importlib
import json

import pytest

from tests.formats.dataset_files import shared_data

UNKNOWN = {"schemas": 29}
"""Cases of follow-up questions and of other decision-makers, which no check here knows."""


@pytest.mark.parametrize(
    "family", ["scoring_comparative", "scoring_direct", "scoring_single_class", "schemas"]
)
def test_the_vectors_of_raters_are_equal(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = shared_data() / "golden" / "detailed" / f"{family}.jsonl"
    if not path.is_file():
        pytest.skip(f"the golden vectors are not in {path.parent}")
    importlib.import_module("tools.golden.__main__").main([str(path)])
    report = json.loads(capsys.readouterr().out)
    assert report["families"][family].get("unequal", []) == []
    assert report["cases"] == len(path.read_text().splitlines())
    assert report["cases"] - report["equal"] <= UNKNOWN.get(family, 0)
