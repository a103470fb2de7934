"""Profiles and scenarios saved in the user's library: the program loads what it saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.library import list_profiles, load_profile
from align_tui.config.profile import Profile
from align_tui.core.errors import AlignError, ConfigError, OutputError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.formats.library import find_scenarios
from align_tui.studies import edits, save
from tests.tui import fakes

ATTRIBUTES = load_attributes()
SHIPPED = [entry.path for entry in list_profiles() if entry.origin == "shipped"]


@pytest.fixture(autouse=True, scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A separate library for these tests; all examples of a property share one."""
    folder = tmp_path_factory.mktemp("library")
    patch = pytest.MonkeyPatch()
    patch.setattr(paths, "user_profiles", lambda: folder / "profiles")
    patch.setattr(paths, "user_scenarios", lambda: folder / "scenarios")
    yield folder
    patch.undo()


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_every_shipped_profile_loads_again_equal(path: Path) -> None:
    profile = load_profile(str(path), attributes=ATTRIBUTES)
    saved = save.save_profile(profile, "kept", replace=True)
    assert saved == paths.user_profiles() / "kept.toml"
    again = load_profile("kept", attributes=ATTRIBUTES)
    assert again == profile.model_copy(update={"name": "kept"}) and again.hash == profile.hash


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.text("a \r\n\t\"\\'", min_size=1, max_size=20),
)
PLAIN = TEXTS.filter(lambda text: "{" not in text)  # not a Jinja template
MADE = st.one_of(
    st.builds(
        lambda given, goes_on, samples, prompt, description, temperature: {
            "adm": {"kind": "baseline", "samples": samples, "given": given, "goes_on": goes_on},
            "prompt": {"system": prompt},
            "description": description,
            "decoding": {"temperature": temperature},
        },
        TEXTS.filter(str.strip),
        st.booleans(),
        st.integers(1, 200),
        PLAIN,
        TEXTS,
        st.floats(0.0, 10.0),
    ),
    st.builds(
        lambda high, low, chars: {
            "adm": {"kind": "prompt_aligned", "reasoning": "after", "max_reasoning_chars": chars},
            "target": [
                {"attribute": "moral_desert", "value": high},
                {"attribute": "fairness", "value": low},
            ],
            "backbone": {
                "kind": "openai",
                "server": {"base_urls": ["http://localhost:1/v1"], "extra": {"a": [1, {"b": "c"}]}},
            },
        },
        st.floats(0.51, 1.0),
        st.floats(0.0, 0.49),
        st.integers(16, 20_000),
    ),
)


@settings(max_examples=60, deadline=None)
@given(body=MADE)
def test_an_edited_profile_loads_again_equal(body: dict[str, object]) -> None:
    """Its TOML in the editor is the same text."""
    profile = Profile.model_validate({"name": "any", **body})
    save.save_profile(profile, "any", replace=True)
    assert load_profile("any", attributes=ATTRIBUTES) == profile
    study = fakes.study(1, profiles=1)
    study = type(study)("s", (profile,), study.scenarios)
    with pytest.raises(ConfigError, match="No setting that affects decisions"):
        edits.with_profile(study, 0, edits.profile_toml(profile), ATTRIBUTES)


@settings(max_examples=40, deadline=None)
@given(text=TEXTS.filter(str.strip), title=TEXTS, value=st.floats(0.0, 1.0))
def test_a_scenario_is_a_set_of_one(text: str, title: str, value: float) -> None:
    scenario = Scenario(
        "k~1", text, (Choice("one", {"fairness": value}), Choice("two")), title, {"variant_of": "k"}
    )
    save.save_scenario(scenario, "mine", replace=True)
    [again] = find_scenarios("mine", ATTRIBUTES).scenarios
    assert again.hash == scenario.hash and again.key == "k~1"
    assert edits.variant_of(again) == "k"


@given(name=st.text(max_size=40))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    """An invalid name is refused, and the suggested one is valid or empty."""
    for spot, folder in (
        (save.profile_spot, paths.user_profiles()),
        (save.scenario_spot, paths.user_scenarios()),
    ):
        try:
            assert spot(name).path.resolve().parent == folder.resolve()
        except AlignError:
            near = save.suggested(name)
            assert near != name or not name
            assert not near or spot(near).path.parent == folder


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/passwd", "a\\b", "~x", "x\n"])
def test_paths_are_no_names(name: str) -> None:
    profile = fakes.profile("p")
    with pytest.raises(ConfigError, match="cannot be the name of a profile"):
        save.save_profile(profile, name, replace=True)


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    first, second = fakes.profile("p"), fakes.profile("q", ("fairness", 1.0))
    path = save.save_profile(first, "once")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="already"):
        save.save_profile(second, "once")
    assert path.read_bytes() == before
    save.save_profile(second, "once", replace=True)
    assert load_profile("once").targets == second.targets
    assert "would hide the shipped one" in save.profile_spot("baseline").taken
    with pytest.raises(ConfigError, match="would hide the shipped one"):
        save.save_profile(first, "baseline")
    # The library would find an imported set of that name instead of the file.
    (paths.user_scenarios() / "sets.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="has this name already"):
        save.save_scenario(fakes.scenarios(1)[0], "sets", replace=True)


def test_a_folder_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(paths, "user_profiles", lambda: tmp_path / "file" / "profiles")
    with pytest.raises(OutputError, match="cannot be made"):
        save.save_profile(fakes.profile("p"), "p")
