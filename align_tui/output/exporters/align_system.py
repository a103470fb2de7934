"""align-system's run directory, as align-system leaves it and align-browser reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.column_names import MAX_NAME, free
from align_tui.core.scorers.labels import discriminates
from align_tui.core.targets import target_id
from align_tui.files.write import make_folder, write_text
from align_tui.formats.align_system.write import write_align_system
from align_tui.output.choice_info import choice_info, kdma_values
from align_tui.output.exporters.base import Exporter
from align_tui.store import results, runs
from align_tui.store.basis import NOTHING, bases_of
from align_tui.store.database import Database


def align_system(db: Database, run: str, folder: Path) -> list[Path]:
    """One run directory a profile (and repeat), as align-system leaves it; what was written.

    Each holds input_output.json, timing.json, scores.json and .hydra/config.yaml, which is what
    align-browser wants to find.
    """
    study = runs.load_study(db, run)
    by_profile: dict[tuple[int, int], list[results.Result]] = {}
    for result in results.all_results(db, run):
        if result.choice is not None:
            by_profile.setdefault((result.profile, result.repeat), []).append(result)
    folders = _folder_names([profile.name for profile in study.profiles])
    written: list[Path] = []
    for (index, repeat), found in sorted(by_profile.items()):
        profile = study.profiles[index]
        place = folder / (folders[index] + (f"-repeat{repeat}" if study.repeat > 1 else ""))
        ordered = sorted(found, key=lambda r: r.scenario)
        written += _write_directory(db, place, study, profile, ordered)
    return written


def _folder_names(names: Sequence[str]) -> list[str]:
    """A folder's name for each profile, all different: `baseline-mistral-7b`."""
    made: list[str] = []
    for index, name in enumerate(names):
        safe = re.sub(r"[^\w.\-]+", "-", name).strip(".-") or str(index)
        made.append(free(safe, made, MAX_NAME))
    return made


def _write_directory(
    db: Database, place: Path, study: Study, profile: Profile, found: list[results.Result]
) -> list[Path]:
    scenarios = [study.scenarios[result.scenario] for result in found]
    name = target_id(profile.target) or None
    records: list[dict[str, Any]] = json.loads(json.dumps(write_align_system(scenarios)))
    bases = bases_of(db, [result.sample for result in found])
    for record, scenario, result in zip(records, scenarios, found, strict=True):
        basis = bases.get(result.sample, NOTHING)
        record["input"]["alignment_target_id"] = name
        choice = result.choice or 0
        action = dict(record["input"]["choices"][choice], justification=result.reasoning)
        record["output"] = {"choice": choice, "action": action}
        record["choice_info"] = choice_info(
            scenario, [c["unstructured"] for c in record["input"]["choices"]], result, basis
        )
    times = [result.latency_s for result in found]
    timing = {
        "total_time_s": sum(times),
        "avg_time_s": sum(times) / len(times),
        "max_time_s": max(times),
        "n_actions_taken": len(times),
        "raw_times_s": times,
    }
    hydra = {
        "name": study.name,
        "adm": {
            "name": profile.adm.kind,
            "structured_inference_engine": {"model_name": profile.backbone.label},
        },
        "alignment_target": {
            "id": name,
            "kdma_values": kdma_values(profile.target),
        },
    }
    files = {
        place / "input_output.json": json.dumps(records, indent=2, ensure_ascii=False),
        place / "timing.json": json.dumps(timing, indent=2),
        place / "scores.json": json.dumps(_scores(study, profile, found), indent=2),
        place / ".hydra" / "config.yaml": yaml.safe_dump(hydra, sort_keys=False),
    }
    for path, text in files.items():
        make_folder(path.parent)
        write_text(path, text)
    return list(files)


def _scores(study: Study, profile: Profile, found: list[results.Result]) -> list[dict[str, Any]]:
    out = []
    for targets in study.scoring_targets(profile):
        measures = {}
        for result in found:
            scenario = study.scenarios[result.scenario]
            if result.choice is None:  # an open answer
                continue
            correct = study.scorer.is_correct(result.choice, scenario, targets)
            if correct is None:
                continue
            hit = int(correct)
            valid = int(discriminates(study.scorer, scenario, targets))
            measures[scenario.key] = {
                "num_correct": hit,
                "num_probes": 1,
                "accuracy": float(hit),
                "num_correct_valid_only": hit * valid,
                "num_probes_valid_only": valid,
                "accuracy_valid_only": float(hit) if valid else None,
            }
        out.append({"alignment_target": target_id(targets), "measures": measures})
    return out


ALIGN_SYSTEM = Exporter("align-system: a run directory a profile", folder=align_system)
