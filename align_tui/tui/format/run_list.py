"""The list of runs: its filter, one line for each run, and one run in detail."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.column_names import model_beside
from align_tui.core.text.display import one_line, plain
from align_tui.monitor.search import FoundIn
from align_tui.tui.format.bars import bar, independent, interval, point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.run_names import fit_run_name
from align_tui.tui.format.search import around
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fill, fit
from align_tui.tui.format.targets import in_words
from align_tui.tui.format.wrapping import wrap

if TYPE_CHECKING:
    from align_tui.monitor.rows import RunDetail, RunLine

HASH = re.compile(r"[0-9a-f]{20,}")
HASH_KEPT = 12  # characters of a hash in the details
SIDE_WIDTH = 120  # cells of a screen from which the details stand beside the list
ID, WHEN, STATE, DECIDED, FAILED = 5, 11, 9, 10, 6  # cells of the columns of the list
LEAST_PROFILES = 16  # cells in which a line names the run's profiles
MOST_DEPTH = 4  # levels of child runs that are told apart by their indentation
STATES = ("finished", "running", "waiting", "paused", "stopped", "failed", "bookmarked", "judged")


def state_of(line: RunLine) -> str:
    """The state of a run, in a word."""
    row = line.row
    if row.finished:
        return "finished"
    if row.state != "active":
        return row.state
    return "running" if row.running else "waiting"


def traits(line: RunLine) -> set[str]:
    """The words that `is:` finds the run by."""
    found = {state_of(line)}
    if line.row.failed:
        found.add("failed")
    if line.bookmarks:
        found.add("bookmarked")
    if line.verdicts:
        found.add("judged")
    return found


def narrowed(lines: Sequence[RunLine], query: str) -> list[RunLine]:
    """The runs that match every word of the query.

    `is:finished` (see `STATES`) matches a state and `tag:paper` a tag. Any other word must occur
    in the name, the id, the tags, the note or the profiles. Case does not matter.
    """
    words = query.casefold().split()
    return [line for line in lines if all(_holds(line, word) for word in words)]


def as_tree(lines: Sequence[RunLine]) -> list[RunLine]:
    """The runs with each child below its parent; families in the order of their first member."""
    known = {line.row.id: line for line in lines}
    below: dict[str, list[RunLine]] = {}
    for line in lines:
        below.setdefault(_parent_in(line, known), []).append(line)
    ordered: dict[str, RunLine] = {}
    for line in lines:
        first, passed = line, {line.row.id}
        while (above := _parent_in(first, known)) and above not in passed:
            passed.add(above)
            first = known[above]
        waiting = [first]
        while waiting:
            now = waiting.pop()
            if now.row.id not in ordered:
                ordered[now.row.id] = now
                waiting += reversed(below.get(now.row.id, ()))
    return list(ordered.values())


def _parent_in(line: RunLine, known: Container[str]) -> str:
    """The id of the run's parent if that is among the `known`, else an empty text."""
    parent = line.row.parent
    return parent if parent is not None and parent in known else ""


def depths(lines: Sequence[RunLine]) -> list[int]:
    """How many ancestors of each run stand above it in the same list."""
    found: dict[str, int] = {}
    for line in lines:
        parent = _parent_in(line, found)
        found[line.row.id] = found[parent] + 1 if parent else 0
    return list(found.values())


def _holds(line: RunLine, word: str) -> bool:
    head, colon, rest = word.partition(":")
    if colon and head == "is":
        return not rest or any(trait.startswith(rest) for trait in traits(line))
    if colon and head == "tag":
        return any(tag.startswith(rest) for tag in line.tags)
    texts = (line.row.name, line.row.id, line.note, *line.tags, *line.profiles)
    return any(word in text.casefold() for text in texts)


def title_line(
    shown: int, of: int, query: str, trash: bool, width: int, glyphs: Glyphs, keys: KeyNames
) -> Line:
    """The number of runs, and the filter."""
    spans: list[Span] = [(" runs", "title"), (f" {glyphs.sep} {shown}", "text")]
    if shown != of:
        spans.append((f" of {of}", "quiet"))
    if trash:
        does = [keys.fill("{runs.undo} brings back"), keys.fill("{runs.delete} removes for good")]
        text = ": ".join(filter(None, ["in the trash", ", ".join(filter(None, does))]))
        spans.append((f" {glyphs.sep} {text}", "warn"))
    if query:
        spans.append((f" {glyphs.sep} {one_line(query)}", "key"))
    return fill(cut(spans, width, glyphs.more), width, glyphs.more)


