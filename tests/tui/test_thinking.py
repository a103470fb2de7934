"""A model's thinking: streamed, folded, shown whole, in the decision screen and in a replay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.backbones.base import OnProgress, OnText, Request
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.study import Study
from align_tui.core.decisions import Generation
from align_tui.core.replies import RESTART, THINKING, THOUGHT, with_thinking
from align_tui.engine.worker import Settings, Worker
from align_tui.monitor.decision_detail import read_detail
from align_tui.monitor.feeds.live import LiveFeed
from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.monitor.feeds.written import written
from align_tui.monitor.snapshot import Shown, Snapshot
from align_tui.store import launch as store_launch
from align_tui.store import results, runs, search, workers
from align_tui.store.database import Database, open_database
from align_tui.store.thinking import thoughts_of, token_shares
from align_tui.tui.asciicast import record
from align_tui.tui.format.decision import foot_lines
from align_tui.tui.format.decision_detail import sections
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.panes import PaneView, pane_view
from align_tui.tui.format.styled_text import fit_end, text_of
from align_tui.tui.format.thinking import thinking_part
from align_tui.tui.launch import Launch
from tests.engine.fakes import FakeBackbone
from tests.tui import fakes
from tests.tui.key_names import STUDY
from tests.tui.test_screen import opened, prose, screen_of, words

THOUGHTS = "Who is hurt worst? B.\n\nBut the target says desert, so it is A after all."
NOTE = "This model has no chat template: it was asked with plain text, as a completion."


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no process."""
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


@pytest.fixture
def thought(db: Database) -> tuple[str, Study]:
    """A run whose first two columns have thinking; the second has a note too, the third neither."""
    study = fakes.study(2)
    run = runs.create_run(db, study, {"python": "3"})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            thinking = THOUGHTS if claimed.profile < 2 else ""
            notes = (NOTE,) if claimed.profile == 1 else ()
            worker.finish(claimed, None, 2.0, thinking, notes)
    workers.unregister(db, worker.id)
    return run, study


# What stands in a pane


@pytest.mark.parametrize(
    ("raw", "thinking", "text"),
    [
        ("", "", ""),
        (THINKING, "", ""),
        (f"{THINKING}Hm,", "Hm,", ""),
        (f"{THINKING}\nHm.\n\n{THOUGHT}" + '{"reasoning": "So', "Hm.", "So"),
        (f'{THINKING}Hm.{THOUGHT}{{"reasoning": "So{RESTART}{THINKING}An', "An", ""),
        (f'{THINKING}Hm.{RESTART}{{"reasoning": "So', "", "So"),
        (f"{THINKING}\x1b[31m\u202e{THOUGHT}", "\ufffd[31m\ufffd", ""),
    ],
)
def test_a_reply_taken_apart_while_it_is_written(raw: str, thinking: str, text: str) -> None:
    found = written(raw, 1)
    assert (found.thinking, found.text) == (thinking, text)


def part(status: Any, unfolded: bool = False, width: int = 60, **more: Any) -> str:
    shown = Shown(0, 0, 1, status, **{"thinking": THOUGHTS, **more})
    return thinking_part(shown, width, UNICODE, unfolded=unfolded)


def test_thinking_is_whole_while_it_is_written_and_folds_when_the_reply_begins() -> None:
    assert part("running") == f"thinking …\n{THOUGHTS}"
    assert part("running", text="So") == (
        "thinking · …the target says desert, so it is A after all."
    )
    done: dict[str, Any] = {"text": "So.", "thinking_tokens": 25}
    assert part("done", **done) == "thinking · 25 tokens · …says desert, so it is A after all."
    assert part("done", width=24, **done) == "thinking · 25 tokens"
    assert part("done", unfolded=True, **done) == f"thinking · 25 tokens\n{THOUGHTS}\n"
    assert part("done", text="So.", thinking="") == ""


def test_thinking_that_is_the_reasoning_is_told_once() -> None:
    for unfolded in (False, True):
        said = part("done", unfolded, text=f" {THOUGHTS}", thinking_tokens=25)
        assert said == "thinking · 25 tokens · taken as the reasoning"
    assert THOUGHTS in part("running", text="", thinking=THOUGHTS)


