"""The scenario with its choices, folded to the available lines or whole."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.answers import letter
from align_tui.core.people import whole_text
from align_tui.core.scenarios import Choice, Scenario, variant_of
from align_tui.core.text.display import one_line, plain
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line, Span, cells, fill, fit
from align_tui.tui.format.targets import words
from align_tui.tui.format.wrapping import wrap

FOLDED_TEXT = 6_000  # characters that are wrapped for a folded view, more than it can show


def choice_lines(scenario: Scenario, width: int, glyphs: Glyphs, *, labels: bool) -> list[Line]:
    """The choices side by side if they fit whole, else one on each line.

    With `labels` nothing is cut: long choices wrap to more lines.
    """
    made: list[list[Span]] = []
    for index, choice in enumerate(scenario.choices):
        spans: list[Span] = [(f"{letter(index)}  ", "key"), (one_line(choice.text), "bright")]
        if labels and choice.labels:
            spans.append((f"   {_labels_of(choice)}", "quiet"))
        made.append(spans)
    widest = max((cells(spans) for spans in made), default=0)
    across = max(1, min(len(made), width // (widest + 4))) if widest else 1
    size = width // across
    if across == 1 and labels and widest > width:
        whole = [_whole(index, choice, width) for index, choice in enumerate(scenario.choices)]
        return [line for lines in whole for line in lines]
    if across == 1:
        return [fill(spans, width, glyphs.more) for spans in made]
    lines = []
    for start in range(0, len(made), across):
        line: list[Span] = []
        for spans in made[start : start + across]:
            line.extend(fill(spans, size, glyphs.more))
        lines.append(tuple(line))
    return lines


def _labels_of(choice: Choice) -> str:
    return ", ".join(f"{words(name)} {value:g}" for name, value in choice.labels.items())


def _whole(index: int, choice: Choice, width: int) -> list[Line]:
    """A choice in as many lines as its text and labels take, its letter before the first."""
    head = f"{letter(index)}  "
    room = max(4, width - len(head))
    parts = [(row, "bright") for _, row in wrap(one_line(choice.text), room)]
    if choice.labels:
        parts += [(row, "quiet") for _, row in wrap(_labels_of(choice), room)]
    first, *rest = parts
    blank = (" " * len(head), "")
    return [((head, "key"), first), *((blank, part) for part in rest)]


def text_lines(scenario: Scenario, width: int, *, whole: bool) -> list[str]:
    """The scenario's text, wrapped; only its first characters unless `whole`."""
    text = plain(whole_text(scenario)).strip()
    return [row for _, row in wrap(text if whole else text[:FOLDED_TEXT], width)]


def lines_wanted(scenarios: Sequence[Scenario], width: int) -> int:
    """The lines that the longest scenario needs (an estimate), so that the layout stays."""
    if not scenarios or width < 10:
        return 3
    sample = scenarios[:: max(1, len(scenarios) // 200)]
    needs = []
    for scenario in sample:
        longest = max((len(choice.text) for choice in scenario.choices), default=0) + 7
        across = max(1, min(len(scenario.choices), width // max(1, longest)))
        text = whole_text(scenario)[:FOLDED_TEXT]
        rows = sum(1 + int(len(part) / (width * 0.93)) for part in text.split("\n"))
        needs.append(rows + -(-len(scenario.choices) // across))
    return max(needs)


def scenario_lines(
    scenario: Scenario, width: int, height: int, glyphs: Glyphs, *, unfolded: bool
) -> tuple[tuple[Line, ...], bool]:
    """(lines, True if everything is shown): the text, then the choices, which always have room."""
    choices = choice_lines(scenario, width, glyphs, labels=unfolded)
    text = text_lines(scenario, width, whole=unfolded)
    complete = len(text) + len(choices) <= height
    if complete:
        body: list[Line] = [((row, "text"),) for row in text]
        return (*body, *choices), True
    if unfolded:
        return (*(((row, "text"),) for row in text), *choices), False
    if len(choices) > max(1, height - 1):
        choices = [_packed(scenario, width, glyphs)]
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
    return tuple(spans)


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
