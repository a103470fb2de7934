"""Models by role: read, merged, hashed, and refused if they lack a needed capability."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.config import paths
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.code import notes_on, recorded_code, runs_code
from align_tui.config.library import build_profile, load_profile
from align_tui.config.options import Options
from align_tui.config.profile import Profile, keys_in
from align_tui.config.roles import check_roles
from align_tui.core.errors import ConfigError
from align_tui.studies.assemble import load_study
from align_tui.studies.edits import profile_toml
from tests.plugins import installed

RATERS = """
from align_tui.config.backbone_kinds import BackboneKind

KIND = BackboneKind("nowhere:open_it", frozenset({"rates_statements"}))
"""


@pytest.fixture
def rating_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind of backbone of another package, which only rates; its opener is never imported."""
    group = {"align_tui.backbones": {"values": "values_plugin:KIND"}}
    with installed(tmp_path, monkeypatch, "values_plugin", RATERS, group):
        BACKBONE_KINDS.refresh()
        yield
    BACKBONE_KINDS.refresh()


def written(folder: Path, text: str, name: str = "p") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return str(path)


def custom(folder: Path, text: str) -> Path:
    """Write a study with one custom decision-maker."""
    (folder / "own.py").write_text("def decide(*asked):\n    return 0\n")
    written(folder, '[adm]\nkind = "custom"\nfile = "own.py"\nneeds_model = false\n' + text)
    study = folder / "s.toml"
    study.write_text('profiles = ["p.toml"]\nscenarios = ["demo-triage"]\nlimit = 1\n')
    return study


def test_a_profile_without_roles_has_the_hash_and_the_key_that_it_always_had() -> None:
    plain = Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}})
    assert plain.hash == "2d3d901a1f6d0a7a5b00215c2b48e2f39d23e2825781d835d2834a3d19a79806"
    assert plain.backbone_key == plain.backbone.key == "1e2dad9e7f217333"
    assert "models" not in plain.body() and plain.used_models == {"": plain.backbone}
    role = {"kind": "transformers", "model": "a/b"}
    judged = plain.model_copy(update={"models": build(role).models})
    assert judged.hash != plain.hash and Profile.model_validate(judged.body()) == judged
    assert keys_in(judged.backbone_key) == {plain.backbone.key, BackboneSpec(**role).key}
    assert keys_in("") == frozenset()


def build(role: object, **more: object) -> Profile:
    table = {"name": "p", "adm": {"kind": "baseline"}, "models": {"judge": role}, **more}
    return build_profile(table, "a file")


def test_how_a_role_is_asked_changes_the_decisions_and_not_the_loaded_model() -> None:
    role = {"kind": "transformers", "model": "a/b"}
    one, other = build(role), build({**role, "decoding": {"temperature": 0.5}})
    assert one.hash != other.hash and one.backbone_key == other.backbone_key


@pytest.mark.parametrize(
    "said",
    [
        '[models]\njudge = "own"\n',
        '[models.judge]\nuse = "own"\n',
        '[models.judge]\nuse = "./own.toml"\n',
    ],
)
def test_a_role_takes_a_named_backbone_with_what_it_brings(tmp_path: Path, said: str) -> None:
    folder = tmp_path if "./" in said else paths.user_backbones()
    folder.mkdir(parents=True, exist_ok=True)
    brings = (
        '[backbone]\nmodel = "a/b"\n[decoding]\nmax_tokens = 99\n'
        '[prompt]\nsystem = "S"\nchat_template = {effort = "low"}\n'
    )
    written(folder, brings, "own")
    files: set[Path] = set()
    made = load_profile(written(tmp_path, f'[adm]\nkind = "baseline"\n{said}'), files=files)
    judge = made.models["judge"]
    assert (judge.kind, judge.model, judge.decoding.max_tokens) == ("transformers", "a/b", 99)
    assert judge.chat_template == {"effort": "low"}
    assert made.backbone.kind == "demo" and made.prompt.system != "S"
    assert folder / "own.toml" in files  # so that the program knows who wrote the setting