@given(
    st.text(st.sampled_from("ab 漢é\u200d"), max_size=60), st.integers(1, 30), st.sampled_from("…~")
)
def test_the_end_of_a_line_fits(text: str, width: int, more: str) -> None:
    text = " ".join(text.split())
    cut = fit_end(text, width, more)
    assert cell_len(cut) <= width
    assert cut == text if cell_len(text) <= width else text.endswith(cut.removeprefix(more))


def view(result: Any, width: int, thinking: bool = False, **more: Any) -> PaneView:
    shown = Shown(0, 0, 1, "done", "So.", result=result, **more)
    return pane_view(
        fakes.profile("p"), shown, None, Snapshot(), ("A", "B"), None, width, UNICODE, STUDY,
        scenario=0, repeats=1, focused=True, depth=False, starting=False, greet="",
        thinking=thinking,
    )  # fmt: skip


def test_notes_stand_in_the_foot_or_below_the_reasoning(
    db: Database, thought: tuple[str, Study]
) -> None:
    result = next(r for r in results.all_results(db, thought[0]) if r.notes)
    wide, narrow = view(result, 120), view(result, 40)
    assert NOTE in text_of(wide.foot[-1]) and wide.below == ""
    assert narrow.below == f"note: {NOTE}"
    assert text_of(narrow.foot[-1]).endswith("· 1 note")
    assert text_of(view(result, 22).foot[-1]) == "2.0 s · 1 note"
    two = view(replace(result, notes=(NOTE, "Thinking was cut at 9 tokens.\x1b[31m")), 40)
    assert text_of(two.foot[-1]).endswith("· 2 notes") and two.below.count("note: ") == 2
    assert "\x1b" not in two.below


def test_what_is_done_says_so_while_it_thinks() -> None:
    for more, word in (({}, "◐ 3.2 s"), ({"text": "So"}, "◐ reasoning · 3.2 s")):
        running = Shown(0, 0, 1, "running", elapsed=3.2, **more)  # type: ignore[arg-type]
        assert text_of(foot_lines(running, (), None, 60, UNICODE, STUDY)[-1]) == word
    running = Shown(0, 0, 1, "running", elapsed=3.2, thinking="Hm")
    assert text_of(foot_lines(running, (), None, 60, ASCII, STUDY)[-1]) == "* thinking - 3.2 s"


# On the screen


async def test_finished_thinking_is_a_line_and_h_shows_it_whole(
    path: Path, thought: tuple[str, Study], wait: Any
) -> None:
    run, study = thought
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: "stronger" in words(app))
        count = len(THOUGHTS) // 3
        assert prose(screen, 0).startswith(f"thinking · {count} tokens")
        assert "Who is hurt" not in words(app) and "h thinking" in words(app)
        assert prose(screen, 1).endswith(f"\n\nnote: {NOTE}") and "1 note" in words(app)
        assert not prose(screen, 2).startswith("thinking")
        await pilot.press("h")
        assert THOUGHTS in prose(screen, 0) and "stronger" in prose(screen, 0)
        assert "Who is hurt" in words(app) and "thinking" not in prose(screen, 2)
        await pilot.press("escape")
        assert THOUGHTS not in prose(screen, 0)
        await pilot.press("m", "h", "i")
        await wait(pilot, lambda: "inside this decision" in words(app))


