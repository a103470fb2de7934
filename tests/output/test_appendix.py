"""The appendix's methods open with the run's design, and its power is that of the tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from align_tui.config.study import Study
from align_tui.core.stats.power import POWER, power_of
from align_tui.output.report.blocks import Block
from align_tui.output.report.conclusions import interval_notes
from align_tui.output.report.data import Report, gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.output.report.sections.power import ASSUMED, DIFFERENCES
from align_tui.store.database import Database
from tests.output.test_checklist import HASHES, PLAIN, decided, family, nothing, sampled
from tests.tui import fakes


def block(report: Report, title: str) -> Block:
    [found] = [each for each in report.appendix if each.title == title]
    return found


def shuffled(study: Study) -> Study:
    profiles = tuple(
        type(each).model_validate({**each.body(), "name": each.name, "order": "shuffled"})
        for each in study.profiles
    )
    return replace(study, profiles=profiles)


@pytest.mark.parametrize(
    ("study", "change", "has", "lacks"),
    [
        (PLAIN, nothing, "each is a cluster of its own (4 clusters)", "margin"),
        (PLAIN, nothing, "All models decoded greedily", "Every seed was derived"),
        (PLAIN, nothing, "shown in the scenario's own order", "shuffled"),
        (PLAIN, nothing, "12 of 12 decisions were made", "each twice"),
        (PLAIN, nothing, "P(first) is the share", "Two columns are tied"),
        (PLAIN, sampled, "temperature of their profile (baseline 0.7", "greedily"),
        (PLAIN, sampled, "Every seed was derived from the profile's seed", "greedily"),
        (replace(PLAIN, repeat=2), nothing, "4 scenarios, each twice", "each 2 times"),
        (replace(PLAIN, margin=0.1), nothing, "named a margin of .10", "belong together"),
        (replace(PLAIN, margin=0.1), nothing, "Two columns are tied where", "belong together"),
        (family(PLAIN), nothing, "form 3 clusters", "cluster of its own"),
        (family(PLAIN, cluster="none"), nothing, "taken as independent", "belong together"),
        (shuffled(PLAIN), nothing, "shuffled by the sample's seed", "own order."),
    ],
)
def test_the_methods_open_with_what_the_run_has(
    database: Database, study: Study, change: object, has: str, lacks: str
) -> None:
    run = decided(database, study, HASHES)
    assert callable(change)
    change(database, run)
    [paragraph] = block(gather(database, [run]), "Methods").sentences
    assert has in paragraph and lacks not in paragraph


def test_the_needed_sizes_have_the_power_that_they_promise(database: Database) -> None:
    report = gather(database, [decided(database, fakes.study(12, profiles=2), HASHES)])
    found = block(report, "Power")
    assert {"power", "needed"} <= set(found.uses)
    rows = {row[0]: row for row in found.grids[0].rows if row[0] == "moral desert 1"}
    [compared] = [c for c in report.comparisons if c.second.startswith("moral-desert-high")]
    over = compared.found.difference
    assert over is not None and over.se
    for difference, cell in zip(DIFFERENCES, rows["moral desert 1"][6:], strict=True):
        questions, clusters = (int(part[:-2].replace(",", "")) for part in cell.split(", "))
        assert questions == clusters  # each is a cluster of its own
        error = over.se * (over.clusters / clusters) ** 0.5
        assert power_of(difference, error, clusters) >= POWER
        less = over.se * (over.clusters / (clusters - 1)) ** 0.5
        assert power_of(difference, less, clusters - 1) < POWER


def test_a_run_that_does_not_tell_assumes_and_says_so(database: Database) -> None:
    report = gather(database, [decided(database, PLAIN, HASHES)])  # 4 clusters
    found = block(report, "Power")
    compared = [row for row in found.grids[0].rows if not row[0].startswith("steering")]
    assert compared and all(row[5] == "–" for row in compared)
    assert all(cell.startswith(ASSUMED) for row in compared for cell in row[6:])
    assert found.sentences[-1].startswith(ASSUMED) and "needed" not in found.uses
    for text in (markdown(report, page=True), html(report, page=True)):
        assert "cannot fall to 5 %" in text and "needed for .05" in text


def test_notes_tell_when_interval_and_p_may_disagree() -> None:
    assert interval_notes([]) == () == interval_notes([5, 9])
    assert len(interval_notes([4])) == len(interval_notes([10])) == 1
    assert len(interval_notes([1, 7, 62])) == 2
