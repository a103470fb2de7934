"""A decision-maker of another package: examples/plugin, as pip would install it."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import MissingParams
from align_tui.config.library import load_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Target
from align_tui.studies.assemble import load_study
from tests.calling import align_tui
from tests.cli.test_run import events, workers_end
from tests.conftest import REPO

__all__ = ["workers_end"]  # a fixture
SOURCE = REPO / "examples" / "plugin"
HIGH = (Target("moral_desert", 1.0),)


def lay_out(site: Path, entry_points: dict[str, str], **modules: str) -> None:
    """Write the files of an installed package: its modules and entry points."""
    info = site / "of_a_test-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: of-a-test\nVersion: 0.1\n")
    lines = [f"{name} = {value}" for name, value in entry_points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[align_tui.adms]", *lines, ""]))
    for name, text in modules.items():
        (site / f"{name}.py").write_text(text)


def look_again() -> None:
    ADM_KINDS.__dict__.pop("_foreign", None)
    for name in ("align_keywords", "odd"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages for this process and its child processes."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path.rstrip(os.pathsep))
    look_again()
    yield folder
    look_again()


@pytest.fixture
def keywords(site: Path) -> Path:
    """The profile of the example, whose package is installed."""
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]
    source = (SOURCE / "align_keywords.py").read_text()
    lay_out(site, project["entry-points"]["align_tui.adms"], align_keywords=source)
    return Path(shutil.copy(SOURCE / "keywords.toml", site.parent / "keywords.toml"))


def test_a_package_brings_a_decision_maker(keywords: Path, site: Path) -> None:
    first, *decisions, last = events(
        "run", "-p", str(keywords), "-s", "demo-triage", "--limit", "4",
        "--target", "moral_desert=1.0", "--json",
    )  # fmt: skip
    assert [each["event"] for each in decisions] == ["decision"] * 4
    assert all("Patient A" in each["choice_text"] for each in decisions)
    assert all("names one of: Patient A" in each["reasoning"] for each in decisions)
    assert last["profiles"][0]["failed"] == 0

    # Without the package the run is still listed and shown, and its profile is unchanged.
    shutil.rmtree(site)
    shown = align_tui("show", first["run"])
    assert shown.returncode == 0 and "keywords" in shown.stdout
    listed = align_tui("runs")
    assert listed.returncode == 0 and first["run"] in listed.stdout


def test_its_parameters_are_checked_as_all_are(keywords: Path) -> None:
    profile = load_profile(str(keywords), targets=HIGH)
    assert profile.adm.kind == "keywords" and not profile.needs_model
    assert Profile.from_body(json.loads(json.dumps(profile.body()))) == profile
    keywords.write_text('description = "x"\n[adm]\nkind = "keywords"\nword = ["A"]\n')
    with pytest.raises(ConfigError, match=r"s\.toml, line 4: unknown key 'adm\.word'") as one:
        load_profile(str(keywords))
    assert one.value.hint == "Did you mean 'words'?"
    keywords.write_text('[adm]\nkind = "keyword"\nwords = ["A"]\n')
    with pytest.raises(ConfigError, match=r"line 2: adm\.kind") as one:
        load_profile(str(keywords))
    assert one.value.hint == "Did you mean 'keywords'?"


def test_its_traits_are_honoured_before_anything_starts(keywords: Path) -> None:
    options = Options(profiles=(str(keywords),), scenarios=("demo-triage",), limit=2)
    with pytest.raises(ConfigError, match="keywords needs a target"):
        load_study(options)
    with keywords.open("a") as file:
        file.write(
            '[[target]]\nattribute = "moral_desert"\nsamples = [0.1, 0.9]\nbandwidth = 0.2\n'
        )
    with pytest.raises(ConfigError, match="is a distribution, but keywords needs numbers"):
        load_study(options)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("raise RuntimeError('not today')", "cannot be loaded from odd:KIND: RuntimeError"),
        ("KIND = 3", "is a int"),
        ("raise SystemExit(3)", "cannot be loaded from odd:KIND: SystemExit: 3"),
        (
            "from align_tui.adms.base import AdmKind\nKIND = AdmKind(dict, print)",
            "the class of a decision-maker's parameters must derive from AdmParams",
        ),
        ("", "has no attribute 'KIND'"),
    ],
)
def test_a_broken_package_is_named_and_stops_no_other(site: Path, module: str, said: str) -> None:
    lay_out(site, {"odd": "odd:KIND", "fixed": "odd:KIND"}, odd=module)
    path = site.parent / "odd.toml"
    path.write_text('[adm]\nkind = "odd"\nlevel = 3\n')
    where = r"odd\.toml, line 1: adm: The decision-maker 'odd'"
    with pytest.raises(ConfigError, match=where) as one:
        load_profile(str(path))
    assert said in one.value.message and "align_tui.adms" in one.value.hint
    stored = Profile.from_body({"name": "p", "adm": {"kind": "odd", "level": 3}})
    assert isinstance(stored.adm, MissingParams) and stored.hash
    assert load_profile("fixed").adm.kind == "fixed"  # a package cannot replace it
    assert list(ADM_KINDS).count("fixed") == 1 and "odd" in ADM_KINDS


def test_a_stored_profile_of_a_missing_kind_is_kept_as_it_is() -> None:
    body: Any = {"name": "p", "adm": {"kind": "gone", "level": 3, "deep": {"a": [1.5, None]}}}
    stored = Profile.from_body(body)
    assert isinstance(stored.adm, MissingParams)
    assert stored.body()["adm"] == body["adm"] and Profile.from_body(stored.body()) == stored
    assert not stored.adm.traits.can_decide and stored.model_label == ""
    with pytest.raises(ValueError, match="gone"):
        Profile.model_validate(body)
    # A fault in a kind of this program is damage, and is reported as such.
    with pytest.raises(ValueError, match="samples"):
        Profile.from_body({"name": "p", "adm": {"kind": "baseline", "samples": -1}})