def run_line(
    line: RunLine,
    *,
    current: bool,
    chosen: bool,
    width: int,
    now: float,
    glyphs: Glyphs,
    depth: int = 0,
    among: tuple[str, ...] = (),
) -> Line:
    """`▸● ce8z demo        11-25 01:18 finished  160/160 !5 #paper`.

    A child run is indented by its `depth`: `└ bridge-collapse edited`. A name that is cut keeps
    what differs from the names of the runs `among` which it stands.
    """
    row = line.row
    state = state_of(line)
    head: list[Span] = [
        (glyphs.cursor if current else " ", "key"),
        (glyphs.dot if chosen else " ", "warn"),
        (f" {row.id.rpartition('-')[2]:<{ID}}", "key" if current else "quiet"),
    ]
    failed = f"{glyphs.marks['failed']}{row.failed}" if row.failed else ""
    tail: list[Span] = [
        (f" {when(row.created, now):<{WHEN}}", "quiet"),
        (f" {state:<{STATE}}", "working" if state in ("running", "waiting") else "text"),
        (f"{f'{row.done}/{row.samples}':>{DECIDED}}", "text"),
        (f" {failed:<{FAILED}} ", "failed"),
    ]
    rest: list[Span] = []
    if line.bookmarks or line.verdicts:
        notes = (f"{line.bookmarks} bookmarked" if line.bookmarks else "",
                 f"{line.verdicts} judged" if line.verdicts else "")  # fmt: skip
        rest.append((f" {', '.join(part for part in notes if part)}", "text"))
    if line.tags:
        rest.append((" " + " ".join(f"#{tag}" for tag in line.tags), "bar"))
    room = width - cells(head) - cells(tail)
    spare = min(cells(rest), max(0, room - 18))
    indent = "  " * min(depth - 1, MOST_DEPTH) + f"{glyphs.branch} " if depth else ""
    name = fit_run_name(one_line(row.name, 200), room - spare - 1 - len(indent), glyphs.more, among)
    body: list[Span] = [(indent, "quiet"), (name, "bright" if current else "text"), *rest]
    spare = room - cells(body) - 3
    if spare >= LEAST_PROFILES:
        profiles = ", ".join(one_line(profile) for profile in line.profiles)
        body.append((f"  {fit(profiles, spare, glyphs.more)}", "quiet"))
    return (*head, *fill(body, room, glyphs.more), *tail)


def run_header(width: int) -> Line:
    """The headings of the columns."""
    left = f"   {'run':<{ID}}name"
    right = f" {'started':<{WHEN}} {'state':<{STATE}}{'decided':>{DECIDED}} {'failed':<{FAILED}} "
    return ((left + " " * max(1, width - len(left) - len(right)) + right, "quiet"),)


def when(at: float, now: float) -> str:
    """`11-25 01:18` within 300 days of now, else `2024-11-25 `."""
    close = abs(now - at) < 300 * 86_400
    return time.strftime("%m-%d %H:%M" if close else "%Y-%m-%d ", time.localtime(at))


