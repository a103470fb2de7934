"""Named backbones: found, merged below a profile's own keys, swapped, and refused with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import backbone_of, check_model, list_backbones, resolve, typed
from align_tui.config.library import list_profiles, load_profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.errors import AlignError, ConfigError
from align_tui.formats.library import find_scenarios
from align_tui.studies.edits import profile_toml

MISTRAL = "mistralai/Mistral-7B-Instruct-v0.3"


def named(name: str, text: str) -> Path:
    """Write a named backbone of the user."""
    folder = paths.user_backbones()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def profile(tmp_path: Path, text: str) -> str:
    path = tmp_path / "p.toml"
    path.write_text(text)
    return str(path)


KALEIDO = ("small", "base", "large", "xl", "xxl")


def test_the_shipped_backbones_are_the_demo_and_the_papers_models() -> None:
    models = {entry.name: resolve(entry.name).spec.model for entry in list_backbones()}
    assert models == {
        "demo": "",
        "demo-embedding": "",
        "mistral-7b": MISTRAL,
        "llama-3.1-8b": "meta-llama/Llama-3.1-8B-Instruct",
        "llama-3.3-70b": "meta-llama/Llama-3.3-70B-Instruct",
        "llama-3.3-70b-vllm": "meta-llama/Llama-3.3-70B-Instruct",
        **{f"kaleido-{size}": f"allenai/kaleido-{size}" for size in KALEIDO},
    }
    assert not {"demo", "mistral-7b"} & {entry.name for entry in list_profiles()}


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("baseline", "You are a triage medic. Give your reasoning, then your choice."),
        (
            "risk-aversion-low",
            "You are a triage medic with low risk aversion. Give your reasoning, then your choice.",
        ),
    ],
)
def test_the_demo_model_is_asked_as_it_was_trained(name: str, system: str) -> None:
    attributes = load_attributes()
    [scenario, *_] = find_scenarios("demo-triage", attributes)
    for backbone in (None, "demo"):
        made = load_profile(name, backbone=backbone)
        messages = render_messages(made, scenario, made.target, attributes)
        assert messages[0].content == system and made.decoding.max_tokens == 160


def test_two_targets_are_both_stated_to_the_demo_model(tmp_path: Path) -> None:
    both = "".join(
        f'[[target]]\nattribute = "{name}"\nvalue = {value}\n'
        for name, value in (("moral_desert", 1.0), ("fairness", 0.0))
    )
    made = load_profile(profile(tmp_path, f'extends = "moral-desert-high"\n{both}'))
    attributes = load_attributes()
    [scenario, *_] = find_scenarios("demo-triage", attributes)
    said = render_messages(made, scenario, made.target, attributes)[0].content
    assert "with high moral desert and low fairness. Give" in said


def test_a_profiles_own_keys_lie_above_what_its_backbone_brings(tmp_path: Path) -> None:
    named(
        "mine",
        f'[backbone]\nmodel = "{MISTRAL}"\ndtype = "float16"\n'
        '[decoding]\nmax_tokens = 99\ntop_p = 0.5\n[prompt]\nsystem = "theirs"\n',
    )
    own = profile(
        tmp_path,
        'extends = "baseline"\n[backbone]\nuse = "mine"\ndevice = "cpu"\n'
        '[decoding]\nmax_tokens = 7\n[prompt]\nuser = "ours"\n',
    )
    made = load_profile(own)
    assert made.backbone == BackboneSpec(
        kind="transformers", model=MISTRAL, dtype="float16", device="cpu"
    )
    assert (made.decoding.max_tokens, made.decoding.top_p) == (7, 0.5)
    assert (made.prompt.system, made.prompt.user) == ("theirs", "ours")
    # On another model no setting of `mine` remains, and the profile's own settings stay.
    other = load_profile(own, backbone="llama-3.1-8b")
    assert other.backbone.dtype == "auto" and other.backbone.device == "cpu"
    assert (other.decoding.max_tokens, other.decoding.top_p) == (7, 1.0)
    assert (other.prompt.system, other.prompt.user) == (None, "ours")
    assert load_profile(own, overrides=["backbone.use=demo"]).backbone.kind == "demo"


def test_a_backbone_in_a_profile_replaces_the_one_it_extends(tmp_path: Path) -> None:
    profile(tmp_path, 'extends = "baseline"\n[backbone]\nkind = "openai"\nmodel = "m"\n'
                      'server.base_urls = ["http://a/v1"]\n')  # fmt: skip
    child = tmp_path / "c.toml"
    child.write_text('extends = "./p.toml"\nbackbone.use = "mistral-7b"\n')
    assert load_profile(str(child)).backbone == resolve("mistral-7b").spec
    child.write_text('extends = "./p.toml"\nbackbone.model = "other"\n')
    assert load_profile(str(child)).backbone.server.base_urls == ("http://a/v1",)
    grand = tmp_path / "g.toml"
    child.write_text('extends = "baseline"\nbackbone.use = "llama-3.3-70b-vllm"\n')
    grand.write_text('extends = "./c.toml"\nbackbone = {kind = "transformers", model = "a/b"}\n')
    assert load_profile(str(grand)).backbone == BackboneSpec(kind="transformers", model="a/b")


def test_a_model_without_a_kind_is_never_the_demo(tmp_path: Path) -> None:
    made = load_profile(profile(tmp_path, 'extends = "baseline"\nbackbone.model = "a/b"\n'))
    assert (made.backbone.kind, made.decoding.max_tokens) == ("transformers", 512)
    made = load_profile("baseline", overrides=["backbone.model=a/b"])
    assert made.backbone.kind == "transformers" and made.prompt.system is None
    made = load_profile("baseline", overrides=['backbone.server.base_urls=["http://a/v1"]'])
    assert made.backbone.kind == "openai"
    made = load_profile("baseline", backbone="http://a/v1", overrides=["backbone.model=b"])
    assert (made.backbone.kind, made.backbone.model) == ("openai", "b")


def test_what_needs_no_model_takes_nothing_from_one() -> None:
    for name in ("random", "fixed", "oracle"):
        for backbone in (None, "demo", "mistral-7b"):
            made = load_profile(name, backbone=backbone)
            assert made.prompt.system is None and made.decoding.max_tokens == 512
            assert made.hash == load_profile(name).hash and made.model_label == ""


def test_yours_hides_the_shipped_one_and_may_lie_anywhere(tmp_path: Path) -> None:
    path = named("mistral-7b", 'backbone.model = "a/mine"\n')
    assert load_profile("baseline", backbone="mistral-7b").backbone.model == "a/mine"
    elsewhere = tmp_path / "elsewhere.toml"
    (tmp_path / "weights").mkdir()
    elsewhere.write_text('backbone.model = "weights"\n')
    made = load_profile("baseline", backbone=str(elsewhere))
    assert made.backbone.model == str(tmp_path / "weights")
    own = profile(tmp_path, 'extends = "baseline"\nbackbone.use = "elsewhere.toml"\n')
    assert load_profile(own) == made.model_copy(update={"name": "p"})
    path.unlink()


def test_gguf_files_are_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "small.Q4_K_M.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    made = load_profile("baseline", backbone=typed("small.Q4_K_M.gguf"))
    assert (made.backbone.kind, made.backbone.model) == ("transformers", str(file))
    assert made.model_label == "small.Q4_K_M.gguf" and made.prompt.system is None
    own = profile(tmp_path, 'extends = "baseline"\nbackbone.model = "small.Q4_K_M.gguf"\n')
    monkeypatch.chdir("/")
    assert load_profile(own).backbone.model == str(file)
    for form in ("org/repo:file.gguf", "org/repo-GGUF:deep/er/file.Q8_0.gguf"):
        assert load_profile("baseline", backbone=form).backbone.model == form
        check_model(BackboneSpec(kind="transformers", model=form), "here")
    for form in ("org/repo:../file.gguf", "org/repo:file.bin", "models/no.gguf", "no.gguf"):
        with pytest.raises(ConfigError, match=r"There is no (file|folder) "):
            load_profile("baseline", backbone=form)
        with pytest.raises(ConfigError, match=r"here: backbone.model: there is no"):
            check_model(BackboneSpec(kind="transformers", model=form), "here")


@pytest.mark.parametrize(
    ("backbone", "message", "hint"),
    [
        ("mistral7b", "There is no backbone called 'mistral7b'", "Did you mean mistral-7b"),
        ("mistral-7b-baseline", "There is no backbone called", "mistral-7b"),
        ("zzz", "There is no backbone called 'zzz'", "hub id"),
        ("", "There is no backbone called ''", "hub id"),
        ("./nowhere", "There is no folder ./nowhere", "a folder"),
        ("./nowhere.toml", "nowhere.toml: No such file", ""),
    ],
)
def test_what_is_no_backbone_is_refused(backbone: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_profile("baseline", backbone=backbone)
    assert hint in caught.value.hint and not caught.value.message.startswith("/")


def test_a_use_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    path = profile(tmp_path, 'extends = "baseline"\n[backbone]\nuse = "mistrl-7b"\n')
    with pytest.raises(ConfigError, match=r"p\.toml, line 3: backbone\.use: There is no") as caught:
        load_profile(path)
    assert "mistral-7b" in caught.value.hint
    with pytest.raises(ConfigError, match=r"line 2: backbone\.use: must be the name"):
        load_profile(profile(tmp_path, 'extends = "baseline"\nbackbone.use = 3\n'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[backbon]\n", "unknown key 'backbon'|'backbone' is missing"),
        ('[backbone]\nmodel = "a/b"\nmodle = 1\n', "line 3: unknown key 'backbone.modle'"),
        ('backbone.model = "a/b"\n[decoding]\ntop_p = 3\n', "line 3: decoding.top_p"),
        ('backbone.model = "a/b"\nadm.kind = "random"\n', "unknown key 'adm'"),
        ('backbone.model = "a/b"\nprompt.system = "{{ oops"\n', "prompt.system"),
        ('backbone.model = "./nowhere"\n', "there is no folder ./nowhere"),
        ('backbone.kind = "openai"\n', "base_urls is missing"),
    ],
)
def test_a_broken_file_of_a_backbone_is_told_as_its_own(text: str, message: str) -> None:
    path = named("broken", text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_profile("baseline", backbone="broken")
    assert caught.value.message.startswith(str(path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mistral-7b-baseline", "baseline with --backbone mistral-7b"),
        ("llama-3.3-70b-moral-desert-low", "moral-desert-low with --backbone llama-3.3-70b"),
        ("llama-3.3-70b-vllm", "--backbone llama-3.3-70b-vllm"),
    ],
)
def test_a_name_of_before_is_answered_with_the_new_spelling(
    tmp_path: Path, old: str, new: str
) -> None:
    for named_by in (old, profile(tmp_path, f'extends = "{old}"\n')):
        with pytest.raises(ConfigError, match=f"There is no profile called '{old}'") as caught:
            load_profile(named_by)
        assert new in caught.value.hint and 'use = "' in caught.value.hint


@given(value=st.text(max_size=60) | st.from_regex(r"[\w./:~-]{1,30}(\.gguf|\.toml)?"))
def test_any_value_is_a_backbone_or_an_error(value: str) -> None:
    try:
        made = load_profile("baseline", backbone=value)
    except AlignError as error:
        assert error.message
    else:
        assert made.model_label


def test_which_backbone_a_profile_is_on_is_found_again(tmp_path: Path) -> None:
    for name in ("demo", "mistral-7b", "llama-3.3-70b-vllm"):
        assert backbone_of(load_profile("fairness-low", backbone=name)).name == name
    bare = backbone_of(load_profile("baseline", backbone="a/b"))
    assert bare.name == "" and bare.spec.model == "a/b"
    default = load_profile("fairness-low", default=resolve("mistral-7b"))
    assert default == load_profile("fairness-low", backbone="mistral-7b")
    own = profile(tmp_path, 'extends = "baseline"\nbackbone.model = "a/b"\n')
    assert load_profile(own, default=resolve("mistral-7b")).backbone.model == "a/b"


@pytest.mark.parametrize("backbone", ["demo", "mistral-7b", "a/b"])
@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("override", ["decoding.temperature=0.5", "decoding.max_tokens=9"])
def test_a_profile_written_out_is_read_back_equal(
    tmp_path: Path, backbone: str, by_name: bool, override: str
) -> None:
    made = load_profile("fairness-low", backbone=backbone, overrides=[override])
    text = profile_toml(made, by_name=by_name)
    assert load_profile(profile(tmp_path, text)) == made
    # The settings of the demo model do not move to another model.
    if by_name and backbone == "demo" and "temperature" in override:
        moved = load_profile(profile(tmp_path, text), backbone="mistral-7b")
        assert moved.prompt.system is None and moved.decoding.max_tokens == 512
        assert "triage medic" not in text and tomli_w.dumps({"use": "demo"}).strip() in text
