"""Scorers by name: the answers that they score, chance levels, and other packages' scorers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from align_tui.cli.option_values import study_options
from align_tui.config.reading.toml import validate
from align_tui.config.study import StudyFile
from align_tui.core.answers import Answer, ChoiceAnswer, TextAnswer
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.base import UNSCORED, Score, ScorerEntry
from align_tui.core.scorers.registry import DEFAULT, SCORERS, find_scorer
from align_tui.core.stats.chance import chance
from align_tui.core.targets import Distribution, Target, Targets

PROBE = Scenario("k", "text", (Choice("x", {"a": 0.25}), Choice("y", {"a": 1.0})))
HIGH = (Target("a", 1.0),)


LABELS = [name for name in SCORERS if not SCORERS.get(name).compares_shares]


@pytest.mark.parametrize("name", LABELS)
def test_every_scorer_of_ours_scores_labels_and_nothing_else(name: str) -> None:
    entry = SCORERS.get(name)
    assert entry.name == name
    assert entry.description
    assert not entry.is_async
    assert entry.score_now(ChoiceAnswer(1), PROBE, HIGH) == Score(True, 0.0, True)
    assert entry.score_now(ChoiceAnswer(0), PROBE, HIGH) == Score(False, 0.75, True)
    assert entry.is_correct(1, PROBE, HIGH) is True
    assert chance([PROBE], HIGH, entry) == 0.5
    # An open answer has no label, and labels cannot be compared with a distribution.
    assert entry.score is not None
    assert entry.score_now(TextAnswer("y"), PROBE, HIGH) == UNSCORED
    assert entry.score(TextAnswer("y"), PROBE, HIGH) == UNSCORED
    spread = (Target("a", Distribution((0.9, 1.0), 0.1)),)
    for targets in (spread, (*HIGH, *spread)):
        assert entry.score_now(ChoiceAnswer(1), PROBE, targets) == UNSCORED
        assert entry.is_correct(1, PROBE, targets) is None
        assert chance([PROBE], targets, entry) is None


def test_the_weight_of_a_target_counts_in_the_distance() -> None:
    entry = SCORERS.get("distance")
    probe = Scenario("k", "t", (Choice("x", {"a": 1.0, "b": 0.5}), Choice("y", {"a": 0.6, "b": 1})))
    assert entry.is_correct(1, probe, (Target("a", 1.0), Target("b", 1.0))) is True
    heavy = (Target("a", 1.0, 2.0), Target("b", 1.0))
    assert entry.is_correct(1, probe, heavy) is False
    assert entry.score_now(ChoiceAnswer(1), probe, heavy).distance == pytest.approx(0.8)


def test_a_scorer_without_right_choices_has_no_chance_and_is_asked() -> None:
    def second(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        return Score(answer == ChoiceAnswer(1), None, True)

    entry = ScorerEntry("second", "The second.", second)
    assert chance([PROBE], HIGH, entry) is None
    assert [entry.is_correct(i, PROBE, HIGH) for i in (0, 1)] == [False, True]


def test_an_asynchronous_scorer_says_nothing_at_once() -> None:
    async def judge(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        return Score(True, None, True)

    entry = ScorerEntry("judge", "A judge.", score_async=judge)
    assert entry.is_async
    assert entry.score_now(ChoiceAnswer(1), PROBE, HIGH) == UNSCORED
    assert entry.is_correct(1, PROBE, HIGH) is None
    for neither_or_both in ({}, {"score": SCORERS.get(DEFAULT).score, "score_async": judge}):
        with pytest.raises(ValueError, match="either score or score_async"):
            ScorerEntry("odd", "", **neither_or_both)  # type: ignore[arg-type]


def test_a_stored_run_may_name_a_scorer_that_is_not_here() -> None:
    entry = find_scorer("gone")
    assert entry.name == "gone"
    assert not entry.answers
    assert entry.score_now(ChoiceAnswer(1), PROBE, HIGH) == UNSCORED
    assert entry.is_correct(1, PROBE, HIGH) is None
    assert chance([PROBE], HIGH, entry) is None
    assert find_scorer(DEFAULT) is SCORERS.get(DEFAULT)


def test_a_study_and_the_command_line_take_every_scorer_s_name_and_no_other() -> None:
    body = {"profiles": ["p"], "scenarios": ["s"]}
    for name in SCORERS:
        study = validate(StudyFile, {**body, "scoring": {"rule": name}}, "here")
        assert study.scoring.rule == name
        assert study_options(None, scoring=name).rule == name
    with pytest.raises(
        ConfigError, match=r"here: scoring.rule: There is no scorer 'nacl'"
    ) as found:
        validate(StudyFile, {**body, "scoring": {"rule": "nacl"}}, "here")
    assert "Did you mean 'naacl'?" in str(found.value.message)
    with pytest.raises(ConfigError, match="no scorer 'distanse'") as found:
        study_options(None, scoring="distanse")
    assert found.value.hint == "Did you mean 'distance'?"


def test_another_package_adds_a_scorer_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "their_scorers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-scorers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[align_tui.scorers]\nfirst = their_scorers:FIRST\ndistance = their_scorers:FIRST\n"
        "broken = no_such_module:X\nodd = their_scorers:Score\n"
    )
    (tmp_path / "their_scorers.py").write_text(
        "from align_tui.core.scorers.base import Score, ScorerEntry\n"
        "def score(answer, scenario, targets):\n"
        "    return Score(answer.index == 0, None, True)\n"
        "FIRST = ScorerEntry('first', 'The first choice.', score)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = dataclasses.replace(SCORERS)  # a copy that has not looked for entry points yet
    assert list(registry) == [*SCORERS.entries, "broken", "first", "odd"]
    assert registry.get("first").is_correct(0, PROBE, HIGH) is True
    assert registry.get("distance") is SCORERS.get("distance")  # a package cannot replace it
    with pytest.raises(ConfigError, match="cannot be loaded"):
        registry.get("broken")
    with pytest.raises(ConfigError, match="is a type"):
        registry.get("odd")
