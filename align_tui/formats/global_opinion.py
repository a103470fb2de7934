"""Read the CSV of GlobalOpinionQA: a question, its options, and each country's shares of them.

Columns: `question`; `selections`, the text that Python prints for a dictionary of lists by country
(`defaultdict(<class 'list'>, {'Japan': [0.2, 0.8]})`); `options`, the text of a list. A small
parser of its own reads these two texts, and nothing in them is run.
"""

from __future__ import annotations

import ast
import csv
import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

from align_tui.core.errors import DatasetError
from align_tui.core.opinion import normalised
from align_tui.core.scenarios import MAX_CHOICES, MAX_GROUPS
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable
from align_tui.core.types import Json
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft
from align_tui.formats.values import FilePosition, as_object, as_text

COLUMNS = ("question", "selections", "options")
MOST_CHARS = 100_000  # of one cell; the field's have a few thousand
_WRAPPER = re.compile(r"\s*defaultdict\(\s*<class 'list'>\s*,\s*(.*)\)\s*", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?: (?P<text> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
           | (?P<number> [+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
           | (?P<mark> [{}\[\],:] ) )""",
    re.VERBOSE | re.DOTALL,
)


def looks_like_text(text: str) -> bool:
    """Does the first line name the columns?"""
    head = text.removeprefix("\ufeff").lstrip().partition("\n")[0]
    if len(head) > MOST_CHARS:
        return False
    try:
        names = next(csv.reader([head.rstrip("\r")]), [])
    except csv.Error:
        return False
    return set(COLUMNS) <= {name.strip() for name in names}


def records(text: str, place: FilePosition) -> list[Json]:
    """The rows of the file as objects of texts; raises DatasetError."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff").lstrip(), newline=""), strict=True)
    found: list[Json] = []
    try:
        names = [name.strip() for name in next(rows)]
        for number, row in enumerate(rows, start=1):
            if not row:
                continue
            if len(row) != len(names):
                cells = counted(len(row), "cell")
                raise place.at(number).error(f"it has {cells} for {counted(len(names), 'column')}")
            found.append({n: storable(cell) for n, cell in zip(names, row, strict=True) if n})
    except csv.Error as error:
        raise place.error(f"line {rows.line_num} is not CSV: {error}") from error
    return found


def looks_like(first: Json) -> bool:
    """Is this a row of such a file, as JSON?"""
    return isinstance(first, dict) and set(COLUMNS) <= set(first) and "id" not in first


def drafts(rows: Sequence[Json], place: FilePosition) -> list[Draft]:
    """Read the rows, in order; raises DatasetError.

    A question with fewer than two options, or more than a scenario may have, is left out, and a
    note says so.
    """
    found: list[Draft] = []
    skipped = []
    for number, row in enumerate(rows, start=1):
        made = _draft(row, place.at(number))
        if 2 <= len(made.choices) <= MAX_CHOICES:
            found.append(made)
        else:
            skipped.append(number)
    if not found:
        raise place.error("none of its questions has two options or more")
    if skipped:
        some = ", ".join(map(str, skipped[:4])) + (" and others" if len(skipped) > 4 else "")
        note = f"Left out {len(skipped)} without 2 to {MAX_CHOICES} options: record {some}."
        first = found[0]
        found[0] = replace(first, notes=(note, *first.notes))
    return found


def _draft(value: Json, place: FilePosition) -> Draft:
    row = as_object(value, place, "the row")
    cells = {name: as_text(row.get(name), place, name) for name in COLUMNS}
    options = _Cell(cells["options"], place, "options").options()
    shares, notes = {}, []
    for group, numbers in _Cell(cells["selections"], place, "selections").shares().items():
        try:
            if len(numbers) != len(options):
                raise ValueError
            shares[group] = normalised(numbers)
        except ValueError:
            notes.append(f"Left out shares that do not fit the options: {group[:60]}.")
    meta = {k: v for k, v in row.items() if k not in COLUMNS}
    return Draft(
        place=place,
        key=f"q{place.record}",
        text=cells["question"],
        choices=tuple(options),
        labels=({},) * len(options),
        meta=meta,
        source={"format": "globalopinionqa"},
        shares=shares,
        notes=tuple(notes),
    )


