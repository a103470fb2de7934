"""The pure functions behind the screen, without Textual."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.rates import make_rate
from align_tui.monitor.feeds import replay_clock
from align_tui.monitor.marks import cell_mark, mark_of, next_wrong
from align_tui.monitor.snapshot import Cell, Counts, Shown, Snapshot, Transport
from align_tui.services.estimate import Cost
from align_tui.store.pace import busy_seconds
from align_tui.tui.format import accuracy_rows, bars, footer, scenario, scenario_list, transport
from align_tui.tui.format.cost import cost_words
from align_tui.tui.format.decision import foot_lines, probability_lines
from align_tui.tui.format.glyphs import ASCII, UNICODE, choose_glyphs
from align_tui.tui.format.layout import arrange, plan, too_small
from align_tui.tui.format.library import Offer, offer_lines
from align_tui.tui.format.search import MAX_HITS, count_words, in_scenarios
from align_tui.tui.format.status import StatusView, status_line
from align_tui.tui.format.status_text import queued_words
from align_tui.tui.format.styled_text import cells, cut, fill, fit, fit_name, spread, text_of
from align_tui.tui.format.targets import compared, comparison, heading, sign
from align_tui.tui.format.wrapping import extend, wrap
from tests.tui import fakes
from tests.tui.key_names import STUDY

HOSTILE = [
    "[bold]x[/]",
    "[@click=app.quit]y[/]",
    "日本語のテキストはここで折り返す",
    "e\u0301" * 50,
    "a" * 1000,
    "x  y\n\n  z " * 20,
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("width", [2, 7, 24])
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert rows
    assert all(cell_len(row.rstrip()) <= width for _, row in rows)
    assert "".join("".join(row.split()) for _, row in rows) == "".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_appending_gives_the_same_rows_as_wrapping_the_whole(text: str) -> None:
    rows = wrap("", 11)
    for end in range(0, len(text) + 1, 3):
        before = list(rows)
        first = extend(rows, text[:end], 11)
        assert before[:first] == rows[:first]
    extend(rows, text, 11)
    assert rows == wrap(text, 11)


def test_lines_are_cut_with_an_ellipsis_and_filled_to_the_cell() -> None:
    assert fit("abcdef", 4, "…") == "abc…"
    assert fit("日本語", 5, "…") == "日本…"
    assert text_of(cut((("abc", ""), ("def", "")), 4, "…")) == "abc…"
    assert cells(fill((("日本", ""),), 7, "…")) == 7
    assert text_of(spread((("left", ""),), (("right", ""),), 20, "…")) == "left           right"


def test_glyphs_follow_the_terminal() -> None:
    assert choose_glyphs({"TERM": "xterm"}, "UTF-8") is UNICODE
    assert choose_glyphs({"TERM": "linux"}, "utf-8") is ASCII
    assert choose_glyphs({"TERM": "xterm"}, "ANSI_X3.4-1968") is ASCII
    assert set(ASCII.marks) == set(UNICODE.marks)
    assert len(set(ASCII.marks.values())) == len(ASCII.marks)
    assert all(sign.isascii() for sign in ASCII.marks.values())


def test_one_mark_one_meaning() -> None:
    def done(correct: bool | None) -> Cell:
        return Cell(1, "done", 0, (("a=1.0", correct),))

    assert cell_mark(None, "a=1.0") == "none"  # nobody has asked for it
    assert cell_mark(Cell(1, "pending"), "a=1.0") == "pending"
    assert cell_mark(Cell(1, "running"), None) == "working"
    assert cell_mark(done(True), "a=1.0") == "right"
    assert cell_mark(done(False), "a=1.0") == "wrong"
    assert cell_mark(done(None), "a=1.0") == cell_mark(done(True), "b=1.0") == "unscored"
    assert cell_mark(Cell(1, "failed"), None) == "failed"
    assert mark_of((done(True), done(True), done(False)), "a=1.0") == "right"
    assert mark_of((done(True), Cell(2, "pending")), "a=1.0") == "working"
    assert mark_of((done(True), None), "a=1.0") == "right"
    assert mark_of((None, None), "a=1.0") == "none"
    rows = [((done(True),),), ((done(False),),), ((done(True),),)]
    assert next_wrong(rows, ("a=1.0",), (0,), range(3), 0, 1) == 1
    assert next_wrong(rows, ("a=1.0",), (0,), range(3), 1, 1) == 1
    assert next_wrong(rows, ("b=1.0",), (0,), range(3), 0, 1) is None


def test_targets_are_signs_and_a_baseline_is_compared() -> None:
    study = fakes.study(4)
    assert sign(1.0, UNICODE) == "▲" and sign(0.0, UNICODE) == "▼"
    assert sign(0.5, UNICODE) in UNICODE.levels
    assert heading(study.profiles[1], UNICODE) == "moral-desert-high ▲"
    assert heading(study.profiles[1], UNICODE, 10).endswith("▲")
    assert heading(fakes.profile("p", ("fairness", 0.0)), UNICODE) == "p · fairness ▼"
    assert compared(study, 0)[0] == "moral_desert=1.0"
    assert compared(study, 2)[0] == compared(study, 5)[0] == "risk_aversion=1.0"
    assert comparison(study, 1)[0].value == 0.0


@pytest.mark.parametrize("profiles", [1, 2, 3, 4, 5, 9, 13])
@pytest.mark.parametrize("size", [(60, 15), (80, 24), (100, 30), (120, 40), (145, 40), (250, 60)])
def test_every_size_has_room_for_a_pane(size: tuple[int, int], profiles: int) -> None:
    width, height = size
    for focus in range(profiles):
        layout = plan(
            width,
            height,
            profiles=profiles,
            scenarios=62,
            focus=focus,
            scenario_lines=30,
            overview_wanted=profiles,
        )
        grid = layout.grid
        assert focus in grid.panes
        assert len(grid.spans) == len(grid.panes)
        assert sum(grid.spans) == grid.columns * grid.rows
        assert grid.tabs == (len(grid.panes) < profiles)
        small = height < 28
        rest = height - 2 - layout.overview_height - (0 if small else 1) - layout.scenario_height
        assert rest - grid.tabs >= 6 * grid.rows
    assert too_small(59, 24) and too_small(80, 14) and not too_small(60, 15)


def test_layouts_as_drawn() -> None:
    small = plan(80, 24, profiles=4, scenarios=62, scenario_lines=9, overview_wanted=4)
    assert (small.list_kind, small.scenario_height, len(small.grid.panes)) == ("hidden", 5, 1)
    assert plan(120, 40, profiles=4, scenarios=62).list_kind == "marks"
    middle = plan(145, 40, profiles=4, scenarios=62)
    assert (middle.list_kind, middle.grid.rows, len(middle.grid.panes)) == ("full", 1, 4)
    assert arrange(180, 45, 9, 0, False).rows == 2
    assert arrange(180, 45, 9, 3, True).panes == (3,)


def test_bars_and_numbers() -> None:
    assert bars.bar(0.001, 8, UNICODE) == ("█", "░" * 7)
    assert bars.bar(0.999, 8, UNICODE)[0] == "█" * 7
    assert bars.bar(1.0, 4, UNICODE) == ("████", "")
    assert [bars.point(v) for v in (0.0, 0.5, 0.999, 1.0)] == [".00", ".50", "1.00", "1.00"]
    assert bars.clock(130) == "02:10" and bars.clock(3700) == "1:01:40"
    drawn = text_of(bars.interval(make_rate(7, 14), 0.5, 21, UNICODE))
    assert len(drawn) == 21 and drawn.index("├") < drawn.index("●") < drawn.index("┤")
    none = text_of(bars.interval(None, 0.5, 21, UNICODE))
    assert none.strip() == "┊" and none.index("┊") == 10


@pytest.mark.parametrize("width", [60, 80, 120, 145, 250])
def test_tallies_share_one_scale(width: int) -> None:
    rows = [
        accuracy_rows.AccuracyRow("baseline", "", "moral desert ▲", make_rate(7, 14), 0.5),
        accuracy_rows.AccuracyRow("moral desert", " ▲", "", make_rate(12, 13), 0.5, True),
        accuracy_rows.AccuracyRow("risk aversion", " ▲", "", None, 0.5),
    ]
    lines = accuracy_rows.accuracy_lines(rows, width, 3, UNICODE)
    assert all(cells(line) <= width for line in lines)
    text = "\n".join(text_of(line) for line in lines)
    assert "7/14  .50" in text and "12/13  .92" in text and "▲" in text
    if (
        accuracy_rows.columns(width, 3) == 1
    ):  # stacked: chance is one vertical line where it is seen
        assert len({text_of(line).index("┊") for line in lines if "┊" in text_of(line)}) == 1
    two = accuracy_rows.accuracy_lines(rows, 60, 1, UNICODE)
    assert "moral desert" in text_of(two[0])


def test_foot_keeps_its_height_and_width() -> None:
    pending = Shown(0, status="pending")
    running = Shown(0, status="running", streams=2, elapsed=0.3)
    for shown in (pending, running, Shown(0, status="failed"), Shown(0, status="done")):
        lines = foot_lines(
            shown, ("Treat A", "Treat B"), None, 24, UNICODE, STUDY, of_streams=5, choice=1
        )
        assert len(lines) == 3
        assert all(cells(line) <= 24 for line in lines)
    assert "sample 2/5" in text_of(
        foot_lines(running, (), None, 24, UNICODE, STUDY, of_streams=5)[2]
    )
    for count in (2, 3, 5, 30):
        (line,) = probability_lines([1 / count] * count, count - 1, 24, 1, UNICODE)
        assert cells(line) <= 24
        assert text_of(line).count(".") >= 1
    (line,) = probability_lines([0.9, 0.06, 0.04], 0, 21, 1, UNICODE)
    assert text_of(line) == "A .90  B .06  C .04"
    (line,) = probability_lines([0.25, 0.75], 1, 24, 1, UNICODE)
    assert text_of(line).startswith("A █")


def test_scenario_shows_its_choices_at_any_height() -> None:
    for shown in fakes.scenarios(6):
        for width, height in ((54, 2), (76, 3), (110, 8)):
            lines, complete = scenario.scenario_lines(shown, width, height, UNICODE, unfolded=False)
            assert len(lines) <= height and all(cells(line) <= width for line in lines)
            whole = "\n".join(text_of(line) for line in lines)
            assert "A " in whole and "B " in whole
            assert complete or "…" in whole
    shown = fakes.scenarios(1)[0]
    lines, _ = scenario.scenario_lines(shown, 76, 99, UNICODE, unfolded=True)
    assert "moral desert 1" in "\n".join(text_of(line) for line in lines)


@pytest.mark.parametrize("width", [30, 54, 110])
def test_labels_are_hidden_until_the_whole_scenario_is_shown(width: int) -> None:
    """Then no label is cut, however long the choices are."""
    labels = {"moral_desert": 1.0, "risk_aversion": 0.25, "continuing_care": 0.0}
    text = "Treat the one " + "who waited longest and asked for least " * 4
    shown = Scenario("k", "Text.", (Choice(text, labels), Choice("Treat B", labels)))
    folded, _ = scenario.scenario_lines(shown, width, 6, UNICODE, unfolded=False)
    assert "desert" not in "".join(text_of(line) for line in folded)
    lines, complete = scenario.scenario_lines(shown, width, 99, UNICODE, unfolded=True)
    whole = " ".join(text_of(line) for line in lines)
    assert complete and all(cells(line) <= width for line in lines) and "…" not in whole
    assert " ".join(whole.split()).count(" ".join(text.split())) == 1
    assert (
        " ".join(whole.split()).count("moral desert 1, risk aversion 0.25, continuing care 0") == 2
    )


def test_a_pane_says_its_state_in_words() -> None:
    running = Shown(0, 0, 1, "running", "so far", 2, 3.2)
    foot = text_of(foot_lines(running, (), None, 40, UNICODE, STUDY, of_streams=5)[2])
    assert foot == "◐ reasoning · 3.2 s · sample 2/5"
    assert "reasoning" not in text_of(
        foot_lines(running, (), None, 24, UNICODE, STUDY, of_streams=5)[2]
    )
    waiting = text_of(foot_lines(replace(running, text=""), (), None, 40, UNICODE, STUDY)[2])
    assert waiting == "◐ 3.2 s"
    failed = foot_lines(Shown(0, 0, 1, "failed"), (), None, 60, UNICODE, STUDY)
    assert text_of(failed[2]) == "x retry   enter all that failed here"
    narrow = foot_lines(Shown(0, 0, 1, "failed"), (), None, 20, UNICODE, STUDY)
    assert text_of(narrow[2]) == "x retry"
    assert queued_words(0) == "queued: the next" and queued_words(3) == "queued: 3 before it"
    assert queued_words(None) == "queued"


def test_list_window_moves_no_more_than_it_must() -> None:
    assert scenario_list.window(0, 100, 10, 0) == 0
    assert scenario_list.window(5, 100, 10, 0) == 0
    assert scenario_list.window(9, 100, 10, 0) == 2
    assert scenario_list.window(99, 100, 10, 2) == 90
    assert scenario_list.window(3, 5, 10, 4) == 0


def test_a_recording_keeps_pauses_but_shortens_long_ones() -> None:
    clock = replay_clock.make_clock(
        [(100.0, 103.0), (101.0, 104.0), (106.0, 107.0), (1007.0, 1008.0)]
    )
    assert clock.length == pytest.approx(4 + 2 + 1 + 2 + 1)
    assert clock.shortened_s == pytest.approx(898.0)
    assert clock.second(106.0) == pytest.approx(6.0)
    assert clock.moment(clock.second(1007.5)) == pytest.approx(1007.5)
    assert replay_clock.make_clock([]).length == 0.0
    assert replay_clock.characters_at(((0.1, 3), (0.2, 9)), 0.15) == 3
    assert replay_clock.characters_at(((0.1, 3),), 0.0) == 0
    assert replay_clock.nearest([1.0, 2.0], 1.0, 1) == 2.0
    assert replay_clock.nearest([1.0, 2.0], 1.0, -1) is None


def test_transport_draws_decisions_as_ticks() -> None:
    state = Transport(
        at=41.0,
        length=175.0,
        playing=True,
        speed=4.0,
        ticks=(
            (20.0, 0, Cell(1, "done", 0, (("fairness=1.0", True),))),
            (90.0, 0, Cell(2, "failed")),
        ),
        following=False,
        shortened_s=60.0,
    )
    ticks = transport.Ticks()
    for width in (60, 80, 145):
        line = text_of(transport.transport_line(state, ticks, ("fairness=1.0",), width, UNICODE))
        assert cell_len(line) <= width
        assert "×4" in line and "00:41 / 02:55" in line and "✓" in line and "!" in line
    short = text_of(
        transport.transport_line(
            replace(state, at=0.25, length=9.0, ticks=()), ticks, (None,), 80, UNICODE
        )
    )
    assert " 0.2 / 9.0 s" in short
    assert replay_clock.next_speed(1.0, 1) == 2.0
    assert replay_clock.next_speed(0.25, -1) == 0.25
    assert replay_clock.next_speed(64.0, 1) == 64.0


@pytest.mark.parametrize("width", [60, 80, 120, 250])
def test_status_and_keys_fit(width: int) -> None:
    view = StatusView("a study with [b]a name[/b]\x1b[31m", 48, True, False, False, STUDY)
    snapshot = Snapshot("r", "paused", counts=Counts(3, 1, 2, 42), error="")
    line = text_of(status_line(view, snapshot, width, UNICODE))
    assert cell_len(line) <= width and "\x1b" not in line and "4/48" in line
    made = footer.main_keys(STUDY, UNICODE, paused=False, stepping="wrong", baseline=True)
    line = text_of(footer.key_line(made, width))
    assert cell_len(line) <= width and "? help" in line and "q leave" in line


def test_search_finds_all_words_in_scenarios() -> None:
    found, total = in_scenarios(fakes.scenarios(6), "BRIDGE evening")
    assert [hit.scenario for hit in found] == [0] and total == 1
    assert in_scenarios(fakes.scenarios(6), "  ") == ([], 0)
    many = tuple(replace(fakes.scenarios(1)[0], key=f"s{n}") for n in range(MAX_HITS + 5))
    found, total = in_scenarios(many, "bridge")
    assert (len(found), total) == (MAX_HITS, MAX_HITS + 5)
    assert count_words(total, len(found)) == "305 found, 300 of them listed"
    assert count_words(2, 2) == "2 found"


def test_the_package_stays_light() -> None:
    code = (
        "import sys, align_tui.tui.app, align_tui.tui.application,"
        " align_tui.tui.screens.study.screen, align_tui.tui.screens.study.replay;"
        "bad = {'torch', 'transformers', 'outlines', 'sqlite_utils', 'typer', 'psutil',"
        " 'textual.widgets._markdown', 'align_tui.engine',"
        " 'align_tui.adms', 'align_tui.backbones', 'align_tui.cli'} & set(sys.modules);"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_profiles_that_can_be_added_stand_in_columns() -> None:
    """Names may hold wide signs, line breaks or nothing; a broken file shows its error."""
    offers = [
        Offer("a", "short", "", "baseline", "", "demo", "about it"),
        Offer("b", "名前は長い\nname", "yours", "prompt_aligned", "fairness ▲", "Llama", ""),
        Offer("c", "x" * 90, "", "fixed", "", "", "the last"),
        Offer("d", "broken", "yours", trouble="line 2: [b]no[/b]\x1b[31m"),
    ]
    lines = offer_lines(offers, "…")
    starts = {cells(line[:3]) for line in lines[:3]}
    assert len(starts) == 1 and len({cells(line[:5]) for line in lines[:3]}) == 1
    assert all("\n" not in text_of(line) and "\x1b" not in text_of(line) for line in lines)
    assert "line 2: [b]no[/b]" in text_of(lines[3]) and "yours" in text_of(lines[3])
    assert text_of(lines[3]).startswith("! broken")
    assert "…" in text_of(lines[2]) and offer_lines([], "…") == []


@given(
    profile=st.text("ab-.", min_size=1, max_size=40),
    model=st.text("cd-.", min_size=1, max_size=40),
    tail=st.sampled_from(["", " ▲", " ▲▼"]),
    width=st.integers(8, 80),
)
def test_both_halves_of_a_long_name_are_seen(
    profile: str, model: str, tail: str, width: int
) -> None:
    shown = fit_name(f"{profile} @ {model}", tail, width, "…")
    assert cell_len(shown) <= width and shown.endswith(tail)
    if cell_len(f"{profile} @ {model}{tail}") <= width:
        assert shown == f"{profile} @ {model}{tail}"
    elif width >= 18:
        first, at, second = shown.removesuffix(tail).partition(" @ ")
        assert at and second[:1] == model[:1] and first[:1] == profile[:1]


def test_what_a_change_costs_is_said_in_round_numbers() -> None:
    assert cost_words(Cost(36, 41_234.0, 170.0)) == (
        "at most 36 decisions\nabout 41,000 tokens and 3 min at the run's pace"
    )
    assert "about 1 s at" in cost_words(Cost(1, 0.0, 0.2))
    assert "2.5 h" in cost_words(Cost(9, 5.0, 9_000.0))
    assert "tokens and time unknown" in cost_words(Cost(9))
    assert busy_seconds([(0, 4), (1, 2), (3, 6), (10, 11)]) == 7
