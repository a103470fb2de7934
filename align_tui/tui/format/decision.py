"""The foot of a pane: the decision, its probabilities or ratings, and its cost."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.answers import letter
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.plurals import counted
from align_tui.monitor.marks import MarkName, correct_of, verdict
from align_tui.monitor.snapshot import Shown
from align_tui.tui.format.bars import POINT, point, seconds, share_bar
from align_tui.tui.format.change import change_line
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.pane_facts import fact_lines
from align_tui.tui.format.ratings import Rated, rating_lines, tie_words
from align_tui.tui.format.status_text import error_words
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fit
from align_tui.tui.format.wrapping import wrapped

GAP = 2  # cells between probabilities
FOOT = 3  # lines that are always kept, so that a new decision moves nothing
ROOMY = 4  # lines of a foot that has a line for facts even if the reasoning is long
ANSWER = 4  # lines of an open answer in a pane; the decision's screen has the whole


def shown_mark(shown: Shown, target: str | None) -> MarkName:
    """The mark of the sample that a pane shows."""
    if shown.status == "running":
        return "working"
    if shown.status == "failed":
        return "failed"
    if shown.status == "done":
        return verdict(correct_of(shown.scores, target))
    return "pending" if shown.status == "pending" else "none"


def decision_lines(
    choice: int, choices: Sequence[str], mark: MarkName, width: int, most: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """`✓ A Treat the rescuer`; a long choice wraps to at most `most` lines."""
    text = one_line(choices[choice]) if choice < len(choices) else "?"
    head = f"{glyphs.marks[mark]} {letter(choice)} "
    rows = wrapped(text, max(1, width - len(head)), max(1, most), glyphs.more)
    return tuple(
        ((head if number == 0 else " " * len(head), mark), (row, "bright"))
        for number, row in enumerate(rows)
    )


def answer_lines(
    text: str, mark: MarkName, width: int, most: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """An open answer in at most `most` lines, behind its mark."""
    kept = wrapped(" ".join(plain(text).split()), max(1, width - 2), most, glyphs.more)
    return tuple(
        ((f"{glyphs.marks[mark]} " if number == 0 else "  ", mark), (row, "bright"))
        for number, row in enumerate(kept)
    )


def probability_lines(
    values: Sequence[float], chosen: int, width: int, most: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """`A ███░░  .41  B ████  .59` on as few lines as all choices take, at most `most`.

    If that is too few, as many choices as fit are shown, always with the chosen one.
    """
    count = len(values)
    numbers = [point(value) for value in values]
    letters = max(len(letter(index)) for index in range(count))
    widest = max(map(len, numbers))
    least = letters + 1 + widest  # `A .90`; a bar needs more room
    across = max(1, min(count, (width + GAP) // (least + GAP)))
    lines = -(-count // across)
    if lines > max(1, most):
        lines = max(1, most)
        in_last = max(1, (width - 1) // (least + GAP))  # with an ellipsis behind them
        fits = across * (lines - 1) + min(across, in_last)
        across = min(across, fits)
    else:
        across, fits = -(-count // lines), count  # lines of the same length
    room = width - GAP * (across - 1) - (1 + GAP if fits < count else 0)
    size = max(least, min(18, room // across))
    shown = list(range(fits))
    if chosen not in shown:
        shown[-1] = chosen
    length = size - letters - 2 - POINT
    bars = length >= 2
    made = []
    for index in shown:
        full, empty = share_bar(values[index], length if bars else 0, glyphs)
        style = "bright" if index == chosen else "quiet"
        made.append(
            (
                (f"{letter(index):<{letters}} ", style),
                (full, "bar" if index == chosen else "quiet"),
                (empty + (" " if bars else ""), "faint"),
                (f"{numbers[index]:>{POINT if bars else widest}}", style),
            )
        )
    out: list[Line] = []
    for start in range(0, len(made), across):
        spans: list[Span] = []
        for place, part in enumerate(made[start : start + across]):
            spans += [(" " * GAP if place else "", ""), *part]
        out.append(tuple(spans))
    if fits < count:
        out[-1] = (*out[-1], (f"{'':{GAP}}{glyphs.more}", "quiet"))
    return tuple(cut(line, width, glyphs.more) for line in out)


def cost_line(shown: Shown, width: int, glyphs: Glyphs) -> Line:
    """Latency, tokens, votes, and the notes; or the number of notes if they have no room."""
    result = shown.result
    if result is None:
        return ()
    parts, sep = _costs(shown), f" {glyphs.sep} "
    if cut_notes(shown, width, glyphs):
        count = counted(len(result.notes), "note")
        # Leave out the number of tokens rather than the hint that there are notes.
        whole = cells(((sep.join([*parts, count]), ""),)) <= width
        parts = [*parts, count] if whole else [parts[0], count]
    else:
        parts += [one_line(note) for note in result.notes]
    return ((fit(sep.join(parts), width, glyphs.more), "quiet"),)


def _costs(shown: Shown) -> list[str]:
    result = shown.result
    if result is None:
        return []
    parts = [seconds(result.latency_s)]
    if result.tokens:
        parts.append(counted(result.tokens, "token"))
    ranking = shown.basis.ranking if shown.basis is not None else None
    if ranking is not None and ranking.tie_break != "none":
        parts.append(tie_words(ranking))
    if result.votes is not None and len(result.votes) > 1 and shown.streams > 1:
        parts.append("votes " + " ".join(point(v) for v in result.votes))
    return parts


def cut_notes(shown: Shown, width: int, glyphs: Glyphs) -> str:
    """The decision's notes, one line each, if the line of costs has no room for all of them."""
    notes = [one_line(note) for note in shown.result.notes] if shown.result is not None else []
    whole = f" {glyphs.sep} ".join([*_costs(shown), *notes])
    if not notes or cells(((whole, ""),)) <= width:
        return ""
    return "\n".join(f"note: {note}" for note in notes)


