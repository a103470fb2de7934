"""A filter in words: the title of the list, and the lines of the filter dialog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.tui.format.filters import KINDS, Filter, Kind
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line, Span, fit, fit_keeping
from align_tui.tui.format.targets import words
from align_tui.tui.format.wrapping import wrap

NAMES: dict[Kind, str] = {  # the id of the action that turns the kind on or off
    "apart": "filter.disagreement",
    "against": "filter.disagreement_with_focused",
    "wrong": "filter.wrong",
    "failed": "filter.failed",
    "open": "filter.open",
    "bookmarked": "filter.bookmarked",
    "judged": "filter.verdict",
    "edited": "filter.edited",
}
EXPLAINED: dict[Kind, str] = {
    "apart": "two profiles differ",
    "against": "another column differs",
    "wrong": "against the target",
    "failed": "ended without a decision",
    "open": "queued or running",
    "bookmarked": "a decision is bookmarked",
    "judged": "agree, disagree, unsure",
    "edited": "what-if variants",
}


@dataclass(frozen=True, slots=True)
class FilterLine:
    """A line of the dialog: a kind or an attribute; `id` is its action, "" if it has none."""

    id: str
    kind: Kind | None = None
    attribute: str | None = None

    def toggled(self, wanted: Filter) -> Filter:
        """The filter with this line turned on or off."""
        return wanted.turned(kind=self.kind, attribute=self.attribute)

    def chosen(self, wanted: Filter) -> bool:
        """True if the line is on."""
        return self.kind in wanted.kinds or self.attribute in wanted.attributes


def choices(attributes: Sequence[str]) -> list[FilterLine]:
    """The lines for the kinds, then for the attributes, of which the first nine have keys."""
    made = [FilterLine(NAMES[kind], kind=kind) for kind in KINDS]
    for number, name in enumerate(attributes, start=1):
        made.append(FilterLine(f"filter.attribute_{number}" if number < 10 else "", attribute=name))
    return made


def kind_name(kind: Kind, focus: int) -> str:
    """The name of a kind; `disagrees with 2` if the second column is focused (`focus` 1)."""
    return f"disagrees with {focus + 1}" if kind == "against" else KINDS[kind]


def filter_words(wanted: Filter, focus: int = 0) -> str:
    """`wrong, moral desert or fairness`."""
    parts = [kind_name(kind, focus) for kind in KINDS if kind in wanted.kinds]
    if wanted.attributes:
        parts.append(" or ".join(words(name) for name in sorted(wanted.attributes)))
    return ", ".join(parts)


def filter_title(
    wanted: Filter, listed: int, of: int, width: int, glyphs: Glyphs, focus: int = 0
) -> Line:
    """`∈ wrong, moral desert 4/40` in that width; the numbers are never cut."""
    mark, count = f"{glyphs.only} ", f" {listed}/{of}"
    text = fit_keeping(filter_words(wanted, focus), count, width - len(mark), glyphs.more)
    return ((mark, "key"), (text.removesuffix(count), "bright"), (count, "quiet"))


def list_title(
    wanted: Filter, listed: int, of: int, width: int, glyphs: Glyphs, focus: int = 0
) -> Line:
    """The title of the list; nothing if the list is too narrow for words."""
    name = "scenarios"
    if width < len(name):
        return ((glyphs.only, "key"),) if wanted else ()
    if not wanted:
        return ((name, "text"),)
    title = filter_title(wanted, listed, of, width - len(name) - 1, glyphs, focus)
    whole = filter_words(wanted, focus) in title[1][0]
    head: Line = ((f"{name} ", "text"),) if whole else ()
    return (*head, *(title if whole else filter_title(wanted, listed, of, width, glyphs, focus)))


def no_match(keys: KeyNames) -> str:
    """The notice that no scenario matches the filter."""
    return keys.sentence("no scenario matches", "; {study.filter} changes the filter")


def nothing_listed(width: int, keys: KeyNames) -> tuple[Line, ...]:
    """The text of an empty list, in words short enough for its width."""
    text = no_match(keys) if width >= 16 else keys.sentence("none match", ": {study.filter}")
    return tuple(((f" {row}", "quiet"),) for _, row in wrap(text, width - 2))


def choice_line(
    choice: FilterLine,
    key: str,
    wanted: Filter,
    counts: tuple[Counter[Kind], Counter[str]],
    width: int,
    glyphs: Glyphs,
    *,
    here: bool,
    focus: int = 0,
) -> Line:
    """`▸ w [x] wrong                   7`, with its meaning if there is room.

    `focus` is the number of the focused column. `key` is padded to the width of its column, which
    is the same in all lines.
    """
    on = choice.chosen(wanted)
    if choice.kind is not None:
        name, count = kind_name(choice.kind, focus), counts[0][choice.kind]
        meaning = EXPLAINED[choice.kind]
    else:
        name, count = words(choice.attribute or ""), counts[1][choice.attribute or ""]
        meaning = ""
    head: list[Span] = [
        (f"{glyphs.cursor if here else ' '} ", "key"),
        (key, "key"),
        ("[x] " if on else "[ ] ", "bright" if on else "quiet"),
    ]
    number = f"{count:>6}"
    room = width - 6 - cell_len(key) - len(number)
    label = fit(name, room, glyphs.more)
    style = "bright" if on or here else "text" if count else "quiet"
    rest = room - cell_len(label)
    if meaning and rest >= len(meaning) + 4:
        column = max(18, cell_len(label) + 2)
        if column + len(meaning) <= room:
            gap = column - cell_len(label)
            tail = room - column - len(meaning)
            explained = (" " * gap + meaning + " " * tail, "quiet")
            return (*head, (label, style), explained, (number, style))
    return (*head, (label + " " * rest, style), (number, style))
