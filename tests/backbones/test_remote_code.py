"""A model's own code: hashed with all that it may import, and run only when it is trusted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from align_tui.backbones.local.describe import describe
from align_tui.backbones.local.load import check_loadable, load_model
from align_tui.config import trust
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.code import code_of_model
from align_tui.config.library import build_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.core.errors import AlignError, CodeRefused
from align_tui.studies.assemble import load_study

OWN = """
open({marker!r}, "a").write("ran ")
from transformers import LlamaConfig, LlamaForCausalLM
{more}

class OwnConfig(LlamaConfig):
    model_type = "own"

class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""


@pytest.fixture(autouse=True)
def nobody_said_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIGN_TUI_TRUST")


class Theirs:
    """A model of a type that transformers does not know, with its class."""

    def __init__(self, folder: Path, marker: Path) -> None:
        self.folder, self.marker, self.code = folder, marker, folder / "own.py"
        self.write()

    def write(self, more: str = "", where: str = "") -> None:
        self.code.write_text(OWN.format(marker=str(self.marker), more=more))
        path = self.folder / "config.json"
        own = {
            "AutoConfig": f"{where}own.OwnConfig",
            "AutoModelForCausalLM": f"{where}own.OwnModel",
        }
        config = json.loads(path.read_text()) | {"model_type": "own", "auto_map": own}
        path.write_text(json.dumps(config))

    @property
    def spec(self) -> BackboneSpec:
        return BackboneSpec(kind="transformers", model=str(self.folder), trust_remote_code=True)

    def profile(self, **more: object) -> Profile:
        backbone = self.spec.model_dump(exclude_defaults=True) | more
        table = {"name": "p", "adm": {"kind": "baseline"}, "backbone": backbone}
        return build_profile(table, "a file")

    def ran(self) -> bool:
        return self.marker.exists()


@pytest.fixture
def theirs(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theirs:
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    folder = tmp_path / tmp_path.name.replace("-", "_")
    return Theirs(Path(shutil.copytree(tiny_model, folder)), tmp_path / "ran")


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def test_it_is_run_once_it_is_trusted_and_as_long_as_it_is_the_same(theirs: Theirs) -> None:
    spec = theirs.profile().backbone
    code = code_of_model(spec)
    assert code is not None and spec.code_sha256 == code.sha256
    with pytest.raises(CodeRefused, match="have not trusted the code"):
        load_model(spec, quiet)
    assert not theirs.ran()

    trust.remember([code])
    assert load_model(spec, quiet).info.parameters and theirs.ran()

    theirs.marker.unlink()
    theirs.write(more="# changed")
    with pytest.raises(CodeRefused, match="has changed since"):
        load_model(spec, quiet)
    with pytest.raises(CodeRefused, match="have not trusted the code"):
        load_model(theirs.profile().backbone, quiet)
    assert not theirs.ran()


def test_looking_at_a_model_runs_no_code_that_was_not_trusted(theirs: Theirs) -> None:
    found = describe(theirs.spec)
    said = " ".join(trouble.said for trouble in found.troubles)
    assert "this account does not trust yet" in said and "own.py" in said
    with pytest.raises(AlignError):
        check_loadable(theirs.spec)
    assert not theirs.ran()
    code = code_of_model(theirs.spec)
    assert code is not None
    trust.remember([code])
    assert describe(theirs.spec).architecture and theirs.ran()


def test_every_python_file_counts(theirs: Theirs) -> None:
    def now() -> str:
        code = code_of_model(theirs.spec)
        assert code is not None
        return code.sha256

    known = {now()}
    (theirs.folder / "helper.py").write_text("x = 1")
    known.add(now())
    (theirs.folder / "sub").mkdir()
    (theirs.folder / "sub" / "deep.py").write_text("x = 1")
    known.add(now())
    (theirs.folder / "helper.py").rename(theirs.folder / "other.py")
    known.add(now())
    elsewhere = theirs.marker.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "linked.py").write_text("x = 1")
    (elsewhere / "round").symlink_to(theirs.folder)
    (theirs.folder / "link").symlink_to(elsewhere)
    known.add(now())
    assert len(known) == 5
    (theirs.folder / "README.md").write_text("no code")
    assert now() in known


def test_code_in_another_repository_counts_too(
    theirs: Theirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto_map` may name classes of another repository, which is not in the folder."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    before = code_of_model(theirs.spec)
    theirs.write(where="org/elsewhere--")
    with pytest.raises(CodeRefused, match="not on this machine") as refused:
        code_of_model(theirs.spec)
    assert "hf download org/elsewhere" in refused.value.hint
    assert theirs.profile().backbone.code_sha256 == "", "it can be shown, and is not run"
    with pytest.raises(CodeRefused):
        load_model(theirs.profile().backbone, quiet)

    snapshot = tmp_path / "hub" / "models--org--elsewhere" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("a" * 40)
    (snapshot / "own.py").write_text("x = 1")
    found = code_of_model(theirs.spec)
    assert found is not None and before is not None and found.sha256 != before.sha256
    (snapshot / "own.py").write_text("x = 2")
    assert code_of_model(theirs.spec) != found
    assert not theirs.ran()


def test_a_hub_model_that_nobody_can_have_looked_at_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    spec = BackboneSpec(kind="transformers", model="org/unseen", trust_remote_code=True)
    with pytest.raises(CodeRefused, match="you cannot have checked the code"):
        code_of_model(spec)


@pytest.mark.parametrize(
    "load",
    [
        {"code_revision": "evil"}, {"trust_remote_code": True}, {"use_kernels": True},
        {"attn_implementation": "org/kernel"}, {"allow_all_kernels": True},
    ],
)  # fmt: skip
def test_no_key_of_load_fetches_code(tiny_model: Path, load: dict[str, object]) -> None:
    spec = BackboneSpec(kind="transformers", model=str(tiny_model), load=load)
    with pytest.raises(CodeRefused, match=next(iter(load))):
        load_model(spec, quiet)


def test_a_model_without_code_asks_nothing(tiny_model: Path) -> None:
    spec = BackboneSpec(kind="transformers", model=str(tiny_model), trust_remote_code=True)
    assert code_of_model(spec) is None
    assert load_model(spec, quiet).info.parameters
    assert BackboneSpec(kind="demo").model_dump().keys().isdisjoint({"code_sha256"})


def test_a_hub_id_of_the_own_configuration_is_no_folder_where_one_stands(
    theirs: Theirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    model = f"{tmp_path.name}/{theirs.folder.name}"
    assert Path(model).is_dir()
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr("align_tui.config.paths.user_profiles", lambda: own)
    for named in (f'kind = "transformers"\nmodel = "{model}"', f'use = "{model}"'):
        (own / "mine.toml").write_text(
            f'extends = "baseline"\n[backbone]\ntrust_remote_code = true\n{named}\n'
        )
        study = load_study(Options(profiles=("mine",), scenarios=("demo-triage",)))
        assert not study.own_code
        assert study.profiles[0].backbone.model == model
        assert study.profiles[0].backbone.code_sha256 == ""
    typed = load_study(
        Options(profiles=("baseline",), scenarios=("demo-triage",), backbones=(model,))
    )
    assert typed.profiles[0].backbone.model == str(theirs.folder)
