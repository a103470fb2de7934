"""The upper lines of the comparison screen: the columns, and the paired table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.core.column_names import model_beside
from align_tui.core.columns import Column, Paired, PairedRow, correctness, target_for
from align_tui.core.scenarios import Scenario
from align_tui.core.settings import beside, differing_model_files
from align_tui.core.stats.comparison import Comparison
from align_tui.core.stats.equivalence import LEVEL, finding, shared_margin
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.marks import MarkName, verdict
from align_tui.tui.format.bars import independent, interval, point
from align_tui.tui.format.effects import (
    difference_bar,
    different_targets,
    holm_spans,
    p_text,
    signed,
)
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import (
    Line,
    Span,
    cells,
    cut,
    fill,
    fit,
    fit_name,
    spread,
)
from align_tui.tui.format.targets import in_words, signs

LIST_WIDTH = 120  # cells of a screen from which the rows stand beside the texts, not above them
LEAST_MODEL = 10  # cells of a model's name, below which it is left out
NOTHING = "no row is decided and scored in both columns"


@dataclass(frozen=True, slots=True)
class Digest:
    """All numbers of a comparison, computed once; `shown` are the indices of the listed rows."""

    paired: Paired
    versus: Targets
    comparison: Comparison
    rates: tuple[Rate, ...]
    chances: tuple[float | None, ...]
    shown: tuple[int, ...]
    differing: int
    adjusted: float | None = None  # p of this comparison after Holm; None if it is the only one
    longest: int = 0  # cells of the longest name of a row
    shared: int = 0  # characters with which the names of all rows begin


def run_label(column: Column) -> str:
    """The end of the run's id, which commands accept in place of the whole."""
    return column.run.rpartition("-")[2]


def column_mark(row: PairedRow, column: int, paired: Paired, versus: Targets) -> MarkName:
    """The mark of one column in one row."""
    outcome = row.outcomes[column]
    if outcome is None:
        return "none"
    if outcome.failed:
        return "failed"
    of = paired.columns[column]
    return verdict(correctness(row, column, target_for(of, versus), of.scorer))


def title_line(
    digest: Digest, discriminating: bool, only: bool, width: int, glyphs: Glyphs
) -> Line:
    """The number of rows, how many differ, the targets, and which rows count."""
    rows, columns = len(digest.paired.rows), digest.paired.columns
    differing = f"{digest.differing} {'differs' if digest.differing == 1 else 'differ'}"
    numbers = f" {glyphs.sep} {counted(rows, 'row')} {glyphs.sep} {differing}"
    left: list[Span] = [(" compare", "title"), (numbers, "text")]
    if only:
        left.append((f" {glyphs.sep} only these are listed", "warn"))
    counting = "discriminating rows" if discriminating else "all scored rows"
    right = ((f"{_aims(digest, glyphs)} {glyphs.sep} {counting} ", "quiet"),)
    if cells(left) + cells(right) >= width:
        right = ((f"{counting} ", "quiet"),)
    if not _differ(column.run for column in columns):
        run: Span = (f" {glyphs.sep} run {run_label(columns[0])}", "text")
        left[1:1] = [run] * (cells(left) + cells((run,)) + cells(right) < width)
    return spread(left, right, width, glyphs.more)


def _differ(values: Iterable[str]) -> bool:
    return len(set(values)) > 1


def row_name(scenario: Scenario) -> str:
    """The title of a row's scenario, or its key, on one line."""
    return one_line(scenario.title or scenario.key)


def _aims(digest: Digest, glyphs: Glyphs) -> str:
    """The targets that the two columns are scored against: the same, or each its own."""
    columns, found = digest.paired.columns, digest.comparison
    one, other = (target_for(columns[i], digest.versus) for i in (found.a, found.b))
    if one != other:
        return "each its own target"
    return f"under {in_words(one, glyphs)}" if one else "no target"


