"""`[alignment]` and `[[target]]` of a profile: read, stored, and refused before a run."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.adms.base import AdmKind
from align_tui.adms.oracle import OracleParams
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.alignment import OURS, AlignmentParams
from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.config.targets import TargetSpec, target_table
from align_tui.core.alignment.registry import FUNCTIONS, AlignmentEntry
from align_tui.core.errors import ConfigError
from align_tui.core.targets import (
    KERNELS,
    Distribution,
    RandomEffects,
    Target,
    targets_from_json,
    targets_to_json,
)
from align_tui.studies.assemble import load_study
from align_tui.studies.edits import profile_toml, with_profile, with_targets
from align_tui.tui.format.target_editor import make_editor
from tests.conftest import make_study

SPREAD = Target("moral_desert", Distribution((0.1, 0.9), 0.2, "someone"), 2.0)


def profile(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "p.toml"
    path.write_text(text)
    return path


def test_hashes_are_those_of_version_0_1() -> None:
    known = {
        "random": "f749a2a4a41c39c014b88a9f10adf8aa7a4d759c41323cebb03d6141750f0e0d",
        "imported": "a44e27dc287c9ef9010fbc9c05e1c29843a384d4e45510984ca35da3ad34c0a0",
        "custom": "55bb591e025091d803ebd5670dc44733fa39de11a06b2050b6e0eea12f1dfed2",
    }
    more: dict[str, dict[str, Any]] = {
        "imported": {"adm": "zz"},
        "custom": {
            "file": "/x/y.py", "foo": {"a": [1, 2.5]}, "code_sha256": "a" * 64, "needs_model": False
        },
    }  # fmt: skip
    for kind, digest in known.items():
        body = {
            "name": "n",
            "adm": {"kind": kind, **more.get(kind, {})},
            "target": [{"attribute": "moral_desert", "value": 1}],
            "backbone": {"kind": "transformers", "model": "m/x"},
        }
        made = Profile.model_validate(body)
        assert made.hash == digest, kind
        assert set(made.body()) == {
            "name", "description", "adm", "target", "backbone", "decoding", "prompt"
        }  # fmt: skip
    assert load_profile("baseline").hash.startswith("abe3f4540e9bc355")


@pytest.mark.parametrize("name", list(OURS))
def test_the_parameters_of_a_function_are_those_that_a_profile_takes(name: str) -> None:
    function = FUNCTIONS.get(name).load()
    keywords = {
        each.name: each.default
        for each in inspect.signature(function).parameters.values()
        if each.kind is each.KEYWORD_ONLY
    }
    assert OURS[name](function=name).arguments == keywords


def test_every_function_of_ours_has_a_class() -> None:
    assert set(OURS) == set(FUNCTIONS.entries)


def test_the_function_is_part_of_what_a_profile_is(tmp_path: Path) -> None:
    head = '[adm]\nkind = "oracle"\n[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
    plain = load_profile(str(profile(tmp_path, head)))
    said = load_profile(
        str(profile(tmp_path, head + '[alignment]\nfunction = "average_distance"\n'))
    )
    assert plain.hash != said.hash and "alignment" not in plain.body()
    assert said.body()["alignment"] == {
        "function": "average_distance", "misaligned": False, "probabilistic": False,
        "exact_ties": False, "epsilon": 1e-16,
    }  # fmt: skip
    assert Profile.from_body(json.loads(json.dumps(said.body()))) == said


@pytest.mark.parametrize(
    ("table", "says", "hint"),
    [
        ('function = "average_distanse"', "line 7: alignment.function", "'average_distance'"),
        ('function = "average_distance"\nmisalign = true', "line 8: unknown key", "'misaligned'"),
        ('function = "medical_only"\ntie = "last"', "line 8: alignment.tie", ""),
        ('function = "average_distance"\nepsilon = 0', "line 8: alignment.epsilon", ""),
        ("misaligned = true", "the key 'alignment.function' is missing", ""),
    ],
)
def test_what_is_wrong_with_it_is_named(tmp_path: Path, table: str, says: str, hint: str) -> None:
    head = '[adm]\nkind = "oracle"\n[[target]]\nattribute = "a"\nvalue = 1\n[alignment]\n'
    with pytest.raises(ConfigError) as caught:
        load_profile(str(profile(tmp_path, head + table)))
    assert says in caught.value.message and hint in caught.value.hint


RELEVANT = AlignmentEntry("relevant", "x:y", "", needs_relevance=True)
PAST = AlignmentEntry("past", "x:y", "", needs_history=True)
SPREADS = AlignmentEntry("spreads", "x:y", "", targets=frozenset({"distributions"}))
FOREIGN = AlignmentEntry("foreign", "x:y", "", parameters=f"{__name__}:ForeignParams")
WRONG = AlignmentEntry("wrong", "x:y", "", parameters=f"{__name__}:RELEVANT")


class ForeignParams(AlignmentParams):
    """The parameters of another package's function."""

    level: int = 3


