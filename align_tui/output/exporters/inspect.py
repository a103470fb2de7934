"""Inspect's logs (inspect_ai): one JSON file for each profile, which `inspect view` opens.

The task is the study, a sample is a scenario, an epoch is a repeat, and the plan's step is the
decision-maker. The keys stand in the order in which Inspect reads the beginning of a log.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from align_tui import __version__
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.families import clustering
from align_tui.core.scorers.base import Score
from align_tui.core.stats.chance import SumsWithChance, odds_of
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.targets import Targets, target_id, targets_to_json
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject
from align_tui.files.write import make_folder, write_text
from align_tui.formats.values import finite
from align_tui.output.exporters.base import Exporter
from align_tui.output.exporters.inspect_samples import Scored, inspect_sample, score_name
from align_tui.output.exporters.method_names import method_names
from align_tui.store import results, runs
from align_tui.store.basis import NOTHING, bases_of
from align_tui.store.database import Database
from align_tui.store.results import Result

NO_MODEL = "none"


def inspect_logs(db: Database, run: str, folder: Path) -> list[Path]:
    """Write one log for each profile that has results; returns the written files."""
    study, row = runs.load_study(db, run), runs.get_run(db, run)
    by_profile: dict[int, list[Result]] = {}
    for result in results.all_results(db, run):
        by_profile.setdefault(result.profile, []).append(result)
    written = []
    make_folder(folder)
    methods = method_names(study.profiles)
    for index, found in sorted(by_profile.items()):
        found.sort(key=lambda each: (each.scenario, each.repeat))
        head = _Head(run, row.created, index, methods[index], whole=row.finished)
        log = head.log(db, study, found)
        path = folder / head.file_name(study)
        write_text(path, json.dumps(finite(log), ensure_ascii=False, allow_nan=False, indent=1))
        written.append(path)
    return written


class _Head:
    """What a log says of its run and profile."""

    def __init__(self, run: str, created: float, index: int, method: str, *, whole: bool) -> None:
        self.run, self.created, self.index = run, created, index
        self.method, self.whole = method, whole
        self.id = hashlib.sha256(f"{run}/{index}".encode()).hexdigest()[:22]

    def file_name(self, study: Study) -> str:
        """The name that Inspect gives its logs: time, task and id."""
        task = re.sub(r"[^\w]+", "-", f"{study.name}-{study.profiles[self.index].name}").strip("-")
        return f"{_iso(self.created).replace(':', '-')}_{task[:80]}_{self.id}.json"

    def log(self, db: Database, study: Study, found: Sequence[Result]) -> JsonObject:
        """The whole log."""
        profile = study.profiles[self.index]
        model = one_line(profile.model_label, 200) or NO_MODEL
        samples = _samples(db, study, profile, model, found)
        usage = _usage([each.body for each in samples], model)
        decided = [result for result in found if result.error_kind is None]
        scorers = _scores(study, profile, samples)
        return {
            "version": 2,
            "status": "success" if self.whole else "cancelled",
            "eval": self._eval(study, profile, model, found, [str(s["name"]) for s in scorers]),
            "plan": {"name": "plan", "steps": [_step(profile)], "config": _generation(profile)},
            "results": {
                "total_samples": len(found),
                "completed_samples": len(decided),
                "scores": scorers,
            },
            "stats": {
                "started_at": _iso(min(result.started for result in found)),
                "completed_at": _iso(max(result.finished for result in found)),
                "model_usage": usage,
            },
            "samples": [each.body for each in samples],
        }

    def _eval(
        self,
        study: Study,
        profile: Profile,
        model: str,
        found: Sequence[Result],
        scorers: Sequence[str],
    ) -> JsonObject:
        keys = list(dict.fromkeys(study.scenarios[result.scenario].key for result in found))
        return {
            "eval_id": self.id,
            "run_id": self.run,
            "created": _iso(self.created),
            "task": f"{one_line(study.name, 200)}: {profile.name}",
            "task_id": self.id,
            "task_version": 0,
            "task_args": {"profile": profile.name},
            "dataset": {"name": study.name, "samples": len(keys), "sample_ids": keys},
            "model": model,
            "config": {"epochs": study.repeat, "epochs_reducer": ["mean"]},
            "packages": {"align-tui": __version__},
            "metadata": {
                "align_tui": {
                    "study": study.name,
                    "profile": profile.name,
                    "method": self.method,
                    "targets": list(targets_to_json(profile.target)),
                    "rule": study.rule,
                }
            },
            "scorers": [{"name": name} for name in scorers],
        }


def _samples(
    db: Database, study: Study, profile: Profile, model: str, found: Sequence[Result]
) -> list[Scored]:
    samples = [result.sample for result in found]
    scores, bases = results.scores_of(db, samples), bases_of(db, samples)
    return [
        inspect_sample(
            study,
            profile,
            model,
            result,
            scores[result.sample],
            bases.get(result.sample, NOTHING),
            results.responses_of(db, result.sample),
        )
        for result in found
    ]


def _step(profile: Profile) -> JsonObject:
    """The decision-maker with its settings; the model's address and keys are not among them."""
    body = profile.body()
    named = ("order", "adm", "alignment", "target", "decoding", "prompt")
    return {"solver": profile.adm.kind, "params": {k: body[k] for k in named if k in body}}


def _generation(profile: Profile) -> JsonObject:
    if not profile.needs_model:
        return {}
    spec = profile.decoding
    return {"temperature": spec.temperature, "top_p": spec.top_p, "max_tokens": spec.max_tokens}


def _usage(samples: Sequence[JsonObject], model: str) -> JsonObject:
    total: dict[str, int] = {}
    for sample in samples:
        used = sample.get("model_usage")
        row = used.get(model) if isinstance(used, dict) else None
        for key, value in row.items() if isinstance(row, dict) else ():
            total[key] = total.get(key, 0) + (value if isinstance(value, int) else 0)
    return {model: dict(total)} if total else {}


def _scores(study: Study, profile: Profile, samples: Sequence[Scored]) -> list[JsonObject]:
    """Accuracy, standard error over clusters and chance for each target; repeats are averaged."""
    aims = study.scoring_targets(profile)
    return [
        {
            "name": score_name(targets, aims),
            "scorer": study.rule,
            "reducer": "mean",
            "params": {},
            "metrics": _metrics(study, targets, samples),
        }
        for targets in aims
    ]


def _metrics(study: Study, targets: Targets, samples: Sequence[Scored]) -> JsonObject:
    counted = SumsWithChance(QuestionSums(clustering(study.scenarios, study.cluster), study.repeat))
    for each in samples:
        score: Score | None = each.scores.get(target_id(targets))
        if score is not None and score.correct is not None:
            odds = odds_of(study.scorer, study.scenarios[each.scenario], targets)
            counted.change(each.scenario, score.correct, 1, odds)
    rate = counted.sums.rate()
    values = {
        "accuracy": rate.accuracy,
        "stderr": rate.se,
        "chance": counted.chance(),
    }
    return {
        name: {"name": name, "value": value, "params": {}}
        for name, value in values.items()
        if value is not None
    }


def _iso(seconds: float) -> str:
    """The time with its zone, without which Inspect refuses a log."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


INSPECT = Exporter("Inspect: one log per profile, for `inspect view`", folder=inspect_logs)
