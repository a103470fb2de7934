"""The table of ratings in a pane: a row for each choice, with a gauge per attribute and a score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import letter
from align_tui.core.predictions import Predictions, Relevance, attributes_of
from align_tui.core.targets import Target, Targets
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.monitor.marks import MarkName
from align_tui.tui.format.bars import point
from align_tui.tui.format.gauge import gauge
from align_tui.tui.format.glyphs import ASCII, UNICODE, Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fit
from align_tui.tui.format.targets import words

LEAST_GAUGE, MOST_GAUGE = 6, 36  # cells
GAP = 2  # cells between columns
MEAN = 5  # `  .83` or ` 1.00`
RELEVANCE = 6  # ` ×.40` or ` ×1.00`
ROOM_FOR_MEASURE = 40  # cells of a pane below which the score has no heading


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """The ratings and the ranking of a decision; `choices` is the number of choices.

    Two are equal if they hold the same objects, so that a table is kept for the next paint.
    """

    choices: int
    predictions: Predictions = ()
    relevance: Relevance | None = None
    ranking: Ranking | None = None
    targets: Targets = ()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rated) and self._identity() == other._identity()

    def _identity(self) -> tuple[object, ...]:
        parts = (self.predictions, self.relevance, self.ranking)
        return (self.choices, self.targets, *map(id, parts))

    def target(self, attribute: str) -> Target | None:
        """The target of that attribute, or None."""
        return next((t for t in self.targets if t.attribute == attribute), None)


def score_texts(scores: Sequence[float]) -> tuple[str, ...]:
    """The scores with two decimals each, or up to four if fewer would make them look equal."""
    if any(not math.isfinite(score) or abs(score) >= 1e5 for score in scores):
        return tuple(f"{score:.3g}" for score in scores)
    texts: tuple[str, ...] = ()
    for places in (2, 3, 4):
        texts = tuple(_decimal(score, places) for score in scores)
        if len(set(texts)) == len(set(scores)):
            break
    return texts


def _decimal(value: float, places: int) -> str:
    """`.62`, `-.62`, `1.62`."""
    text = f"{value:.{places}f}"
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if not digits.strip("0."):
        sign = ""  # no minus before zero
    return sign + (digits[1:] if digits.startswith("0") else digits)


def common_relevance(relevance: Relevance | None, attribute: str) -> float | None:
    """The attribute's relevance if it is the same for all choices, else None."""
    if relevance is None or not relevance.by_choice:
        return None
    values = {row.get(attribute) for row in relevance.by_choice}
    return values.pop() if len(values) == 1 else None


def ranked_attributes(rated: Rated) -> tuple[str, ...]:
    """The attributes to show, first those with a target in the order of the targets."""
    known = attributes_of(rated.predictions)
    aimed = [target.attribute for target in rated.targets if target.attribute in known]
    return tuple(dict.fromkeys([*aimed, *known]))


