"""The measures of a session, by align-system's names."""

from __future__ import annotations

from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.session import SessionMeasures, session_measures
from align_tui.core.targets import Target

HALF = (Target("a", 0.5),)


def probe(key: str, *labels: float | None) -> Scenario:
    choices = tuple(
        Choice(f"c{i}", {} if label is None else {"a": label}) for i, label in enumerate(labels)
    )
    return Scenario(key, "?", choices)


def test_they_count_by_scenario_and_never_pool() -> None:
    decided = [
        ("one", probe("p1", 0.4, 0.9), 0),  # the nearest
        ("one", probe("p2", 0.4, 0.9), 1),
        ("one", probe("p3", 0.2, 0.2), 1),  # not valid: all are equally far
        ("two", probe("p4", None, None), 0),  # counts as right, and is not valid
    ]
    found = session_measures(decided, HALF)
    assert list(found) == ["one", "two"]
    assert found["one"] == SessionMeasures(2, 3, 1, 2)
    assert found["one"].body() == {
        "num_correct": 2, "num_probes": 3, "accuracy": 2 / 3,
        "num_correct_valid_only": 1, "num_probes_valid_only": 2, "accuracy_valid_only": 0.5,
    }  # fmt: skip
    assert found["two"] == SessionMeasures(1, 1, 0, 0)
    assert found["two"].accuracy_valid_only is None
    assert SessionMeasures().accuracy is None


def test_rounding_decides_only_with_exact_ties() -> None:
    # |.2 - .3| and |.4 - .3| differ in the last bit.
    decided = [("one", probe("p", 0.2, 0.4), 1)]
    target = (Target("a", 0.3),)
    assert session_measures(decided, target)["one"] == SessionMeasures(1, 1, 0, 0)
    assert session_measures(decided, target, exact_ties=True)["one"] == SessionMeasures(0, 1, 0, 1)
