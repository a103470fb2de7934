"""Deciding anew with a run's own settings gives the run's own decisions, in every order."""

from __future__ import annotations

from typing import Any

import pytest

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.store import results, runs
from align_tui.store.database import Database
from align_tui.store.stored_decisions import decisions_of
from align_tui.studies.deciding_again import decide_again
from align_tui.studies.records import with_records
from align_tui.studies.rescoring import ONLY_POSITIVE, RescoredStudy
from tests import again

SAMPLED: dict[str, Any] = {"decoding": {"temperature": 0.9}}
VOTES = {"n_positive": 2, "n_negative": 3}
ASK = {"step": "prompt_aligned", "n_positive": 2, "n_negative": 2}
RELEVANT = {"samples": 2, "predict_relevance": True}
EMBEDDING = {"models": {"embedding": {"kind": "demo-embedding"}}}


def profiles(order: str) -> list[Profile]:
    """A profile of each kind that votes or ranks, and of each way to do so."""
    more = {**SAMPLED, "order": order}
    rated = {"adm": {"samples": 2}, **more}
    steps = [{"step": "comparative_regression", "samples": 2}, {"step": "rank"}]
    made = [
        again.profile("votes", "prompt_aligned", adm=VOTES, **more),
        again.profile("positive", "prompt_aligned", adm={**VOTES, ONLY_POSITIVE: True}, **more),
        again.profile("tags", "tagging", adm=VOTES, **{**more, "target": []}),
        again.profile("asked", "pipeline", adm={"steps": [ASK]}, **more),
        again.profile("compared", "comparative_regression", **rated),
        again.profile("direct", "direct_regression", **rated),
        again.profile("drawn", "comparative_regression", **rated,
                      alignment={"function": "average_distance", "probabilistic": True}),
        again.profile("relevant", "comparative_regression", **{**rated, "adm": RELEVANT},
                      alignment={"function": "relevance_average_distance"}),
        again.profile("remembers", "direct_regression", **rated,
                      alignment={"function": "cumulative_average_distance"}),
        again.profile("piped", "pipeline", adm={"steps": steps}, **more),
    ]  # fmt: skip
    if order == "given":  # these see no order
        records = {"records": ["demo-triage"]}
        hybrid = again.profile("hybrid", "hybrid_regression", adm=records, **EMBEDDING)
        kaleido = {"adm": {"explain": False}, "backbone": {"kind": "seq2seq", "model": "m"}}
        made += [
            again.profile("oracle", "oracle"),
            again.profile("kaleido", "kaleido", **kaleido),
            with_records(hybrid, load_attributes()),
        ]
    return made


@pytest.mark.parametrize("order", ["given", "shuffled", "both"])
def test_own_settings_give_the_own_decisions(database: Database, order: str) -> None:
    study = Study("s", tuple(profiles(order)), again.scenarios(4))
    run = again.decided(database, study)
    found = list(results.all_results(database, run))
    assert [(each.profile, each.error_message) for each in found if each.error_kind] == []
    before = decisions_of(database, found)
    places = {each.sample: (each.scenario, each.profile, each.repeat) for each in found}
    stored = runs.load_study(database, run)
    votes = {i for i, each in enumerate(stored.profiles) if not each.adm.traits.ranks}
    ranks = set(range(len(stored.profiles))) - votes
    same = RescoredStudy(stored, frozenset(votes), frozenset(ranks))
    made = decide_again(stored, same, places, before, "seen")
    assert made.notes == () and made.errors == {} and made.different == set()
    assert made.decisions.keys() == before.keys()
    for sample, decision in before.items():
        assert made.decisions[sample] == decision, places[sample]
        in_both = stored.profiles[places[sample][1]].choice_order == "both"
        assert bool(decision.halves) == in_both


def test_every_kind_that_votes_or_ranks_is_tried() -> None:
    kinds = {each.adm.kind for each in profiles("given")}
    for name, kind in ADM_KINDS.loaded():
        fields = kind.params.model_fields
        if kind.params.TRAITS.ranks or ONLY_POSITIVE in fields:
            assert name in kinds, name
