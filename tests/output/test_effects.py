"""Effects agree in every place that shows them, and the appendix says how they were made."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from align_tui.cli.runs import report_runs, show_run
from align_tui.config.study import Study
from align_tui.core.columns import pair_up, versus_options
from align_tui.core.targets import target_id
from align_tui.monitor.effects import read_effects
from align_tui.output import events
from align_tui.output.effects import effect_words, mean_words
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.output.report.methods import METHODS, methods_paragraph, references
from align_tui.store import results, runs, workers
from align_tui.store.columns import read_columns
from align_tui.store.database import Database
from align_tui.store.queue import Claimed
from align_tui.tui.format.comparison import table_lines
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.screens.compare.reading import digest_of
from tests.tui import fakes


class Drawing(fakes.FakeWorker):
    """Draws each choice from a seed; one sample in eight fails."""

    def __init__(self, db: Database, of: Study, seed: int) -> None:
        super().__init__(db, of)
        self.random = random.Random(seed)

    def raw(
        self, claimed: Claimed, reasoning: str | None = None, thinking: str = ""
    ) -> tuple[str, int]:
        """The reply with a drawn choice."""
        choice = self.random.randrange(len(self.study.scenarios[claimed.scenario].choices))
        return super().raw(claimed, reasoning or "Because.", thinking)[0], choice


def decided(db: Database, study: Study, seed: int = 0) -> str:
    run = runs.create_run(db, study, {"model of baseline": "sha256:" + "a" * 64})
    worker = Drawing(db, study, seed)
    while batch := worker.claim(64):
        for claimed in batch:
            if worker.random.random() < 0.125:
                worker.fail(claimed, "truncated", "cut")
            else:
                worker.finish(claimed)
    workers.unregister(db, worker.id)
    return run


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1000), st.integers(2, 6), st.integers(1, 2))
def test_screen_json_and_report_show_the_same_figures(
    database: Database, seed: int, count: int, repeat: int
) -> None:
    study = fakes.study(count, repeat=repeat)
    run = decided(database, study, seed)
    found = read_effects(database, run)
    columns = tuple(read_columns(database, run))
    paired = pair_up(columns)
    said = events.summary(database, run, study)
    report = gather(database, [run])
    # The screen, `--json` and the report have one steering effect: high against low.
    screen = digest_of(paired, 1, 2, ()).comparison
    assert screen.difference is None and screen.different
    assert bool(found.steering) == bool(said["effects"])
    for each, told in zip(found.steering, said["effects"], strict=True):
        assert screen.steering is not None
        assert screen.steering.effect == each.effect
        labels = each.effect.labels
        ends = (labels.value, labels.low, labels.high, labels.test.p) if labels else (None,) * 3
        assert [told[key] for key in ("value", "lower", "upper", "p")][: len(ends)] == list(ends)
        block = next(block for block in report.appendix if block.title == "Steering effects")
        assert block.grids[0].rows[0][6].startswith(mean_words(each.effect.flips))
        if labels is not None:
            assert block.grids[0].rows[0][3] in effect_words(each)
    # Every accuracy is the tally's, in whatever place it stands.
    tallies = {(each.profile, each.target): each.all for each in results.tallies(database, run)}
    for place, numbers in found.numbers.items():
        if numbers.rate.scored:
            rate = tallies[place]
            assert numbers.rate.accuracy == pytest.approx(rate.accuracy)
            assert (numbers.rate.low, numbers.rate.high) == pytest.approx((rate.low, rate.high))
            assert (numbers.rate.questions, numbers.rate.clusters) == (
                rate.questions,
                rate.clusters,
            )
    # A column without targets takes those of the column beside it, on the screen and in the report.
    for versus in (*versus_options(columns), ()):
        shown = digest_of(paired, 0, 1, versus)
        assert shown.versus == columns[1].targets
        same = [c.found for c in report.comparisons if c.second.startswith("moral-desert-high")]
        assert [shown.comparison.difference] == [each.difference for each in same] or not same


def test_the_appendix_has_its_parts_and_its_methods_are_those_used(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    run = decided(database, fakes.study(8, repeat=2), seed=3)
    report = gather(database, [run])
    blocks = {block.title: block for block in report.appendix}
    # The baseline is scored for two attributes at 1, so it has a mean over attributes.
    assert list(blocks) == [
        "Steering effects",
        "Means over attributes",
        "Accuracies",
        "Power",
        "Methods",
        "Checklist",
    ]
    for block in report.appendix:
        for grid in block.grids:
            assert all(len(row) == len(grid.header) for row in grid.rows)
    used = {name for block in report.appendix for name in block.uses}
    assert {"steering", "flips", "bounds", "spread", "repeats", "clusters", "holm"} <= used
    paragraph = blocks["Methods"].sentences[0]
    for name, method in METHODS.items():
        if name in ("drawn signs", "newcombe"):
            assert method.sentence[:-1] not in paragraph
    cited = [int(each) for group in re.findall(r"\[([0-9, ]+)\]", paragraph)
             for each in group.split(", ")]  # fmt: skip
    assert set(cited) == set(range(1, len(blocks["Methods"].cited) + 1))
    ticks = {tick.asked: tick for tick in blocks["Checklist"].ticks}
    holds = {asked.split()[1]: tick.holds for asked, tick in ticks.items()}
    assert ticks["Was every sample decided?"].holds == "no"
    assert ticks["Were the choices shown in more than one order?"].holds == "no"
    known = "Is every model known by the hash of its weights or by its revision?"
    assert ticks[known].holds == "unknown" and "moral-desert-high" in ticks[known].evidence
    assert holds and all(tick.evidence for tick in ticks.values())
    # Both writers lay out every part, and the page leaves out examples and settings.
    for page, whole in (
        (markdown(report, page=True), markdown(report)),
        (html(report, page=True), html(report)),
    ):
        for text in (*blocks, "steering effect"):
            assert text in page and text in whole
        assert "What all columns share" in whole and "What all columns share" not in page
    path = database.path
    show_run(run, path, as_json=False)
    shown = " ".join(capsys.readouterr().out.split())
    effect = read_effects(database, run).steering[0]
    assert effect_words(effect) in shown and "expected" in shown
    report_runs([run], path, "markdown", None, "", appendix=True)
    assert "## Checklist" in capsys.readouterr().out


def test_columns_of_different_targets_say_so(database: Database) -> None:
    run = decided(database, fakes.study(4), seed=1)
    paired = pair_up(read_columns(database, run))
    effect, numbers, *_ = (
        text_of(line) for line in table_lines(digest_of(paired, 1, 2, ()), 120, UNICODE)
    )
    assert "steering effect moral_desert: high - low (2 - 3)" in effect
    assert "sign-flip p" in numbers and "Holm" in numbers and "flips" in numbers
    apart = digest_of(paired, 1, 3, ())
    assert "not compared" in text_of(table_lines(apart, 120, UNICODE)[0])
    assert apart.comparison.tested is None and apart.adjusted is None


def test_no_method_is_cited_that_was_not_used() -> None:
    assert methods_paragraph(()) == "" and references(()) == ()
    assert methods_paragraph(["spread"]).count("[") == 0
    both = references(["repeats", "clusters"])
    assert len(both) == 2 and methods_paragraph(["repeats", "clusters"]).count("[1") == 2


def test_a_target_is_told_by_its_id(database: Database) -> None:
    run = decided(database, fakes.study(3), seed=2)
    found = read_effects(database, run)
    assert set(found.numbers) == {
        (index, target_id(targets))
        for index, column in enumerate(found.columns)
        for targets in column.under
    }