async def test_h_says_what_it_did_where_nobody_thought(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        before = prose(screen_of(app), 0)
        assert "h thinking" not in words(app)
        await pilot.press("h")
        await wait(pilot, lambda: "no model thought here" in words(app))
        assert prose(screen_of(app), 0) == before


async def test_markdown_has_the_line_above_and_the_note_below(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(1)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    for claimed in worker.claim(4):
        reasoning = "**First**: A.\n\n- one\n- two"
        worker.finish(claimed, reasoning, 1.0, THOUGHTS, (f"{NOTE} <b>*",))
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: "• one" in words(app) and "<b>*" in words(app))
        assert "thinking · " in words(app) and "Who is hurt" not in words(app)
        await pilot.press("h")
        await wait(pilot, lambda: "Who is hurt" in words(app))
        assert "**First**" in prose(screen, 0)
        await pilot.press("h")
        await wait(pilot, lambda: "• one" in words(app))
        await pilot.press("j", "k")


class Thinker(FakeBackbone):
    """Thinks hostile text, waits at the gate, and replies."""

    thinking = f"[b]Hm\x1b[31m\u202e.[/b] {THOUGHTS}"

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        properties: Any = request.schema["properties"]
        body = {"reasoning": "So it is A.", "choice": properties["choice"]["enum"][0]}
        text = with_thinking(self.thinking, json.dumps(body, separators=(",", ":")))
        on_text(0.0, text[: len(self.thinking)])
        await self.gate.wait()
        on_text(0.1, text[len(self.thinking) :])
        steps = ((0.0, len(self.thinking)), (0.1, len(text)))
        return Generation(
            text, "prompt", 3, 99, "stop", 0.0, 0.1, steps, thinking_tokens=90, notes=(NOTE,)
        )


async def test_a_thinking_backbone_from_its_first_word_to_inside(
    path: Path, db: Database, wait: Any
) -> None:
    backbone = Thinker()
    backbone.gate.clear()

    def opener(spec: BackboneSpec, progress: OnProgress) -> FakeBackbone:
        return backbone

    study = fakes.study(1)
    app = opened(path, study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await pilot.press("enter")
        await wait(pilot, lambda: screen.snapshot.counts.pending == 4)
        worker = Worker(open_database(path), Settings(path, opener=opener))
        working = asyncio.create_task(worker.run())
        try:
            await wait(pilot, lambda: "so it is A after" in prose(screen, 0))
            assert prose(screen, 0).startswith("thinking …\n[b]Hm\ufffd[31m\ufffd.[/b]")
            assert "◐ thinking" in words(app) and "▌" in words(app)
            backbone.gate.set()
            await wait(pilot, lambda: screen.snapshot.counts.done == 4)
        finally:
            worker.stop()
            await asyncio.wait_for(working, 20)
        await wait(pilot, lambda: prose(screen, 0).startswith("thinking · 90 tokens\nSo it is A."))
        await pilot.press("i")
        await wait(pilot, lambda: "99 tokens, 90 of them thinking" in words(app))
        assert "\x1b" not in words(app) and "\u202e" not in words(app)


async def test_thinking_that_streams_lays_nothing_out(path: Path, db: Database, wait: Any) -> None:
    study = fakes.study(1)
    app = opened(path, study)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await pilot.press("enter")
        await wait(pilot, lambda: screen.snapshot.counts.pending == 4)
        worker = fakes.FakeWorker(db, study)
        worker.beat()
        [first, *_] = worker.claim(4)
        worker.write(first, f"{THINKING}Hm")
        await wait(pilot, lambda: prose(screen, 0) == "thinking …\nHm")
        layouts: list[object] = []
        screen.screen_layout_refresh_signal.subscribe(screen, layouts.append)
        for number in range(1, 4):
            worker.write(first, " this is long" * 40, 0.1 * number)
            await wait(pilot, lambda n=number: prose(screen, 0).count("long") == 40 * n)
        assert screen.widgets.panes[0].scroller.scroll_offset.y > 0
        worker.write(first, THOUGHT + '{"reasoning": "So', 0.5)
        await wait(pilot, lambda: prose(screen, 0).endswith("\nSo"))
        assert prose(screen, 0).startswith("thinking · …") or prose(screen, 0) == "thinking\nSo"
        assert layouts == []


# Read back


def test_inside_thinking_and_reply_are_parts_of_their_own(
    db: Database, thought: tuple[str, Study]
) -> None:
    run, study = thought
    for profile, thinks in ((0, True), (2, False)):
        state = next(s for s in results.states(db, run, 0) if s.profile == profile)
        shown = Shown(profile, 0, state.id, "done", result=results.result_of(db, state.id))
        of = (study.profiles[profile], study.scenarios[0])
        found = sections(read_detail(db, study, *of, shown), UNICODE)
        parts = {section.title: section.text for section in found}
        assert parts.get("thinking") == (THOUGHTS if thinks else None)
        assert parts["raw reply"].startswith('{"reasoning"')
        count = len(THOUGHTS) // 3
        said = f"{30 + count * thinks} tokens" + f", {count} of them thinking" * thinks
        assert said in parts["decision"].split("\n")[4]
        assert (f"out, {count} of them thinking" in parts["cost"]) == thinks
        assert not {THINKING, THOUGHT} & set(parts["everything"])


def test_thinking_is_not_searched(db: Database, thought: tuple[str, Study]) -> None:
    assert search.search(db, "stronger") and not search.search(db, "worst? after all")


def test_what_is_told_of_several_replies(db: Database, thought: tuple[str, Study]) -> None:
    """The screen shows the thinking of the reply that gave the reasoning, and sums the tokens."""
    run, _ = thought
    [first, *_] = [s.id for s in results.states(db, run, 0) if s.profile == 0]
    with db.write() as connection:
        columns = [row["name"] for row in connection.execute("PRAGMA table_info(responses)")]
        other = {"idx": "idx+1", "reasoning": "'Otherwise'", "raw": "char(2) || 'No' || char(3)"}
        picked = ", ".join(other.get(name, name) for name in columns)
        connection.execute("UPDATE responses SET idx=1 WHERE sample=?", (first,))
        other["idx"] = "0"
        picked = ", ".join(other.get(name, name) for name in columns)
        connection.execute(
            f"INSERT INTO responses SELECT {picked} FROM responses WHERE sample=?", (first,)
        )
    count = len(THOUGHTS) // 3
    found = thoughts_of(db, [first])[first]
    assert (found.text, found.tokens, found.total) == (THOUGHTS, count, 2 * count)
    assert token_shares(db, run)[0] == (90 + 3 * count, 3 * count)
    assert token_shares(db, run)[2] == (60, 0)


def frames(feed: ReplayFeed, db: Database) -> Iterator[Shown]:
    feed.head.playing = False
    feed.tick(db)
    for step in range(101):
        feed.head.at = feed.head.length * step / 100
        snapshot = feed.tick(db)
        assert snapshot is not None
        yield snapshot.panes[0]


def test_a_replay_thinks_in_time(path: Path, db: Database, thought: tuple[str, Study]) -> None:
    run, study = thought
    with db.write() as connection:  # one after the other, as long as their timelines are
        connection.execute("UPDATE results SET started=seq*2.0, finished=seq*2.0+2.0")
    feed = ReplayFeed(path, study, run, lambda snapshot: None, now=lambda: 0.0)
    feed.following = False
    lengths, begun = [], False
    for shown in frames(feed, db):
        if shown.status == "running":
            lengths.append(len(shown.thinking))
            assert THOUGHTS.startswith(shown.thinking)
            assert not shown.text or shown.thinking == THOUGHTS
            begun = begun or bool(shown.text)
    assert begun and lengths == sorted(lengths) and len(set(lengths)) > 3
    live = LiveFeed(path, study, run, lambda snapshot: None).tick(db)
    feed.head.at = feed.head.length
    ended = feed.tick(db)
    assert live is not None and ended is not None and ended.panes == live.panes
    assert [bool(shown.thinking) for shown in live.panes] == [True, True, False, False]


def test_a_recording_shows_the_thinking(
    path: Path, db: Database, thought: tuple[str, Study], tmp_path: Path
) -> None:
    run, study = thought
    with db.write() as connection:
        connection.execute("UPDATE results SET started=seq*2.0, finished=seq*2.0+2.0")
    out = tmp_path / "run.cast"
    record(Launch(path, study, run, False, replay=True, speed=4.0), study, out, (120, 40))
    screen, seen = pyte.Screen(120, 40), []
    stream = pyte.Stream(screen)
    for event in map(json.loads, out.read_text(encoding="utf-8").splitlines()[1:]):
        if event[1] == "o":
            stream.feed(event[2])
            seen.append("\n".join(screen.display))
    thinking = next(n for n, text in enumerate(seen) if "thinking …" in text)
    folded = next(n for n, text in enumerate(seen) if f"{len(THOUGHTS) // 3} tokens" in text)
    assert "Who is" in seen[folded - 1] or thinking < folded
    assert "Who is hurt" not in seen[-1] and "thinking · " in seen[-1]
