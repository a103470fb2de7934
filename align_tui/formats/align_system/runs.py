"""Read a run directory of align-system: the decisions of a finished run, and its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from align_tui.config.reading.files import exists, is_file
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.repair import storable
from align_tui.core.types import Json
from align_tui.formats.align_system.scenarios import recorded_choices
from align_tui.formats.align_system.targets import parse_table, read_target
from align_tui.formats.files import read_text, shown
from align_tui.formats.read import read_scenarios
from align_tui.formats.values import FilePosition, Object, as_object, parse_json, sanitise

RECORDS, CONFIG, TIMING = "input_output.json", Path(".hydra") / "config.yaml", "timing.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision, with the indices of its scenario and choice; an unknown `latency_s` is 0."""

    scenario: int
    choice: int
    reasoning: str
    probabilities: tuple[float, ...] | None
    latency_s: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The content of a run directory; `written` is the time of its records (s since 1970)."""

    place: str
    name: str
    adm: str
    model: str
    targets: Targets
    scenarios: tuple[Scenario, ...]
    decisions: tuple[Recorded, ...]
    written: float
    notes: tuple[str, ...]


def read_run_directory(
    folder: Path, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> RunDirectory:
    """Read a run directory, or an input_output.json in one; raises DatasetError.

    The configuration and the timing may be missing; a note says what is then unknown.
    """
    records = folder if is_file(folder) else folder / RECORDS
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
    targets = _targets(folder, attributes, scale, notes) if config else ()
    decisions = _decisions(found.scenarios, _times(folder), FilePosition(shown(records)))
    if not decisions:
        raise DatasetError(
            f"{shown(records)} has no decisions",
            "Its records have no output. To use the scenarios: align-tui scenarios import",
        )
    return RunDirectory(
        place=shown(folder.absolute()),
        name=_text(config, "name") or storable(folder.absolute().name),
        adm=_text(config, "adm", "name") or "unknown",
        model=_text(config, "adm", "structured_inference_engine", "model_name"),
        targets=targets,
        scenarios=found.scenarios,
        decisions=decisions,
        written=records.stat().st_mtime,
        notes=tuple(notes),
    )


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
    return found.targets


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
    scenarios: tuple[Scenario, ...], times: list[float], place: FilePosition
) -> tuple[Recorded, ...]:
    out: list[Recorded] = []
    for index, scenario in enumerate(scenarios):
        where = place.at(index + 1, scenario.key)
        record = as_object(_plain(scenario.source.get("record")), where, "the record")
        choices = recorded_choices(record, where)
        if not choices:
            continue
        notes = ["imported"]
        if len(choices) > 1:
            notes.append(f"the first of {len(choices)} tied answers")
        chances = _probabilities(record, len(scenario.choices))
        reason = _justification(record)
        out.append(Recorded(index, choices[0], reason, chances, 0.0, tuple(notes)))
    # The file lists times in the order of decisions. They are used only if every decision has one.
    if len(times) != len(out):
        return tuple(out)
    return tuple(
        Recorded(d.scenario, d.choice, d.reasoning, d.probabilities, time, d.notes)
        for d, time in zip(out, (min(max(t, 0.0), 1e9) for t in times), strict=True)
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
