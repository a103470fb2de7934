"""A run that is scored, voted or ranked anew equals a new run with that setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.cli import run as command
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError, StoreError
from align_tui.output import events
from align_tui.output.report.data import gather
from align_tui.services.rescoring import rescore
from align_tui.store import results, runs, search
from align_tui.store.basis import basis_of
from align_tui.store.database import Database
from align_tui.store.run_sources import identities
from align_tui.studies.rescoring import Rescoring
from tests import again

ONLY = {"only_positive": True}
BOTH = [{"attribute": "moral_desert", "value": 1.0}, {"attribute": "fairness", "value": 0.25}]


def told(db: Database, run: str) -> dict[tuple[int, int, int], Any]:
    """All that a decision says and is made of, without times, and its scores."""
    found = {}
    for each in results.all_results(db, run):
        basis = basis_of(db, each.sample)
        found[each.scenario, each.profile, each.repeat] = (
            each.choice, each.choice_text, each.reasoning, each.votes, each.probabilities,
            each.notes, each.shown, each.error_kind,
            basis.predictions, basis.relevance, basis.ranking,
            [(reply.role, reply.raw) for reply in results.responses_of(db, each.sample)],
            results.scores_of(db, [each.sample])[each.sample],
        )  # fmt: skip
    return found


def oracle(function: str, **adm: object) -> Profile:
    return again.profile("oracle", "oracle", adm=adm, target=BOTH, alignment={"function": function})


def regression(function: str, **more: object) -> Profile:
    return again.profile(
        "regression", "comparative_regression", adm={"samples": 2},
        alignment={"function": function}, decoding={"temperature": 0.7}, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "parameters", "repeat"),
    [
        ("average_distance", "squared_distance", {}, 2),
        ("average_distance", "average_distance", {"misaligned": True, "probabilistic": True}, 1),
        ("squared_distance", "cumulative_average_distance", {}, 2),
    ],
)
def test_ranked_anew_equals_a_new_run(
    database: Database, before: str, after: str, parameters: Mapping[str, Any], repeat: int
) -> None:
    made = [oracle(before), regression(before)]
    study = Study("s", tuple(made), again.scenarios(6), repeat=repeat)
    run = again.decided(database, study)
    found = rescore(database, run, Rescoring(alignment=after, parameters=parameters))
    table = {"function": after, **parameters}
    direct = replace(
        study,
        profiles=tuple(
            Profile.model_validate({**each.body(), "alignment": table}) for each in made
        ),
    )
    expected = again.decided(database, direct)
    assert told(database, found.run) == told(database, expected)
    assert identities(database, found.run) == identities(database, expected)
    stored = runs.load_study(database, found.run).profiles
    assert [each.hash for each in stored] == [each.hash for each in direct.profiles]
    assert runs.get_run(database, found.run).parent == run and found.changed > 0
    assert results.tallies(database, found.run) == results.tallies(database, expected)


def test_a_function_that_needs_relevance_ranks_the_oracles_labels(database: Database) -> None:
    study = Study("s", (oracle("average_distance", inverted=True),), again.scenarios(5))
    run = again.decided(database, study)
    found = rescore(database, run, Rescoring(alignment="relevance_average_distance"))
    direct = replace(study, profiles=(oracle("relevance_average_distance", inverted=True),))
    assert told(database, found.run) == told(database, again.decided(database, direct))
    back = rescore(database, found.run, Rescoring(alignment="average_distance"))
    assert told(database, back.run) == told(database, run)


def voting(only_positive: bool) -> Study:
    adm = {"n_positive": 1, "n_negative": 4, "only_positive": only_positive}
    aligned = again.profile("a", "prompt_aligned", adm=adm, decoding={"temperature": 0.9})
    return Study("s", (aligned, again.profile("r", "random")), again.scenarios(8))


def test_votes_and_scores_anew_equal_a_new_run(database: Database) -> None:
    run = again.decided(database, voting(False))
    found = rescore(database, run, Rescoring(scoring="naacl", only_positive=True))
    expected = again.decided(database, replace(voting(True), rule="naacl"))
    assert told(database, found.run) == told(database, expected)
    assert found.changed > 0 and "The votes of r are unchanged." in found.notes
    assert runs.load_study(database, found.run).rule == "naacl"
    back = rescore(database, found.run, Rescoring(scoring="distance", only_positive=False))
    assert told(database, back.run) == told(database, run)
    # The child is a run like others: show, compare, report, export and search read it.
    row = runs.get_run(database, found.run)
    assert row.finished and row.name == "s, scored by naacl, only positive votes"
    assert runs.run_versions(database, found.run)["made from run"] == run
    assert events.summary(database, found.run, runs.load_study(database, found.run))["profiles"]
    assert gather(database, [run, found.run])
    assert search.search(database, "Because")


@pytest.mark.parametrize("order", ["shuffled", "both"])
def test_the_order_that_was_shown_decides_ties_as_in_a_new_run(
    database: Database, order: str
) -> None:
    adm = {"n_positive": 1, "n_negative": 4, "only_positive": False}
    sampled = {"order": order, "decoding": {"temperature": 0.9}}
    made = [
        regression("average_distance", order=order),
        again.profile("votes", "prompt_aligned", adm=adm, **sampled),
        again.profile("tags", "tagging", adm=adm, **sampled | {"target": []}),
    ]
    study = Study("s", tuple(made), again.scenarios(6))
    run = again.decided(database, study)
    what = Rescoring(alignment="squared_distance", only_positive=True)
    found = rescore(database, run, what)
    voting = [
        each.model_copy(update={"adm": each.adm.model_copy(update=ONLY)}) for each in made[1:]
    ]
    ranking = regression("squared_distance", order=order)
    direct = replace(study, profiles=(ranking, *voting))
    assert told(database, found.run) == told(database, again.decided(database, direct))
    # The child keeps both orders too, so that the way back gives the decisions of the run.
    back = Rescoring(alignment="average_distance", only_positive=False)
    first = rescore(database, found.run, back) if order == "both" else None
    if first is not None:
        tagged = replace(study, profiles=(made[0], made[1], voting[1]))
        assert told(database, first.run).keys() == told(database, run).keys()
        assert {k: v for k, v in told(database, first.run).items() if k[1] < 2} == {
            k: v for k, v in told(database, again.decided(database, tagged)).items() if k[1] < 2
        }


def test_a_run_that_keeps_only_the_mean_of_both_orders_stays_as_it_was(database: Database) -> None:
    adm = {"n_positive": 1, "n_negative": 2}
    voted = again.profile("v", "prompt_aligned", adm=adm, order="both")
    both = Study("b", (regression("average_distance", order="both"), voted), again.scenarios(2))
    run = again.decided(database, both)
    with database.write() as connection:
        connection.execute("UPDATE results SET halves=NULL")
    for what in (Rescoring(alignment="squared_distance"), Rescoring(only_positive=True)):
        with pytest.raises(ConfigError, match="only the mean of the two orders"):
            rescore(database, run, what)


def test_what_the_samples_cannot_give_is_refused_in_a_sentence(database: Database) -> None:
    study = voting(False)
    run = again.decided(database, study)
    for what, said in (
        (Rescoring(), "No option says what to do anew"),
        (Rescoring(scoring="distance"), "scored by distance already"),
        (Rescoring(scoring="wasserstein"), "no scenario has shares of groups"),
        (Rescoring(alignment="kde_js"), "no predictions that kde_js could rank"),
        (Rescoring(only_positive=False), "counts all votes already"),
    ):
        with pytest.raises(ConfigError, match=said):
            rescore(database, run, what)
    ranked = again.decided(database, Study("o", (regression("average_distance"),), study.scenarios))
    for what, said in (
        (Rescoring(only_positive=True), "lets positive and negative samples vote"),
        (Rescoring(alignment="kde_js"), "but the alignment function 'kde_js' needs distributions"),
        (Rescoring(alignment="relevance_average_distance"), "needs the relevance"),
        (Rescoring(alignment="squared_distance", parameters={"no": 1}), "no"),
        (Rescoring(alignment="average_distance"), "already"),
    ):
        with pytest.raises(ConfigError, match=said):
            rescore(database, ranked, what)
    undecided = runs.create_run(database, study, {})
    with pytest.raises(StoreError, match="no decision yet"):
        rescore(database, undecided, Rescoring(scoring="naacl"))
    assert len(runs.list_runs(database)) == 3


def test_replies_that_do_not_give_the_decision_are_not_counted_anew(database: Database) -> None:
    adm = {"n_positive": 2, "n_negative": 1}
    both = (*voting(False).profiles[:1], again.profile("b", "prompt_aligned", adm=adm))
    run = again.decided(database, Study("s", both, again.scenarios(2)))
    with database.write() as connection:
        connection.execute(
            "UPDATE responses SET choice=NULL WHERE sample IN"
            " (SELECT id FROM samples WHERE profile=0)"
        )
    found = rescore(database, run, Rescoring(only_positive=True))
    assert any("it stays as it was" in note for note in found.notes)
    now = runs.load_study(database, found.run).profiles
    assert now[0] == both[0] and now[1] != both[1]
    with database.write() as connection:
        connection.execute("UPDATE responses SET choice=NULL")
    with pytest.raises(ConfigError, match="do not lead to its decisions"):
        rescore(database, run, Rescoring(only_positive=True))


def test_failures_and_open_samples_are_told(database: Database) -> None:
    run = again.decided(database, voting(False))
    with database.write() as connection:
        first = connection.execute("SELECT min(id) FROM samples").fetchone()[0]
        connection.execute("UPDATE samples SET status='failed' WHERE id=?", (first,))
        connection.execute(
            "UPDATE results SET error_kind='x', error_message='m', choice=NULL WHERE sample=?",
            (first,),
        )
        connection.execute("DELETE FROM results WHERE sample=?", (first + 1,))
        connection.execute("UPDATE samples SET status='pending' WHERE id=?", (first + 1,))
    found = rescore(database, run, Rescoring(scoring="naacl"))
    row = runs.get_run(database, found.run)
    assert (found.failed, row.failed, row.done, row.pending) == (1, 1, 14, 0)
    assert any("1 sample of run" in note for note in found.notes)


def test_the_command(
    database: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = again.decided(database, voting(False))
    more = ("--db", str(tmp_path / "runs.db"))
    arguments = ["rescore", run, "--scoring", "naacl", "--only-positive", *more]
    assert command([*arguments, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["parent"] == run and said["changed"] > 0
    assert said["run"] in {row.id for row in runs.list_runs(database)}
    assert command(arguments) == 0
    assert f"made from run {run}" in capsys.readouterr().out
    refused = ["rescore", run, "--alignment", "kde_js", "--set", "adm.samples=3", *more]
    assert command(refused) == 2
    assert "only parameters of the alignment" in capsys.readouterr().err
