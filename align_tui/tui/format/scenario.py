"""The scenario with its choices, folded to the available lines or whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.answers import letter
from align_tui.core.people import whole_text
from align_tui.core.scenarios import Choice, Scenario, variant_of
from align_tui.core.text.display import one_line, plain
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fill, fit
from align_tui.tui.format.targets import words
from align_tui.tui.format.wrapping import wrap

WASTED = 3  # cells at the end of a wrapped row that stay empty, on average
FOLDED_TEXT = 6_000  # characters that are wrapped for a folded view, more than it can show


def choice_lines(
    scenario: Scenario, width: int, glyphs: Glyphs, *, labels: bool, most: int | None = None
) -> list[Line]:
    """The choices side by side if they fit whole, else below each other, wrapped.

    They are shown whole with as many lines as they take, or at most in `most` lines, in which long
    ones are cut. If there are more choices than lines, all share one line.
    """
    made: list[list[Span]] = []
    for index, choice in enumerate(scenario.choices):
        spans: list[Span] = [(f"{letter(index)}  ", "key"), (one_line(choice.text), "bright")]
        if labels and choice.labels:
            spans.append((f"   {_labels_of(choice)}", "quiet"))
        made.append(spans)
    widest = max((cells(spans) for spans in made), default=0)
    across = max(1, min(len(made), width // (widest + 4))) if widest else 1
    if most is not None and -(-len(made) // across) > most:
        return [_packed(scenario, width, glyphs)]
    if across == 1 and widest > width:
        return _wrapped_choices(scenario, width, glyphs, labels=labels, most=most)
    if across == 1:
        return [fill(spans, width, glyphs.more) for spans in made]
    lines, size = [], width // across
    for start in range(0, len(made), across):
        line: list[Span] = []
        for spans in made[start : start + across]:
            line.extend(fill(spans, size, glyphs.more))
        lines.append(tuple(line))
    return lines


def _wrapped_choices(
    scenario: Scenario, width: int, glyphs: Glyphs, *, labels: bool, most: int | None
) -> list[Line]:
    """The choices below each other; what short ones leave of `most` lines goes to long ones."""
    each = [_whole(i, choice, width, labels=labels) for i, choice in enumerate(scenario.choices)]
    if most is not None:
        kept, left = [1] * len(each), most - len(each)
        while left > 0 and (longer := [i for i, rows in enumerate(each) if len(rows) > kept[i]]):
            for index in longer[:left]:
                kept[index] += 1
            left -= len(longer)
        each = [
            rows if len(rows) <= kept[i] else _cut_rows(rows, kept[i], width, glyphs)
            for i, rows in enumerate(each)
        ]
    return [line for lines in each for line in lines]


def _cut_rows(rows: list[Line], kept: int, width: int, glyphs: Glyphs) -> list[Line]:
    """The first rows, with an ellipsis at the end of the last one."""
    last = cut((*rows[kept - 1], (" " * width, "bright")), width, glyphs.more)
    return [*rows[: kept - 1], last]


def _labels_of(choice: Choice) -> str:
    return ", ".join(f"{words(name)} {value:g}" for name, value in choice.labels.items())


def _whole(index: int, choice: Choice, width: int, *, labels: bool) -> list[Line]:
    """A choice in as many lines as its text and labels take, its letter before the first."""
    head = f"{letter(index)}  "
    room = max(4, width - len(head))
    parts = [(row, "bright") for _, row in wrap(one_line(choice.text), room)]
    if labels and choice.labels:
        parts += [(row, "quiet") for _, row in wrap(_labels_of(choice), room)]
    first, *rest = parts
    blank = (" " * len(head), "")
    return [((head, "key"), first), *((blank, part) for part in rest)]


def text_lines(scenario: Scenario, width: int, *, whole: bool) -> list[str]:
    """The scenario's text, wrapped; only its first characters unless `whole`."""
    text = plain(whole_text(scenario)).strip()
    return [row for _, row in wrap(text if whole else text[:FOLDED_TEXT], width)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The lines that a scenario of a study takes, so that the layout stays.

    Four of five scenarios need no more. `whole` are those of text and choices; `choices` are those
    of the choices with one line of the text.
    """

    whole: int = 3
    choices: int = 3


def lines_wanted(scenarios: Sequence[Scenario], width: int) -> Wanted:
    """What four of five scenarios need (an estimate, from at most 200 of them)."""
    if not scenarios or width < 10:
        return Wanted()
    sample = scenarios[:: max(1, len(scenarios) // 200)]
    needs = []
    for scenario in sample:
        choices = _choice_rows([len(choice.text) for choice in scenario.choices], width)
        text = whole_text(scenario)[:FOLDED_TEXT]
        rows = sum(1 + int(len(part) / (width - WASTED)) for part in text.split("\n"))
        needs.append((rows + choices, 1 + choices))
    longest = (len(needs) - 1) * 4 // 5
    wholes, choices_ = (sorted(column)[longest] for column in zip(*needs, strict=True))
    return Wanted(wholes, choices_)


def _choice_rows(lengths: Sequence[int], width: int) -> int:
    """The lines that choices of these lengths take: side by side, else wrapped."""
    widest = max(lengths, default=0) + 3
    if widest > width:
        return sum(1 + int(length / (width - 3 - WASTED)) for length in lengths)
    across = max(1, min(len(lengths), width // (widest + 4)))
    return -(-len(lengths) // across)


def scenario_lines(
    scenario: Scenario, width: int, height: int, glyphs: Glyphs, *, unfolded: bool
) -> tuple[tuple[Line, ...], bool]:
    """(lines, True if everything is shown): the text, then the choices.

    The choices have room first: they are cut only if they take more than all lines but one. A blank
    line stands above them if there is one to spare.
    """
    choices = choice_lines(scenario, width, glyphs, labels=unfolded)
    text = text_lines(scenario, width, whole=unfolded)
    complete = len(text) + len(choices) <= height
    if complete:
        body: list[Line] = [((row, "text"),) for row in text]
        blank: tuple[Line, ...] = ((),) * (len(body) + len(choices) < height)
        return (*body, *blank, *choices), True
    if unfolded:
        return (*(((row, "text"),) for row in text), *choices), False
    if len(choices) > max(1, height - 1):  # the text keeps a line
        choices = choice_lines(scenario, width, glyphs, labels=False, most=max(1, height - 1))
    room = max(1, height - len(choices))
    kept = text[:room]
    if len(text) > room:
        kept[-1] = fit(kept[-1] + " " + text[room], width, glyphs.more)
        if not kept[-1].endswith(glyphs.more):
            kept[-1] = fit(kept[-1], width - 1, glyphs.more) + glyphs.more
    return (*(((row, "text"),) for row in kept), *choices), False


def _packed(scenario: Scenario, width: int, glyphs: Glyphs) -> Line:
    """All choices on one line, each cut to the same width."""
    count = len(scenario.choices)
    size = max(8, (width - 2 * (count - 1)) // max(1, count))
    spans: list[Span] = []
    for index, choice in enumerate(scenario.choices):
        if cells(spans) + size > width:
            spans.append((f"+{count - index}{glyphs.more}", "quiet"))
            break
        head = f"{letter(index)} "
        spans += [
            (head, "key"),
            (fit(one_line(choice.text), size - len(head), glyphs.more), "bright"),
            ("  ", ""),
        ]
    return cut(spans, width, glyphs.more)


def scenario_title(
    scenario: Scenario,
    number: int,
    of: int,
    width: int,
    glyphs: Glyphs,
    *,
    listed: bool = True,
    filtered: Line = (),
) -> Line:
    """`bridge-collapse · Bridge collapse · 3/40`, and the filter if no list shows it."""
    place = f" {number + 1}/{of}" + ("" if listed else ", not listed")
    head = one_line(scenario.key)
    title = one_line(scenario.title)
    if variant_of(scenario) is not None:
        head = f"{glyphs.edited} {head}"
    if title and title != head:
        head = f"{head} {glyphs.sep} {title}"
    after: Line = ((place, "quiet"), *((("  ", ""), *filtered) if filtered else ()))
    room = max(8, width - cells(after) - 2)
    return ((fit(head, room, glyphs.more), "bright"), *after)


def scenario_subtitle(
    scenario: Scenario, complete: bool, width: int, glyphs: Glyphs, keys: KeyNames
) -> Line:
    """The attributes that it is labelled for, and the key that shows the rest."""
    names = (
        ", ".join(sorted(words(name) for name in scenario.labelled | scenario.groups))
        or "unlabelled"
    )
    hint = "" if complete else keys.fill(f"{{study.whole_text}} the whole text {glyphs.sep} ")
    return ((hint, "text"), (fit(names, max(6, width - len(hint) - 6), glyphs.more), "quiet"))