class _Cell:
    """The text of one cell, which only lists, texts and numbers may make up."""

    def __init__(self, text: str, place: FilePosition, column: str) -> None:
        self._place, self._column = place, column
        if len(text) > MOST_CHARS:
            raise self._error(f"has more than {MOST_CHARS:,} characters")
        wrapped = _WRAPPER.fullmatch(text)
        self._tokens = self._read(wrapped[1] if wrapped else text)

    def _error(self, problem: str) -> DatasetError:
        return self._place.error(f"{self._column} {problem}")

    def _read(self, text: str) -> Iterator[str | float]:
        """Each token: a mark as itself, a text with `'` in front, a number as a number."""
        at, end = 0, len(text.rstrip())
        while at < end:
            token = _TOKEN.match(text, at)
            if token is None:
                raise self._error(f"has something unexpected: {text[at : at + 30].strip()!r}")
            at = token.end()
            if token["text"] is not None:
                yield "'" + self._unquoted(token["text"])
            else:
                yield token["mark"] or float(token["number"])

    def _unquoted(self, literal: str) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an unknown escape stays as it is
                return storable(str(ast.literal_eval(literal)))
        except (ValueError, SyntaxError) as error:
            raise self._error(f"has a damaged text: {literal[:30]!r}") from error

    def options(self) -> list[str]:
        """The texts of a list; a number is its text."""
        self._expect("[")
        found = [self._text_of(each) for each in self._until("]")]
        self._end()
        return found

    def _text_of(self, token: str | float) -> str:
        if isinstance(token, float):
            return f"{token:g}"
        return token[1:]

    def shares(self) -> dict[str, list[float]]:
        """The numbers of each group, in the order of the text; a later equal group is refused."""
        self._expect("{")
        found: dict[str, list[float]] = {}
        part = next(self._tokens, "")
        while part != "}":
            if not isinstance(part, str) or not part.startswith("'"):
                raise self._error("does not name a group")
            if part[1:] in found or len(found) >= MAX_GROUPS:
                raise self._error(f"names {part[1:61]!r} twice, or over {MAX_GROUPS:,} groups")
            self._expect(":")
            self._expect("[")
            found[part[1:]] = [self._number_of(each) for each in self._until("]")]
            part = next(self._tokens, "")
            if part == ",":
                part = next(self._tokens, "")
            elif part != "}":
                raise self._error("is cut off, or lacks a comma")
        self._end()
        return found

    def _number_of(self, part: str | float) -> float:
        if not isinstance(part, float) or not math.isfinite(part):
            raise self._error("has a share that is not a number")
        return part

    def _until(self, mark: str) -> Iterator[str | float]:
        """The values of a list, separated by commas, up to the mark that ends it."""
        part = next(self._tokens, "")
        while part != mark:
            if part == "" or (isinstance(part, str) and not part.startswith("'")):
                raise self._error("is cut off, or nests what it may not")
            yield part
            part = next(self._tokens, "")
            if part == ",":
                part = next(self._tokens, "")
            elif part != mark:
                raise self._error("is cut off, or lacks a comma")

    def _expect(self, mark: str) -> None:
        if next(self._tokens, "") != mark:
            raise self._error(f"lacks {mark!r}")

    def _end(self) -> None:
        if next(self._tokens, None) is not None:
            raise self._error("has more text behind its end")


SCENARIOS = ScenarioFormat(
    "globalopinionqa",
    "the CSV of GlobalOpinionQA",
    looks_like,
    drafts,
    looks_like_text=looks_like_text,
    records=records,
)
