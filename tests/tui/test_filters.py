"""Filters pass exactly the scenarios that match, and keys step over only these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.monitor.marks import MarkName, mark_of
from align_tui.monitor.run_state import RunState
from align_tui.monitor.snapshot import Cell, Cells, Status
from align_tui.store.run_annotations import Annotation
from align_tui.tui.format import filter_text, scenario_list
from align_tui.tui.format.filters import KINDS, Filter, Kind, Sieve, beside, is_listed, onwards
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.styled_text import cells, text_of
from tests.tui import fakes
from tests.tui.key_names import STUDY

NAMES = ("fairness", "moral_desert", "risk_aversion")
TARGETS = ("a=1.0", "b=0.0", "a=1.0")
STATUSES: tuple[Status, ...] = ("pending", "running", "done", "failed")
MARKS: tuple[MarkName, ...] = ("right", "wrong", "failed", "pending")


def made(labels: list[frozenset[str]], edited: list[bool], repeat: int) -> Study:
    """A study of three profiles with scenarios that have these labels and edits."""
    scenarios = tuple(
        Scenario(
            f"s{number}",
            "Text.",
            (Choice("a", dict.fromkeys(names, 1.0)), Choice("b")),
            meta={"variant_of": "s0"} if variant else {},
        )
        for number, (names, variant) in enumerate(zip(labels, edited, strict=True))
    )
    return Study("s", tuple(map(fakes.profile, "pqr")), scenarios, repeat)


@st.composite
def boards(draw: st.DrawFn) -> tuple[Study, list[tuple[tuple[int, int, int], Cell]]]:
    """A study, and the changes of its samples one after the other."""
    count, repeat = draw(st.integers(1, 6)), draw(st.integers(1, 2))
    labels = draw(st.lists(st.frozensets(st.sampled_from(NAMES)), min_size=count, max_size=count))
    edited = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    places = st.tuples(st.integers(0, count - 1), st.integers(0, 2), st.integers(0, repeat - 1))
    ends = st.tuples(
        st.sampled_from(STATUSES),
        st.integers(0, 1),
        st.sampled_from((True, False, None)),
    )
    events = []
    for place, (status, choice, correct) in draw(st.lists(st.tuples(places, ends), max_size=24)):
        sample = place[0] * 100 + place[1] * 10 + place[2]
        scores = ((TARGETS[place[1]], correct),)
        cell = Cell(sample, "done", choice, scores) if status == "done" else Cell(sample, status)
        events.append((place, cell))
    return made(labels, edited, repeat), events


annotations_of = st.dictionaries(
    st.integers(0, 511), st.builds(Annotation, st.booleans(), st.sampled_from((None, "agree")))
)
filters = st.builds(Filter, st.frozensets(st.sampled_from(list(KINDS))), st.frozensets(
    st.sampled_from(NAMES)
))  # fmt: skip


def cells_of(row: Cells) -> list[Cell]:
    return [cell for repeats in row for cell in repeats if cell is not None]


def holds(
    kind: Kind, scenario: Scenario, row: Cells, annotations: dict[int, Annotation], focus: int
) -> bool:
    """The meaning of each filter, written a second time."""
    said = [annotations[cell.sample] for cell in cells_of(row) if cell.sample in annotations]
    rules: dict[Kind, Callable[[], bool]] = {
        "apart": lambda: any(
            len({cell.choice for cell in column if cell and cell.status == "done"}) > 1
            for column in zip(*row, strict=True)
        ),
        "against": lambda: any(
            cell.choice != mine.choice
            for column in zip(*row, strict=True)
            if (mine := column[focus]) and mine.status == "done"
            for cell in column
            if cell and cell.status == "done"
        ),
        "wrong": lambda: any(
            mark_of(repeats, target) == "wrong"
            for repeats, target in zip(row, TARGETS, strict=True)
        ),
        "failed": lambda: any(cell.status == "failed" for cell in cells_of(row)),
        "open": lambda: any(cell.status in ("pending", "running") for cell in cells_of(row)),
        "bookmarked": lambda: any(annotation.bookmarked for annotation in said),
        "judged": lambda: any(annotation.verdict for annotation in said),
        "edited": lambda: "variant_of" in scenario.meta,
    }
    return rules[kind]()


@given(boards(), st.lists(st.tuples(filters, annotations_of), min_size=1, max_size=4))
def test_what_is_listed_satisfies_each_filter_and_nothing_else_does(
    board: tuple[Study, list[tuple[tuple[int, int, int], Cell]]],
    asked: list[tuple[Filter, dict[int, Annotation]]],
) -> None:
    """This holds after samples change too, although only changed rows are checked again."""
    study, events = board
    kept, sieve = RunState(study), Sieve(study)
    for number, (wanted, annotations_now) in enumerate(asked):
        focus = number % len(study.profiles)
        for place, cell in events[number :: len(asked)]:
            kept.put(place, cell)
        rows = kept.rows()
        listed = sieve.listed(wanted, rows, TARGETS, annotations_now, focus)
        expected = [
            place
            for place, scenario in enumerate(study.scenarios)
            if all(
                holds(kind, scenario, rows[place], annotations_now, focus) for kind in wanted.kinds
            )
            and (not wanted.attributes or wanted.attributes & scenario.labelled)
        ]
        assert list(listed) == expected
        kinds, attributes = sieve.counts(rows, TARGETS, annotations_now, focus)
        for kind in KINDS:
            alone = Filter(frozenset({kind}))
            found = sieve.listed(alone, rows, TARGETS, annotations_now, focus)
            assert kinds[kind] == len(found)
        for name in NAMES:
            assert attributes[name] == sum(name in s.labelled for s in study.scenarios)


def test_nothing_is_worked_out_again_while_nothing_changed() -> None:
    study = fakes.study(40)
    board, sieve, annotations = RunState(study), Sieve(study), dict[int, Annotation]()
    targets = ("moral_desert=1.0",) * 4
    wanted = Filter(frozenset({"open"}))
    for number in range(40):
        board.put((number, 0, 0), Cell(number, "pending"))
    first = sieve.listed(wanted, board.rows(), targets, annotations)
    assert sieve.listed(wanted, board.rows(), targets, annotations) is first
    board.put((3, 0, 0), Cell(3, "running"))  # another row, the same list
    assert sieve.listed(wanted, board.rows(), targets, annotations) is first
    board.put((3, 0, 0), Cell(3, "done", 0))
    assert list(sieve.listed(wanted, board.rows(), targets, annotations)) == [
        number for number in range(40) if number != 3
    ]


def test_wrong_is_what_the_marks_say() -> None:
    """With another target another scenario is wrong, and the list changes."""
    study = made([frozenset()] * 2, [False] * 2, 1)
    board, sieve, annotations = RunState(study), Sieve(study), dict[int, Annotation]()
    board.put((0, 0, 0), Cell(1, "done", 0, (("x=1.0", False), ("y=1.0", True))))
    board.put((1, 0, 0), Cell(2, "done", 0, (("x=1.0", True), ("y=1.0", False))))
    wrong = Filter(frozenset({"wrong"}))
    assert list(sieve.listed(wrong, board.rows(), ("x=1.0", None), annotations)) == [0]
    assert list(sieve.listed(wrong, board.rows(), ("y=1.0", None), annotations)) == [1]


@given(st.lists(st.integers(0, 30), unique=True).map(sorted), st.integers(0, 30))
def test_steps_go_over_what_is_listed(listed: list[int], scenario: int) -> None:
    if not listed:
        assert beside(listed, scenario, 1) is onwards(listed, scenario, -1) is None
        return
    after = [number for number in listed if number > scenario]
    before = [number for number in listed if number < scenario]
    assert beside(listed, scenario, 1) == (after[0] if after else listed[-1])
    assert beside(listed, scenario, -1) == (before[-1] if before else listed[0])
    assert onwards(listed, scenario, 1) == (after[0] if after else listed[0])
    assert onwards(listed, scenario, -1) == (before[-1] if before else listed[-1])
    assert is_listed(listed, scenario) == (scenario in listed)


def test_a_filter_is_said_in_words_and_its_numbers_are_never_cut() -> None:
    wanted = Filter(frozenset({"failed", "wrong"}), frozenset({"moral_desert", "fairness"}))
    assert filter_text.filter_words(wanted) == "wrong, failed, fairness or moral desert"
    for glyphs in (UNICODE, ASCII):
        for width in (12, 20, 31, 80):
            title = text_of(filter_text.list_title(wanted, 4, 40, width, glyphs))
            assert cell_len(title) <= width and title.endswith(" 4/40") and glyphs.only in title
            assert title.startswith("scenarios ") == (width == 80)
            assert glyphs.more in title or width == 80
    assert text_of(filter_text.list_title(Filter(), 40, 40, 20, UNICODE)) == "scenarios"
    assert text_of(filter_text.list_title(wanted, 4, 40, 6, UNICODE)) == "∈"
    for width in (9, 14, 31):
        rows = filter_text.nothing_listed(width, STUDY)
        assert all(cells(row) <= width for row in rows)
        assert "F" in " ".join(text_of(row) for row in rows).split()


def test_the_list_loses_no_column_without_saying_so() -> None:
    """At every width it shows all columns, or as many as fit and a sign for the others."""
    marks = MARKS * 4
    scenario = replace(fakes.scenarios(1)[0], title="A title that is longer than its room")
    for profiles in (1, 4, 9, 16):
        for width in range(20, 90):
            for focus in {0, profiles // 2, profiles - 1}:
                shape = scenario_list.list_shape("full", 120, profiles, focus, width)
                flags = scenario_list.Flags(current=True, edited=True, branch=True, kept=True)
                line = scenario_list.list_line(
                    7, scenario, marks[:profiles], shape, flags, UNICODE
                )  # fmt: skip
                header = scenario_list.list_header(shape, focus, UNICODE)
                assert cells(line) == cells(header) == width
                assert focus in shape.columns.shown
                digits = [style for text, style in header if text.strip().isdigit()]
                assert digits.count("title") == 1
                assert len(digits) == len(shape.columns.shown)
                left_out = len(shape.columns.shown) < profiles
                assert (UNICODE.more in text_of(header)) == left_out
                assert text_of(line).startswith("▸  8 └✎ ★")


def test_folded_to_marks_the_flags_have_cells_of_their_own() -> None:
    scenario = fakes.scenarios(1)[0]
    for glyphs in (UNICODE, ASCII):
        shape = scenario_list.list_shape("marks", 40, 4, 1, 9)
        signs = "".join(glyphs.marks[mark] for mark in MARKS)
        for flags, said in (
            (scenario_list.Flags(), "  "),
            (scenario_list.Flags(edited=True), f"{glyphs.edited} "),
            (scenario_list.Flags(kept=True), f" {glyphs.kept}"),
            (scenario_list.Flags(edited=True, kept=True), glyphs.edited + glyphs.kept),
        ):
            line = scenario_list.list_line(3, scenario, MARKS, shape, flags, glyphs)
            assert text_of(line) == f"  4{said}{signs}"
        assert text_of(scenario_list.list_header(shape, 1, glyphs)) == "     1234"
