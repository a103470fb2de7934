"""What a decision-maker asks first, shown without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.studies.first_prompt import first_prompt
from tests.conftest import make_scenarios

SCENARIO = make_scenarios(1)[0]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("baseline", "triage medic"),
        ("moral-desert-high", "high moral desert"),
        ("persona", "This is an interview"),
        ("tagging-salt", "SALT"),
        ("decision-flow-moral-desert-high", "decision variables"),
    ],
)
def test_each_kind_shows_its_own_prompt(name: str, word: str) -> None:
    turns = first_prompt(load_profile(name), SCENARIO, load_attributes())
    assert word in "\n".join(turn.content for turn in turns)
    assert SCENARIO.text in turns[-1].content


def test_a_kind_that_asks_nothing_shows_nothing_and_no_users_file_runs(tmp_path: Path) -> None:
    assert first_prompt(load_profile("oracle"), SCENARIO, load_attributes()) == ()
    ran = tmp_path / "ran"
    (tmp_path / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (tmp_path / "p.toml").write_text('[adm]\nkind = "custom"\nfile = "own.py"\n')
    profile = load_profile(str(tmp_path / "p.toml"))
    assert first_prompt(profile, SCENARIO, load_attributes()) == () and not ran.exists()
