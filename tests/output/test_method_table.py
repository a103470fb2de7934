"""`align-tui table`: its rows, its pooling, and the four formats that others read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.macro import mean_of
from align_tui.core.stats.rates import make_rate
from align_tui.output.method_table.data import (
    MethodRow,
    MethodTable,
    ScoredRun,
    method_labels,
    table_of,
)
from align_tui.output.method_table.render import csv_text, json_text, latex, markdown, tex, text
from align_tui.store.results import QuestionCount


def profile(name: str, kind: str, value: float | None = None, **adm: object) -> Profile:
    target = [] if value is None else [{"attribute": "merit", "value": value}]
    body = {"name": name, "adm": {"kind": kind, **adm}, "target": target}
    return Profile.model_validate(body)


SCENARIOS = tuple(
    Scenario(f"s{i}", f"Who is {i}?", (Choice("A", {"merit": 1.0}), Choice("B", {"merit": 0.0})))
    for i in range(4)
)
PROFILES = (
    profile("plain", "baseline"),
    profile("up", "prompt_aligned", 1.0),
    profile("down", "prompt_aligned", 0.0),
)


def scored(
    *right: tuple[int, str, int], run: str = "r1", profiles: Sequence[Profile] = PROFILES
) -> ScoredRun:
    counts = [
        QuestionCount(p, f"merit={t}", scenario, scenario < 2, 1, int(scenario < n))
        for p, t, n in right
        for scenario in range(4)
    ]
    return ScoredRun(run, Study("s", tuple(profiles), SCENARIOS), counts, {0: (1, 0)})


ALL = scored((0, "1.0", 2), (0, "0.0", 2), (1, "1.0", 3), (2, "0.0", 4))


def test_rows_are_methods_and_only_steered_ones_pool_high_and_low() -> None:
    table = table_of([ALL])
    assert list(table.columns) == ["merit"]
    assert [(row.method, row.direction) for row in table.rows] == [
        ("baseline", "high"),
        ("baseline", "low"),
        ("prompt_aligned", "high"),
        ("prompt_aligned", "low"),
        ("prompt_aligned", "both"),
    ]
    both = table.rows[-1].cells["merit"]
    assert (both.correct, both.scored) == (7, 8)
    assert table.chances == {("high", "merit"): 0.5, ("low", "merit"): 0.5}
    assert table.gaps == ("r1, plain: 1 failed, 0 open",)


def test_discriminating_scenarios_alone_may_count() -> None:
    row = table_of([ALL], discriminating=True).rows[2]
    assert (row.cells["merit"].correct, row.cells["merit"].scored) == (2, 2)


def test_the_same_method_in_two_runs_is_pooled_question_by_question() -> None:
    table = table_of([ALL, scored((1, "1.0", 1), run="r2")])
    row = next(row for row in table.rows if row.direction == "high" and row.method != "baseline")
    assert (row.cells["merit"].correct, row.cells["merit"].scored) == (4, 8)
    assert row.cells["merit"].questions == row.cells["merit"].clusters == 4


def test_methods_of_one_kind_are_told_apart_by_their_settings() -> None:
    several = [
        profile("a", "prompt_aligned", 1.0, n_positive=5),
        profile("b", "prompt_aligned", 0.0, n_positive=5),
        profile("c", "prompt_aligned", 1.0),
    ]
    assert sorted(method_labels(several).values()) == [
        "prompt_aligned (n_positive 1)",
        "prompt_aligned (n_positive 5)",
    ]


def test_every_format_has_every_row() -> None:
    table = table_of([ALL])
    rows = list(csv.DictReader(io.StringIO(csv_text(table))))
    assert len(rows) == len(table.rows) + len(table.chances)
    assert float(rows[2]["merit"]) == 0.75 and rows[2]["merit scored"] == "4"
    body = json.loads(json_text(table))
    assert body["rows"][2]["attributes"]["merit"]["correct"] == 3
    assert markdown(table).count("\n| ") == len(table.rows) + len(table.chances)
    assert latex(table).count(r"\\") == 1 + len(table.rows) + len(table.chances)


def test_six_attributes_fit_a_terminal_of_80_columns() -> None:
    names = ("continuing care", "fairness", "moral desert", "protocol focus", "risk aversion",
             "utilitarianism")  # fmt: skip
    cells = {name: make_rate(3, 4) for name in names}
    mean = mean_of(list(cells.values()))
    rows = [
        MethodRow("prompt_aligned", "a-model", way, cells, mean) for way in ("high", "low", "both")
    ]
    made = MethodTable({name: name for name in names}, rows, "all", {("high", names[0]): 0.5})
    lines = [line.plain for line in text(made, 80)]
    assert max(map(len, lines)) <= 80
    assert sum("[.30-.95]" in line for line in lines) == 3
    assert any(line.startswith("prompt_aligned on a-model") for line in lines)


def test_a_name_is_no_command_of_latex_or_markdown() -> None:
    hostile = r"\input{x} $1 & 50% #1 a_b ~ ^ | [l](u) <b>"
    evil = profile("up", "prompt_aligned", 1.0)
    evil = evil.model_copy(
        update={"backbone": evil.backbone.model_copy(update={"model": hostile, "kind": "hf"})}
    )
    table = table_of([scored((0, "1.0", 3), profiles=(evil,))])
    assert r"\input" not in latex(table).replace(r"\textbackslash{}input", "")
    assert "<b>" not in markdown(table) and "[l](u)" not in markdown(table)
    assert tex("100% & _") == r"100\% \& \_"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=8))
def test_the_mean_lies_in_its_interval_and_in_0_to_1(pairs: list[tuple[int, int]]) -> None:
    rates = [make_rate(min(right, n), n) for right, n in pairs]
    found = mean_of(rates)
    assert found is not None and 0.0 <= found.low <= found.accuracy <= found.high <= 1.0
    assert found.accuracy == pytest.approx(sum(r.accuracy or 0 for r in rates) / len(rates))
    if len(rates) == 1:
        assert (found.low, found.high) == pytest.approx((rates[0].low, rates[0].high))


def test_nothing_scored_has_no_mean() -> None:
    assert mean_of([]) is None and mean_of([make_rate(0, 0)]) is None
