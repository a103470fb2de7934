"""Search in scenarios, and the lines of search hits with the found words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from align_tui.core.scenarios import Scenario
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.word_diff import Part
from align_tui.tui.format.styled_text import Line, Span, cut, fit

MAX_HITS = 300
GAP = "  "
EXCERPT = 400  # characters around a match from which its line is made


@dataclass(frozen=True, slots=True)
class Found:
    """A search hit: a scenario, or a profile's reasoning on it."""

    scenario: int
    profile: int | None
    parts: tuple[Part, ...]


def marked(text: str, words: Sequence[str]) -> tuple[Part, ...]:
    """The text in parts, with every occurrence of a word marked; case does not matter."""
    line = one_line(text)
    wanted = "|".join(re.escape(word) for word in words if word)
    if not wanted:
        return ((line, False),)
    pieces = re.split(f"({wanted})", line, flags=re.IGNORECASE)
    return tuple((piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece)


def around(parts: Sequence[Part], width: int, more: str) -> Line:
    """An excerpt of `width` cells, with the first match after at most a third of it."""
    spans: list[Span] = []
    first = next((i for i, part in enumerate(parts) if part[1]), 0)
    before = " ".join("".join(text for text, _ in parts[:first]).split())
    room = max(0, width // 3)
    if cell_len(before) > room:
        kept = before[max(0, len(before) - room) :]
        before = more + kept[kept.find(" ") + 1 :]
    if before:
        blank = " " if first and parts[first - 1][0][-1:].isspace() else ""
        spans.append((before + blank, "quiet"))
    for text, match in parts[first:]:
        spans.append((re.sub(r"\s+", " ", plain(text)), "hit" if match else "quiet"))
    return cut(spans, width, more)


@dataclass(frozen=True, slots=True)
class Hits:
    """The (scenario, profile) of the first hits, the chosen one first; there are `total`."""

    places: tuple[tuple[int, int | None], ...]
    total: int


def count_words(total: int, listed: int) -> str:
    """`412 found, 300 of them listed`."""
    return f"{total} found" + (f", {listed} of them listed" if listed < total else "")


def in_scenarios(scenarios: Sequence[Scenario], query: str) -> tuple[list[Found], int]:
    """The first scenarios that have all the words in their key, title, text or choices.

    The second value is the number of all that have them.
    """
    words = query.casefold().split()
    out: list[Found] = []
    total = 0
    if not words:
        return out, total
    for number, scenario in enumerate(scenarios):
        fields = (scenario.key, scenario.title, scenario.text, *scenario.choice_texts)
        whole = "\n".join(fields).casefold()
        if not all(word in whole for word in words):
            continue
        total += 1
        if len(out) < MAX_HITS:
            at = max(0, scenario.text.casefold().find(words[0]) - EXCERPT // 2)
            out.append(Found(number, None, marked(scenario.text[at : at + EXCERPT], words)))
    return out, total


def hit_line(
    found: Found, scenarios: Sequence[Scenario], names: Sequence[str], width: int, more: str
) -> Line:
    """`12 Bridge collapse · baseline   … both bleed …`."""
    scenario = scenarios[found.scenario]
    who = names[found.profile] if found.profile is not None else "scenario"
    title, name = max(10, min(30, width * 3 // 10)), max(8, min(22, width // 5))
    head = fit(one_line(scenario.title or scenario.key), title, more)
    number = f"{found.scenario + 1:>4} "
    who = fit(who, name, more)
    rest = width - len(number) - title - name - 2 * len(GAP)
    line = (
        (number, "quiet"),
        (set_cell_size(head, title) + GAP, "bright"),
        (set_cell_size(who, name) + GAP, "key"),
        *(around(found.parts, rest, more) if rest > 0 else ()),
    )
    return cut(line, width, more)
