"""Files that would take too long to read, and values that a run cannot store."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.keys import read_key_lines
from align_tui.config.library import MOST_EXTENDS, load_profile
from align_tui.config.reading.bounded_toml import parse_toml
from align_tui.config.reading.toml import line_of
from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to


def profile(folder: Path, text: str, name: str = "p") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "text",
    ["backbone.load = {x = nan}", "backbone.load = {x = [1, {y = -inf}]}",
     "[prompt.chat_template]\nx = nan", "[backbone.server]\nextra = {a = inf}",
     '[adm]\nkind = "custom"\nfile = "x.py"\nweights = [nan]']
)  # fmt: skip
def test_numbers_that_no_run_can_keep_are_refused(text: str, tmp_path: Path) -> None:
    head = "" if "[adm]" in text else 'extends = "baseline"\n'
    with pytest.raises(ConfigError, match="not finite"):
        load_profile(profile(tmp_path, head + text))
    with pytest.raises(ConfigError, match="not finite"):
        load_profile("baseline", overrides=["backbone.load.x=nan"])


def test_a_date_in_a_table_is_kept_as_its_text(tmp_path: Path) -> None:
    path = profile(tmp_path, 'extends = "baseline"\nbackbone.load = {x = 1979-05-27}\n')
    made = load_profile(path)
    assert made.backbone.load == {"x": "1979-05-27"}
    assert type(made).model_validate(made.body()) == made


def test_extending_has_an_end(tmp_path: Path) -> None:
    profile(tmp_path, '[adm]\nkind = "random"\n', "p0")
    for number in range(1, 1_500):
        profile(tmp_path, f'extends = "./p{number - 1}.toml"\n', f"p{number}")
    with pytest.raises(ConfigError, match=f"more than {MOST_EXTENDS} profiles extend"):
        load_profile(str(tmp_path / "p1499.toml"))
    assert load_profile(str(tmp_path / "p20.toml")).adm.kind == "random"


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "~nobody-at-all/x", "\udcff", "x/" * 3000])
def test_names_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    for given_name in (f"{name}.toml", f"./{name}.toml"):
        with pytest.raises(ConfigError) as caught:
            load_profile(given_name)
        assert caught.value.message


def test_finding_a_line_takes_no_time(tmp_path: Path) -> None:
    for line in ("[" + " " * 300_000 + "x", "a . " * 100_000, "[[" * 100_000, '"' * 200_000):
        began = time.thread_time()
        assert line_of(f"{line}\nextends = 1", ["extends"]) == 2
        assert time.thread_time() - began < 2


def test_a_keymap_of_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("[study]\n" + "".join(f'"step({i})" = "j"\n' for i in range(50_000)))
    began = time.thread_time()
    with pytest.raises(ConfigError):
        read_key_lines(path)
    assert time.thread_time() - began < 4
    path.write_text("[study]\n" + "".join(f'"step({i})" = "j"\n' for i in range(1_000)))
    assert read_key_lines(path)[-1].where.endswith("line 1001")


def test_nothing_is_near_to_a_word_of_any_length() -> None:
    began = time.thread_time()
    assert close_to("x" * 1_000_000, ["x" * 999_999]) == []
    assert close_to("fairnes", ["x" * 1_000_000, "fairness"]) == ["fairness"]
    assert time.thread_time() - began < 1


SCRAPS = st.sampled_from(
    ['a = 1', 'a.b."c.d" = "x.y.z"', "[t.u]", "[[v]]", '# a.b.c."', 's = """', "'''", '"', "'",
     "\n", "\\", 'k = "a\\"b"', "x = [1, 2.5]", "y = {p.q = 1}", ".", '""""', "z = '''a'b''c'''"]
)  # fmt: skip


@given(st.lists(SCRAPS, max_size=12).map("\n".join) | st.lists(SCRAPS).map("".join))
def test_what_tomllib_reads_is_read_the_same(text: str) -> None:
    try:
        wanted = tomllib.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            parse_toml(text)
    else:
        assert parse_toml(text) == wanted


def test_dots_in_texts_are_no_keys() -> None:
    sentence = ". ".join(["word"] * 500)
    for quoted in (f'"{sentence}"', f"'{sentence}'", f'"""\n{sentence}\n"""', f"1 # {sentence}"):
        assert parse_toml(f"a = {quoted}")
    with pytest.raises(ValueError, match=r"a key has 65 parts.*at line 3"):
        parse_toml('x = """\n"""\n' + ".".join(["a"] * 65) + " = 1")


def test_links_that_lead_in_a_circle_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align_tui.config.paths.user_profiles", lambda: tmp_path)
    (tmp_path / "circle.toml").symlink_to(tmp_path / "round.toml")
    (tmp_path / "round.toml").symlink_to(tmp_path / "circle.toml")
    with pytest.raises(ConfigError, match="lead in a circle"):
        load_profile("circle")
    path = profile(tmp_path, '[adm]\nkind = "custom"\nfile = "circle.toml"\n')
    with pytest.raises(ConfigError, match="lead in a circle"):
        load_profile(path)


@pytest.mark.parametrize("value", ["0x" + "f" * 30_000, "1." + "1" * 30_000 + "x", "a" * 30_000])
def test_what_no_number_and_no_name_is_as_long_as_is_not_handed_on(value: str) -> None:
    with pytest.raises(ValueError, match=r"more than 20,000 characters \(at line 3\)"):
        parse_toml(f'a = "{value}" # {value}\n\nb = {value}')
