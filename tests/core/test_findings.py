"""Each finding fires on what it is about, and not on a near miss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from align_tui.core.findings.base import (
    ColumnFacts,
    Evidence,
    Failed,
    Finding,
    FindingKind,
    Replies,
    RunFacts,
    Scored,
    UnequalReplies,
)
from align_tui.core.findings.registry import FINDINGS, find_all
from align_tui.core.findings.target_ignored import are_opposite
from align_tui.core.stats.clusters import Asked
from align_tui.core.stats.position import Placed, position_rate
from align_tui.core.stats.rates import clustered_rate, make_rate
from align_tui.core.targets import Distribution, Target

HIGH, LOW = (Target("moral_desert", 1.0),), (Target("moral_desert", 0.0),)
SAME = {(scenario, 0): scenario % 2 for scenario in range(6)}


def facts(*columns: ColumnFacts, questions: int = 9, **more: object) -> RunFacts:
    keys = tuple(f"s{i}" for i in range(9))
    asked = tuple(f"q{i % questions}" for i in range(9))
    return RunFacts(columns, keys, asked, **more)  # type: ignore[arg-type]


def found(of: RunFacts, wanted: str) -> list[Finding]:
    return [finding for finding in find_all(of) if finding.id == wanted]


def steered(name: str, targets: tuple[Target, ...], **more: object) -> ColumnFacts:
    known: dict[str, object] = {"is_steerable": True, "settings": "x", "choices": SAME}
    return ColumnFacts(name, "key", "m", targets, **{**known, **more})  # type: ignore[arg-type]


def test_nothing_is_found_in_a_run_without_decisions() -> None:
    assert find_all(facts()) == ()
    assert find_all(facts(steered("high", HIGH, choices={}), steered("low", LOW, choices={}))) == ()


def test_target_ignored() -> None:
    high, low = steered("high", HIGH), steered("low", LOW)
    [finding] = found(facts(high, low), "target_ignored")
    assert finding.severity == "warning" and finding.columns == ("high", "low")
    assert "moral_desert 1 against 0" in finding.sentence
    assert "all 6 decisions on 6 questions" in finding.sentence
    assert dict(finding.evidence.counts) == {"pairs": 6, "questions": 6, "different": 0}
    assert finding.evidence.scenarios == ("s0", "s1", "s2", "s3", "s4")
    other = {**SAME, (0, 0): 1}
    for near in (
        facts(high, replace(low, choices=other)),  # one decision differs
        facts(high, replace(low, settings="y")),  # something else differs
        facts(high, replace(low, targets=(Target("moral_desert", 0.2),))),  # not opposite
        facts(high, replace(low, is_steerable=False)),  # it is only scored against its target
        facts(high, low, questions=4),  # too few questions
        facts(replace(high, choices={}), low),
    ):
        assert found(near, "target_ignored") == []


def test_opposite_targets() -> None:
    assert are_opposite((Target("a", 0.3),), (Target("a", 0.7),))
    both = (Target("a", 1.0), Target("b", 0.5)), (Target("b", 0.5), Target("a", 0.0))
    assert are_opposite(*both)
    half = (Target("a", 0.5),)
    spread = (Target("a", Distribution((0.1, 0.2), 0.1)),)
    for one, other in ((half, half), ((), ()), (HIGH, spread), (HIGH, HIGH), (HIGH, both[0])):
        assert not are_opposite(one, other)


def at(right: int, chance: float | None, scored: int = 6) -> tuple[Scored, ...]:
    return (Scored(HIGH, make_rate(right, scored), chance),)


def test_baseline_at_chance() -> None:
    base = ColumnFacts("baseline", "key", "m", choices=SAME, scored=at(3, 0.5))
    high = steered("high", HIGH)
    [finding] = found(facts(base, high), "baseline_at_chance")
    assert finding.columns == ("baseline", "high")
    assert "3 of 6 right for moral_desert 1, chance 0.50" in finding.sentence
    assert "high 6 of 6" in finding.sentence
    moved = {**SAME, (0, 0): 1}
    for near in (
        facts(base, replace(high, choices=moved)),  # 5 of 6 equal: it moves
        facts(replace(base, scored=at(6, 0.5)), high),  # better than chance
        facts(replace(base, scored=at(3, None)), high),  # the scorer has no chance level
        facts(replace(base, scored=at(0, 0.5, 0)), high),  # nothing is scored
        facts(base, replace(high, model="other")),
        facts(replace(base, model=""), high),  # it asks no model
        facts(base),
    ):
        assert found(near, "baseline_at_chance") == []


def test_repeats_do_not_take_a_baseline_away_from_chance() -> None:
    """110 of 180 excludes one half; as 9 questions asked 20 times each it does not."""
    choices = {(scenario, repeat): 0 for scenario in range(9) for repeat in range(20)}
    plain = make_rate(110, 180)
    assert plain.low is not None and plain.low > 0.5
    right = (20, 20, 20, 20, 20, 10, 0, 0, 0)
    rate = clustered_rate(Asked(question, times, 20) for question, times in enumerate(right))
    scored = (Scored(HIGH, rate, 0.5),)
    base = ColumnFacts("baseline", "key", "m", choices=choices, scored=scored)
    assert found(facts(base, steered("high", HIGH, choices=choices)), "baseline_at_chance")


@pytest.mark.parametrize(
    ("cut", "total", "severity"),
    [(0, 100, None), (1, 100, None), (2, 100, "info"), (9, 100, "info"), (10, 100, "warning")],
)
def test_replies_cut_and_retried(cut: int, total: int, severity: str | None) -> None:
    column = ColumnFacts("a", replies=Replies(total, cut, cut, (4,), (5,)))
    shown = [finding for kind in ("replies_cut", "replies_retried") for finding in
             found(facts(column), kind)]  # fmt: skip
    assert [finding.severity for finding in shown] == ([severity] * 2 if severity else [])
    assert [finding.evidence.samples for finding in shown] == ([(4,), (5,)] if severity else [])


def test_samples_that_failed_since_they_were_cut_count_as_cut() -> None:
    failures = (Failed("truncated", 2, (7, 8)), Failed("reply", 1, (9,)))
    column = ColumnFacts("a", decided=8, failures=failures, replies=Replies(8))
    [finding] = found(facts(column), "replies_cut")
    assert "2 of 10 replies of a" in finding.sentence and "2 samples failed" in finding.sentence
    assert finding.evidence.samples == (7, 8)


def test_one_sample_at_temperature() -> None:
    hot = ColumnFacts("hot", temperature=0.7, votes=1, decided=3)
    other = replace(hot, name="other", temperature=1.0)
    [finding] = found(facts(hot, other), "one_sample_at_temperature")
    assert finding.columns == ("hot", "other") and "0.7 and 1" in finding.sentence
    for near in (
        facts(hot, repeat=2),
        facts(replace(hot, votes=5)),
        facts(replace(hot, votes=None)),
        facts(replace(hot, temperature=0.0)),
        facts(replace(hot, temperature=None)),
        facts(replace(hot, decided=0)),
    ):
        assert found(near, "one_sample_at_temperature") == []


def test_greedy_differs() -> None:
    text = UnequalReplies((0,), 2, (1, 2), choices_differ=False)
    choice = UnequalReplies((1,), 2, (3, 4), choices_differ=True)
    columns = (ColumnFacts("a"), ColumnFacts("b"))
    more: dict[str, Any] = {"unequal_prompts": 1, "repeated_prompts": 8}
    [info] = found(facts(*columns, unequal=(text,), **more), "greedy_differs")
    assert info.severity == "info" and info.columns == ("a",)
    assert "1 of 8 prompts that were sent more than once" in info.sentence
    more = {"unequal_prompts": 2, "repeated_prompts": 8, "unequal_choices": 1}
    [warning] = found(facts(*columns, unequal=(text, choice), **more), "greedy_differs")
    assert warning.severity == "warning" and warning.columns == ("a", "b")
    assert warning.evidence.samples == (3, 4, 1, 2)  # the different choices first
    assert found(facts(*columns, repeated_prompts=8), "greedy_differs") == []


def test_failures_by_kind() -> None:
    one = ColumnFacts("a", decided=3, failures=(Failed("busy", 1, (1,), "try\nlater"),))
    other = ColumnFacts(
        "b", decided=4, failures=(Failed("busy", 2, (2, 3)), Failed("adm", 1, (4,)))
    )
    busy, adm = found(facts(one, other), "failures")
    assert busy.columns == ("a", "b") and "3 of 11 samples of a, b" in busy.sentence
    assert "try later" in busy.sentence and busy.evidence.samples == (1, 2, 3)
    assert adm.columns == ("b",)
    assert found(facts(ColumnFacts("a", decided=9)), "failures") == []


def test_warnings_come_first() -> None:
    retried = ColumnFacts("a", replies=Replies(100, 3, 3), failures=(Failed("adm", 1, (1,)),))
    assert [f.severity for f in find_all(facts(retried))] == ["warning", "info", "info"]


def test_a_finding_of_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: RunFacts) -> Iterable[Finding]:
        raise ValueError("no such column")

    def says(_: RunFacts) -> Iterable[Finding]:
        return [Finding("mine", "info", (), "So it is.", evidence=Evidence())]

    kinds = [("broken", FindingKind("broken", "", breaks)), ("mine", FindingKind("mine", "", says))]
    monkeypatch.setattr(type(FINDINGS), "loaded", lambda _: iter(kinds))
    broken, mine = find_all(facts())
    assert "'broken'" in broken.sentence and "no such column" in broken.sentence
    assert mine.sentence == "So it is."


def placed(name: str, order: str, first: list[int]) -> ColumnFacts:
    """A column that took the first of two choices where `first` is 1."""
    rows = [Placed(q, q, 2, (0 if taken else 1,)) for q, taken in enumerate(first)]
    return ColumnFacts(name, "key", "m", order=order, position=position_rate(rows))


@pytest.mark.parametrize(
    ("order", "first", "severity"),
    [
        ("given", [1] * 19 + [0], "warning"),
        ("given", [1] * 16 + [0] * 4, "info"),
        ("shuffled", [1] * 16 + [0] * 4, "warning"),
        ("both", [0] * 16 + [1] * 4, "warning"),
        ("shuffled", [1] * 11 + [0] * 9, ""),
        ("shuffled", [1] * 4, ""),
    ],
)
def test_a_place_that_is_preferred(order: str, first: list[int], severity: str) -> None:
    known = found(facts(placed("baseline", order, first)), "prefers_a_place")
    assert [finding.severity for finding in known] == ([severity] if severity else [])
    if known:
        assert known[0].columns == ("baseline",) and "50%" in known[0].sentence
