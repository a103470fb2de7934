"""Pipelines: steps of a profile's TOML over one working state."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from align_tui.adms.base import Llm
from align_tui.adms.no_model import NoModel
from align_tui.adms.pipeline import run_steps
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.config.steps import STEPS, MissingStepParams, StepParams
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError, AlignmentError, ConfigError
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Prediction
from align_tui.core.scenarios import Choice, Scenario
from align_tui.studies.assemble import load_study
from align_tui.studies.edits import profile_toml
from tests import cumulative
from tests.adms.test_adms import SCENARIO, A, B, Script, say
from tests.adms.test_adms import decide as decide_by_kind
from tests.conftest import HIGH
from tests.plugins import installed

LABELLED = Scenario(
    "s",
    "Whom?",
    (
        Choice("c0", {"moral_desert": 0.25, "merit": 1.0}),
        Choice("c1", {"moral_desert": 0.75, "merit": 0.0}),
        Choice("c2", {"moral_desert": 0.5, "merit": 0.5}),
    ),
)


def profile(*steps: dict[str, Any], **tables: Any) -> Profile:
    body = {"name": "p", "adm": {"kind": "pipeline", "steps": steps}, "target": HIGH}
    return Profile.model_validate(body | tables)


def decide(
    *steps: dict[str, Any],
    scenario: Scenario = LABELLED,
    script: Script | None = None,
    **tables: Any,
) -> Decision:
    made = profile(*steps, **tables)
    adm = make_adm(made, load_attributes())

    async def once() -> Decision:
        return await adm(scenario, made.target, script or Script())

    return asyncio.run(once())


LABELS, RANK, JUSTIFY = {"step": "labels"}, {"step": "rank"}, {"step": "justify"}


def test_the_oracle_as_a_pipeline_decides_as_the_oracle_does() -> None:
    made = decide(LABELS, RANK, JUSTIFY)
    alone = asyncio.run(_once(LABELLED))
    assert made.choice == alone.choice == 1
    assert (made.predictions, made.ranking) == (alone.predictions, alone.ranking)
    assert [step.name for step in made.steps] == ["labels", "rank", "justify"]
    assert "average_distance puts it first" in made.reasoning
    assert decide(LABELS, RANK).reasoning == made.reasoning


async def _once(scenario: Scenario) -> Decision:
    oracle = Profile.model_validate({"name": "o", "adm": {"kind": "oracle"}, "target": HIGH})
    return await make_adm(oracle, load_attributes())(scenario, oracle.target, Script())


def test_a_rating_that_is_missing_is_an_error_of_the_function() -> None:
    with pytest.raises(AlignmentError, match="Choice 1 has no prediction of 'moral_desert'"):
        decide(LABELS, RANK, scenario=Scenario("s", "?", (Choice("a"), Choice("b"))))


def test_unrated_choices_may_be_left_out() -> None:
    steps = (LABELS, RANK | {"unrated": "leave_out"}, JUSTIFY)
    part = Scenario("s", "?", (Choice("a"), Choice("b", {"moral_desert": 0.1})))
    made = decide(*steps, scenario=part)
    assert made.choice == 1 and made.notes == (
        "Choice 1 is left out of the ranking: not labelled for the target.",
    )
    none = decide(*steps, scenario=Scenario("s", "?", (Choice("a"), Choice("b"))))
    assert none.choice == 0 and none.notes == (
        "No choice is rated for the target, so none is ranked, and the first is chosen.",
    )


@pytest.mark.parametrize(
    ("how", "first"), [("mean", {"moral_desert": 1.0, "search": 0.0}),
                       ("binary", {"moral_desert": 1.0, "search": 0.0})]
)  # fmt: skip
def test_relevance_of_labels_and_of_the_scenario(how: str, first: dict[str, float]) -> None:
    target = [*HIGH, {"attribute": "search", "value": 0.0}]
    steps = [{"step": "label_relevance"}, {"step": "scenario_relevance", "how": how}]
    made = decide(*steps, {"step": "fixed"}, target=target)
    assert made.relevance is not None and made.relevance.by_choice == (first,) * 3
    assert made.relevance.rater == "labels"


def test_two_steps_that_give_one_name() -> None:
    again = {"step": "labels", "name": "again"}
    joined = decide(LABELS, again | {"conflict": "join"}, RANK)
    assert joined.predictions is not None
    assert joined.predictions[0]["merit"].samples == (1.0, 1.0)
    for rule in ({}, {"conflict": "replace"}, {"conflict": "merge"}):
        made = decide(LABELS, again | rule, RANK)
        assert made.predictions is not None
        assert made.predictions[0]["merit"] == Prediction((1.0,), rater="labels")
    assert [step.name for step in joined.steps] == ["labels", "again", "rank"]


def test_values_under_other_names_are_ranked_and_merged() -> None:
    other = LABELS | {"gives": {"predictions": "others"}}
    ranked = decide(other, RANK | {"takes": {"predictions": "others"}})
    assert ranked.choice == 1 and ranked.predictions is None
    renamed = decide(other, {"step": "rename", "names": {"others": "predictions"}}, RANK)
    assert renamed.predictions == decide(LABELS, RANK).predictions
    for how, samples in (("merge", (0.25,)), ("join", (0.25, 0.25))):
        both = decide(
            LABELS, other, {"step": "merge", "names": ["predictions", "others"], "how": how}, RANK
        )
        assert both.predictions is not None
        assert both.predictions[0]["moral_desert"].samples == samples


def test_a_fixed_index_counts_on_from_the_first_choice_and_a_random_one_is_the_seeds() -> None:
    assert [decide({"step": "fixed", "index": i}).choice for i in (0, 2, 3, 7)] == [0, 2, 0, 1]
    drawn = decide({"step": "random"}, scenario=SCENARIO, script=Script(seed=5))
    alone = decide_by_kind(Script(seed=5), "random")
    assert (drawn.choice, drawn.probabilities) == (alone.choice, alone.probabilities)


@pytest.mark.parametrize(
    ("kind", "target", "keys"),
    [
        ("baseline", [], {"samples": 3}),
        ("prompt_aligned", HIGH, {"n_positive": 1, "n_negative": 2, "only_positive": True}),
    ],
)
def test_a_step_that_asks_decides_as_its_kind_does(
    kind: str, target: Any, keys: dict[str, Any]
) -> None:
    replies = [say(A, "one"), say(B, "two"), say(B, "three")]
    one, two = Script(*replies), Script(*replies)
    made = decide({"step": kind} | keys, scenario=SCENARIO, script=one, target=target)
    alone = decide_by_kind(two, kind, target, **keys)
    assert one.asked == two.asked
    for part in ("choice", "reasoning", "votes", "probabilities", "responses", "notes"):
        assert getattr(made, part) == getattr(alone, part), part


def test_no_two_texts_of_a_sample_share_a_stream() -> None:
    script = Script(say(A), say(A), say(B), say(A), say(A))
    made = decide(
        {"step": "baseline", "samples": 2},
        {"step": "prompt_aligned", "n_positive": 2, "n_negative": 1},
        scenario=SCENARIO,
        script=script,
    )
    assert [sampling.seed for _, sampling in script.asked] == [0, 1, 2, 3, 4]
    assert len(made.responses) == 5


def test_a_pipeline_needs_what_its_steps_need() -> None:
    asks = profile({"step": "baseline"}, target=[])
    assert asks.needs_model and not asks.reads_labels and not asks.adm.traits.needs_target
    ranks = profile(LABELS, RANK)
    assert not ranks.needs_model and ranks.reads_labels and ranks.adm.traits.ranks
    assert ranks.adm.traits.takes_distributions and not ranks.adm.traits.gives_relevance
    both = profile(LABELS, {"step": "label_relevance"}, RANK, {"step": "prompt_aligned"})
    assert both.adm.traits.states_target and both.adm.traits.gives_relevance
    assert not both.adm.traits.takes_distributions


def test_a_profile_is_written_stored_and_read(tmp_path: Path) -> None:
    made = profile(LABELS | {"gives": {"predictions": "x"}}, RANK | {"takes": {"predictions": "x"}})
    path = tmp_path / "p.toml"
    path.write_text(profile_toml(made))
    assert load_profile(str(path)) == made
    assert Profile.from_body(json.loads(json.dumps(made.body()))) == made
    plain = profile(LABELS, RANK)
    assert plain.body()["adm"] == {
        "kind": "pipeline",
        "steps": [LABELS, RANK | {"unrated": "error"}],
    }
    assert plain.hash != made.hash


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ('step = "rank"\n', "step 1 (rank) takes 'predictions', which no step before it gives; "
                            "steps that give predictions: labels", ""),
        ('step = "labls"\n', "line 5: adm.steps.0.step", "'labels'"),
        ('step = "fixed"\nindx = 1\n', "line 6: unknown key 'adm.steps.0.indx'", "'index'"),
        ('step = "fixed"\nindex = -1\n', "line 6: adm.steps.0.index", ""),
        ('step = "labels"\n', "no step gives an answer; steps that do: rank", ""),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_run_is_refused(
    tmp_path: Path, text: str, says: str, hint: str
) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'# a pipeline\n[adm]\nkind = "pipeline"\n[[adm.steps]]\n{text}')
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    assert says in caught.value.message and hint in caught.value.hint


def test_a_function_that_needs_relevance_gets_it_or_the_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    steps = '[[adm.steps]]\nstep = "fixed"\n'
    path.write_text(
        f'[adm]\nkind = "pipeline"\n{steps}[alignment]\nfunction = "average_distance"\n'
    )
    with pytest.raises(ConfigError, match="pipeline does not rank choices"):
        load_study(Options(profiles=(str(path),), scenarios=("demo-triage",), limit=1))


def test_a_pipeline_has_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    cumulative.install(monkeypatch)
    tables: dict[str, Any] = {"alignment": {"function": "running"}}
    assert profile(LABELS, RANK, **tables).history_context == "scenario_id"
    script = Script(history={"moral_desert": (0.0, 1.0)})
    made = decide(LABELS, RANK, script=script, **tables)
    assert made.ranking is not None
    assert made.ranking.details["history"] == {"moral_desert": [0.0, 1.0]}


PLUGIN = """
from typing import ClassVar
from align_tui.adms.steps.base import PipelineStep
from align_tui.config.steps import StepParams
from align_tui.core.pipeline.names import PREDICTIONS
from align_tui.core.pipeline.state import Given
from align_tui.core.predictions import Prediction

