"""Reports: their numbers are the run's, and no text of a model or file becomes markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from align_tui.config.study import OUT_OF_DEPTH, Study
from align_tui.core.errors import StoreError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import target_id
from align_tui.output.report import words
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown
from align_tui.store import results, run_annotations, runs, workers
from align_tui.store.database import Database
from tests.calling import align_tui
from tests.tui import fakes

HOSTILE = "</td><script>alert(1)</script>|`x`[a](http://x)\x1b[31m\u202e{{ 7*7 }} & <b>"


class Seen(HTMLParser):
    """Collects every tag, link and text; fails if tags do not nest."""

    VOID = frozenset({"meta", "line", "rect", "circle"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "onload", "onclick")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def decided(db: Database, study: Study, reasoning: str | None = None, most: int = 10_000) -> str:
    run = runs.create_run(db, study, {"torch": "9.9"})
    worker = fakes.FakeWorker(db, study)
    while most and (batch := worker.claim(1)):
        most -= 1
        if (batch[0].scenario, batch[0].profile) == (1, 1):
            worker.fail(batch[0], "truncated", "cut at 9 tokens")
        else:
            worker.finish(batch[0], reasoning, took=0.1)
    workers.unregister(db, worker.id)
    return run


def svgs(page: str) -> Iterator[ElementTree.Element]:
    for part in page.split("<svg")[1:]:
        yield ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")


def test_the_numbers_are_the_runs(database: Database) -> None:
    study = fakes.study(12)
    run = decided(database, study)
    report = gather(database, [run])
    stored = {(study.profiles[t.profile].name, t.target): t for t in results.tallies(database, run)}
    assert (
        len(report.accuracies) == 6
    )  # the baseline for three targets, and three profiles for their own
    for accuracy in report.accuracies:
        name, _, model = accuracy.label.partition(" · ")
        assert model == "demo"
        tally = stored[name, target_id(accuracy.targets)]
        assert (accuracy.all, accuracy.discriminating) == (tally.all, tally.discriminating)
        assert accuracy.all_chance is not None and 0 < accuracy.all_chance < 1
    pairs = [(c.first, c.second) for c in report.comparisons]
    assert pairs == [("baseline · demo", f"{p.name} · demo") for p in study.profiles[1:]]
    assert all(c.adjusted >= c.found.p for c in report.comparisons)
    assert report.agreements[0][0] is None
    assert report.agreements[0][2] == report.agreements[2][0]
    for example in report.examples:
        assert len({said.choice for said in example.said} - {None}) > 1
    for page in (markdown(report), html(report)):
        for accuracy in report.accuracies:
            assert words.rate_words(accuracy.all).replace("[", "").split()[0] in page
        for text in (run, "torch", "9.9", study.profiles[0].hash[:16], "McNemar", "Wilson"):
            assert text in page


def test_runs_side_by_side_are_told_apart(database: Database) -> None:
    study = fakes.study(5, profiles=2)
    first, second = decided(database, study), decided(database, replace(study, name="again"))
    report = gather(database, [first, second, first], title="Mine")
    assert report.title == "Mine" and len(report.runs) == 2
    assert report.labels[0] == f"baseline · demo ({first[-4:]})"
    assert len(set(report.labels)) == 4
    same = next(c for c in report.comparisons if {c.first[:8], c.second[:8]} == {"baseline"})
    assert same.found.difference is not None and same.found.difference.value == 0
    assert same.found.p == 1.0


def test_hostile_text_stays_text(database: Database) -> None:
    scenarios = tuple(
        Scenario(
            f"k{n}{HOSTILE}",
            f"{n} {HOSTILE}",
            (Choice(f"A {HOSTILE}", {"moral_desert": 1.0}), Choice("B", {"moral_desert": 0.0})),
            HOSTILE,
        )
        for n in range(3)
    )
    profiles = (
        fakes.profile(HOSTILE.replace("/", "").replace("\x1b", "")[:60]),
        fakes.profile("high", ("moral_desert", 1.0)),
    )
    study = Study(f"S {HOSTILE}", profiles, scenarios, notes=(HOSTILE,))
    report = gather(database, [decided(database, study, HOSTILE)])
    page = html(report)
    seen = Seen(page)
    assert "script" not in seen.tags and "b" not in seen.tags and seen.links == []
    assert "alert(1)" in seen.text and "{{ 7*7 }}" in seen.text and "49 &" not in seen.text
    assert "default-src 'none'" in page
    text = markdown(report)
    assert "<" not in text and "&lt;script&gt;" in text and "\\](http" in text
    for made in (page, text):
        assert "\x1b" not in made and "\u202e" not in made
    tables = [line for line in text.splitlines() if line.startswith("|")]
    for line in tables:
        assert line.replace("\\|", "").count("|") >= 3
    assert len(list(svgs(page))) == 2


def test_plots_draw_what_is_told(database: Database) -> None:
    report = gather(database, [decided(database, fakes.study(9))])
    plot, matrix = svgs(html(report))
    space = "{http://www.w3.org/2000/svg}"
    dots = [c for c in plot.iter(f"{space}circle") if c.get("fill") != "white"]
    assert len(dots) == sum(a.all.accuracy is not None for a in report.accuracies)
    places = [float(c.get("cx", 0)) for c in dots]
    drawn = [a.all.accuracy for a in report.accuracies if a.all.accuracy is not None]
    order = sorted(range(len(drawn)), key=drawn.__getitem__)
    assert [places[i] for i in order] == sorted(places)
    assert len(list(matrix.iter(f"{space}rect"))) == len(report.labels) ** 2


def test_what_weakens_a_number_is_said(database: Database) -> None:
    study = replace(fakes.study(4, profiles=2, repeat=2), notes=(OUT_OF_DEPTH,))
    caveats = " ".join(words.caveats(gather(database, [decided(database, study, most=13)])))
    assert OUT_OF_DEPTH in caveats and "not taken as independent" in caveats
    assert "3 open samples and 2 failed samples" in caveats and "so few" in caveats


def test_probes_under_several_attributes_are_said(database: Database) -> None:
    one = fakes.scenarios(1)[0]
    other = replace(
        one,
        key="again",
        choices=tuple(replace(c, labels={"fairness": 1.0}) for c in one.choices),
    )
    study = Study("two", fakes.study(1, profiles=2).profiles, (one, other))
    report = gather(database, [decided(database, study)])
    assert "2 scenarios of run" in " ".join(words.caveats(report))
    assert "1 cluster (scenarios of one family" in " ".join(words.caveats(report))


@pytest.mark.parametrize("most", [0, 1])
def test_a_run_that_has_hardly_begun(database: Database, most: int) -> None:
    study = Study("bare", (fakes.profile("alone"),), fakes.scenarios(2))
    report = gather(database, [decided(database, study, most=most)])
    assert report.accuracies == () and report.examples == ()
    assert "nothing is scored" in markdown(report)
    assert "nothing is scored" in Seen(html(report)).text


def test_no_such_run(database: Database) -> None:
    with pytest.raises(StoreError):
        gather(database, ["nobody"])


def test_the_command(database: Database, tmp_path: Path) -> None:
    run = decided(database, fakes.study(3, profiles=2))
    out = tmp_path / "report.html"
    done = align_tui("report", run[-4:], "--format", "html", "-o", str(out), "--title", "A & B")
    assert done.returncode == 0 and "A &amp; B" in out.read_text(encoding="utf-8")
    assert align_tui("report").stdout.startswith("# demo")
    wrong = align_tui("report", run, "--format", "pdf")
    assert wrong.returncode == 2 and "markdown, html" in wrong.stderr
    assert align_tui("report", "nobody").returncode == 2


def test_verdicts_and_bookmarks_stand_beside_the_results(database: Database) -> None:
    study = fakes.study(6)
    run = decided(database, study)
    before = gather(database, [run])
    assert not before.verdicts and not before.bookmarked
    rows = database.read(
        "SELECT s.id, c.correct FROM samples s JOIN scores c ON c.sample=s.id "
        "WHERE s.run=? AND s.profile=1 AND s.status='done' ORDER BY s.id",
        (run,),
    )
    given = ("agree", "disagree", "unsure")
    expected = {(verdict, correct): 0 for verdict in given for correct in (1, 0, None)}
    for number, row in enumerate(rows):
        run_annotations.set_verdict(database, row["id"], given[number % 3])  # type: ignore[arg-type]
        expected[given[number % 3], row["correct"]] += 1
    run_annotations.toggle_bookmark(database, rows[0]["id"])
    report = gather(database, [run])
    assert replace(report, written="", verdicts=(), bookmarked=(), examples=()) == replace(
        before, written="", verdicts=(), bookmarked=(), examples=()
    )
    [verdicts] = report.verdicts
    assert verdicts.label == f"{study.profiles[1].name} · demo" and len(rows) == 5
    assert (verdicts.agree, verdicts.disagree, verdicts.unsure) == (2, 2, 1)
    assert verdicts.right == (expected["agree", 1], expected["disagree", 1])
    assert verdicts.wrong == (expected["agree", 0], expected["disagree", 0])
    [example] = report.bookmarked
    assert example.scenario == study.scenarios[0] and example.said[0].annotation.verdict == "agree"
    for page in (markdown(report), Seen(html(report)).text):
        assert "Verdicts" in page and "Bookmarked decisions" in page
        assert words.agreed_words(verdicts.right) in page
    assert "Verdicts" not in markdown(before) and "Bookmarked" not in html(before)
