"""A report as Markdown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from align_tui.core.answers import letter
from align_tui.core.text.display import one_line
from align_tui.output.findings import evidence_words, nothing_found
from align_tui.output.markdown_text import md
from align_tui.output.numbers import p_number, point, signed
from align_tui.output.report import position, words
from align_tui.output.report.blocks import TICKS
from align_tui.output.report.data import Example, Report


def markdown(report: Report, *, page: bool = False) -> str:
    """The whole report; with `page`, the appendix alone."""
    if page:
        shown = (
            _head(report),
            _findings(report),
            _position(report),
            _comparisons(report),
            _agreement(report),
            _appendix(report),
            _provenance(report),
        )
        return "\n".join(line for section in shown for line in section) + "\n"
    sections = (
        _head(report),
        _findings(report),
        _accuracy(report),
        _position(report),
        _comparisons(report),
        _agreement(report),
        _appendix(report),
        _settings(report),
        _verdicts(report),
        _examples(report),
        _bookmarked(report),
        _provenance(report),
    )
    return "\n".join(line for section in sections for line in section) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; this escapes the cells."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(md(cell) for cell in row)} |"
    yield ""


def _head(report: Report) -> Iterator[str]:
    yield f"# {md(report.title)}"
    yield ""
    for part in report.runs:
        yield f"Run `{part.row.id}`, {md(part.row.name)}: {md(words.run_words(part))}."
        yield ""
    yield f"{words.HOW_READ}\n"
    for caveat in words.caveats(report):
        yield f"> {md(caveat)}"
        yield ""


def _findings(report: Report) -> Iterator[str]:
    yield "## Findings\n"
    if not report.findings:
        yield f"{md(nothing_found())}\n"
        return
    yield f"{words.HOW_DOUBTFUL}\n"
    for run, finding in report.findings:
        yield f"- **{finding.severity}, {md(finding.id)}** {words.of_run(report, run)}"
        yield f"  {md(finding.sentence)}"
        yield f"  {md(evidence_words(finding.evidence))}."
        yield f"  {md(finding.advice)}"
    yield ""


def _accuracy(report: Report) -> Iterator[str]:
    yield "## Alignment accuracy\n"
    yield f"{words.HOW_ACCURATE}\n"
    rows = [
        (
            words.target_words(a.targets),
            a.label,
            words.rate_words(a.all),
            point(a.all_chance),
            words.rate_words(a.discriminating),
            point(a.discriminating_chance),
        )
        for a in report.accuracies
    ]
    if not rows:
        yield "No profile has a target, so nothing is scored.\n"
        return
    yield from _table(
        ("target", "profile", "all scored", "chance", "discriminating", "chance"), rows
    )


def _position(report: Report) -> Iterator[str]:
    found = report.position
    if not found.columns and not found.always:
        return
    yield "## Position\n"
    for caution in found.cautions:
        yield f"> {md(caution)}\n"
    if found.columns:
        yield f"{position.HOW_PLACED}\n"
        yield from _table(position.FIRST_HEADER, position.first_rows(found))
    if found.always:
        yield f"{position.HOW_ALWAYS}\n"
        rows = [
            (words.target_words(each.targets), *cells)
            for each in found.always
            for cells in position.always_rows(each)
        ]
        yield from _table(position.ALWAYS_HEADER, rows)


def _comparisons(report: Report) -> Iterator[str]:
    if not report.comparisons:
        return
    yield "## Paired comparisons\n"
    yield f"{words.HOW_COMPARED}\n"
    for note in report.interval_notes:
        yield f"{md(note)}\n"
    rows = []
    for each in report.comparisons:
        counts = each.found.counts
        four = f"{counts.both} / {counts.only_a} / {counts.only_b} / {counts.neither}"
        rows.append(
            (
                words.target_words(each.targets),
                each.first,
                each.second,
                four,
                words.pair_words(each.found),
                words.difference_words(each.found.difference),
                p_number(each.found.p),
                p_number(each.adjusted),
                each.conclusion,
            )
        )
    yield from _table(
        (
            "target", "first", "second", "both / first / second / neither right",
            "pairs", "difference", "p", "Holm", "conclusion",
        ),
        rows,
    )  # fmt: skip


def _agreement(report: Report) -> Iterator[str]:
    if len(report.labels) < 2:
        return
    yield "## Agreement\n"
    yield f"{words.HOW_AGREED}\n"
    rows = []
    for a, label in enumerate(report.labels):
        for b in range(a + 1, len(report.labels)):
            found = report.agreements[a][b]
            if found is not None and found.share is not None:
                ends = f"[{point(found.low)}, {point(found.high)}]"
                corrected = "–" if found.corrected is None else signed(found.corrected)
                share = f"{point(found.share)} {ends} {words.same_words(found)}"
                rows.append((label, report.labels[b], share, point(found.chance), corrected))
    yield from _table(("first", "second", "same choice", "chance", "S"), rows)


def _appendix(report: Report) -> Iterator[str]:
    for block in report.appendix:
        yield f"## {md(block.title)}\n"
        for sentence in block.sentences:
            yield f"{md(sentence)}\n"
        for cited in block.cited:
            yield f"{md(cited)}\n"
        for grid in block.grids:
            yield from _table(grid.header, grid.rows)
        for tick in block.ticks:
            yield f"- {TICKS[tick.holds]} {md(tick.asked)} {tick.holds}: {md(tick.evidence)}"
        if block.ticks:
            yield ""


def _settings(report: Report) -> Iterator[str]:
    yield "## Settings\n"
    for said in report.other_models:
        yield f"{md(one_line(said, 400))}\n"
    differing = [row for row in report.settings if row.differs]
    if differing:
        yield "Where the columns differ:\n"
        rows = [(row.name, *(one_line(value, 200) for value in row.values)) for row in differing]
        yield from _table(("setting", *(md(label) for label in report.labels)), rows)
    yield "What all columns share:\n"
    rows = [(row.name, one_line(row.values[0], 200)) for row in report.settings if not row.differs]
    yield from _table(("setting", "value"), rows)


def _examples(report: Report) -> Iterator[str]:
    if not report.examples:
        return
    yield "## Examples of disagreement\n"
    yield f"{words.HOW_MARKED}\n"
    for number, example in enumerate(report.examples, start=1):
        yield from _example(number, example)


def _bookmarked(report: Report) -> Iterator[str]:
    if not report.bookmarked:
        return
    yield "## Bookmarked decisions\n"
    yield f"{words.HOW_MARKED}\n"
    for number, example in enumerate(report.bookmarked, start=1):
        yield from _example(number, example)


def _verdicts(report: Report) -> Iterator[str]:
    if not report.verdicts:
        return
    yield "## Verdicts\n"
    yield f"{words.HOW_JUDGED}\n"
    rows = [
        (
            each.label,
            str(each.agree),
            str(each.disagree),
            str(each.unsure),
            words.agreed_words(each.right),
            words.agreed_words(each.wrong),
        )
        for each in report.verdicts
    ]
    yield from _table(
        ("profile", "agree", "disagree", "unsure", "agreed where right", "agreed where wrong"), rows
    )


def _example(number: int, example: Example) -> Iterator[str]:
    scenario = example.scenario
    yield f"### {number}. {md(scenario.title or scenario.key)}\n"
    yield f"{md(scenario.text)}\n"
    for index, choice in enumerate(scenario.choices):
        labels = ", ".join(f"{k} {v:g}" for k, v in choice.labels.items())
        yield f"- {letter(index)}: {md(choice.text)}{' ' + md(f'({labels})') if labels else ''}"
    yield ""
    rows = [
        (
            said.label,
            words.answer_words(said),
            said.ratings,
            words.thought_words(said.thought),
            said.reasoning,
            said.annotation.verdict or "",
        )
        for said in example.said
    ]
    header = ("profile", "choice", "ratings", "thinking", "reasoning", "verdict")
    # A column is shown only if some row has ratings, thinking, or verdicts.
    optional = ("ratings", "thinking", "verdict")
    wanted = [
        n for n, name in enumerate(header) if name not in optional or any(row[n] for row in rows)
    ]
    yield from _table([header[n] for n in wanted], [[row[n] for n in wanted] for row in rows])


def _provenance(report: Report) -> Iterator[str]:
    yield "## Provenance\n"
    for part in report.runs:
        when = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(part.row.created))
        yield f"Run `{part.row.id}`, begun {when}; scenarios `{part.scenarios_hash[:16]}`.\n"
        yield from _table(("profile", "hash"), [(n, digest[:16]) for n, digest in part.profiles])
        yield from _table(("made with", ""), words.made_with(part))
    yield f"Written {report.written} by align-tui {report.version}."
