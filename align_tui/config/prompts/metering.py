"""Limits on what a template may cost: steps, time, and the sizes of values, checked beforehand.

A limit on the output would come too late: `'a' * 10**9` takes its memory even if the template does
not write it. So every operator, call, filter and literal is measured here first.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from jinja2.exceptions import TemplateRuntimeError
from jinja2.utils import Namespace

LARGEST = 4_000_000
"""The largest value (its characters, plus 32 for each item), and the longest output."""
MOST_MADE = 64_000_000
"""The largest total of all values of one rendering."""
STEPS = 300_000
SECONDS = 1.0
"""Processor time of this thread: a busy machine or a pause does not count."""
WIDEST = 10_000
"""The largest number by which a template may pad, fill or split something."""
MOST_WORK = 200_000_000
"""The most steps of a loop in C, which does not look at the clock."""
MOST_BITS = 16_384
DEEPEST = 100
ITEM = 32


class TooCostly(TemplateRuntimeError):
    """A template that would take more time or memory than any prompt needs."""


@dataclass(slots=True)
class Meter:
    """The cost of one rendering so far."""

    steps: int = 0
    ticks: int = 0
    made: int = 0
    written: int = 0
    ends: float = field(default_factory=lambda: time.thread_time() + SECONDS)

    def step(self, written: int = 0) -> None:
        """Count a step, and the characters of the template that it writes."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooCostly(f"it takes more than {STEPS:,} steps")
        if written:
            self.write(written)
        if self.steps % 16 == 0 and time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def tick(self) -> None:
        """Look at the clock now and then, for work that is done thousands of times in one step."""
        self.ticks += 1
        if self.ticks % 64 == 0 and time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def look(self) -> None:
        """Count a step that may have been long, and look at the clock."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooCostly(f"it takes more than {STEPS:,} steps")
        if time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def write(self, count: int) -> None:
        """Count written characters."""
        self.written += count
        if self.written > LARGEST:
            raise TooCostly(f"it writes more than {LARGEST:,} characters")

    def make(self, value: Any) -> Any:
        """Count a value and return it; raises TooCostly if it is too large."""
        if isinstance(value, int):
            bits(value.bit_length())
        self.charge(weight(value))
        return value

    def charge(self, size: int) -> None:
        """Count the size of a value that is made or will be."""
        allow(size)
        self.made += size
        if self.made > MOST_MADE:
            raise TooCostly("it makes too many large values")


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


def meter() -> Meter:
    """The meter of the current rendering; raises TooCostly if there is none."""
    found = _METER.get()
    if found is None:
        raise TooCostly("no template is being rendered")
    return found


def begin() -> Callable[[], None]:
    """Start a new meter; returns the function that ends it."""
    token = _METER.set(Meter())
    return lambda: _METER.reset(token)


def allow(size: int) -> None:
    """Raise TooCostly for a size that is too large."""
    if size > LARGEST:
        raise TooCostly("it makes a value that is too large")


def width(value: object) -> None:
    """Raise TooCostly for a number by which a text would be padded too far; ignore other types."""
    if isinstance(value, int) and abs(value) > WIDEST:
        raise TooCostly(f"it has a number that is larger than {WIDEST:,}")


def weight(value: Any) -> int:
    """The size of a value; parts that occur several times count each time.

    It stops once the size is too large, since a list can contain itself twice, thirty deep.
    """
    if isinstance(value, str | bytes):
        return len(value)
    total = 0
    stack: list[tuple[Any, int]] = [(value, 0)]
    while stack:
        here, depth = stack.pop()
        if isinstance(here, str | bytes):
            total += ITEM + len(here)
        elif isinstance(here, int):
            total += ITEM + here.bit_length() // 8
        elif isinstance(here, range):
            total += ITEM * (len(here) + 1)
        else:
            inside = _inside(here)
            total += ITEM + ITEM * len(inside)
            if inside and depth >= DEEPEST:
                raise TooCostly(f"it nests values more than {DEEPEST} deep")
            if total <= LARGEST:
                stack.extend((each, depth + 1) for each in inside)
        if total > LARGEST:
            return total
    return total


def depth(value: Any) -> int:
    """How deeply a value is nested; `weight` must have checked that it is finite."""
    deep, level = 1, _inside(value)
    while level:
        deep, level = deep + 1, [part for each in level for part in _inside(each)]
    return deep


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, Namespace):
        return _inside(object.__getattribute__(value, "_Namespace__attrs"))
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if isinstance(value, type({}.keys()) | type({}.values()) | type({}.items())):
        return list(value)
    return []


def binary(operator: str, left: Any, right: Any) -> None:
    """Raise TooCostly for an operation that would take too long or give too large a result."""
    for value in (left, right):
        if isinstance(value, int):
            bits(value.bit_length())
    if operator == "*":
        _times(left, right)
    elif operator == "**":
        _power(left, right)
    elif operator == "+" and not isinstance(left, int | float):
        allow(weight(left) + weight(right))
    elif operator == "%" and isinstance(left, str | bytes):
        percent(left, right)


def _times(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits(left.bit_length() + right.bit_length())
    for many, once in ((left, right), (right, left)):
        if isinstance(many, int) and not isinstance(once, int | float | complex):
            allow(max(0, many) * max(1, weight(once)))


def _power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and right > 0 and abs(left) > 1:
        bits(left.bit_length() * right)


def bits(count: int) -> None:
    """Raise TooCostly for an integer of too many binary digits."""
    if count > MOST_BITS:
        raise TooCostly("it makes a number that is too large")


def work(text: object, part: object) -> None:
    """Raise TooCostly for a slow search, which takes time with the product of both lengths."""
    if weight(text) * weight(part) > MOST_WORK:
        raise TooCostly("it searches a long text for a long text")


def each(found: Iterator[Any]) -> Iterator[Any]:
    """The values that a filter yields, each counted."""
    for value in found:
        meter().tick()
        yield meter().make(value)


def percent(text: str | bytes, given: Any) -> None:
    """Raise TooCostly if a width in `text % given`, or its result, is too large."""
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    parts, at = 0, plain.find("%")
    while at >= 0:
        parts += 1
        if parts > WIDEST:
            raise TooCostly("it has a format of too many parts")
        at += 1
        if plain[at : at + 1] == "(":
            at = max(at, plain.find(")", at) + 1)
        number = ""
        while at < len(plain) and plain[at] in "#0- +.*123456789hlL":
            if plain[at] == "*":
                raise TooCostly("it has a format whose width is not a number (*)")
            number = number + plain[at] if plain[at].isdigit() else ""
            if len(number.lstrip("0")) > 4:
                raise TooCostly(f"it has a width that is larger than {WIDEST:,}")
            at += 1
        # The character here is the conversion, which may itself be a percent sign.
        at = plain.find("%", at + 1)
    values = given if isinstance(given, tuple) else (given,)
    largest = max((weight(value) for value in values), default=0)
    allow(len(text) + parts * (largest + WIDEST if parts > 100 else largest))


def replaced(text: Any, old: Any, new: Any, count: Any = None) -> None:
    """Raise TooCostly for a replacement whose result would be too large."""
    text, old, new = str(text), str(old), str(new)
    times = text.count(old)
    if isinstance(count, int) and count >= 0:
        times = min(times, count)
    allow(len(text) + times * max(0, len(new) - len(old)))


def joined(items: Iterable[Any], between: Any) -> list[Any]:
    """The items as a list; raises TooCostly if their joined text would be too large."""
    found = list(items)
    allow(weight(found) + len(found) * len(str(between)))
    return found
