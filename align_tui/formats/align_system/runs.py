"""Read a run directory of align-system: the decisions of a finished run, and its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from align_tui.config.reading.files import exists, is_file
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Target, Targets
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable
from align_tui.core.types import Json
from align_tui.formats.align_system.recorded_info import read_info
from align_tui.formats.align_system.scenarios import choice_texts, recorded_choices
from align_tui.formats.align_system.scored_targets import scored_targets
from align_tui.formats.align_system.target_names import common_name, named_values
from align_tui.formats.align_system.targets import parse_table, read_target, with_weights
from align_tui.formats.files import read_text, shown
from align_tui.formats.read import read_scenarios
from align_tui.formats.recorded_runs import Recorded, RecordedRun, RunFormat
from align_tui.formats.values import FilePosition, Object, as_object, parse_json, sanitise

RECORDS, CONFIG, TIMING = "input_output.json", Path(".hydra") / "config.yaml", "timing.json"
TARGET_ID = "alignment_target_id"
MOST_DIRECTORIES, MOST_DEPTH = 1_000, 4  # of run directories below one folder


def read_run_directory(
    folder: Path, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> RecordedRun:
    """Read a run directory, or an input_output.json in one; raises DatasetError.

    The configuration and the timing may be missing; a note says what is then unknown.
    """
    records = folder if is_file(folder) else folder / RECORDS
    if not exists(records):
        raise DatasetError(
            f"{shown(folder)} has no run that align-tui can import",
            f"A run directory of align-system has {RECORDS}. docs/formats.md lists other formats.",
        )
    folder = records.parent
    found = read_scenarios(records, attributes=attributes, scale=scale)
    if found.format != "align-system":
        raise DatasetError(
            f"{shown(records)} contains scenarios, not a run",
            "A run directory has align-system's input_output.json. "
            "To import scenarios: align-tui scenarios import",
        )
    notes = list(found.notes)
    config = _config(folder, notes)
    targets: Targets = ()
    if config.get("alignment_target") is not None:
        targets = _targets(folder, attributes, scale, notes)
    else:
        targets = _targets_of_records(found.scenarios, attributes, notes)
    decisions = _decisions(
        found.scenarios, _times(folder), FilePosition(shown(records)), attributes
    )
    if not decisions:
        raise DatasetError(
            f"{shown(records)} has no decisions",
            "Its records have no output. To use the scenarios: align-tui scenarios import",
        )
    scored = () if targets else scored_targets(folder, attributes, notes)
    return RecordedRun(
        place=shown(folder.absolute()),
        name=_text(config, "name") or storable(folder.absolute().name),
        adm=_text(config, "adm", "name") or "unknown",
        model=_text(config, "adm", "structured_inference_engine", "model_name"),
        targets=targets,
        scenarios=found.scenarios,
        decisions=decisions,
        written=records.stat().st_mtime,
        notes=tuple(notes),
        profile=_text(config, "adm", "instance", "profile"),
        scored_against=scored,
    )


def run_directories(folder: Path) -> list[Path]:
    """The run directories in a folder, itself first, in the order of their paths.

    If there are none, it is the folder alone, so that reading it tells what is missing.
    """
    if is_file(folder) or exists(folder / RECORDS):
        return [folder]
    found: list[Path] = []
    for depth in range(1, MOST_DEPTH + 1):
        places = folder.glob("/".join(["*"] * depth + [RECORDS]))
        found += [each.parent for each in islice(places, MOST_DIRECTORIES)]
    return sorted(found)[:MOST_DIRECTORIES] or [folder]


def _config(folder: Path, notes: list[str]) -> Object:
    path = folder / CONFIG
    if not exists(path):
        notes.append(f"There is no {CONFIG}: model, decision-maker and target are unknown.")
        return {}
    return parse_table(read_text(path, 5_000_000), FilePosition(shown(path)))


def _text(table: Json, *keys: str) -> str:
    """The text under these keys, or '' if there is none."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, str) else ""