def detail_lines(
    line: RunLine, detail: RunDetail | None, width: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """One run: its name, progress, note, accuracies, annotations, and the versions it used."""
    row = line.row
    begun = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.created))
    done, rest = bar(row.done / row.samples if row.samples else 0.0, min(20, width // 4), glyphs)
    out: list[Line] = [
        ((fit(one_line(row.name), width, glyphs.more), "title"),),
        *_wrapped((f"{row.id},", f"started {begun}"), width, glyphs),
        ((done, "bar"), (rest, "faint"), (f" {row.done}/{row.samples} decided", "text"),
         (f", {row.failed} failed" if row.failed else "", "failed")),
    ]  # fmt: skip
    if row.parent:
        out.append(((f"child of run {row.parent}", "quiet"),))
    if line.tags:
        out.append(((" ".join(f"#{tag}" for tag in line.tags), "bar"),))
    if line.note:
        out += [(), *(((text, "text"),) for _, text in wrap(plain(line.note), width))]
    out.append(())
    if detail is None or detail.run != row.id:
        return (*out, (("reading", "quiet"),))
    out += _profiles(line.profiles, detail, width, glyphs)
    if detail.verdicts or line.bookmarks:
        notes = [f"you {v if v != 'unsure' else 'are unsure'} {n}×" for v, n in
                 sorted(detail.verdicts.items())]  # fmt: skip
        notes += [f"{line.bookmarks} bookmarked"] if line.bookmarks else []
        words = ", ".join(notes).replace("×", glyphs.times)
        out += [(), ((fit(words, width, glyphs.more), "text"),)]
    return (*out, (), *_made_with(detail, width, glyphs))


def _wrapped(parts: tuple[str, str], width: int, glyphs: Glyphs) -> list[Line]:
    """Both parts on one line, or on two if that is too narrow."""
    whole = " ".join(parts)
    rows = [whole] if cell_len(whole) <= width else list(parts)
    return [((fit(row, width, glyphs.more), "quiet"),) for row in rows]


def _made_with(detail: RunDetail, width: int, glyphs: Glyphs) -> list[Line]:
    """The versions in a column, and each model's revision once; long hashes are shortened."""
    of_profiles = ("model of ", "identity of ")
    found = dict.fromkeys(
        (name.partition(" of ")[0] if name.startswith(of_profiles) else name, version)
        for name, version in detail.versions.items()
    )
    size = min(14, max((cell_len(name) for name, _ in found), default=0))
    out: list[Line] = []
    for name, version in found:
        short = HASH.sub(lambda hash_: hash_[0][:HASH_KEPT] + glyphs.more, one_line(version))
        rows = wrap(short, max(8, width - size - 2))
        head = fit(one_line(name), size, glyphs.more)
        for number, (_, row) in enumerate(rows):
            first = head if number == 0 else ""
            blanks = " " * (size - cell_len(first) + 2)
            out.append(cut(((first, "quiet"), (blanks + row, "text")), width, glyphs.more))
    return out


def _profiles(names: Sequence[str], detail: RunDetail, width: int, glyphs: Glyphs) -> list[Line]:
    out: list[Line] = []
    size = 21 if width >= 60 else 13 if width >= 42 else 0
    rates = [tally.all for tally in detail.tallies]
    digits = max((len(str(rate.scored)) for rate in rates), default=1)
    clusters = max((len(independent(rate)) for rate in rates), default=0)
    numbers = 2 * digits + 8 + (clusters + 1 if clusters else 0)
    versus = {
        key: f"  {_versus(key, detail, glyphs)}" for key in {t.target for t in detail.tallies}
    }
    longest = max(map(cell_len, versus.values()), default=0)
    labels = max(8, min(longest, width - numbers - size))
    for index, name in enumerate(names):
        mine = [tally for tally in detail.tallies if tally.profile == index]
        model = model_beside(name, detail.models[index]) if index < len(detail.models) else ""
        beside = f" {glyphs.sep} {one_line(model)}" if model else ""
        out.append(
            fill(
                [(f"{index + 1} ", "quiet"), (one_line(name), "bright"), (beside, "quiet")],
                width,
                glyphs.more,
            )
        )
        for tally in mine:
            rate = tally.all
            shown = f" {rate.correct:>{digits}}/{rate.scored:<{digits}}"
            shown += f" {point(rate.accuracy or 0.0):>4} "
            shown += f"{independent(rate):<{clusters}} " if clusters else ""
            label = fill([(versus[tally.target], "quiet")], labels, glyphs.more)
            drawn = interval(rate, None, size, glyphs) if size else ()
            out.append(cut((*label, (shown, "text"), *drawn), width, glyphs.more))
    return out


def _versus(key: str, detail: RunDetail, glyphs: Glyphs) -> str:
    """The target of that key in words."""
    targets = detail.targets.get(key)
    return in_words(targets, glyphs) if targets else one_line(key)


def place_line(place: FoundIn, width: int, glyphs: Glyphs) -> Line:
    """`ce8z demo   Bridge collapse · baseline   ... the rescuer ...`."""
    head: list[Span] = [
        (f"{place.run.rpartition('-')[2]:<5}", "key"),
        *fill([(one_line(place.name), "text")], max(10, min(28, width // 6)), glyphs.more),
        (" ", ""),
        *fill([(one_line(place.key), "bright")], min(32, width // 5), glyphs.more),
        (" ", ""),
        *fill([(one_line(place.who), "key")], min(28, width // 6), glyphs.more),
        ("  ", ""),
    ]
    return cut(
        (*head, *around(place.parts, max(0, width - cells(head)), glyphs.more)), width, glyphs.more
    )


def filter_help() -> str:
    """The hint about what the user can type into the filter."""
    return f"words, tag:paper, is:{'|'.join(STATES)}"
