"""Profiles: found, extended, overridden, or refused with file, line, key and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from align_tui.cli.profiles import list_profiles as print_profiles
from align_tui.config import paths
from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.library import list_profiles, load_profile, parse_override, with_override
from align_tui.config.profile import Profile
from align_tui.config.reading.toml import line_of, parse
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.targets import Target


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


KALEIDO = ("kaleido", "kaleido-values")


def test_the_shipped_profiles_are_named_by_what_they_do() -> None:
    names = {entry.name for entry in list_profiles()}
    attributes = ["moral-desert", "fairness", "protocol-focus", "risk-aversion", "continuing-care"]
    sets = [f"{a}-{d}" for a in [*attributes, "utilitarianism"] for d in ("high", "low")]
    ours = {"baseline", *sets}
    assert ours | {"random", "fixed", "oracle"} <= names
    assert {f"paper-{name}" for name in ours} <= names
    assert {"opinionqa-baseline", "opinionqa-group", "stated-distribution"} <= names
    flows = {"decision-flow-moral-desert-high", "decision-flow-fine-moral-desert-high"}
    assert names >= {"persona", "persona-moral-desert-low", "tagging", "tagging-salt", *flows}
    assert names >= {*KALEIDO, "few-shot-baseline", "few-shot-moral-desert-high"}


@pytest.mark.parametrize("entry", list_profiles(), ids=lambda entry: entry.name)
def test_every_shipped_profile_loads_and_reads_back(entry: object) -> None:
    profile = load_profile(str(entry.path))  # type: ignore[attr-defined]
    assert Profile.model_validate(profile.body()) == profile


def test_a_backbone_swaps_the_model_and_nothing_else() -> None:
    small = load_profile("fairness-low", backbone="mistral-7b")
    large = load_profile("fairness-low", backbone="llama-3.3-70b")
    assert small.backbone.model == "mistralai/Mistral-7B-Instruct-v0.3"
    assert large.backbone.model == "meta-llama/Llama-3.3-70B-Instruct"
    assert large.model_copy(update={"backbone": small.backbone}) == small
    assert (large.decoding.max_tokens, large.decoding.temperature) == (512, 0.0)  # the paper's
    assert large.prompt.system is None and large.target == (Target("fairness", 0.0),)
    lines = (paths.shipped_backbones() / "llama-3.3-70b.toml").read_text()
    assert len(lines.splitlines()) == 1


def test_overrides_targets_and_backbone(tmp_path: Path) -> None:
    profile = load_profile(
        "baseline",
        backbone="mistralai/Mistral-7B-Instruct-v0.3",
        overrides=["decoding.temperature=0.7", "adm.samples=5", "prompt.system=Hello, you."],
        targets=(Target("fairness", 0.25),),
    )
    assert profile.decoding.temperature == 0.7
    assert profile.adm.model_dump()["samples"] == 5
    assert profile.prompt.system == "Hello, you."
    assert profile.backbone.kind == "transformers"
    assert profile.target == (Target("fairness", 0.25),)


def test_another_kind_starts_from_its_own_defaults() -> None:
    profile = load_profile("moral-desert-high", overrides=["adm.kind=fixed", "adm.index=1"])
    assert profile.adm.model_dump() == {"kind": "fixed", "index": 1}


def test_aliases_become_ids(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "p.toml",
        'extends = "baseline"\n[[target]]\nattribute = "MoralDesert"\nvalue = 1\n',
    )
    assert load_profile(str(path)).target == (Target("moral_desert", 1.0),)


def test_local_folders_and_files_become_absolute(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    path = write(
        tmp_path, "p.toml", 'backbone = {kind = "transformers", model = "m"}\nadm.kind = "baseline"'
    )
    assert load_profile(str(path)).backbone.model == str(tmp_path / "m")
    path = write(tmp_path, "c.toml", 'adm = {kind = "custom", file = "x.py"}')
    assert load_profile(str(path)).adm.model_dump()["file"] == str(tmp_path / "x.py")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("adm = 3 =", r"p\.toml: .*line 1", "TOML files"),
        ('extends = "baseline"\n\n[decoding]\ntemprature = 1', "line 4: unknown key 'decoding.temp",
         "'temperature'"),
        ('extends = "baseline"\nbackbon = 1', "line 2: unknown key 'backbon'", "'backbone'"),
        ('extends = "baseline"\n[decoding]\ntop_p = 3.0', "line 3: decoding.top_p", ""),
        ('[adm]\nkind = "oracel"', "line 2: adm.kind", "oracle"),
        ('[adm]\nkind = "fixed"\nindx = 2', "line 3: unknown key 'adm.indx'", "'index'"),
        ('extends = "baselin"', "line 1: extends: There is no profile", "baseline"),
        ('extends = "baseline"\n[[target]]\nattribute = "fairness"\nvalue = 1.5',
         "line 4: target.0.value", ""),
        ('extends = "baseline"\n[[target]]\nattribute = "fairness"\nvalue = nan', "target", ""),
        ('extends = "baseline"\n[prompt]\nsystem = "{{ oops"', "template line 1", "scenario.text"),
        ('[adm]\nkind = "baseline"\n[backbone]\nkind = "transformers"', "model is missing", "hub"),
        ("[[target]]\nattribute = 'fairness'\nvalue = 1", "'adm' is missing", ""),
        ('extends = "p.toml"', "in a circle: p -> p", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = write(tmp_path, "p.toml", text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_profile(str(path))
    assert hint in caught.value.hint


def test_an_override_that_is_wrong_is_not_the_files_fault() -> None:
    with pytest.raises(ConfigError, match=r"with --set decoding\.temprature=1: unknown key"):
        load_profile("baseline", overrides=["decoding.temprature=1"])
    with pytest.raises(ConfigError, match="not key=value"):
        load_profile("baseline", overrides=["decoding"])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "l.toml"
    latin.write_bytes('description = "Höhe"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_profile(str(latin))
    with pytest.raises(ConfigError, match="no profile file"):
        load_profile("./nowhere.toml")
    with pytest.raises(ConfigError, match=r"Is a directory|no profile file"):
        load_profile(str(tmp_path) + "/")


def test_your_profile_hides_the_shipped_one() -> None:
    folder = paths.user_profiles()
    folder.mkdir(parents=True)
    write(folder, "baseline.toml", 'description = "mine"\n[adm]\nkind = "random"\n')
    assert load_profile("baseline").description == "mine"


def test_what_can_share_a_model_shares_its_key() -> None:
    a, b = load_profile("moral-desert-high"), load_profile("baseline")
    assert a.backbone_key == b.backbone_key != ""
    assert load_profile("random").backbone_key == ""
    assert a.hash != b.hash


@given(st.text(max_size=400))
def test_any_text_is_toml_or_an_error(text: str) -> None:
    try:
        parse(text, "x")
    except ConfigError as error:
        assert error.message.startswith("x: ")


@given(st.binary(max_size=300))
def test_any_file_is_a_profile_or_an_error(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.toml"
        path.write_bytes(data)
        with pytest.raises(AlignError):
            load_profile(str(path))


scalars = st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)


@given(scalars)
def test_an_override_is_toml_or_a_string(value: object) -> None:
    text = tomli_w.dumps({"v": value}).partition("=")[2].strip()
    assert parse_override(f"a.b={text}") == (["a", "b"], value)
    assert with_override({"a": {"c": 1}}, ["a", "b"], value) == {"a": {"c": 1, "b": value}}


def test_lines_are_found() -> None:
    text = 'a = 1\n[t]\nb = 2\n[[u]]\nc = 3\n[[u]]\nc = 4\n[v.w]\n"x y" = 5\n'
    paths_of: list[list[str | int]] = [
        ["a"], ["t", "b"], ["u", 0, "c"], ["u", 1, "c"], ["v", "w", "x y"], ["zz"],
    ]  # fmt: skip
    found = [line_of(text, path) for path in paths_of]
    assert found == [1, 3, 5, 7, 9, None]


@pytest.mark.parametrize(
    "url",
    ["http://me:hunter2@host/v1", "https://host/v1?key=hunter2", "http://host/v1#hunter2",
     "hunter2", "ftp://hunter2/v1", "http://[hunter2", "http://host:hunter2/v1", "http:///hunter2"],
)  # fmt: skip
def test_a_servers_url_holds_no_secret_and_none_is_repeated(tmp_path: Path, url: str) -> None:
    text = f'extends = "baseline"\n[backbone]\nkind = "openai"\nserver.base_urls = ["{url}"]\n'
    with pytest.raises(ConfigError, match="base_urls") as caught:
        load_profile(str(write(tmp_path, "p.toml", text)))
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_key_itself_is_refused_where_its_variable_belongs(tmp_path: Path) -> None:
    text = 'extends = "baseline"\n[backbone]\nserver.api_key_env = "sk-hunter2"\n'
    with pytest.raises(ConfigError, match="api_key_env") as caught:
        load_profile(str(write(tmp_path, "p.toml", text)))
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_a_url_as_backbone_is_a_server_and_its_one_model(tmp_path: Path) -> None:
    profile = load_profile("fairness-low", backbone="http://gpu1:8000/v1/")
    assert profile.backbone.kind == "openai" and profile.backbone.model == ""
    assert profile.backbone.server.base_urls == ("http://gpu1:8000/v1",)
    assert profile.backbone.label == "gpu1:8000" and not profile.backbone.is_local
    other = load_profile("baseline", backbone="http://gpu1:8000/v1")
    assert other.backbone_key == profile.backbone_key
    # The profile's own server table does not apply to another model.
    own = write(tmp_path, "p.toml", 'extends = "baseline"\nbackbone.use = "llama-3.3-70b-vllm"\n')
    assert load_profile(str(own)).backbone.server.dialect == "vllm"
    back = load_profile(str(own), backbone="demo")
    assert back.backbone_key == load_profile("baseline").backbone_key


def test_a_server_without_an_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="base_urls is missing"):
        load_profile("baseline", overrides=["backbone.kind=openai"])


def test_the_list_is_by_kind_with_a_sentence_on_each(capsys: pytest.CaptureFixture[str]) -> None:
    folder = paths.user_profiles()
    folder.mkdir(parents=True)
    write(folder, "broken.toml", "adm = 7")
    write(folder, "mine.toml", '[adm]\nkind = "fixed"\nindex = 1\n')
    print_profiles()
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if line.partition(":")[0] in ADM_KINDS]
    assert [line.partition(":")[0] for line in heads] == list(ADM_KINDS)
    assert all(line.partition(": ")[2].endswith(".") for line in heads)
    fixed = next(n for n, line in enumerate(lines) if line.startswith("fixed:"))
    below = lines[fixed + 1 : fixed + 3]
    assert {line.split()[0] for line in below} == {"fixed", "mine"} and "yours" in "".join(below)
    assert any(line.startswith("broken cannot be read: ") for line in lines)
