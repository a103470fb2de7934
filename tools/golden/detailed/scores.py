"""scores: the measures of a session, which align-system writes as scores.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from align_tui.config.attributes import load_attributes
from align_tui.core.attributes import Attributes
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.labels import distance
from align_tui.core.scorers.session import SessionMeasures, session_measures
from align_tui.core.targets import Target, Targets
from align_tui.formats.align_system.scenarios import recorded_choices
from align_tui.formats.read import read_scenarios

from ..families import Check
from ..families.compare import numbers_differ, values_differ

NAMES = (
    "num_correct",
    "num_probes",
    "accuracy",
    "num_correct_valid_only",
    "num_probes_valid_only",
    "accuracy_valid_only",
)


def targets_of(given: Mapping[str, float]) -> Targets:
    """Targets from {attribute: number}."""
    return tuple(Target(name, float(value)) for name, value in given.items())


def measured(given: Mapping[str, Any]) -> dict[str, SessionMeasures]:
    """The measures of a case with made-up records, in the order of play."""
    decided = []
    for record, chosen in zip(
        given["order_of_play"], given["chosen_index_in_order_of_play"], strict=True
    ):
        body = given["records"][record]
        choices = tuple(
            Choice(text, label or {})
            for text, label in zip(body["choices"], body["labels"], strict=True)
        )
        decided.append((body["scenario"], Scenario(f"s{record}", "?", choices), chosen))
    return session_measures(decided, targets_of(given["targets"]), exact_ties=True)


def measures_differ(
    expected: Mapping[str, Mapping[str, Any]], ours: Mapping[str, SessionMeasures]
) -> list[str]:
    """The differences of the measures by scenario."""
    differs = values_differ("scenarios", list(expected), list(ours))
    for name in expected.keys() & ours.keys():
        body: Any = ours[name].body()
        differs += values_differ(f"measures of {name}", NAMES, tuple(body))
        differs += numbers_differ(name, expected[name], body)
    return differs


def check_made_up(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The measures. A scenario without a valid probe (there an error) has no accuracy here."""
    ours = measured(given)
    if "error" in expected:
        return _no_accuracy_differs(ours, len(given["order_of_play"]))
    return measures_differ(expected["measures"], ours)


def _no_accuracy_differs(ours: Mapping[str, SessionMeasures], probes: int) -> list[str]:
    without = [each for each in ours.values() if each.accuracy_valid_only is None]
    return [
        *values_differ("probes", probes, sum(each.num_probes for each in ours.values())),
        *([] if without else ["every scenario has an accuracy of valid probes"]),
        *([] if not any(each.num_probes_valid_only for each in without) else ["some is valid"]),
    ]


def check_missing_label(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A label that lacks the attribute, an error there: ours takes its choice for unlabelled."""
    ours = measured(given)
    wrong = 0
    for record, chosen in zip(
        given["order_of_play"], given["chosen_index_in_order_of_play"], strict=True
    ):
        label = given["records"][record]["labels"][chosen] or {}
        wrong += not set(given["targets"]) <= set(label)
    right = sum(each.num_correct for each in ours.values())
    probes = sum(each.num_probes for each in ours.values())
    return [
        *values_differ("probes", len(given["order_of_play"]), probes),
        *([] if right <= probes - wrong else ["a choice that lacks the label is right"]),
        *([] if wrong or right else ["no labelled choice is right"]),
    ]


def data_folder() -> Path:
    """The folder of the field's files: `shared/data` above this program or the working folder."""
    for folder in (*Path(__file__).resolve().parents, *Path.cwd().resolve().parents):
        if (folder / "shared" / "data").is_dir():
            return folder / "shared" / "data"
    raise FileNotFoundError("there is no shared/data above this program or the working folder")


@lru_cache(maxsize=8)
def _records(file: str) -> tuple[Scenario, ...]:
    return read_scenarios(data_folder() / file, attributes=load_attributes()).scenarios


def check_real(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The measures of a file of the field under a policy that chooses in each record."""
    scenarios, attributes = _records(given["file"]), load_attributes()
    largest = max(1.0, *(_largest(scenarios, attributes, name) for name in given["targets"]))
    targets = tuple(
        Target(attributes.canonical(name), float(value) / largest)
        for name, value in given["targets"].items()
    )
    decided = [
        (str(each.meta["scenario_id"]), each, _choose(given["policy"], each, targets))
        for each in scenarios
    ]
    ours = session_measures(decided, targets, exact_ties=True)
    if "error" in expected:
        return _no_accuracy_differs(ours, len(scenarios))
    rows = list(ours.values())
    shares = {
        "mean_accuracy_over_scenarios": _mean([row.accuracy for row in rows]),
        "mean_accuracy_valid_only_over_scenarios": _mean([row.accuracy_valid_only for row in rows]),
    }
    sums = {name: sum(getattr(row, name) for row in rows) for name in NAMES if "num" in name}
    differs = [
        *numbers_differ("sum", expected["sums_over_scenarios"], sums),
        *numbers_differ("mean", {name: expected[name] for name in shares}, shares),
        *values_differ("records", expected["records"], len(scenarios)),
    ]
    if expected.get("measures"):
        differs += measures_differ(expected["measures"], ours)
    return differs


def _largest(scenarios: Sequence[Scenario], attributes: Attributes, name: str) -> float:
    """What stands for 1 on the file's scale: 10 if its raw labels are above 1."""
    raw = [
        float(label[name])
        for scenario in scenarios
        for label in _raw_labels(scenario)
        if label.get(name) is not None
    ]
    return 10.0 if max(raw, default=0.0) > 1.0 else 1.0


def _raw_labels(scenario: Scenario) -> Iterator[Mapping[str, Any]]:
    record: Any = scenario.source["record"]
    for label in record.get("label") or ():
        yield label or {}
    for choice in record["input"]["choices"]:
        yield choice.get("kdma_association") or {}


def _choose(policy: str, scenario: Scenario, targets: Targets) -> int:
    if policy == "first":
        return 0
    if policy == "last":
        return len(scenario.choices) - 1
    if policy == "recorded":
        record: Any = scenario.source["record"]
        # The vectors take the first choice where the output is a list of actions without an index.
        return recorded_choices(record)[0] if isinstance(record["output"], Mapping) else 0
    distances = [distance(choice, targets) for choice in scenario.choices]
    return distances.index(min(distances))


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(values)


KINDS: Mapping[str, Check] = {
    "label_lacks_target_attribute": check_missing_label,
    "made_up": check_made_up,
    "real_file": check_real,
    "scenario_without_decidable_probe": check_made_up,
    "target_in_the_middle": check_made_up,
    "unlabelled_probe": check_made_up,
}
