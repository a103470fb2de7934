"""Scorers in the worker: it awaits them with the sample, and their errors do not fail it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from align_tui.core.scorers.base import Score
from align_tui.core.scorers.registry import SCORERS, find_scorer
from align_tui.core.targets import target_id
from align_tui.store import results, runs
from align_tui.store.database import Database
from tests.conftest import make_study
from tests.engine import scorers_of_tests
from tests.engine.fakes import Opener
from tests.engine.test_worker import until, working


@pytest.fixture(autouse=True)
def more_scorers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("judge", "failing_judge", "quitting_judge", "babbling_judge", "endless_judge",
                 "failing"):  # fmt: skip
        place = f"tests.engine.scorers_of_tests:{name.upper()}"
        monkeypatch.setitem(cast("dict[str, str]", SCORERS.entries), name, place)
    find_scorer.cache_clear()
    yield
    find_scorer.cache_clear()


async def decided(
    database: Database, rule: str
) -> tuple[list[results.Result], list[dict[str, Score]]]:
    study = make_study(2, rule=rule)
    run = runs.create_run(database, study, {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).finished)
    found = list(results.all_results(database, run))
    scores = results.scores_of(database, [each.sample for each in found])
    return found, [scores[each.sample] for each in found]


async def test_an_asynchronous_scorer_is_awaited_and_its_scores_are_stored(
    database: Database,
) -> None:
    found, scores = await decided(database, "judge")
    assert found and all(result.error_kind is None for result in found)
    keys = {target_id(profile.target) for profile in make_study(2).profiles if profile.target}
    for result, each in zip(found, scores, strict=True):
        assert set(each) <= keys and each
        assert set(each.values()) == {Score(result.choice == 0, 0.25, True)}
        assert not result.notes
        assert (
            result.latency_s < scorers_of_tests.JUDGING_S
        )  # the judge's time is not the decision-maker's


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("failing_judge", "RuntimeError: the judge went home"),
        ("quitting_judge", "CancelledError"),
        ("babbling_judge", "it returned a str, not a Score"),
        ("failing", "SystemExit: 3"),
    ],
)
async def test_a_scorer_that_fails_leaves_the_answer_unscored_with_a_note(
    database: Database, rule: str, said: str
) -> None:
    found, scores = await decided(database, rule)
    for result, each in zip(found, scores, strict=True):
        assert result.error_kind is None and result.choice is not None
        assert set(each.values()) == {Score(None, None, False)}
        assert [note for note in result.notes if said in note and rule in note]


async def test_a_scorer_that_is_not_installed_scores_nothing_and_says_so(
    database: Database,
) -> None:
    found, scores = await decided(database, "distance_of_another_package")
    for result, each in zip(found, scores, strict=True):
        assert result.error_kind is None
        assert {score.correct for score in each.values()} == {None}
        assert "There is no scorer 'distance_of_another_package'" in result.notes[-1]


async def test_cancelling_ends_a_sample_whose_judge_never_answers(database: Database) -> None:
    scorers_of_tests.waits.clear()
    run = runs.create_run(database, make_study(1, rule="endless_judge"), {})
    async with working(database.path, Opener()):
        await until(scorers_of_tests.waits.is_set)
        runs.cancel(database, run)
        await until(lambda: {each.status for each in results.states(database, run)} == {"pending"})
    assert not list(results.all_results(database, run))