def test_keys_go_on_top_of_what_is_extended_and_another_model_takes_the_place(
    tmp_path: Path,
) -> None:
    written(
        tmp_path,
        '[adm]\nkind = "baseline"\n[models.judge]\nmodel = "a/b"\ndtype = "bfloat16"\n'
        'revision = "r"\n[models.judge.decoding]\nseed = 3\n',
        "base",
    )
    changed = written(tmp_path, 'extends = "./base.toml"\n[models.judge]\ndevice = "cpu"\n')
    judge = load_profile(changed).models["judge"]
    assert (judge.model, judge.revision, judge.device) == ("a/b", "r", "cpu")
    assert judge.decoding.seed == 3
    [judge] = load_profile(changed, overrides=["models.judge.model=c/d"]).models.values()
    assert (judge.model, judge.dtype) == ("c/d", "bfloat16")
    [judge] = load_profile(changed, overrides=["models.judge.use=demo"]).models.values()
    assert (judge.kind, judge.model, judge.revision) == ("demo", "", None)
    assert load_profile(changed, overrides=["models.judge=demo"]).models["judge"] == judge


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('[models.judge]\ndtype = "auto"\n', "line 3: models.judge names no model"),
        ('[models]\njudge = "./nowhere"\n', "models.judge.use: There is no folder"),
        ('[models.judge]\nmodel = "no folder"\n', "models.judge.model: there is no folder"),
        ('[models.judge]\nkind = "openai"\n', "models.judge.server.base_urls is missing"),
        ('[models.Judge]\nkind = "demo"\n', "models.Judge"),
        ("[models]\njudge = 3\n", "models.judge"),
        ("models = 3\n", "models"),
        ('[models.judge]\nkind = "demo"\nfoo = 1\n', "unknown key 'models.judge.foo'"),
    ],
)
def test_what_is_wrong_with_a_role_is_said_of_it(tmp_path: Path, said: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_profile(written(tmp_path, f'adm.kind = "random"\n\n{said}'))
    assert message in refused.value.message


@pytest.mark.parametrize("table", ["backbone", "models.judge"])
def test_a_kind_that_nobody_has_is_refused_with_the_nearest(tmp_path: Path, table: str) -> None:
    path = written(tmp_path, f'adm.kind = "baseline"\n[{table}]\nkind = "opnai"\n')
    with pytest.raises(ConfigError) as refused:
        load_profile(path)
    assert f"{table}.kind: There is no kind of backbone 'opnai'" in refused.value.message
    assert "'openai'" in refused.value.hint


def test_a_run_of_a_kind_that_is_not_installed_can_still_be_read() -> None:
    body = {"name": "p", "adm": {"kind": "baseline"}, "backbone": {"kind": "theirs", "model": "m"}}
    assert Profile.model_validate(body).model_label == "m"


def test_an_edited_profile_keeps_its_roles() -> None:
    made = build("demo", backbone={"kind": "demo"})
    text = profile_toml(made, by_name=True)
    assert tomllib.loads(text)["models"]["judge"]["kind"] == "demo"
    assert build_profile(tomllib.loads(text), "it").models["judge"].kind == "demo"


def test_the_code_of_a_roles_model_is_asked_about(tmp_path: Path) -> None:
    (code := tmp_path / "m").mkdir()
    (code / "own.py").write_text("x = 1\n")
    made = build({"kind": "transformers", "model": str(code), "trust_remote_code": True})
    sha256 = made.models["judge"].code_sha256
    assert len(sha256) == 64 and recorded_code(made) == {"model judge": sha256}
    assert runs_code(made) and sha256[:16] in notes_on([made])[0]


def test_a_model_that_cannot_do_what_its_role_asks_is_refused(
    rating_kind: None, tmp_path: Path
) -> None:
    can = custom(
        tmp_path,
        'roles = {rater = ["rates_statements"]}\n[models.rater]\nkind = "values"\nmodel = "k"\n',
    )
    assert load_study(Options(study=can)).profiles[0].models["rater"].kind == "values"
    cannot = custom(
        tmp_path,
        'roles = {judge = ["generates"]}\n[models.judge]\nkind = "values"\nmodel = "kaleido"\n',
    )
    with pytest.raises(ConfigError) as refused:
        load_study(Options(study=cannot))
    said = refused.value.message
    assert "p: custom needs a model in [models.judge] that writes text under a schema" in said
    assert "kaleido (kind 'values') does not" in said
    hint = "Kinds of backbone that can do this: demo, transformers, openai."
    assert refused.value.hint == hint


def test_the_main_model_of_a_decision_maker_that_writes_has_to_write(rating_kind: None) -> None:
    with pytest.raises(ConfigError, match=r"baseline needs a model in \[backbone\] that writes"):
        check_roles(build("demo", backbone={"kind": "values", "model": "kaleido"}))


def test_a_role_that_the_profile_does_not_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    study = custom(
        tmp_path, 'roles = {judge = ["generates"]}\n[models.jugde]\nkind = "demo"\n'
    )  # fmt: skip
    with pytest.raises(ConfigError) as refused:
        load_study(Options(study=study))
    assert "needs a model in the role 'judge'" in refused.value.message
    assert refused.value.hint == "Is [models.jugde] misspelled?"
