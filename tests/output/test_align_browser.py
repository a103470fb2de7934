"""Run directories that align-browser lists and shows, and that come back as they were written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.session import Counts, Probe, session_counts
from align_tui.core.targets import Distribution, Target
from align_tui.formats.align_system.recorded_info import read_info
from align_tui.formats.align_system.runs import read_run_directory, run_directories
from align_tui.formats.align_system.target_names import named_values, target_name
from align_tui.output.choice_info import choice_info, kdma_values
from align_tui.output.example_responses import response_json
from align_tui.output.exporters.align_system import align_system
from align_tui.output.exporters.method_names import method_names
from align_tui.store import results, runs
from align_tui.store.basis import Basis, bases_of
from align_tui.store.database import Database
from align_tui.store.imports import import_run
from align_tui.store.results import Result
from tests import ending
from tests.conftest import make_scenarios
from tests.output import browser_rules
from tests.output.test_events_schema import mixed
from tests.tui import fakes

MERIT = [{"attribute": "merit", "value": 1.0}]
SHARES = st.floats(0, 1).map(lambda x: round(x, 4))


def profile(name: str, kind: str = "baseline", **more: Any) -> Profile:
    return Profile.model_validate(
        {"name": name, "adm": {"kind": kind, **more.pop("adm", {})}} | more
    )


def decide_all(db: Database, study: Study) -> str:
    """Decide each sample with predictions, relevance, a ranking and steps."""
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(8):
        for claimed in batch:
            shown = study.scenarios[claimed.scenario]
            ending.finish(
                db, worker.id, claimed, rated(len(shown.choices), claimed.profile),
                shown.choices[0].text, {}, 0.25 + claimed.scenario,
            )  # fmt: skip
    return run


def rated(choices: int, number: int) -> Decision:
    predictions = tuple(
        {"moral_desert": Prediction((0.1 * (i + number), 0.5)), "merit": Prediction((1.0,))}
        for i in range(choices)
    )
    scores = tuple(1.0 - 0.1 * i for i in range(choices))
    return Decision(
        ChoiceAnswer(0),
        "Said \x1b[31m<b>é</b> \u2028 so.",
        probabilities=(1.0, *(0.0,) * (choices - 1)),
        predictions=predictions,
        relevance=Relevance.of_scenario({"moral_desert": 1.0, "merit": 0.25}, choices),
        ranking=Ranking(
            "medical_urgency", "votes", scores, (0,), 0, "none", {"weighted": False}, ("said",), 1,
            {"per_kdma": {"merit": {"midpoint": 0.5}}, "votes": [1.0] * choices},
        ),
        steps=(Step("rate", 0.25), Step("rank", 0.001)),
    )  # fmt: skip


def files(folder: Path) -> dict[str, object]:
    """What each file says, by its path."""
    return {
        str(path.relative_to(folder)): browser_rules.strict(path)
        if path.suffix == ".json"
        else yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_lists_every_profile_and_shows_every_decision(
    database: Database, tmp_path: Path
) -> None:
    run, study = mixed(database)
    align_system(database, run, tmp_path)
    found = {each.folder: each for each in browser_rules.listed(tmp_path)}
    browser_rules.variants(list(found.values()))
    assert set(found) == {p.name for p in study.profiles}
    assert found["baseline"].target == "unaligned" and found["baseline"].values == {}
    high = found["moral-desert-high"]
    assert (high.target, high.values) == ("moral_desert-1.0", {"moral_desert": 1.0})
    assert browser_rules.parsed(high.target) == high.values
    assert high.llm == "demo" and len(high.scenes) == 2
    assert len(found["moral-desert-low"].scenes) == 1  # the open answer is left out
    # One method with two targets has one name, so that its sliders find both.
    assert high.adm == found["moral-desert-low"].adm == "prompt_aligned"
    assert set(high.times.values()) == {0.5, 1.0}


def test_what_is_written_comes_back_and_is_written_the_same(
    database: Database, tmp_path: Path
) -> None:
    study = replace(fakes.study(4, profiles=3), profiles=(
        *fakes.study(1, profiles=3).profiles,
        profile("spread", "oracle", target=[
            {"attribute": "merit", "samples": [0.25, 0.5], "bandwidth": 0.1, "name": "p7"},
            {"attribute": "moral_desert", "value": 0.3, "weight": 2.0},
        ]),
    ))  # fmt: skip
    run = decide_all(database, study)
    align_system(database, run, tmp_path / "first")
    browser_rules.listed(tmp_path / "first")
    for folder in run_directories(tmp_path / "first"):
        again = import_run(database, read_run_directory(folder, load_attributes()))
        align_system(database, again, tmp_path / "second")
        index = [p.name for p in study.profiles].index(folder.name)
        before = sorted(
            (r for r in results.all_results(database, run) if r.profile == index),
            key=lambda r: r.scenario,
        )
        after = list(results.all_results(database, again))
        for one, other in zip(before, after, strict=True):
            assert one.latency_s == other.latency_s and one.reasoning == other.reasoning
            assert one.probabilities == other.probabilities
            old, new = (bases_of(database, [r.sample])[r.sample] for r in (one, other))
            assert old.predictions == new.predictions and old.relevance == new.relevance
            assert old.steps == new.steps and new.ranking is not None and old.ranking is not None
            assert new.ranking.scores == old.ranking.scores
            assert new.ranking.parameters == old.ranking.parameters
            assert new.ranking.sample == 1 and new.ranking.notes == ("said",)
        [kept] = runs.load_study(database, again).profiles
        assert kept.target == study.profiles[index].target and kept.name == folder.name
    first, second = files(tmp_path / "first"), files(tmp_path / "second")
    assert first == second
    scored: Any = first["baseline/scores.json"]  # by the other profiles' targets
    assert len(scored) == len(study.profiles) - 1
    assert all(each["measures"] for each in scored)


@pytest.mark.parametrize(
    "body",
    [
        "[", "{}", "[3]", '[{"alignment_target": 3}]', '[{"alignment_target": "merit-7.0"}]',
        '[{"kdma_values": [{"kdma": "merit"}]}]', '[{"kdma_values": [{"kdma": []}]}]',
        '[{"kdma_values": {"merit": 1}}]',
    ],
)  # fmt: skip
def test_scores_that_name_no_target_score_nothing(
    database: Database, tmp_path: Path, body: str
) -> None:
    run = decide_all(database, Study("s", (profile("plain"),), fakes.scenarios(1)))
    align_system(database, run, tmp_path)
    (tmp_path / "plain" / "scores.json").write_text(body)
    found = read_run_directory(tmp_path / "plain", load_attributes())
    assert found.scored_against == () and len(found.decisions) == 1
    stored: Any = runs.load_study(database, import_run(database, found)).profiles[0].body()
    assert "scored_against" not in stored["adm"]  # its hash is that of earlier versions


def test_records_that_cannot_be_told_apart_get_scenes_of_their_own(
    database: Database, tmp_path: Path
) -> None:
    def record(scene: object, text: str) -> dict[str, Any]:
        info = {} if scene is None else {"meta_info": {"scene_id": scene}}
        choices = [{"unstructured": f"{text} {i}", "kdma_association": {"MoralDesert": 10.0 * i}}
                   for i in range(2)]  # fmt: skip
        return {"input": {"scenario_id": "s", "state": text, "full_state": info,
                          "choices": choices}}  # fmt: skip

    source = tmp_path / "io.json"
    source.write_text(json.dumps([record(1, "a"), record("1", "b"), record(None, "c")]))
    from align_tui.formats.read import read_scenarios

    scenarios = read_scenarios(source, attributes=load_attributes()).scenarios
    study = Study("s", (profile("Outdated 1", "baseline"),), scenarios, repeat=2)
    align_system(database, decide_all(database, study), tmp_path / "out")
    found = browser_rules.listed(tmp_path / "out")
    browser_rules.variants(found)
    assert [each.folder for each in found] == ["old-1-repeat0", "old-1-repeat1"]
    assert list(found[0].scenes) == [("s", "1"), ("s", "1 (2)"), ("s", "3")]
    labels = found[0].scenes["s", "1"]["input"]["choices"][1]["kdma_association"]
    assert labels == {"moral_desert": 1.0}  # not ten, and under the target's name
    back = read_run_directory(tmp_path / "out" / "old-1-repeat0", load_attributes())
    assert [s.key for s in back.scenarios] == [s.key for s in scenarios]
    assert [s.hash for s in back.scenarios] == [s.hash for s in scenarios]


def test_different_methods_have_different_names() -> None:
    two = {
        "adm": {"n_positive": 2, "n_negative": 1},
        "target": [{"attribute": "merit", "value": 1}],
    }
    hot = {**two, "decoding": {"temperature": 0.7}}
    far = profile("f", "oracle", alignment={"function": "average_distance", "misaligned": True})
    names = method_names([
        profile("a"), profile("b", "prompt_aligned", **two), far, profile("x", "oracle"),
        profile("c", "prompt_aligned", **hot),
    ])  # fmt: skip
    assert names[0] == "baseline" and len(set(names)) == 5
    assert names[1].startswith("prompt_aligned n_positive=2") and names[1].endswith("(b)")
    assert "misaligned=true" in names[2] and "misaligned" not in names[3]
    shared = method_names(
        [profile("a"), profile("b", backbone={"kind": "transformers", "model": "x/y"})]
    )
    assert shared == ["baseline", "baseline"]
    [own] = method_names([profile("a", "custom", adm={"file": "/home/someone/secret/odd.py"})])
    assert "odd.py" in own and "someone" not in own


NAMES = st.from_regex(r"[a-z]{1,8}([_\- ][a-z]{1,8}){0,2}", fullmatch=True)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, SHARES, min_size=1, max_size=4))
def test_every_id_of_a_target_parses(values: dict[str, float]) -> None:
    targets = tuple(Target(name, value) for name, value in values.items())
    name = target_name(targets)
    assert list(browser_rules.parsed(name).values()) == list(values.values())
    assert named_values(name) == browser_rules.parsed(name)
    [first] = values if len(values) == 1 else [""]
    if first and "-" not in first:
        assert named_values(name) == values


def test_a_distribution_is_named_by_its_mean() -> None:
    spread = Target("merit", Distribution((0.0, 0.5), 0.1, "p"))
    assert target_name((spread,)) == "merit-0.25" and target_name(()) == "unaligned"
    assert kdma_values((spread,))[0]["value"] == 0.25
    assert named_values("ADEPT-June2025-affiliation_merit-0.0_1.0") == {
        "affiliation": 0.0, "merit": 1.0,
    }  # fmt: skip
    for odd in ("", "unaligned", "x", "a-b", "a_b-1.0_1.0_1.0", "a-1_2", "-1.0", "a-1e5", "a-nan"):
        assert named_values(odd) == {}


KEYS = st.sampled_from(["a", "b", "0", "1", "scores", "source"]) | st.text(max_size=3)
JSONS: Any = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=4) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "predicted_kdma_values",
        "predicted_relevance",
        "alignment_info",
        "per_step_timing_stats",
        "icl_example_responses",
    ]
)


@settings(max_examples=40)
@given(st.dictionaries(FIELDS, JSONS))
def test_a_hostile_choice_info_is_read_or_left(info: dict[str, Any]) -> None:
    found = read_info(info, ("a", "b"), 1, str)
    for row in found.predictions or ():
        assert all(0 <= x <= 1 for each in row.values() for x in each.samples)
    if found.ranking is not None:
        assert len(found.ranking.scores) == 2 and found.ranking.taken == 1
        json.dumps(list(found.ranking.scores), allow_nan=False)


def test_examples_and_true_relevance_are_written_and_examples_read_back() -> None:
    [scenario] = make_scenarios(1)
    shown = (
        UsedExample("set-1", 0.5, "merit", "Who?", '{"A":{"reasoning":"r","score":1}}'),
        UsedExample("set-2", None, "merit", "Whom?", "Treat A."),
        UsedExample("set-9", 0.1, "moral_desert", "Where?", "[1]"),
    )
    relevance = Relevance.of_scenario({"moral_desert": 0.2, "merit": 1.0}, 2)
    result = Result(0, 0, 0, 0, 0, 0.0, 0.0, 0, "", "", None, None, (), 0.0, None, 0, None, None)

    def written(examples: tuple[UsedExample, ...]) -> dict[str, Any]:
        basis = Basis(relevance=relevance, examples=examples)
        return dict(choice_info(scenario, scenario.choice_texts, result, basis))

    info = json.loads(json.dumps(written(shown)))
    assert info["true_relevance"] == {"moral_desert": 1, "merit": 0}
    found = read_info(info, scenario.choice_texts, 0, str)
    assert found.examples == shown and not found.notes
    assert written(found.examples) == info
    for entry in info["icl_example_responses"]["merit"]:
        del entry["example"]  # as align-system writes them
    named = read_info(info, scenario.choice_texts, 0, str).examples
    assert [each.example for each in named] == ["merit 1", "merit 2", "set-9"]
    assert (
        read_info({"icl_example_responses": {"a": [1, {"prompt": 2}]}}, (), 0, str).examples == ()
    )


def test_align_systems_own_forms_are_read() -> None:
    info: dict[str, Any] = {
        "predicted_kdma_values": {"A": {"Merit": [0.2, 0.4]}, "B": {"Merit": 0.9}, "C": {}},
        "predicted_relevance": {"Merit": [0.0, 1.0]},
        "alignment_info": {"source": "midpoint", "votes": {"0": 0.5, "1": 1.0}, "per_kdma": {}},
        "per_step_timing_stats": [{"step": "Rate", "step_num": 0, "elapsed_s": 2}, "odd"],
    }
    found = read_info(info, ("A", "B"), 1, str.lower)
    assert found.predictions == ({"merit": Prediction((0.2, 0.4))}, {"merit": Prediction((0.9,))})
    assert found.relevance == Relevance(({"merit": 0.5}, {"merit": 0.5}))
    assert found.steps == (Step("Rate", 2.0),)
    assert found.ranking is not None
    assert (found.ranking.function, found.ranking.measure) == ("midpoint", "votes")
    assert found.ranking.scores == (0.5, 1.0) and found.ranking.best == (1,)
    chosen = read_info({"alignment_info": {"p_choose_a": 0.25}}, ("A", "B"), 1, str).ranking
    assert chosen is not None and chosen.scores == (0.25, 0.75)
    assert read_info({"alignment_info": {"p_choose_a": 2}}, ("A", "B"), 1, str).ranking is None
    assert read_info({"predicted_relevance": {"x": 3}}, ("A",), 0, str).notes


def scenario(key: str, *labels: float | None) -> Scenario:
    rows = [{} if each is None else {"merit": each} for each in labels]
    return Scenario(key, key, tuple(Choice(f"{key}{i}", row) for i, row in enumerate(rows)))


def test_scores_have_align_systems_counts_beside_ours(database: Database, tmp_path: Path) -> None:
    aims = (Target("merit", 1.0),)
    probes = [
        Probe("s", scenario("a", 1.0, 0.0), 0),
        Probe("s", scenario("b", 0.5, 0.5), 1),
        Probe("s", scenario("c", None, None), 1),
        Probe("t", scenario("d", 0.2, 0.8), 0),
        Probe("t", scenario("e", None, 0.8), 0),
    ]
    rule = fakes.study(1).scorer.is_correct
    counts = session_counts(probes, aims, rule)
    assert counts["s"] == Counts(2, 2, 1, 1, 3, 3, 1, 1)
    assert counts["t"].reference == 2 and counts["t"].reference_correct == 0
    study = Study("s", (profile("p", "oracle", target=MERIT),),
                  (scenario("x", None, None),))  # fmt: skip
    align_system(database, decide_all(database, study), tmp_path)
    [entry] = json.loads((tmp_path / "p" / "scores.json").read_text())
    assert entry["alignment_target"] == "merit-1.0"
    measures = entry["measures"]["x"]
    assert all(set(each) == {"value", "description"} for each in measures.values())
    assert measures["accuracy"]["value"] is None and measures["num_probes"]["value"] == 0
    assert measures["reference_accuracy"]["value"] == 1.0
    assert all(each["description"] for each in measures.values())


def test_the_target_of_the_records_is_used_where_the_configuration_has_none(
    database: Database, tmp_path: Path
) -> None:
    study = Study("s", (profile("p", "oracle", target=MERIT),),
                  (scenario("x", 1.0, 0.0), scenario("y", 1.0, 0.0)))  # fmt: skip
    align_system(database, decide_all(database, study), tmp_path)
    path = tmp_path / "p" / ".hydra" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    del config["alignment_target"]
    path.write_text(yaml.safe_dump(config))
    assert read_run_directory(tmp_path / "p", load_attributes()).targets == (Target("merit", 1.0),)
    records = json.loads((tmp_path / "p" / "input_output.json").read_text())
    records[0]["input"]["alignment_target_id"] = "merit-0.0"
    (tmp_path / "p" / "input_output.json").write_text(json.dumps(records))
    found = read_run_directory(tmp_path / "p", load_attributes())
    assert found.targets == () and "different targets" in " ".join(found.notes)


def test_a_folder_of_run_directories_is_all_of_them(tmp_path: Path) -> None:
    for name in ("b", "a/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "input_output.json").write_text("[]")
    assert run_directories(tmp_path) == [tmp_path / "a" / "c", tmp_path / "b"]
    assert run_directories(tmp_path / "b") == [tmp_path / "b"]
    assert run_directories(tmp_path / "none") == [tmp_path / "none"]


def test_a_profile_without_a_model_names_none(database: Database, tmp_path: Path) -> None:
    large = profile("m", backbone={"kind": "transformers", "model": "a/b-7B"})
    study = Study("s", (profile("o", "random"), large), (scenario("x", 1.0, 0.0),))
    align_system(database, decide_all(database, study), tmp_path)
    found = {each.folder: each.llm for each in browser_rules.listed(tmp_path)}
    assert found == {"o": "no_llm", "m": "a/b-7B"}


def test_an_examples_reply_has_the_form_that_is_shown() -> None:
    scored = response_json('{"A": {"score": 70, "reasoning": "so"}, "B": {"score": 1}}')
    assert scored == {
        "A": {"score": 70, "reasoning": "so"},
        "B": {"score": 1, "reasoning": ""},
    }
    assert response_json('{"A": 0.5, "why": "it is"}') == {
        "A": {"score": 0.5, "reasoning": ""},
        "why": {"score": "–", "reasoning": "it is"},
    }
    for text in ("Treat A.", "[1]", "{}", "[" * 100_000):
        assert response_json(text)["answer"] == {"score": "–", "reasoning": text}
    info: dict[str, Any] = {"icl_example_responses": {"merit": [
        {"similarity_score": 0.5, "prompt": "p", "response": scored}]}}  # fmt: skip
    browser_rules.check_choice_info(info, ["A", "B"])
