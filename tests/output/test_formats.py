"""CSV that no spreadsheet runs, JSON that every parser reads, Markdown without HTML."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.output.csv_cells import guarded, unguarded
from align_tui.output.events import summary
from align_tui.output.exporters.markdown import markdown
from align_tui.output.json_text import json_text
from align_tui.output.markdown_text import md
from align_tui.output.tables import result_table
from align_tui.store import runs
from align_tui.store.database import Database
from tests import hostile
from tests.conftest import make_study

CELLS = st.text(
    st.one_of(st.sampled_from("'=+-@＝＋－＠1.eE \t\r\n\u200b\ufeffx"), st.characters())
)


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize(
    "before", ["", " ", "\n", "\t", "\r", "\u200b", "\ufeff", "\xa0", "\u3000", " \n\u2060"]
)
def test_no_cell_is_a_formula(sign: str, before: str) -> None:
    assert guarded(f"{before}{sign}1+1").startswith("'")


@pytest.mark.parametrize("cell", ["-1", "+2.5", "1e-3", "a=1", "", "s-1", "don't"])
def test_numbers_and_plain_text_stay_so_that_tables_can_be_joined(cell: str) -> None:
    assert guarded(cell) == cell


@given(CELLS)
def test_the_guard_can_be_taken_off(cell: str) -> None:
    cell = cell.replace("\0", "")
    assert unguarded(guarded(cell)) == cell
    if guarded(cell) == cell:
        first = re.sub(r"\A[\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2060\ufeff]+", "", cell)
        assert not first.startswith(tuple("=@＝＋－＠"))


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(VALUES)
def test_json_says_the_same_and_commands_nothing(value: Any) -> None:
    text = json_text(value)
    assert not hostile.commands_in(text, ends="")
    text.encode("utf-8")
    strict = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert strict == json.loads(
        json.dumps(value),
        parse_constant=lambda name: None,  # a value that is not a number is null
    )
    assert json.loads(json_text(value, ascii_only=True)) == strict


def test_a_heading_holds_no_html(database: Database) -> None:
    name = "<img src=x onerror=alert(1)> # [x](javascript:0)\n- y"
    run = runs.create_run(database, replace(make_study(1), name=name), {"<b>": "<i>"})
    text = "".join(markdown(database, run))
    assert "<" not in text and text.startswith("# &lt;img")
    assert [line for line in text.splitlines() if line.startswith("#")][1:] == [
        "## Versions", "## Decisions",
    ]  # fmt: skip
    assert md("- a") == "\\- a" and md("1. a") == "1\\. a" and md("= a") == "\\= a"


def test_targets_for_which_nothing_is_scored_share_a_line(database: Database) -> None:
    study = make_study(1)  # one target of several profiles; nothing is decided yet
    run = runs.create_run(database, study, {})
    table = result_table(study, summary(database, run, study))
    targets = [str(cell) for cell in table.columns[1].cells if str(cell)]
    assert len(targets) == len(study.profiles)
    assert set(map(str, table.columns[2].cells)) <= {"–", ""}
