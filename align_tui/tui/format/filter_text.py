"""A filter in words: the title of the list, and the lines it is chosen from."""

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

NAMES: dict[Kind, str] = {  # the id of the action that turns it on
    "apart": "filter.disagreement",
    "wrong": "filter.wrong",
    "failed": "filter.failed",
    "open": "filter.open",
    "bookmarked": "filter.bookmarked",
    "judged": "filter.verdict",
    "edited": "filter.edited",
}
EXPLAINED: dict[Kind, str] = {
    "apart": "chose differently",
    "wrong": "against the target",
    "failed": "without a decision",
    "open": "queued or running",
    "bookmarked": "by anyone",
    "judged": "agree, disagree, unsure",
    "edited": "what-if variants",
}


@dataclass(frozen=True, slots=True)
class FilterLine:
    """A line of the chooser: a kind, or an attribute; `id` names what toggles it, if anything."""

    id: str
    kind: Kind | None = None
    attribute: str | None = None

    def toggled(self, wanted: Filter) -> Filter:
        """The filter with this turned on or off."""
        return wanted.turned(kind=self.kind, attribute=self.attribute)

    def chosen(self, wanted: Filter) -> bool:
        """Is this on?"""
        return self.kind in wanted.kinds or self.attribute in wanted.attributes


def choices(attributes: Sequence[str]) -> list[FilterLine]:
    """The kinds, then the attributes, the first nine of which have keys."""
    made = [FilterLine(NAMES[kind], kind=kind) for kind in KINDS]
    for number, name in enumerate(attributes, start=1):
        made.append(FilterLine(f"filter.attribute_{number}" if number < 10 else "", attribute=name))
    return made


def filter_words(wanted: Filter) -> str:
    """`wrong, moral desert or fairness`."""
    parts = [said for kind, said in KINDS.items() if kind in wanted.kinds]
    if wanted.attributes:
        parts.append(" or ".join(words(name) for name in sorted(wanted.attributes)))
    return ", ".join(parts)


def filter_title(wanted: Filter, listed: int, of: int, width: int, glyphs: Glyphs) -> Line:
    """`∈ wrong, moral desert 4/40` in that width; the numbers are never cut."""
    mark, count = f"{glyphs.only} ", f" {listed}/{of}"
    said = fit_keeping(filter_words(wanted), count, width - len(mark), glyphs.more)
    return ((mark, "key"), (said.removesuffix(count), "bright"), (count, "quiet"))


def list_title(wanted: Filter, listed: int, of: int, width: int, glyphs: Glyphs) -> Line:
    """What the list shows; nothing where it is too narrow for words."""
    name = "scenarios"
    if width < len(name):
        return ((glyphs.only, "key"),) if wanted else ()
    if not wanted:
        return ((name, "text"),)
    title = filter_title(wanted, listed, of, width - len(name) - 1, glyphs)
    whole = filter_words(wanted) in title[1][0]
    head: Line = ((f"{name} ", "text"),) if whole else ()
    return (*head, *(title if whole else filter_title(wanted, listed, of, width, glyphs)))


def no_match(keys: KeyNames) -> str:
    """What is said where nothing matches."""
    return keys.sentence("no scenario matches", "; {study.filter} changes the filter")


def nothing_listed(width: int, keys: KeyNames) -> tuple[Line, ...]:
    """What stands in the list where nothing matches, in words that no row breaks."""
    said = no_match(keys) if width >= 16 else keys.sentence("none match", ": {study.filter}")
    return tuple(((f" {row}", "quiet"),) for _, row in wrap(said, width - 2))


def choice_line(
    choice: FilterLine,
    key: str,
    wanted: Filter,
    counts: tuple[Counter[Kind], Counter[str]],
    width: int,
    glyphs: Glyphs,
    *,
    here: bool,
) -> Line:
    """`▸ w [x] wrong                   7`, with what it means where there is room.

    `key` is filled up to the width of its column, which is the same in all lines.
    """
    on = choice.chosen(wanted)
    if choice.kind is not None:
        name, count = KINDS[choice.kind], counts[0][choice.kind]
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
    said = fit(name, room, glyphs.more)
    style = "bright" if on or here else "text" if count else "quiet"
    rest = room - cell_len(said)
    if meaning and rest >= len(meaning) + 4:
        column = max(18, cell_len(said) + 2)
        if column + len(meaning) <= room:
            gap = column - cell_len(said)
            tail = room - column - len(meaning)
            explained = (" " * gap + meaning + " " * tail, "quiet")
            return (*head, (said, style), explained, (number, style))
    return (*head, (said + " " * rest, style), (number, style))
