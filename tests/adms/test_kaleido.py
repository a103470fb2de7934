"""Kaleido, its own values, and relevance predictors, with a scripted model."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.library import build_profile, merge_tables
from align_tui.config.profile import Profile
from align_tui.config.roles import check_roles
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.errors import ConfigError, ReplyError
from align_tui.core.statements import Statement, StatementRating
from align_tui.studies.assemble import check_profile
from align_tui.studies.edits import profile_toml
from tests.adms.test_adms import Script
from tests.conftest import make_scenarios

SCENARIO = make_scenarios(1)[0]
A, B = SCENARIO.choice_texts
TWO = [{"attribute": "moral_desert", "value": 1.0}, {"attribute": "fairness", "value": 0.0}]
T5 = {"kind": "seq2seq", "model": "allenai/kaleido-small"}


class Kaleido(Script):
    """Rates statements by a table, and writes and embeds some."""

    def __init__(self, supports: Mapping[str, float], *replies: object) -> None:
        super().__init__(*replies)
        self.supports = supports
        self.actions: list[str] = []
        self.stated: list[Statement] = []
        self.named: tuple[Statement, ...] = ()

    def _supports(self, action: str) -> float:
        return self.supports["A" if f'"{A}" over' in action else "B"]

    async def rate(self, action: str, statements: Any) -> tuple[StatementRating, ...]:
        self.actions.append(action)
        self.stated += statements
        supports = self._supports(action)
        return tuple(
            StatementRating(0.9 - 0.2 * place, supports, 1 - supports, 0.0)
            for place, _ in enumerate(statements)
        )

    async def explain(self, action: str, statements: Any) -> tuple[str, ...]:
        return tuple(f"why {each.text}" for each in statements)

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        return self.named[:most]

    async def embed(self, texts: Any) -> tuple[tuple[float, ...], ...]:
        return tuple((1.0, 0.0) if "desert" in text else (0.0, 1.0) for text in texts)


def profile(adm: Mapping[str, object], targets: object = (), **tables: object) -> Profile:
    table = {"name": "p", "adm": adm, "target": targets, "backbone": T5, **tables}
    return Profile.model_validate(table)


def decide(made: Profile, script: Script, attributes: Attributes | None = None) -> Decision:
    adm = make_adm(made, attributes or load_attributes())

    async def run() -> Decision:
        try:
            return await adm(SCENARIO, made.target, script)
        except BaseExceptionGroup as group:
            error: BaseException = group
            while isinstance(error, BaseExceptionGroup):
                error = error.exceptions[0]
            raise error from group

    return asyncio.run(run())


def test_kaleido_rates_each_choice_by_a_statement_for_each_attribute() -> None:
    script = Kaleido({"A": 0.2, "B": 0.9})
    statements = {"moral_desert": {"kind": "right", "text": "What one deserves"}}
    made = profile({"kind": "kaleido", "statements": statements}, TWO[:1])
    decision = decide(made, script)
    assert decision.choice == 1 and decision.reasoning == "moral_desert: why What one deserves"
    assert decision.predictions is not None and decision.relevance is not None
    assert [each["moral_desert"].samples for each in decision.predictions] == [(0.2,), (0.9,)]
    assert decision.relevance.by_choice[0] == {"moral_desert": 0.9}
    assert script.stated == [Statement("right", "What one deserves")] * 2
    assert all(SCENARIO.text.strip() in action for action in script.actions)
    assert f'"{A}" over "{B}"' in script.actions[0]
    assert [step.name for step in decision.steps] == ["rate and explain", "rank"]


def test_without_a_statement_of_its_own_an_attribute_is_stated_by_its_name() -> None:
    script = Kaleido({"A": 0.2, "B": 0.9})
    table = {"kind": "kaleido", "statement_kind": "duty", "explain": False, "action": "{choice}"}
    low = [{"attribute": "moral_desert", "value": 0.0}]
    decision = decide(profile(table, low), Kaleido({"A": 0.2, "B": 0.2}))
    assert "supports 20%" in decision.reasoning
    decide(profile(table, low), script)
    assert script.stated[0] == Statement("duty", "moral desert")
    assert script.actions == [A, B]
    with pytest.raises(ConfigError, match="no attribute pack defines it"):
        decide(profile(table, [{"attribute": "courage", "value": 1.0}]), script)


def test_its_own_relevance_weighs_the_distances() -> None:
    table = {"function": "kaleido_distance", "weighting": "relevance"}
    made = profile({"kind": "kaleido"}, TWO, alignment=table)
    check_profile(made, load_attributes())
    decision = decide(made, Kaleido({"A": 0.8, "B": 0.4}))
    # (.9 * .2 + .7 * .8) / 1.6 against (.9 * .6 + .7 * .4) / 1.6
    assert decision.ranking is not None and decision.choice == 0
    assert decision.ranking.details["distances"] == pytest.approx([0.4625, 0.5125])


def test_a_profiles_relevance_replaces_kaleidos() -> None:
    made = profile(
        {"kind": "kaleido"},
        TWO,
        alignment={"function": "kaleido_distance", "weighting": "count"},
        relevance={"kind": "most_relevant", "samples": 3},
        models={"relevance": {"kind": "demo"}},
    )
    check_roles(made)
    replies = [{"most_relevant": name} for name in ("fairness", "fairness", "moral desert")]
    decision = decide(made, Kaleido({"A": 0.8, "B": 0.4}, *replies))
    assert decision.relevance is not None and decision.choice == 1
    assert decision.relevance.by_choice[1] == pytest.approx(
        {"moral_desert": 1 / 3, "fairness": 2 / 3}
    )
    assert [each.role for each in decision.responses] == ["relevance"] * 3
    assert len({each.sampling.seed for each in decision.responses}) == 3
    assert "relevance most_relevant" in [step.name for step in decision.steps]


def oracle(relevance: Mapping[str, object] | None, targets: object = TWO) -> Profile:
    more = {} if relevance is None else {"relevance": relevance}
    return profile(
        {"kind": "oracle"},
        targets,
        alignment={"function": "kaleido_distance", "weighting": "count"},
        models={"relevance": {"kind": "demo"}, "embedding": {"kind": "demo"}},
        **more,
    )


def oracle_relevance(relevance: Mapping[str, object] | None, script: Script) -> list[Any]:
    labelled = [{"attribute": "moral_desert", "value": 1.0}]
    scenario_targets = labelled if relevance is None else TWO
    made = oracle(relevance, scenario_targets)
    from align_tui.adms.relevance.predict import relevance_of

    if relevance is None:
        found = decide(made, script).relevance
        assert found is not None
        return [dict(each) for each in found.by_choice]
    got = asyncio.run(
        relevance_of(
            SCENARIO, made.target, script, profile=made, attributes=load_attributes(), stream=4
        )
    )
    return [dict(each) for each in got.relevance.by_choice]


def test_the_oracles_relevance_comes_from_the_labels() -> None:
    assert oracle_relevance(None, Script()) == [{"moral_desert": 1.0}] * 2
    labels = oracle_relevance({"kind": "labels"}, Script())
    assert labels == [{"moral_desert": 1.0, "fairness": 0.0}] * 2
    decision = decide(
        oracle({"kind": "labels"}, TWO[:1]).model_copy(update={"alignment": None}), Script()
    )
    assert decision.relevance is not None and decision.choice == 0


def test_a_model_says_of_each_choice_whether_an_attribute_matters() -> None:
    answers = ["yes", "no", "no", "yes", "yes", "no", "no", "no"]  # choice, attribute, sample
    script = Script(*({"reasoning": "So.", "relevant": each} for each in answers))
    table = {"kind": "per_choice", "samples": 2}
    found = oracle_relevance(table, script)
    assert found == [
        {"moral_desert": 0.5, "fairness": 0.5},
        {"moral_desert": 0.5, "fairness": 0.0},
    ]
    assert [sampling.seed for _, sampling in script.asked] == list(range(4, 12))
    assert B in script.asked[-1][0][1].content
    mean = oracle_relevance(
        {**table, "samples": 1, "combine": "binarised", "reasoning": False},
        Script(*({"relevant": each} for each in ("yes", "no", "yes", "yes"))),
    )
    assert mean == [{"moral_desert": 1.0, "fairness": 0.0}] * 2
    with pytest.raises(ExceptionGroup) as raised:
        oracle_relevance(table, Script(*({"relevant": "perhaps"},) * 8))
    assert isinstance(raised.value.exceptions[0], ReplyError)


def test_examples_that_are_like_the_scenario_say_what_matters() -> None:
    examples = {"MoralDeservingness": ["earned or not"], "fairness": ["of desert", "of desert"]}
    script = Kaleido({"A": 0.5, "B": 0.5})
    found = oracle_relevance({"kind": "similarity", "examples": examples}, script)
    # The scenario's vector is that of texts without `desert`.
    assert found == [{"moral_desert": 1.0, "fairness": 0.0}] * 2
    with pytest.raises(ConfigError, match="no examples of 'fairness'"):
        oracle_relevance({"kind": "similarity", "examples": {"moral_desert": []}}, script)


def test_kaleido_gives_relevance_to_another_decision_maker() -> None:
    found = oracle_relevance({"kind": "kaleido"}, Kaleido({"A": 0.5, "B": 0.5}))
    assert found == [{"moral_desert": 0.9, "fairness": 0.7}] * 2


def test_kaleidos_own_values_take_the_choice_that_they_support_most() -> None:
    script = Kaleido({"A": 0.7, "B": 0.3})
    script.named = (
        Statement("value", "Helping people"),
        Statement("value", "help people"),
        Statement("duty", "Duty to be fair"),
        Statement("value", "Far-fetched"),
    )
    made = profile({"kind": "kaleido_values", "min_relevance": 0.4})
    check_profile(made, load_attributes())
    decision = decide(made, script)
    assert decision.choice == 0 and decision.ranking is not None
    assert decision.ranking.scores == pytest.approx((0.7, 0.3))
    assert decision.predictions is not None
    assert list(decision.predictions[0]) == ["Value: Helping people", "Duty: Duty to be fair"]
    assert "why Helping people" in decision.reasoning
    merged = profile(
        {"kind": "kaleido_values", "merge_vectors": 0.9, "across_kinds": True, "explain": False},
        models={"embedding": {"kind": "demo"}},
    )
    both = decide(merged, script)
    assert both.predictions is not None
    assert list(both.predictions[1]) == ["Value: Helping people"]
    script.named = ()
    silent = decide(made, script)
    assert silent.ranking is not None and silent.ranking.scores == (0.5, 0.5)
    assert len(silent.notes) == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"adm": {"kind": "kaleido"}, "backbone": {"kind": "demo"}}, "rates statements"),
        ({"adm": {"kind": "baseline"}, "backbone": T5}, "writes text under a schema"),
        ({"adm": {"kind": "baseline"}, "relevance": {"kind": "labels"}}, "does not use"),
        (
            {"adm": {"kind": "oracle"}, "target": TWO, "relevance": {"kind": "most_relevant"}},
            "needs a model in the role 'relevance'",
        ),
        (
            {"adm": {"kind": "oracle"}, "target": TWO, "relevance": {"kind": "kaleido"}},
            r"\[relevance\] kaleido needs a model in the role 'relevance'",
        ),
        (
            {
                "adm": {"kind": "kaleido"},
                "target": TWO,
                "backbone": T5,
                "relevance": {"kind": "similarity", "examples": {}},
            },
            "needs a model in the role 'embedding'",
        ),
        (
            {
                "adm": {"kind": "kaleido_values", "merge_vectors": 0.8},
                "backbone": T5,
            },
            "role 'embedding'",
        ),
    ],
)
def test_a_profile_whose_models_cannot_is_refused_before_the_run(
    table: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        check_profile(build_profile({"name": "p", **table}, "a file"), load_attributes())


@pytest.mark.parametrize(
    ("adm", "said"),
    [
        ({"kind": "kaleido", "action": "Do it"}, "blank {choice}"),
        ({"kind": "kaleido", "action": "{choice} {scenario}"}, "no blank {scenario}"),
        ({"kind": "kaleido", "statements": {"fairness": {"kind": "virtue"}}}, "virtue|'value'"),
    ],
)
def test_a_wrong_statement_or_action_is_refused_by_its_key(
    adm: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        build_profile({"name": "p", "adm": adm, "backbone": T5}, "a file")


def test_relevance_is_edited_as_text_and_another_kind_drops_the_old_keys() -> None:
    made = profile({"kind": "kaleido"}, TWO, relevance={"kind": "most_relevant", "samples": 5})
    text = tomllib.loads(profile_toml(made))
    assert build_profile(text, "the text") == made
    merged = merge_tables(text, {"relevance": {"kind": "labels"}})
    assert merged["relevance"] == {"kind": "labels"}


def test_relevance_is_part_of_a_profiles_hash_and_absent_it_changes_none() -> None:
    plain = profile({"kind": "kaleido"}, TWO)
    assert "relevance" not in plain.body()
    told = profile({"kind": "kaleido"}, TWO, relevance={"kind": "kaleido"})
    assert told.hash != plain.hash and Profile.from_body(told.body()) == told
    gone = {**told.body(), "relevance": {"kind": "of a package", "depth": 3}}
    kept = Profile.from_body(gone)
    assert kept.relevance is not None and kept.body()["relevance"]["depth"] == 3  # type: ignore[index,call-overload]
    assert profile({"kind": "kaleido"}, TWO, relevance={"kind": "labels"}).reads_labels
    assert not plain.reads_labels
