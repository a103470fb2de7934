"""align-system's run directories, as align-system leaves them and align-browser reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.column_names import MAX_NAME, free
from align_tui.core.scorers.session import Probe
from align_tui.core.types import JsonObject
from align_tui.files.write import make_folder, write_text
from align_tui.formats.align_system.target_names import target_name
from align_tui.formats.align_system.write import write_align_system
from align_tui.formats.values import finite
from align_tui.output.choice_info import choice_info, kdma_values
from align_tui.output.exporters.align_scores import scores_json
from align_tui.output.exporters.base import Exporter
from align_tui.output.exporters.method_names import method_names
from align_tui.store import results, runs
from align_tui.store.basis import NOTHING, bases_of
from align_tui.store.database import Database


def align_system(db: Database, run: str, folder: Path) -> list[Path]:
    """Write one run directory for each profile (and repeat); returns the written files.

    Each holds input_output.json, timing.json, scores.json and .hydra/config.yaml, which
    align-browser needs to list and show it.
    """
    study = runs.load_study(db, run)
    by_profile: dict[tuple[int, int], list[results.Result]] = {}
    for result in results.all_results(db, run):
        if result.choice is not None:
            by_profile.setdefault((result.profile, result.repeat), []).append(result)
    folders = _folder_names([profile.name for profile in study.profiles])
    methods = method_names(study.profiles)
    written: list[Path] = []
    for (index, repeat), found in sorted(by_profile.items()):
        place = folder / (folders[index] + (f"-repeat{repeat}" if study.repeat > 1 else ""))
        ordered = sorted(found, key=lambda r: r.scenario)
        written += _write_directory(db, place, study, index, methods[index], ordered)
    return written


def _folder_names(names: Sequence[str]) -> list[str]:
    """A folder's name for each profile, all different: `baseline-mistral-7b`."""
    made: list[str] = []
    for index, name in enumerate(names):
        safe = re.sub(r"[^\w.\-]+", "-", name).strip(".-") or str(index)
        safe = re.sub("outdated", "old", safe, flags=re.IGNORECASE)  # align-browser skips these
        made.append(free(safe, made, MAX_NAME))
    return made


def _write_directory(
    db: Database, place: Path, study: Study, index: int, method: str, found: list[results.Result]
) -> list[Path]:
    profile = study.profiles[index]
    records = _records(db, study, profile, found)
    probes = [
        Probe(str(record["input"]["scenario_id"]), study.scenarios[result.scenario], result.choice)
        for record, result in zip(records, found, strict=True)
        if result.choice is not None
    ]
    times = [result.latency_s for result in found]
    files = {
        place / "input_output.json": json.dumps(
            finite(records), indent=2, ensure_ascii=False, allow_nan=False
        ),
        place / "timing.json": json.dumps(_timing(times), indent=2),
        place / "scores.json": json.dumps(scores_json(study, profile, probes), indent=2),
        place / ".hydra" / "config.yaml": yaml.safe_dump(
            _config(study, profile, method), sort_keys=False, allow_unicode=True
        ),
    }
    for path, text in files.items():
        make_folder(path.parent)
        write_text(path, text)
    return list(files)


def _records(
    db: Database, study: Study, profile: Profile, found: list[results.Result]
) -> list[dict[str, Any]]:
    """The records of input_output.json; the id of the target is never null."""
    scenarios = [study.scenarios[result.scenario] for result in found]
    records: list[dict[str, Any]] = json.loads(
        json.dumps(write_align_system(scenarios, uniform=True))
    )
    bases = bases_of(db, [result.sample for result in found])
    for record, scenario, result in zip(records, scenarios, found, strict=True):
        given, choice = record["input"], result.choice or 0
        given["alignment_target_id"] = target_name(profile.target)
        action = {
            "action_id": f"choice_{choice}",
            "action_type": "SITREP",
            **given["choices"][choice],
            "justification": result.reasoning,
        }
        record["output"] = {"choice": choice, "action": action}
        texts = [each["unstructured"] for each in given["choices"]]
        record["choice_info"] = choice_info(
            scenario, texts, result, bases.get(result.sample, NOTHING)
        )
    return records


def _timing(seconds: Sequence[float]) -> JsonObject:
    """The seconds of all decisions, and of each as a scenario of its own, in the records' order."""
    return {
        "scenarios": [_summed([each]) for each in seconds],
        **_summed(seconds),
    }


def _summed(seconds: Sequence[float]) -> JsonObject:
    return {
        "n_actions_taken": len(seconds),
        "total_time_s": sum(seconds),
        "avg_time_s": sum(seconds) / len(seconds),
        "max_time_s": max(seconds),
        "raw_times_s": list(seconds),
    }


def _config(study: Study, profile: Profile, method: str) -> JsonObject:
    """The configuration; without a target it has no `alignment_target`, which may not be null."""
    adm: dict[str, Any] = {"name": method, "instance": {"profile": profile.name}}
    if profile.model_label:
        adm["structured_inference_engine"] = {"model_name": _model_name(profile)}
    config: dict[str, Any] = {"name": study.name, "adm": adm}
    if profile.target:
        config["alignment_target"] = {
            "id": target_name(profile.target),
            "kdma_values": kdma_values(profile.target),
        }
    return config


def _model_name(profile: Profile) -> str:
    """The id on the hub, which align-system writes too; for any other model its short name."""
    spec: BackboneSpec = profile.backbone
    is_hub_id = re.fullmatch(r"[\w\-][\w.\-]*/[\w.\-]+", spec.model) is not None
    return spec.model if is_hub_id and profile.model_label == spec.label else profile.model_label


ALIGN_SYSTEM = Exporter("align-system: one run directory per profile", folder=align_system)