def foot_lines(
    shown: Shown,
    choices: Sequence[str],
    target: str | None,
    width: int,
    glyphs: Glyphs,
    keys: KeyNames,
    *,
    of_streams: int = 1,
    choice: int | None = None,
    mark: MarkName | None = None,
    rated: Rated | None = None,
    room: int = FOOT - 1,
    spare: int = 0,
    facts: Sequence[str] = (),
) -> tuple[Line, ...]:
    """The lines below the reasoning: `FOOT`, or more if the decision takes more.

    `choice` and `mark` are known from the list before the result has been read. Ratings, an open
    answer, a long choice and many probabilities take the lines that the reasoning leaves, of which
    there are `spare` beside `FOOT`. Where it leaves none, ratings, an open answer and probabilities
    still take up to `room` lines, and a choice two. The `facts` stand above the costs
    in a pane that is not very low.
    """
    if shown.status == "done":
        sign = mark or shown_mark(shown, target)
        return _decided_lines(
            shown, choices, width, glyphs, choice, sign, rated, room, spare, facts
        )
    if shown.status == "running":
        return ((), (), _working_line(shown, of_streams, width, glyphs))
    if shown.status == "failed":
        title, _ = error_words(shown.result)
        mark_and_blank = f"{glyphs.marks['failed']} "
        rows = wrapped(title, max(1, width - len(mark_and_blank)), max(1, spare), glyphs.more)
        first = [
            ((mark_and_blank if at == 0 else " " * len(mark_and_blank), "failed"), (row, "failed"))
            for at, row in enumerate(rows)
        ]
        last: list[Span] = []
        for action, does in (
            ("ask_again", " retry"),
            ("run_scenario", " all that failed here"),
        ):
            key = keys.first(f"study.{action}")
            part: Line = (("   " * bool(last) + key, "key"), (does, "quiet" if last else "text"))
            if key and (not last or cells(last) + cells(part) <= width):
                last.extend(part)
        return (*first, (), cut(last, width, glyphs.more))
    return ((), (), ()) if shown.status == "pending" else ()


def _decided_lines(
    shown: Shown,
    choices: Sequence[str],
    width: int,
    glyphs: Glyphs,
    choice: int | None,
    mark: MarkName,
    rated: Rated | None,
    room: int,
    spare: int,
    facts: Sequence[str],
) -> tuple[Line, ...]:
    """The answer, the probabilities, the ratings, the facts, the costs."""
    result = shown.result
    chosen = result.choice if result is not None else choice
    ratings: tuple[Line, ...] = ()
    if rated is not None:
        ratings = rating_lines(rated, chosen, mark, width, max(room, spare), glyphs)
    changed: tuple[Line, ...] = ()
    if result is not None and shown.before is not None:
        changed = (change_line(result, shown.before, width, glyphs),)
    kept = 1 if facts and room >= ROOMY else 0  # lines of facts
    # What is left for the choice and its probabilities.
    free = spare + FOOT - 1 - len(ratings) - len(changed) - kept
    shares: tuple[Line, ...] = ()
    if result is not None and result.probabilities and chosen is not None:
        shares = probability_lines(result.probabilities, chosen, width, max(room, free) - 1, glyphs)
    lines: tuple[Line, ...] = ()
    if chosen is not None:
        most = max(min(2, room - len(shares)), free - len(shares))
        lines = decision_lines(chosen, choices, mark, width, most, glyphs)
    elif result is not None:
        most = max(min(ANSWER, room), free)
        lines = answer_lines(result.choice_text, mark, width, most, glyphs)
    lines += shares + changed + ratings
    taken = len(lines) - len(changed) - len(ratings)
    known = fact_lines(facts, width, kept + max(0, free - taken), glyphs)
    lines += ((),) * (FOOT - 1 - len(lines) - len(known))
    return (*lines, *known, cost_line(shown, width, glyphs))


def _working_line(shown: Shown, of_streams: int, width: int, glyphs: Glyphs) -> Line:
    """`◐ reasoning · 3.2 s · sample 2/5`; without the first word if it has no room."""
    parts = [seconds(shown.elapsed)] if shown.elapsed is not None else []
    if of_streams > 1 and shown.streams:
        parts.append(f"sample {min(shown.streams, of_streams)}/{of_streams}")
    sep, mark = f" {glyphs.sep} ", f"{glyphs.marks['working']} "
    doing = ["reasoning"] if shown.text else ["thinking"] if shown.thinking else []
    tail = sep.join([*doing, *parts])
    if len(mark) + len(tail) > width:
        tail = sep.join(parts)
    return cut(((mark, "working"), (tail, "quiet")), width, glyphs.more)