def _targets(
    folder: Path, attributes: Attributes, scale: Mapping[str, float] | None, notes: list[str]
) -> Targets:
    try:
        found = read_target(folder / CONFIG, attributes=attributes, scale=scale)
    except DatasetError as error:
        notes.append(f"The target cannot be read, so nothing is scored: {error.message}")
        return ()
    notes += found.notes
    table = parse_table(read_text(folder / CONFIG, 5_000_000), FilePosition(shown(folder)))
    aim = table.get("alignment_target")
    return with_weights(found.targets, aim if isinstance(aim, dict) else {}, attributes)


def _targets_of_records(
    scenarios: tuple[Scenario, ...], attributes: Attributes, notes: list[str]
) -> Targets:
    """The targets that the records' common `alignment_target_id` states, as align-browser does."""
    texts = [_text(_plain(s.source.get("record")), "input", TARGET_ID) or None for s in scenarios]
    name = common_name(texts)
    if name is None and any(texts):
        notes.append("The records have different targets, so nothing is scored.")
    values = named_values(name or "")
    if not all(value <= 1.0 for value in values.values()):
        notes.append(f"The target {name} is not in 0..1, so nothing is scored.")
        return ()
    found = {attributes.canonical(spelled): value for spelled, value in values.items()}
    return tuple(Target(attribute, value) for attribute, value in found.items())


def _times(folder: Path) -> list[float]:
    """The seconds of each decision, in order; empty if they are unknown."""
    path = folder / TIMING
    if not exists(path):
        return []
    place = FilePosition(shown(path))
    try:
        table = as_object(sanitise(parse_json(read_text(path)), place), place, "the file")
    except ValueError as error:
        raise place.error(f"this is not JSON: {error}") from error
    times = table.get("raw_times_s")
    if not isinstance(times, list):
        return []
    return [float(t) for t in times if isinstance(t, int | float) and abs(t) < 1e300]


def _decisions(
    scenarios: tuple[Scenario, ...],
    times: list[float],
    place: FilePosition,
    attributes: Attributes,
) -> tuple[Recorded, ...]:
    out: list[Recorded] = []
    for index, scenario in enumerate(scenarios):
        where = place.at(index + 1, scenario.key)
        record = as_object(_plain(scenario.source.get("record")), where, "the record")
        choices = recorded_choices(record, where)
        if choices:
            out.append(_decision(index, scenario, record, choices, where, attributes))
    # The file lists times in the order of decisions. They are used only if every decision has one.
    if len(times) != len(out):
        return tuple(out)
    return tuple(
        replace(decision, latency_s=min(max(time, 0.0), 1e9))
        for decision, time in zip(out, times, strict=True)
    )


def _decision(
    index: int,
    scenario: Scenario,
    record: Object,
    choices: tuple[int, ...],
    place: FilePosition,
    attributes: Attributes,
) -> Recorded:
    texts = choice_texts(as_object(record.get("input"), place, "input"), place)
    info = read_info(record.get("choice_info"), texts, choices[0], attributes.canonical)
    tied = f"the first of {counted(len(choices), 'tied answer')}"
    return Recorded(
        scenario=index,
        choice=choices[0],
        reasoning=_justification(record),
        probabilities=_probabilities(record, len(scenario.choices)),
        latency_s=0.0,
        notes=("imported", *[tied] * (len(choices) > 1), *info.notes),
        predictions=info.predictions,
        relevance=info.relevance,
        ranking=info.ranking,
        steps=info.steps,
        examples=info.examples,
    )


def _plain(value: Json) -> Json:
    return dict(value) if isinstance(value, Mapping) else value


def _justification(record: Object) -> str:
    output = record.get("output")
    first = output[0] if isinstance(output, list) and output else output
    action = first.get("action", first) if isinstance(first, dict) else None
    return _text(action, "justification")


def _probabilities(record: Object, count: int) -> tuple[float, ...] | None:
    """The probabilities that `align-tui export` writes; align-system itself writes none."""
    info = record.get("choice_info")
    values = info.get("predicted_probabilities") if isinstance(info, dict) else None
    if not isinstance(values, list) or len(values) != count:
        return None
    numbers = [float(v) for v in values if isinstance(v, int | float) and 0 <= v <= 1]
    return tuple(numbers) if len(numbers) == count else None


RUNS = RunFormat(
    "align-system", "run directories of align-system", run_directories, read_run_directory
)
