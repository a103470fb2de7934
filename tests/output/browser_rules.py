"""What align-browser 0.8 does with a folder of run directories, as assertions.

It lists a directory with the three files whose types fit, groups records without a configured
target by their own, and shows each record by (scenario_id, scene_id). The rules were tried with
align-browser itself, which is no dependency of the tests.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

NEEDED = ("input_output.json", "timing.json", ".hydra/config.yaml")


@dataclass(frozen=True)
class Listed:
    """One experiment as align-browser lists it; `scenes` maps (scenario, scene) to its record."""

    folder: str
    adm: str
    llm: str
    target: str
    values: dict[str, float]
    scenes: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    times: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it tells experiments apart by, beside the run variant of their folders."""
        values = "_".join(sorted(f"{name}-{value}" for name, value in self.values.items()))
        return self.adm, self.llm, values


def listed(root: Path) -> list[Listed]:
    """Every experiment under `root`; an assertion fails where align-browser would skip one."""
    folders = [each for each in (root, *sorted(root.rglob("*"))) if each.is_dir()]
    runs = [each for each in folders if all((each / name).exists() for name in NEEDED)]
    assert not any("OUTDATED" in str(each).upper() for each in runs)
    return [_experiment(each) for each in runs]


def strict(path: Path) -> Any:
    """JSON as a web page parses it: without NaN and Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{path} has {name}")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def _experiment(folder: Path) -> Listed:
    config = yaml.safe_load((folder / ".hydra" / "config.yaml").read_text(encoding="utf-8"))
    records, times = strict(folder / "input_output.json"), strict(folder / "timing.json")
    adm = config["adm"]
    assert isinstance(config["name"], str) and isinstance(adm["name"], str) and adm["name"]
    assert isinstance(adm.get("instance", {}), dict)
    engine = adm.get("structured_inference_engine", {})
    assert isinstance(engine, dict) and isinstance(engine.get("model_name", ""), str)
    if "alignment_target" in config:
        target = config["alignment_target"]
        assert isinstance(target["id"], str)
        values = {each["kdma"]: each["value"] for each in target["kdma_values"]}
        assert all(type(value) is float for value in values.values())
    else:
        ids = {record["input"]["alignment_target_id"] or "unaligned" for record in records}
        assert len(ids) == 1
        target = {"id": ids.pop()}
        values = parsed(target["id"])
    _timing(times, len(records))
    scores = strict(folder / "scores.json")
    assert isinstance(scores, list) and all(isinstance(each, dict) for each in scores)
    found = Listed(
        folder.name, adm["name"], engine.get("model_name", "no_llm"), target["id"], values
    )
    for index, record in enumerate(records):
        where = _record(record)
        assert where not in found.scenes  # a later record would hide the earlier one
        found.scenes[where] = record
        found.times[where] = times["raw_times_s"][index]
    return found


def _timing(times: dict[str, Any], records: int) -> None:
    assert len(times["raw_times_s"]) == len(times["scenarios"]) == records
    for index, each in enumerate(times["scenarios"]):
        assert type(each["n_actions_taken"]) is int
        numbers = [each["total_time_s"], each["avg_time_s"], each["max_time_s"]]
        assert all(isinstance(number, float) for number in numbers)
        # Its table of all decisions takes the time of a record from the entry of equal index.
        assert each["raw_times_s"][0] == times["raw_times_s"][index]


def _record(record: dict[str, Any]) -> tuple[str, str]:
    given, output = record["input"], record["output"]
    scene = given["full_state"]["meta_info"]["scene_id"]
    assert isinstance(given["scenario_id"], str) and isinstance(scene, str)
    assert isinstance(given["alignment_target_id"], str)
    assert isinstance(given.get("state", ""), str)
    chosen = given["choices"][output["choice"]]
    assert chosen["unstructured"] == output["action"]["unstructured"]
    assert isinstance(output["action"]["justification"], str)
    # align-utils needs these of an action.
    assert all(isinstance(output["action"][k], str) for k in ("action_id", "action_type"))
    for choice in given["choices"]:
        for value in (choice.get("kdma_association") or {}).values():
            assert type(value) is float and 0 <= value <= 1  # the bars are drawn to 100 %
    assert all(type(v) is float for label in record["label"] for v in label.values())
    check_choice_info(
        record["choice_info"], [choice["unstructured"] for choice in given["choices"]]
    )
    return given["scenario_id"], scene


def check_choice_info(info: dict[str, Any], texts: list[str]) -> None:
    """Fail where the row "Choice Info" would break or show nothing of use."""
    assert all(value is not None for value in info.values())
    for text, predicted in info.get("predicted_kdma_values", {}).items():
        assert text in texts
        assert all(type(x) is float for values in predicted.values() for x in values)
    for text, labels in info.get("true_kdma_values", {}).items():
        assert text in texts and all(type(x) is float for x in labels.values())
    for number, step in enumerate(info.get("per_step_timing_stats", [])):
        assert isinstance(step["step"], str) and step["step_num"] == number
        assert isinstance(step["elapsed_s"], float)
    alignment = info.get("alignment_info", {})
    assert isinstance(alignment.get("source", ""), str)
    assert isinstance(alignment.get("per_kdma", {}), dict)
    assert isinstance(alignment.get("votes", {}), dict)
    for examples in info.get("icl_example_responses", {}).values():
        for each in examples:
            assert isinstance(each["prompt"], str)
            assert all({"score", "reasoning"} <= set(said) for said in each["response"].values())


def parsed(name: str) -> dict[str, float]:
    """The values in a target's id, as its table of all decisions and the unaligned case read it."""
    if name == "unaligned":
        return {}
    parts = name.split("-")
    assert len(parts) > 1
    values = [float(each) for each in parts[-1].split("_")]
    names = parts[-2].split("_") if len(values) > 1 else [parts[-2]]
    assert len(names) == len(values)
    return dict(zip(names, values, strict=True))


def variants(experiments: list[Listed]) -> None:
    """Fail if two experiments of one key cannot be told apart by their folders either."""
    by_key: dict[tuple[str, str, str], list[str]] = {}
    for each in experiments:
        by_key.setdefault(each.key, []).append(each.folder)
    for folders in by_key.values():
        assert len(set(folders)) == len(folders)
        if len(folders) > 1:  # a folder that is named like a target counts as no variant
            assert not any(re.match(r"^[a-z_]+-(0\.\d+|1\.0|0)$", name) for name in folders)
