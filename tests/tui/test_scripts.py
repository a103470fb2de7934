"""Text of any script stays within its cells, so that edges stay in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.text.display import plain
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.format.styled_text import cells, cut, fill, fit, spread
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes

WIDE = "医師は患者を一人だけ治療できます。"
COMBINED = "Zażo\u0301łc\u0301 ge\u0323\u0301s\u0301la\u0328 ja\u0308z\u030cn\u0303 नमस्ते"
ARABIC = "لا يستطيع الطبيب أن يعالج إلا مريضا واحدا"
HEBREW = "הרופא יכול לטפל רק בחולה אחד"
EMOJI = "👩‍⚕️ 🚑 🇵🇱 ✈️"
SCRIPTS = (WIDE, COMBINED, ARABIC, HEBREW, EMOJI)

TEXTS = st.text(
    st.one_of(
        st.sampled_from("".join(SCRIPTS)),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)


@given(TEXTS, TEXTS, st.integers(1, 60))
def test_lines_keep_to_their_cells(one: str, other: str, width: int) -> None:
    one, other = plain(one).replace("\n", " "), plain(other).replace("\n", " ")
    assert cell_len(fit(one, width, "…")) <= width
    line = ((one, "text"), (other, "quiet"))
    assert cells(cut(line, width, "…")) <= width
    assert cells(fill(line, width, "…")) == width
    assert cells(spread(line, ((other, ""),), width, "…")) == width or cell_len(other) > width


@settings(max_examples=60)
@given(TEXTS, st.integers(2, 40))
def test_wrapped_rows_keep_to_their_cells_and_lose_nothing(text: str, width: int) -> None:
    text = plain(text)
    rows = wrap(text, width)
    assert all(cell_len(row[1]) <= width for row in rows)
    assert "".join("".join(row[1].split()) for row in rows) == "".join(text.split())


def study_in_all_scripts() -> Study:
    made = fakes.study(1)
    scenarios = tuple(
        Scenario(
            f"s{number}",
            " ".join([text] * 6),
            tuple(Choice(f"{text} {n}", {"moral_desert": n / 2}) for n in range(3)),
            text,
        )
        for number, text in enumerate(SCRIPTS)
    )
    return Study("demo", made.profiles, scenarios)


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (145, 40)])
async def test_edges_stay_where_they_are(
    path: Path, db: Database, wait: Any, size: tuple[int, int]
) -> None:
    """The edges are in the same columns, whatever text is between them."""
    study = study_in_all_scripts()
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            shown = study.scenarios[claimed.scenario]
            worker.finish(claimed, f"{shown.title}. " * 12)
    app = AlignApp(Launch(path, study, run, False), study)
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: screen.snapshot.counts.done == 20)
        seen: list[list[set[int]]] = []
        for scenario in range(len(SCRIPTS)):
            await wait(pilot, lambda n=scenario: screen.snapshot.scenario == n)
            await pilot.pause()
            rows = []
            for strip in screen._compositor.render_strips():
                assert strip.cell_length == size[0]
                at, edges = 0, set()
                for segment in strip:
                    for sign in segment.text:
                        if sign in "│╭╮╰╯":
                            edges.add(at)
                        at += cell_len(sign)
                    # The widths of the single signs add up to the width of the whole.
                rows.append(edges)
            seen.append(rows)
            await pilot.press("j")
        plainest = seen[2]  # Arabic: every sign is one cell wide, or none
        for number, rows in enumerate(seen):
            if number == 4:
                continue  # terminals differ in the width of joined emoji
            high = min(len(rows), len(plainest)) - 3
            assert rows[:high] == plainest[:high], SCRIPTS[number]