class Params(StepParams):
    GIVES = (PREDICTIONS,)
    attribute: str
    value: float = 0.5

def make(profile, params, attributes):
    async def run(state, llm):
        rated = {params.attribute: Prediction((params.value,), rater="constant")}
        return Given().put(PREDICTIONS, (rated,) * len(state.scenario.choices))
    return run

STEP = PipelineStep(Params, make)
"""


def test_a_step_of_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"align_tui.steps": {"constant": "constant_step:STEP"}}
    step = {"step": "constant", "attribute": "moral_desert", "value": 0.1}
    with installed(tmp_path, monkeypatch, "constant_step", PLUGIN, points):
        STEPS.refresh()
        made = profile(step, RANK)
        decision = decide(step, RANK)
        assert decision.ranking is not None and decision.ranking.best == (0, 1, 2)
        stored = made.body()
    STEPS.refresh()
    gone = Profile.from_body(stored)  # the package is not installed any more
    assert isinstance(gone.adm.steps[0], MissingStepParams)  # type: ignore[attr-defined]
    assert gone.body() == stored and gone.hash == made.hash
    assert not gone.adm.traits.can_decide
    with pytest.raises(ValueError, match="constant"):
        Profile.model_validate(stored)


@pytest.mark.parametrize("given", ["ab", {"predictions": 1}, None])
async def test_a_step_must_return_its_values_by_name(given: object) -> None:
    async def run(state: State, llm: Llm) -> Given:
        return cast(Given, given)

    params = StepParams(step="odd")
    with pytest.raises(AdmError, match="The step 'odd' gave a"):
        await run_steps([(params, run)], State(SCENARIO), NoModel())


def rated(keys: dict[str, int], why: str = "so") -> dict[str, object]:
    return {"reasoning": why} | {key: {"score": score} for key, score in keys.items()}


def test_two_raters_are_joined_and_their_reasons_told() -> None:
    texts = LABELLED.choice_texts
    script = Script(
        rated(dict(zip(texts, (10, 90, 40), strict=True)), "first"),
        rated(dict(zip(texts, (30, 70, 40), strict=True)), "second"),
    )
    made = decide(
        {"step": "comparative_regression", "fixed_texts": "off"},
        {"step": "comparative_regression", "name": "turned", "reverse_choices": True},
        {"step": "fixed_texts"},
        RANK,
        JUSTIFY,
        script=script,
    )
    assert made.predictions is not None and made.choice == 1
    assert made.predictions[1]["moral_desert"].samples == (0.9, 0.7)
    assert made.predictions[1]["moral_desert"].reasons == ("first", "second")
    assert made.reasoning == "moral_desert: first"
    names = ["comparative_regression", "turned", "fixed_texts", "rank", "justify"]
    assert [step.name for step in made.steps] == names
    assert [sampling.seed for _, sampling in script.asked] == [0, 1]


def test_a_step_may_ask_a_model_of_its_own() -> None:
    kaleido = {"step": "kaleido", "model": "values", "gives": {"predictions": "of_kaleido"}}
    alone = profile({"step": "kaleido"}, RANK)
    assert alone.adm.traits.asks == {"rates_statements", "writes_statements"}
    both = profile(kaleido, {"step": "comparative_regression"}, RANK)
    traits = both.adm.traits
    assert traits.needs_model and traits.asks == {"generates"} and traits.gives_relevance
    assert set(traits.roles["values"]) == {"rates_statements", "writes_statements"}
    assert both.adm.attributes_to_rate(both.target) == ("moral_desert",)
    assert Profile.from_body(json.loads(json.dumps(both.body()))) == both


def test_the_step_relevance_needs_its_table(tmp_path: Path) -> None:
    steps = "".join(f'[[adm.steps]]\nstep = "{name}"\n' for name in ("relevance", "labels", "rank"))
    target = '[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    path = tmp_path / "p.toml"

    def study(more: str) -> Profile:
        path.write_text(f'[adm]\nkind = "pipeline"\n{steps}{target}{more}')
        options = Options(profiles=(str(path),), scenarios=("demo-triage",), limit=1)
        return load_study(options).profiles[0]

    with pytest.raises(ConfigError, match=r"pipeline needs a \[relevance\] table"):
        study("")
    assert study('[relevance]\nkind = "labels"\n').adm.traits.takes_relevance


def test_a_step_reads_no_records() -> None:
    with pytest.raises(ValueError, match="a step cannot read records"):
        profile({"step": "direct_regression", "anchors": "generated", "records": ["x.json"]}, RANK)