def rows_width(width: int) -> int:
    """The width in cells of the list of rows, with its border, on a screen of that width."""
    return max(44, width // 3) if width >= LIST_WIDTH else width


def side_width(width: int) -> int:
    """The cells of a line of the two texts, without border, padding and scrollbar."""
    room = width - rows_width(width) if width >= LIST_WIDTH else width
    return max(10, room // 2 - 5)


def column_lines(
    digest: Digest, first: int, second: int, width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """One line for each column, always with the two compared ones; the last counts the others."""
    columns = digest.paired.columns
    shown = list(range(len(columns)))
    more, narrow = "", width < 76
    if len(shown) > height:
        others = [c for c in shown if c not in (first, second)]
        shown = sorted({first, second, *others[: max(0, height - 2)]})[:height]
        more = f" +{len(columns) - len(shown)} more "
        width -= len(more)
    bar = 0 if narrow else min(45, max(15, width // 4))
    digits = max(len(str(rate.scored)) for rate in digest.rates)
    sizes = max(len(independent(rate)) for rate in digest.rates)
    numbers = 2 * digits + 8 + (sizes + 1 if sizes else 0)
    room = max(12, width - bar - numbers - 3)
    labels = {i: _beside(columns[i], digest, room, glyphs) for i in shown}
    longest = max(cell_len(_name(columns[i], digest, room, glyphs) + labels[i]) + 4 for i in shown)
    names = max(12, min(room, longest))
    out = []
    for index in shown:
        column = columns[index]
        among = index in (first, second)
        head: list[Span] = [
            (f"{glyphs.cursor if among else ' '}{index + 1} ", "key" if among else "quiet"),
            (
                _name(column, digest, names - 3 - cell_len(labels[index]), glyphs),
                "bright" if among else "text",
            ),
            (labels[index], "quiet"),
        ]
        rate = digest.rates[index]
        tail: list[Span] = [(f"{'none scored':>{numbers}} ", "quiet")]
        if rate.accuracy is not None:
            tail = [
                (f" {rate.correct:>{digits}}/{rate.scored:<{digits}}", "text"),
                (f" {point(rate.accuracy):>4}  ", "bright"),
            ]
            if sizes:
                tail.append((f"{independent(rate):<{sizes}} ", "quiet"))
        line = [*fill(head, names, glyphs.more), *tail]
        if bar:
            line += interval(rate, digest.chances[index], bar, glyphs)
        out.append(cut(line, width, glyphs.more))
    if more:
        out[-1] = (*fill(out[-1], width, glyphs.more), (more, "warn"))
    return tuple(out)


def _name(column: Column, digest: Digest, width: int, glyphs: Glyphs) -> str:
    tail = f" {signs(column.targets, glyphs)}" if column.targets else ""
    among = [one_line(each.name) for each in digest.paired.columns]
    return fit_name(one_line(column.name), tail, max(8, width), glyphs.more, among)


def _beside(column: Column, digest: Digest, room: int, glyphs: Glyphs) -> str:
    """What differs between the columns: the model if it has room, the run, and the targets."""
    versus = ""
    if not column.targets and digest.versus:
        versus = f" vs {in_words(digest.versus, glyphs)}"
    left_out = digest.paired.left_out[digest.paired.columns.index(column)]
    alone = f" (+{left_out} not shared)" if left_out else ""
    columns = digest.paired.columns
    run = f" {glyphs.sep} {run_label(column)}" if _differ(each.run for each in columns) else ""
    rest = f"{run}{versus}{alone}"
    model = ""
    if _differ(each.model for each in columns):
        model = one_line(model_beside(column.name, column.model))
    left = room - cell_len(_name(column, digest, room, glyphs) + rest) - 7
    if not model or left < min(LEAST_MODEL, cell_len(model)):
        return rest  # the texts below name the model
    return f" {glyphs.sep} {fit(model, left, glyphs.more)}{rest}"


def table_lines(digest: Digest, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Four lines: counts of pairs; difference, interval and p; agreement; settings that differ."""
    found = digest.comparison
    one, two = found.a + 1, found.b + 1
    margin = shared_margin(digest.paired.columns[each].margin for each in (found.a, found.b))
    if found.a == found.b:
        return (
            ((" there is only one column: add another to compare it with", "text"),),
            (),
            (),
            (),
        )
    if found.different:
        above = different_targets(found, digest.adjusted, width, glyphs)
    else:
        above = (
            _counts(found, one, two),
            _difference(found, one, two, digest.adjusted, margin, width, glyphs),
        )
    return (
        *(cut(line, width, glyphs.more) for line in above),
        cut(_agreement(found), width, glyphs.more),
        cut(_settings(digest, width, glyphs), width, glyphs.more),
    )


def _settings(digest: Digest, width: int, glyphs: Glyphs) -> list[Span]:
    columns, found = digest.paired.columns, digest.comparison
    rows = beside([columns[found.a].settings, columns[found.b].settings])
    names = [row.name for row in rows if row.differs]
    if not names:
        return [(" no setting differs", "quiet")]
    one, other = columns[found.a], columns[found.b]
    files = differing_model_files(one.settings, other.settings)
    if files and one.model == other.model:
        return [(f" {glyphs.unlike} ", "key"), ("the models differ: ", "warn"),
                (", ".join(one_line(name) for name in files), "text")]  # fmt: skip
    spans: list[Span] = [(f" {glyphs.unlike} ", "key"), ("settings that differ ", "quiet")]
    names.sort(key=lambda name: name == "description")  # it says nothing about the decisions
    return [*spans, (_as_many(names, width - cells(spans)), "text")]


def _as_many(names: Sequence[str], width: int) -> str:
    """As many whole names as fit, and the number of the others: `target, adm.kind, +3 more`."""
    text = ", ".join(map(one_line, names))
    kept = len(names)
    while cell_len(text) > width and kept > 1:
        kept -= 1
        text = ", ".join([*map(one_line, names[:kept]), f"+{len(names) - kept} more"])
    return text


def _counts(found: Comparison, one: int, two: int) -> list[Span]:
    counts = found.counts
    if not counts.pairs:
        return [(f" {NOTHING}", "quiet")]
    parts = (
        ("both right", counts.both),
        (f"only {one}", counts.only_a),
        (f"only {two}", counts.only_b),
        ("neither", counts.neither),
    )
    spans: list[Span] = [(" ", "")]
    for name, count in parts:
        spans += [(f"{name} ", "quiet"), (f"{count}", "bright"), ("   ", "")]
    spans.append((f"of {counted(counts.pairs, 'pair')}{_independent(found)}", "quiet"))
    return spans


def _independent(found: Comparison) -> str:
    """` on 18 questions in 10 clusters`; empty where every pair is both."""
    over = found.difference
    if over is None or found.counts.pairs == over.questions == over.clusters:
        return ""
    words = f" on {counted(over.questions, 'question')}"
    if over.clusters < over.questions:
        words += f" in {counted(over.clusters, 'cluster')}"
    return words


def _difference(
    found: Comparison,
    one: int,
    two: int,
    adjusted: float | None,
    margin: float | None,
    width: int,
    glyphs: Glyphs,
) -> list[Span]:
    if found.difference is None:
        return []
    value, low, high = found.difference.value, found.difference.low, found.difference.high
    spans: list[Span] = [
        (f" {two} - {one}  ", "quiet"),
        (signed(value).strip(), "bright"),
        (f" (95 % {signed(low).strip()} to {signed(high).strip()})", "text"),
        ("   sign-flip ", "quiet"),
        (p_text(found.p), "bright"),
        *holm_spans(adjusted),
    ]
    smallest = found.difference.detectable
    if margin is not None and finding(low, high, margin) == "tied":
        spans += [("   ", ""), ("tied", "bright"), (f" within {point(margin)}", "text")]
    elif found.p > LEVEL and smallest is not None:
        could: list[Span] = [("   could detect ", "quiet"), (point(smallest), "text")]
        spans += could if cells(spans) + cells(could) <= width else []
    bar = min(41, width - cells(spans) - 4)
    if bar >= 15:
        spans += [("   ", ""), *difference_bar(value, low, high, bar, glyphs)]
    return spans


def _agreement(found: Comparison) -> list[Span]:
    agreed = found.agreement
    spans: list[Span] = []
    if agreed.share is not None and agreed.low is not None and agreed.high is not None:
        spans = [
            (" same choice ", "quiet"),
            (f"{agreed.same}/{agreed.pairs} {point(agreed.share)}", "bright"),
            (f" (95 % {point(agreed.low)} to {point(agreed.high)})", "text"),
            (f", chance {point(agreed.chance or 0.0)}", "quiet"),
        ]
    return spans


def versus_words(digest: Digest, glyphs: Glyphs) -> str:
    """A notice about the target that columns without one are scored against."""
    columns, found = digest.paired.columns, digest.comparison
    if aimed := [i for i in (found.a, found.b) if columns[i].targets]:
        if len(aimed) == 2:
            return "both columns have targets of their own"
        without = found.a + found.b - aimed[0]
        target = in_words(columns[aimed[0]].targets, glyphs)
        taken = f"it takes that of column {aimed[0] + 1}: {target}"
        return f"column {without + 1} has no target, so {taken}"
    if not digest.versus:
        return "no column has a target, so nothing can be scored"
    target = f"{in_words(digest.versus, glyphs)} ({target_id(digest.versus)})"
    return f"columns without a target are scored against {target}"