def rating_lines(
    rated: Rated, taken: int | None, mark: MarkName, width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """A heading and a row for each choice, at most `height` lines of at most `width` cells.

    Attributes that have no room side by side stand in blocks below each other. If there is no room
    for that either, only the most informative ones are shown, and the heading counts the others.
    """
    known = rated.ranking is not None or any(rated.predictions)
    if height < 2 or not rated.choices or not known:
        return ()
    return _lines(rated, taken, mark, width, height, glyphs.ascii)


@lru_cache(
    maxsize=32
)  # enough for the panes of two screens; the cache keeps the keys' objects alive
def _lines(
    rated: Rated, taken: int | None, mark: MarkName, width: int, height: int, in_ascii: bool
) -> tuple[Line, ...]:
    return _Table(rated, taken, mark, width, height, ASCII if in_ascii else UNICODE).lines()


class _Table:
    """One table, with its measures."""

    def __init__(
        self,
        rated: Rated,
        taken: int | None,
        mark: MarkName,
        width: int,
        height: int,
        glyphs: Glyphs,
    ) -> None:
        self.rated, self.taken, self.mark = rated, taken, mark
        self.width, self.glyphs = width, glyphs
        self.rows, self.hidden = self._choose_rows(height)
        self.letters = max(len(letter(index)) for index in self.rows)
        self.prefix = 2 + self.letters + 1
        attributes = ranked_attributes(rated)
        self._measure_scores(attributes)
        self.by_choice = frozenset(
            name
            for name in attributes
            if rated.relevance is not None and common_relevance(rated.relevance, name) is None
        )
        self._arrange(attributes, height)

    def _choose_rows(self, height: int) -> tuple[list[int], int]:
        """(the choices that have room, in the scenario's order; the number of the others)."""
        count = self.rated.choices
        if count + 1 <= height:
            return list(range(count)), 0
        room = max(1, height - 2)  # one line counts the others
        ranking = self.rated.ranking
        best = frozenset(ranking.best) if ranking is not None else frozenset()
        known = ranking.scores if ranking is not None else ()
        scores = [*known, *(-math.inf for _ in range(count - len(known)))]
        order = sorted(range(count), key=lambda i: (i != self.taken, i not in best, -scores[i], i))
        kept = sorted(order[:room])
        return kept, count - len(kept) if height > 2 else 0

    def _measure_scores(self, attributes: Sequence[str]) -> None:
        ranking = self.rated.ranking
        self.scores: tuple[str, ...] = score_texts(ranking.scores) if ranking is not None else ()
        self.measure = ""
        self.score_width = max(map(len, self.scores), default=0)
        self.tied = frozenset(ranking.best) if ranking and len(ranking.best) > 1 else frozenset()
        if ranking is not None and self.width >= ROOM_FOR_MEASURE:
            # The names of the attributes matter more than the name of the score.
            named = sum(len(words(name)) + 12 + GAP for name in attributes)
            full = fit(words(ranking.measure), 16, self.glyphs.more)
            self.measure = full if self.prefix + named + cell_len(full) <= self.width else "score"
            self.score_width = max(self.score_width, cell_len(self.measure))
        self.right = (GAP + self.score_width if self.scores else 0) + (2 if self.tied else 0)

    def _least(self, attribute: str) -> int:
        return LEAST_GAUGE + MEAN + (RELEVANCE if attribute in self.by_choice else 0)

    def _arrange(self, attributes: tuple[str, ...], height: int) -> None:
        """Divide the attributes into blocks, and set the width of a column."""
        room = self.width - self.prefix - self.right
        if room < LEAST_GAUGE + MEAN + RELEVANCE:
            self.by_choice = frozenset()  # a gauge matters more; the decision's screen has both
        least = max((self._least(name) for name in attributes), default=1)
        across = max(1, (room + GAP) // (least + GAP))
        lines = 1 + len(self.rows) + bool(self.hidden)
        down = max(1, height // lines)
        if len(attributes) > across * down:
            kept = set(sorted(attributes, key=self._tells, reverse=True)[: across * down])
            self.left_out = len(attributes) - len(kept)
            attributes = tuple(name for name in attributes if name in kept)
        else:
            self.left_out = 0
        blocks = max(1, math.ceil(len(attributes) / across))
        size = max(1, math.ceil(len(attributes) / blocks))
        self.blocks = [attributes[i : i + size] for i in range(0, len(attributes), size)] or [()]
        most = MOST_GAUGE + MEAN + (RELEVANCE if self.by_choice else 0)
        self.column = max(1, min(most, (room - GAP * (size - 1)) // size))

    def _tells(self, attribute: str) -> tuple[bool, float]:
        """The order of attributes: (it has a target, how far apart the choices are in it)."""
        means = [row[attribute].mean for row in self.rated.predictions if attribute in row]
        relevance = self.rated.relevance
        weights = [row.get(attribute, 0.0) for row in relevance.by_choice] if relevance else []
        weight = math.fsum(weights) / len(weights) if weights else 1.0
        return self.rated.target(attribute) is not None, (max(means) - min(means)) * weight

    def lines(self) -> tuple[Line, ...]:
        """The lines of all blocks; the first block has the scores."""
        out: list[Line] = []
        for number, block in enumerate(self.blocks):
            first = number == 0
            out.append(self._heading(block, first=first))
            out += [self._row(index, block, first=first) for index in self.rows]
            if self.hidden and first:
                out.append(self._more())
        return tuple(cut(line, self.width, self.glyphs.more) for line in out)

    def _more(self) -> Line:
        more = counted(self.hidden, "more choice")
        return ((" " * self.prefix + f"{self.glyphs.more} {more}", "quiet"),)

    def _heading(self, block: Sequence[str], *, first: bool) -> Line:
        beside = f"+{self.left_out} " if self.left_out and first else ""
        spans: list[Span] = [(f"{beside:>{self.prefix}}"[: self.prefix], "quiet")]
        # If the score has no heading, the last attribute's name may use the room above the scores.
        spare = 0 if self.measure and first else self.right
        for place, attribute in enumerate(block):
            last = place == len(block) - 1
            if place:
                spans.append((" " * GAP, ""))
            spans += self._name(attribute, self.column, spare if last else 0)
        if first and self.measure:
            filled = self.prefix + len(block) * (self.column + GAP) - GAP * bool(block)
            spans.append((" " * (filled - cells(spans)), ""))
            spans.append((f"{'':{GAP}}{self.measure:>{self.score_width}}", "quiet"))
        return tuple(spans)

    def _name(self, attribute: str, width: int, spare: int) -> list[Span]:
        """`moral desert ◆1.0 ×.40` in `width` cells, or up to `spare` more if needed."""
        target = self.rated.target(attribute)
        common = common_relevance(self.rated.relevance, attribute)
        aim = f" {self.glyphs.target}" if target is not None else ""
        if target is not None and target.point is not None:
            aim += point(target.point)
        weight = f" {self.glyphs.times}{point(common)}" if common is not None else ""
        full = cell_len(words(attribute)) + len(aim) + len(weight)
        room = width if full <= width else width + spare
        if full > room and room - len(aim) - len(weight) < 4:
            weight = ""  # the name matters more; the decision's screen has both
        name = fit(words(attribute), max(3, room - len(aim) - len(weight)), self.glyphs.more)
        spans = [(name, "text"), (aim, "target"), (weight, "quiet")]
        return [*spans, (" " * max(0, width - cells(spans)), "")]

    def _row(self, index: int, block: Sequence[str], *, first: bool) -> Line:
        taken = index == self.taken
        style = "bright" if taken else "quiet"
        sign = self.glyphs.marks[self.mark] if taken else " "
        spans: list[Span] = [
            (f"{sign} ", self.mark if taken else ""),
            (f"{letter(index):<{self.letters}} ", style),
        ]
        for place, attribute in enumerate(block):
            if place:
                spans.append((" " * GAP, ""))
            spans += self._cell(index, attribute, taken=taken)
        if first and index < len(self.scores):
            spans.append(
                (f"{'':{GAP if block else 0}}{self.scores[index]:>{self.score_width}}", style)
            )
            if index in self.tied:
                spans.append((f" {self.glyphs.tie}", style))
        return tuple(spans)

    def _cell(self, index: int, attribute: str, *, taken: bool) -> list[Span]:
        predictions = self.rated.predictions
        found = predictions[index].get(attribute) if index < len(predictions) else None
        style = "bright" if taken else "quiet"
        mean = point(found.mean) if found is not None else "-" if self.glyphs.ascii else "–"
        spans: list[Span] = []
        weight = ""
        if attribute in self.by_choice and self.rated.relevance is not None:
            rows = self.rated.relevance.by_choice
            known = rows[index].get(attribute) if index < len(rows) else None
            weight = f" {self.glyphs.times}{point(known)}" if known is not None else ""
            weight = f"{weight:<{RELEVANCE}}"
        size = self.column - MEAN - len(weight)
        spans += gauge(found, self.rated.target(attribute), size, self.glyphs, taken=taken)
        spans.append((f"{mean:>{MEAN}}", style))
        if weight:
            spans.append((weight, "quiet"))
        return spans


def tie_words(ranking: Ranking) -> str:
    """How a tie was broken, in a word or two; "" if one choice alone was the best."""
    if ranking.tie_break == "drawn":
        return "drawn"
    if ranking.tie_break in ("seed", "first", "rule"):
        return f"tie: {ranking.tie_break}"
    return ""


def measure_words(ranking: Ranking) -> str:
    """The measure's name, safe to show on one line."""
    return one_line(words(ranking.measure))