class RankerParams(AdmParams):
    """A decision-maker that ranks, and knows neither relevance nor history."""

    TRAITS: ClassVar[Traits] = Traits(is_steerable=True, takes_distributions=True, ranks=True)


RANKER = AdmKind(RankerParams, lambda profile, params, attributes: pytest.fail("it decides"))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RELEVANT", "PAST", "SPREADS", "FOREIGN", "WRONG"):
        monkeypatch.setitem(FUNCTIONS.entries, name.lower(), f"{__name__}:{name}")
    monkeypatch.setitem(ADM_KINDS.entries, "ranker", f"{__name__}:RANKER")


NUMBER = '[[target]]\nattribute = "moral_desert"\nvalue = 1.0\n'
EFFECTS = (
    '[[target]]\nattribute = "moral_desert"\n'
    "parameters = { intercept = 0.4, medical_weight = 2, attr_weight = -0.8 }\n"
)
DISTRIBUTION = '[[target]]\nattribute = "moral_desert"\nsamples = [0.1, 0.9]\nbandwidth = 0.2\n'


@pytest.mark.parametrize(
    ("kind", "target", "function", "says"),
    [
        ("baseline", "", "average_distance", "baseline does not rank choices"),
        ("ranker", NUMBER, "relevant", "needs the relevance of attributes, which ranker"),
        ("ranker", NUMBER, "past", "needs earlier decisions, which ranker"),
        ("oracle", "[history]\n" + NUMBER, "average_distance", "it cannot use [history]"),
        ("oracle", NUMBER, "spreads", "is a number, but the alignment function 'spreads'"),
        ("oracle", DISTRIBUTION, "average_distance", "function 'average_distance' needs numbers"),
        ("oracle", DISTRIBUTION, "", "function 'average_distance' needs numbers"),
        ("prompt_aligned", DISTRIBUTION, "", "a distribution, but prompt_aligned needs numbers"),
        ("prompt_aligned", EFFECTS, "", "parameters, but prompt_aligned needs numbers"),
        ("oracle", EFFECTS, "", "is random-effects parameters, but the alignment function"),
        ("oracle", NUMBER, "random_effects", "needs random-effects parameters"),
        ("oracle", EFFECTS + "value = 0.5", "kde_js", "a number with random-effects parameters"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_starts(
    tmp_path: Path, functions: None, kind: str, target: str, function: str, says: str
) -> None:
    table = f'[alignment]\nfunction = "{function}"\n' if function else ""
    path = profile(tmp_path, f'[adm]\nkind = "{kind}"\n{table}{target}')
    with pytest.raises(ConfigError, match=r"profile p: .*") as caught:
        load_study(Options(profiles=(str(path),), scenarios=("demo-triage",), limit=2))
    assert says in caught.value.message and caught.value.hint


def test_relevance_that_is_needed_may_come_from_its_own_table(
    tmp_path: Path, functions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    traits = replace(OracleParams.TRAITS, gives_relevance=False)
    monkeypatch.setattr(OracleParams, "TRAITS", traits)
    text = f'[adm]\nkind = "oracle"\n{NUMBER}[alignment]\nfunction = "relevant"\n'
    path = str(profile(tmp_path, text))
    options = Options(profiles=(path,), scenarios=("demo-triage",), limit=2)
    with pytest.raises(ConfigError, match="needs the relevance of attributes") as caught:
        load_study(options)
    assert "[relevance]" in caught.value.hint
    profile(tmp_path, text + '[relevance]\nkind = "labels"\n')
    assert load_study(options).profiles[0].relevance is not None


def test_what_only_counts_when_it_is_scored_is_not_refused(tmp_path: Path, functions: None) -> None:
    for text in (
        f'[adm]\nkind = "random"\n{DISTRIBUTION}',
        f'[adm]\nkind = "oracle"\n{DISTRIBUTION}[alignment]\nfunction = "spreads"\n',
    ):
        path = str(profile(tmp_path, text))
        study = load_study(Options(profiles=(path,), scenarios=("demo-triage",), limit=2))
        assert study.profiles[0].target[0].value == Distribution((0.1, 0.9), 0.2)


def test_another_packages_function_brings_its_own_parameters(functions: None) -> None:
    def made(function: str, **keys: object) -> Profile:
        table = {"function": function, **keys}
        return Profile.model_validate({"name": "p", "adm": {"kind": "oracle"}, "alignment": table})

    assert made("foreign", level=4).body()["alignment"] == {"function": "foreign", "level": 4}
    with pytest.raises(ValueError, match="level"):
        made("foreign", level="x")
    with pytest.raises(ValueError, match="are not AlignmentParams"):
        made("wrong")
    body: Any = {"name": "p", "adm": {"kind": "oracle"}, "alignment": {"function": "gone", "x": 1}}
    assert Profile.from_body(body).body()["alignment"] == body["alignment"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("", "a target needs a value"),
        ("value = 0.5\nsamples = [0.5]\nbandwidth = 0.1", "cannot have samples"),
        ("samples = [0.5]", "bandwidth"),
        ("samples = []\nbandwidth = 0.1", "a target needs a value"),
        ("samples = [1.5]\nbandwidth = 0.1", "samples.0"),
        ("samples = [0.5]\nbandwidth = 0", "bandwidth"),
        ("samples = [0.5]\nbandwidth = inf", "bandwidth"),
        ("value = 0.5\nweight = 0", "weight"),
        ("value = 0.5\nname = 'x'", "cannot have samples, bandwidth, kernel or name"),
        ("samples = [0.5]\nbandwidth = 0.1\nkernel = 'box'", "kernel"),
        ("value = 0.5\nkernel = 'linear'", "cannot have samples"),
        ("parameters = {intercept = 1, medical_weight = 1, attr_weight = inf}", "attr_weight"),
        (
            "samples = [0.5]\nparameters = {intercept=1, medical_weight=1, attr_weight=1}",
            "parameters cannot have",
        ),
        ("value = 1.5", "value"),
        ("value = nan", "value"),
    ],
)
def test_a_target_that_is_none_is_named(tmp_path: Path, keys: str, says: str) -> None:
    text = f'[adm]\nkind = "oracle"\n[[target]]\nattribute = "merit"\n{keys}\n'
    with pytest.raises(ConfigError, match=r"p\.toml, line \d: target\.0") as caught:
        load_profile(str(profile(tmp_path, text)))
    assert says in caught.value.message


unit = st.floats(0, 1)
positive = st.floats(1e-6, 100)


@pytest.mark.parametrize("name", ["intercept", "medical_weight", "attr_weight"])
def test_a_parameter_that_is_missing_or_unknown_is_named(tmp_path: Path, name: str) -> None:
    wrong = EFFECTS.replace(name, f"{name}_")
    with pytest.raises(
        ConfigError, match=rf"line \d: unknown key 'target\.0\.parameters\.{name}_'"
    ):
        load_profile(str(profile(tmp_path, f'[adm]\nkind = "oracle"\n{wrong}')))


parameter = st.floats(-1e6, 1e6)
values = (
    unit
    | st.builds(
        Distribution,
        st.lists(unit, min_size=1, max_size=5).map(tuple),
        positive,
        st.text("abc é'\"\\", max_size=8),
        st.sampled_from(KERNELS),
    )
    | st.builds(RandomEffects, parameter, parameter, parameter, st.none() | unit)
)


@given(
    st.builds(Target, st.sampled_from(["moral_desert", "merit"]), values, positive | st.just(1.0))
)
def test_a_target_is_written_and_read_back(target: Target) -> None:
    table = json.loads(json.dumps(target_table(target)))
    spec = TargetSpec.model_validate(table)
    assert spec.target == target and spec.model_dump(mode="json") == table
    body: Any = {"name": "p", "adm": {"kind": "random"}, "target": [table]}
    made = Profile.model_validate(body)
    assert Profile.from_body(made.body()) == made and made.target == (target,)
    assert ("weight" in table) == (target.weight != 1.0)
    assert targets_from_json(json.loads(json.dumps(targets_to_json((target,))))) == (target,)


def test_edits_keep_what_they_cannot_change() -> None:
    attributes = load_attributes()
    study = make_study(2)
    plain = Target("fairness", 0.2, 3.0)
    made = with_targets(study, 0, (SPREAD, plain), attributes)
    assert made.profile is not None
    again = made.study.profiles[made.profile]
    assert again.target == (SPREAD, plain)
    text = profile_toml(again)
    text += "\n[decoding]\nseed = 5\n"
    edited = with_profile(made.study, 0, text, attributes)
    assert edited.study.profiles[0].target == (SPREAD, plain)


@pytest.mark.parametrize("misaligned", [False, True])
def test_the_alignment_function_is_edited_and_switched(misaligned: bool, tmp_path: Path) -> None:
    table = {"function": "average_distance", "misaligned": misaligned}
    target = [{"attribute": "moral_desert", "value": 1.0}]
    made = Profile.model_validate(
        {"name": "p", "adm": {"kind": "oracle"}, "target": target, "alignment": table}
    )
    text = profile_toml(made)
    path = profile(tmp_path, text)
    assert load_profile(str(path)).alignment == made.alignment
    # Another function starts with its own defaults.
    other = load_profile(str(path), overrides=["alignment.function=medical_only"])
    assert other.body()["alignment"] == OURS["medical_only"](function="medical_only").model_dump()


def test_the_editor_of_targets_keeps_distributions_and_weights() -> None:
    state = make_editor(["merit"], (SPREAD, Target("fairness", 0.2, 3.0)))
    assert state.names == ("moral_desert", "fairness", "merit")
    assert state.turned(1).set_to(0.0).targets == (SPREAD, Target("fairness", 0.2, 3.0))
    turned = state.moved(1).turned(1).moved(1).turned(1)
    assert turned.targets == (SPREAD, Target("fairness", 0.3, 3.0), Target("merit", 1.0))
    assert state.set_to(None).targets == (Target("fairness", 0.2, 3.0),)


OPEN = """format = "align-tui/scenarios/1"
[[scenario]]
id = "q1"
text = "What would you do?"
asks = "text"
"""


def test_a_decision_maker_that_only_chooses_is_not_asked_for_a_text(tmp_path: Path) -> None:
    scenarios = tmp_path / "open.toml"
    scenarios.write_text(OPEN)
    own = tmp_path / "own.py"
    own.write_text("def decide(s, t, l, p):\n    return 'x'\n")
    custom = profile(tmp_path, f'[adm]\nkind = "custom"\nfile = "{own}"\nneeds_model = false\n')
    both = Options(profiles=(str(custom), "random"), scenarios=(str(scenarios),))
    assert load_study(replace(both, profiles=both.profiles[:1])).scenarios[0].asks == "text"
    with pytest.raises(ConfigError, match=r"random: random cannot give .* scenario q1 asks"):
        load_study(both)
    # With scored pairs only, neither profile decides the scenario.
    load_study(replace(both, scored_only=True))


def test_what_a_scenario_asks_for_is_part_of_it_only_where_it_is_a_text() -> None:
    [plain] = make_study(1).scenarios
    assert plain.hash.startswith("c5b8744b6c1169597642c4f5b092442e")  # as in version 0.1
    assert replace(plain, asks="text").hash != plain.hash
