"""scores: the session score of align-system's interface to files of records.

The counts that the export writes as `reference_...` must be equal. Where align-system fails (a
scenario without a probe that can be decided, a label that lacks the target's attribute), our own
counts must leave out exactly those probes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from align_tui.config.attributes import load_attributes
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.labels import distance
from align_tui.core.scorers.registry import DEFAULT, find_scorer
from align_tui.core.scorers.session import Counts, Probe, session_counts
from align_tui.core.targets import Target, Targets
from align_tui.formats.labels import recall
from align_tui.formats.read import read_scenarios
from align_tui.output.exporters.align_scores import measures_json

from ..families import Check
from ..families.compare import numbers_differ, values_differ
from ..field_files import field_files

Measures = dict[str, dict[str, float | None]]


def check_made_up(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case with records of its own."""
    targets = tuple(Target(name, float(value)) for name, value in given["targets"].items())
    probes = [
        Probe(record["scenario"], _scenario(record), choice)
        for place, choice in zip(
            given["order_of_play"], given["chosen_index_in_order_of_play"], strict=True
        )
        for record in [given["records"][place]]
    ]
    counts = _counts(probes, targets)
    if "error" in expected:
        return _corrected(probes, targets, counts)
    return _differ(expected["measures"], _reference(counts))


def _scenario(record: Mapping[str, Any]) -> Scenario:
    rows = zip(record["choices"], record["labels"], strict=True)
    return Scenario("probe", "A probe.", tuple(Choice(text, row or {}) for text, row in rows))


def _counts(probes: Sequence[Probe], targets: Targets) -> dict[str, Counts]:
    return session_counts(probes, targets, find_scorer(DEFAULT).is_correct)


def _reference(counts: Mapping[str, Counts]) -> Measures:
    """align-system's counts, from the measures that the export writes."""
    return {
        session: {
            name.removeprefix("reference_"): measure["value"]
            for name, measure in measures_json(each).items()
            if name.startswith("reference_") and isinstance(measure, dict)
        }
        for session, each in counts.items()
    }


def _differ(expected: Mapping[str, Any], ours: Measures) -> list[str]:
    found = values_differ("scenarios", sorted(expected), sorted(ours))
    for session, measures in expected.items():
        told = {name: value for name, value in ours.get(session, {}).items() if value is not None}
        found += numbers_differ(f"measures of {session}", measures, told)
    return found


def _corrected(
    probes: Sequence[Probe], targets: Targets, counts: Mapping[str, Counts]
) -> list[str]:
    """Where align-system fails: probes that cannot be decided are never valid ones of ours."""
    found = []
    for session, each in counts.items():
        own = [probe for probe in probes if probe.session == session]
        away = [_away(probe, targets) for probe in own]
        valid = [len({each for each in row if each is not None}) > 1 for row in away]
        right = [
            row[probe.choice] == min(each for each in row if each is not None)
            for probe, row, decides in zip(own, away, valid, strict=True)
            if decides
        ]
        found += values_differ(f"valid probes of {session}", sum(valid), each.valid)
        found += values_differ(f"right of them in {session}", sum(right), each.correct_valid)
        share = measures_json(each)["accuracy_valid_only"]
        assert isinstance(share, dict)
        expected = sum(right) / len(right) if right else None
        found += values_differ(f"share in {session}", expected, share["value"])
    return found


def _away(probe: Probe, targets: Targets) -> list[int | None]:
    """By choice: the distance in millionths, which are exact; None without a label."""
    return [
        None
        if any(target.attribute not in choice.labels for target in targets)
        else sum(
            abs(round(choice.labels[target.attribute] * 1e6) - round((target.point or 0.0) * 1e6))
            for target in targets
        )
        for choice in probe.scenario.choices
    ]


def check_real_file(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case with a file of the field."""
    attributes = load_attributes()
    path = field_files() / given["file"]
    found = read_scenarios(path, attributes=attributes)
    targets = tuple(
        Target(attributes.canonical(name), float(value)) for name, value in given["targets"].items()
    )
    scenarios = [_as_in_the_file(scenario) for scenario in found.scenarios]
    probes = [
        Probe(str(scenario.meta["scenario_id"]), scenario, _taken(given, scenario, targets))
        for scenario in scenarios
    ]
    counts = _counts(probes, targets)
    if "error" in expected:
        undecidable = [session for session, each in counts.items() if not each.reference_valid]
        return [] if undecidable else ["every scenario has a probe that can be decided"]
    ours = _reference(counts)
    found_ = _differ(expected.get("measures", {}), ours) if "measures" in expected else []
    for name, total in expected["sums_over_scenarios"].items():
        found_ += values_differ(f"sum of {name}", total, sum(_values(ours, name)))
    for name in ("accuracy", "accuracy_valid_only"):
        mean = {name: fmean(_values(ours, name))}
        found_ += numbers_differ("mean", {name: expected[f"mean_{name}_over_scenarios"]}, mean)
    return [*found_, *values_differ("records", expected["records"], len(probes))]


def _values(measures: Measures, name: str) -> list[float]:
    return [value for each in measures.values() if (value := each[name]) is not None]


def _as_in_the_file(scenario: Scenario) -> Scenario:
    """The scenario with labels on the file's own scale, on which align-system subtracts them."""
    scale = recall(scenario.source).scale
    choices = [
        replace(each, labels={n: _raw(v, scale.get(n, 1.0)) for n, v in each.labels.items()})
        for each in scenario.choices
    ]
    return replace(scenario, choices=tuple(choices))


def _raw(share: float, scale: float) -> float:
    """A label as the file has it, with at most twelve decimals if the file is scaled."""
    return share if scale == 1.0 else round(share * scale, 12)


def _taken(given: Mapping[str, Any], scenario: Scenario, targets: Targets) -> int:
    """The choice that the case's policy takes; an output without an index counts as the first."""
    if given["policy"] == "first":
        return 0
    if given["policy"] == "last":
        return len(scenario.choices) - 1
    if given["policy"] == "recorded":
        record: Any = scenario.source["record"]
        return int(record["output"]["choice"]) if isinstance(record.get("output"), Mapping) else 0
    away = [distance(choice, targets) for choice in scenario.choices]
    return away.index(min(away))


KINDS: Mapping[str, Check] = {
    "made_up": check_made_up,
    "target_in_the_middle": check_made_up,
    "unlabelled_probe": check_made_up,
    "scenario_without_decidable_probe": check_made_up,
    "label_lacks_target_attribute": check_made_up,
    "real_file": check_real_file,
}
