"""Shared by the tests of readers and writers: small made-up files, and the field's real ones."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import paths
from align_tui.config.attributes import read_pack
from align_tui.core.attributes import merge
from align_tui.core.scenarios import Scenario
from align_tui.formats.read import read_scenarios
from align_tui.formats.sets import ScenarioSet

# The shipped packs alone, without the user's.
ATTRIBUTES = merge(*(read_pack(p) for p in sorted(paths.shipped_attributes().glob("*.toml"))))


def read(content: object, scale: Mapping[str, float] | None = None) -> ScenarioSet:
    """Read the scenarios of a file with these bytes, this text, or this value as JSON."""
    if isinstance(content, bytes):
        data = content
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        data = text.encode("utf-8", "surrogatepass")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some scenarios"
        path.write_bytes(data)
        return read_scenarios(path, attributes=ATTRIBUTES, scale=scale)


def shared_data() -> Path:
    """The folder of the field's real files, which are not in this repository."""
    for folder in Path(__file__).resolve().parents:
        data = folder / "shared" / "data"
        if (data / "mta").is_dir():
            return data
    pytest.skip("the real files are not here: no shared/data beside the repository")


def mta(**changes: Any) -> list[Any]:
    """An entry of a raw MTA file; `labels` is its second part."""
    labels = changes.pop("labels", [{"fairness": 10.0}, {"fairness": 0.0}])
    entry = {
        "scenario_id": "S1",
        "probe_id": "S1.1",
        "scenario": "Two are hurt.",
        "state": None,
        "probe": "Whom do you treat?",
        "choices": ["The friend", "The stranger"],
    }
    return [{**entry, **changes}, labels]


def record(**changes: Any) -> dict[str, Any]:
    """A record of align-system; keys of `input` and of the record itself may be changed."""
    choices = [
        {
            "action_id": f"a{i}",
            "action_type": "SITREP",
            "unstructured": text,
            "kdma_association": {"MoralDesert": value},
        }
        for i, (text, value) in enumerate((("Treat A", 1.0), ("Treat B", 0.25)))
    ]
    given: dict[str, Any] = {
        "scenario_id": "S",
        "full_state": {"unstructured": "Whole state.", "meta_info": {"scene_id": "P1"}},
        "state": "Who is treated?",
        "choices": choices,
    }
    body: dict[str, Any] = {"label": [{"MoralDesert": 1.0}, {"MoralDesert": 0.25}]}
    for name, value in changes.items():
        (given if name in {*given, "alignment_target_id"} else body)[name] = value
    return {"input": given, **body}


def source(scenario: Scenario) -> Any:
    """The scenario's source, untyped for easy access."""
    return scenario.source
