"""The CSV of GlobalOpinionQA: made-up rows in its form, and hostile ones."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.errors import DatasetError
from align_tui.formats.global_opinion import records
from align_tui.formats.values import FilePosition
from align_tui.formats.write import native_jsonl
from tests.formats.dataset_files import read

GOOD = "defaultdict(<class 'list'>, {'Japan': [0.25, 0.75], \"Côte d'Ivoire\": [1.0, 0.0]})"


def rows(
    *cells: tuple[str, ...], head: tuple[str, ...] = ("question", "selections", "options")
) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([head, *cells])
    return out.getvalue()


def test_a_file_is_read() -> None:
    head = ("", "question", "selections", "options", "source")
    found = read(
        rows(
            ("0", "Is it good,\nor bad?", GOOD, "['Good', \"It's bad\"]", "GAS"),
            ("1", "A scale?", "{'Japan': [0.1, 0.2, 0.6]}", "['1', 2, 'DK']", "WVS"),
            head=head,
        )
    )
    first, second = found.scenarios
    assert (found.format, first.key, first.text) == (
        "globalopinionqa",
        "q1",
        "Is it good,\nor bad?",
    )
    assert first.choice_texts == ("Good", "It's bad") and first.meta == {"source": "GAS"}
    assert first.shares == {"Japan": (0.25, 0.75), "Côte d'Ivoire": (1.0, 0.0)}
    assert second.choice_texts == ("1", "2", "DK")
    assert second.shares["Japan"] == pytest.approx((1 / 9, 2 / 9, 6 / 9))
    assert not first.labelled and found.labelled == {"Japan", "Côte d'Ivoire"}
    again = read(native_jsonl(found.scenarios))
    assert again.scenarios == found.scenarios


def test_what_does_not_fit_is_left_out_and_told() -> None:
    shares = "{'A': [0.5], 'B': [0, 0], 'C': [0.5, 0.5], 'D': [-1, 2], 'E': [1e999, 1]}"
    with pytest.raises(DatasetError, match="not a number"):
        read(rows(("Q", shares, "['x', 'y']")))
    found = read(
        rows(
            ("Q", shares.replace(", 'E': [1e999, 1]", ""), "['x', 'y']"),
            ("Q", "{'A': [1]}", "['only']"),
            ("Q", "{'A': [1, 2]}", "['x', 'y']"),
        )
    )
    assert found.scenarios[0].shares == {"C": (0.5, 0.5)}
    assert len(found) == 2
    notes = " ".join(found.notes)
    assert "do not fit the options: A" in notes and "Left out 1 without 2 to 64" in notes


@pytest.mark.parametrize(
    ("selections", "options"),
    [
        ("__import__('os').system('x')", "['a', 'b']"),
        ("defaultdict(<class 'list'>, {'A': [().__class__]})", "['a', 'b']"),
        ("defaultdict(<class 'int'>, {'A': [1, 2]})", "['a', 'b']"),
        ("{'A': [1, [2]]}", "['a', 'b']"),
        ("{'A': [1, 2]", "['a', 'b']"),
        ("{'A': [1, 2]} {}", "['a', 'b']"),
        ("{'A': [1 2]}", "['a', 'b']"),
        ("{'A': ['1', 2]}", "['a', 'b']"),
        ("{'A': [1, 2], 'A': [2, 1]}", "['a', 'b']"),
        ("{3: [1, 2]}", "['a', 'b']"),
        ("[1, 2]", "['a', 'b']"),
        ("", "['a', 'b']"),
        ("{'A': [1, 2]}", ""),
        ("{'A': [1, 2]}", "['a', 'b"),
        ("{'A': [1, 2]}", "['a' + 'b', 'c']"),
        ("{'A': [1, 2]}", "['\\x']"),
        ("{'A': [1, 2]}", "[" * 50_000),
        ("{" * 50_000, "['a', 'b']"),
        ("{'A': [1, 2]}", "['" + "a" * 100_001 + "']"),
    ],
)
def test_hostile_cells_are_refused(selections: str, options: str) -> None:
    with pytest.raises(DatasetError):
        read(rows(("Q", selections, options)))


@pytest.mark.parametrize(
    "text",
    [
        "question,selections,options\n",
        "question,selections,options\nQ,S\n",
        'question,selections,options\n"Q,S,O\n',
        "question,selections,options\n,{},[]\n",
        "question,selections,options\nQ,{},\"['a']\"\n",
        "question,selections\nQ,{}\n",
        "question,selections,options\n" + "x" * 200_000 + ",{},[]\n",
    ],
)
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(DatasetError):
        read(text)


@settings(max_examples=60)
@given(st.text(alphabet="{}[]'\",:\\0.1eA \n-", max_size=40))
def test_any_cell_is_read_or_refused(cell: str) -> None:
    for pair in ((cell, "['a', 'b']"), ("{}", cell)):
        try:
            read(rows(("Q", *pair)))
        except DatasetError:
            continue


def test_texts_come_back_as_python_prints_them() -> None:
    odd = ["a'b", 'c"d', "e\\f", "g\nh", "é\u2028", "'\""]
    (row,) = records(rows(("Q", "{}", repr(odd))), FilePosition("f"))
    assert isinstance(row, dict)
    assert read([row]).scenarios[0].choice_texts == tuple(odd)
