"""A run written out: JSON Lines, CSV, Markdown, or align-system's run directory."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.column_names import MAX_NAME, free
from align_tui.core.scorers.labels import is_discriminating
from align_tui.core.targets import target_id
from align_tui.core.text.display import one_line
from align_tui.files.write import make_folder, write_text
from align_tui.formats.align_system.write import write_align_system
from align_tui.output.choice_info import choice_info, kdma_values
from align_tui.output.csv_cells import guarded
from align_tui.output.decision_json import target_words
from align_tui.output.events import Event, stored_events, summary
from align_tui.output.json_text import json_text
from align_tui.output.rating_words import event_rating_words
from align_tui.output.tables import CAPTION, percent
from align_tui.store import results, runs, thinking
from align_tui.store.basis import NOTHING, bases_of, has_ratings
from align_tui.store.database import Database

FORMATS = ("jsonl", "csv", "markdown", "align-system")
COLUMNS = (
    "run", "profile", "model", "scenario", "repeat", "target", "choice", "choice_text", "correct",
    "distance", "discriminating", "probability", "latency_s", "tokens", "thinking_tokens", "error",
    "reasoning", "thinking", "answer_kind", "answer_text", "ranking_function", "ranking_measure",
    "ranking_scores", "tied", "tie_break", "predictions", "relevance", "steps",
)  # fmt: skip


def jsonl(db: Database, run: str) -> Iterator[str]:
    """The run's events, a line each."""
    for event in stored_events(db, run):
        yield json_text(event) + "\n"


def csv_lines(db: Database, run: str) -> Iterator[str]:
    """One line a decision and target that it is scored against, under a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for event in stored_events(db, run):
        if event["event"] in ("decision", "failed"):
            for row in _csv_rows(event):
                writer.writerow(
                    {k: guarded(v) if isinstance(v, str) else v for k, v in row.items()}
                )
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _csv_rows(event: Event) -> Iterator[dict[str, Any]]:
    row = {key: _empty(event.get(key)) for key in COLUMNS}
    row["error"] = event.get("error", {}).get("kind", "")
    chances = event.get("probabilities")
    row["probability"] = chances[event["choice"]] if chances and row["choice"] != "" else ""
    row |= _csv_basis(event)
    for target, score in (event.get("scores") or {"": {}}).items():
        yield row | {"target": target} | {key: _empty(value) for key, value in score.items()}


def _csv_basis(event: Event) -> dict[str, Any]:
    """The answer's kind and what it was made of; lists and objects as JSON in one cell."""
    answer, ranking = event.get("answer"), event.get("ranking")
    cells: dict[str, Any] = {
        key: json_text(event[key]) if event.get(key) is not None else ""
        for key in ("predictions", "relevance", "steps")
    }
    if answer is not None:
        cells |= {"answer_kind": answer["kind"], "answer_text": answer["text"]}
    if ranking is not None:
        cells |= {
            "ranking_function": ranking["function"],
            "ranking_measure": ranking["measure"],
            "ranking_scores": json_text(ranking["scores"]),
            "tied": len(ranking["best"]),
            "tie_break": ranking["tie_break"],
        }
    return cells


def _empty(value: object) -> object:
    return "" if value is None else value


def markdown(db: Database, run: str) -> Iterator[str]:
    """The result table, the settings, and every decision."""
    study = runs.load_study(db, run)
    yield f"# {md(study.name)}\n\nRun `{run}`. {CAPTION}\n\n"
    yield "| profile | model | target | all scored | discriminating | failed | open |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for profile, of in zip(summary(db, run, study)["profiles"], study.profiles, strict=True):
        aims = study.scoring_targets(of) or ((),)
        found = profile["scores"] or [{"all": None, "discriminating": None}]
        for score, targets in zip(found, aims, strict=True):
            target = target_words(targets) or "–"
            rates = [percent(score[k]) if score[k] else "–" for k in ("all", "discriminating")]
            yield f"| {md(profile['profile'])} | {md(profile['model'] or '–')} | {md(target)} "
            yield f"| {' | '.join(rates)} "
            yield f"| {profile['failed']} | {profile['pending']} |\n"
    for note in study.notes:
        yield f"\n> {md(note)}\n"
    yield "\n## Versions\n\n"
    for name, version in runs.run_versions(db, run).items():
        yield f"- {md(name)}: {md(version)}\n"
    thought = any(share for _, share in thinking.token_shares(db, run).values())
    rated = has_ratings(db, run)
    header = ["scenario", "profile", "model", "repeat", "choice"]
    header += [*["ratings"] * rated, *["thinking"] * thought, "reasoning"]
    yield f"\n## Decisions\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}\n"
    for event in stored_events(db, run):
        if event["event"] in ("decision", "failed"):
            said = event.get("reasoning") or event.get("error", {}).get("message", "")
            choice = event["answer"]["text"] if event["event"] == "decision" else "failed"
            yield f"| {md(event['scenario'])} | {md(event['profile'])} "
            yield f"| {md(event['model'] or '–')} | {event['repeat']} "
            between = f"| {md(event_rating_words(event))} " if rated else ""
            between += f"| {md(event.get('thinking') or '')} " if thought else ""
            yield f"| {md(choice)} {between}| {md(said)} |\n"


# What would begin a list, or make a heading of the line above.
_BLOCK = re.compile(r"\A([0-9]{1,9}(?=[.)](?:\s|\Z))|(?=[-+=]))([-+=.)])")


def md(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown or HTML takes for its own."""
    # Entities for what is HTML's: not every converter knows a backslash before it.
    escaped = html.escape(one_line(text), quote=False).replace("\\", "\\\\")
    for mark in "|*_`[]#~":
        escaped = escaped.replace(mark, "\\" + mark)
    return _BLOCK.sub(r"\1\\\2", escaped)


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
            valid = int(is_discriminating(scenario, targets))
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


WRITERS = {"jsonl": jsonl, "csv": csv_lines, "markdown": markdown}
