"""What a template may cost: steps, time and the sizes of what it makes, asked before it is made.

A limit on what is written would come too late: `'a' * 10**9` takes its memory although nobody
writes it. So every operator, call, filter and literal is measured here first.
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
"""The largest value: characters, and 32 for each item; the longest text that is written."""
MOST_MADE = 64_000_000
"""All values of one rendering together."""
STEPS = 300_000
SECONDS = 1.0
"""Of this thread's own processor time: neither a busy machine nor a pause counts."""
WIDEST = 10_000
"""The largest number by which something may be widened, filled or parted."""
MOST_WORK = 200_000_000
"""Steps of a loop in C, which looks at no clock."""
MOST_BITS = 16_384
DEEPEST = 100
ITEM = 32


class TooCostly(TemplateRuntimeError):
    """A template that would take more time or memory than any prompt needs."""


@dataclass(slots=True)
class Meter:
    """What one rendering has cost so far."""

    steps: int = 0
    ticks: int = 0
    made: int = 0
    written: int = 0
    ends: float = field(default_factory=lambda: time.thread_time() + SECONDS)

    def step(self, written: int = 0) -> None:
        """Count a step, and the characters that the template itself writes in it."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooCostly(f"it takes more than {STEPS:,} steps")
        if written:
            self.write(written)
        if self.steps % 16 == 0 and time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def tick(self) -> None:
        """Look at the clock now and then: for what is done by the thousand within one step."""
        self.ticks += 1
        if self.ticks % 64 == 0 and time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def look(self) -> None:
        """Count a step that may have been a long one."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooCostly(f"it takes more than {STEPS:,} steps")
        if time.thread_time() > self.ends:
            raise TooCostly(f"it takes longer than {SECONDS:g} seconds")

    def write(self, count: int) -> None:
        """Count characters that are written."""
        self.written += count
        if self.written > LARGEST:
            raise TooCostly(f"it writes more than {LARGEST:,} characters")

    def make(self, value: Any) -> Any:
        """`value`, when it is of a size that a template may make; counted."""
        if isinstance(value, int):
            bits(value.bit_length())
        self.charge(weight(value))
        return value

    def charge(self, size: int) -> None:
        """Count what is made, or about to be."""
        allow(size)
        self.made += size
        if self.made > MOST_MADE:
            raise TooCostly("it makes too many large values")


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


def meter() -> Meter:
    """The meter of the rendering that goes on."""
    found = _METER.get()
    if found is None:
        raise TooCostly("nothing is rendered here")
    return found


def begin() -> Callable[[], None]:
    """Begin to count anew; gives what ends it."""
    token = _METER.set(Meter())
    return lambda: _METER.reset(token)


def allow(size: int) -> None:
    """Refuse a size that is too large."""
    if size > LARGEST:
        raise TooCostly("it makes a value that is too large")


def width(value: object) -> None:
    """Refuse a number that something would be widened by; other values are their owner's."""
    if isinstance(value, int) and abs(value) > WIDEST:
        raise TooCostly(f"a number that is larger than {WIDEST:,}")


def weight(value: Any) -> int:
    """The size of a value, everything in it counted as often as it stands there.

    Stops when it is too large: of a list that holds itself twice, thirty deep, nobody can write
    the text.
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
    """How deeply a value is nested, of which `weight` has found that this has an end."""
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
    """Refuse an operation that would take long, or whose result would be too large."""
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
    """Refuse a whole number of so many binary digits."""
    if count > MOST_BITS:
        raise TooCostly("it makes a number that is too large")


def work(text: object, part: object) -> None:
    """Refuse what may take as long as the product of two lengths: a search from the right."""
    if weight(text) * weight(part) > MOST_WORK:
        raise TooCostly("it looks for too long a text in too long a text")


def each(found: Iterator[Any]) -> Iterator[Any]:
    """What a filter gives one by one, counted, whoever takes it."""
    for value in found:
        meter().tick()
        yield meter().make(value)


def percent(text: str | bytes, given: Any) -> None:
    """Refuse `text % given` when a width in it, or all of it, is too large."""
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    parts, at = 0, plain.find("%")
    while at >= 0:
        parts += 1
        if parts > WIDEST:
            raise TooCostly("a format of too many parts")
        at += 1
        if plain[at : at + 1] == "(":
            at = max(at, plain.find(")", at) + 1)
        number = ""
        while at < len(plain) and plain[at] in "#0- +.*123456789hlL":
            if plain[at] == "*":
                raise TooCostly("a width that is not written out (*)")
            number = number + plain[at] if plain[at].isdigit() else ""
            if len(number.lstrip("0")) > 4:
                raise TooCostly(f"a width that is larger than {WIDEST:,}")
            at += 1
        # What stands there is the kind, which may itself be a percent sign.
        at = plain.find("%", at + 1)
    values = given if isinstance(given, tuple) else (given,)
    largest = max((weight(value) for value in values), default=0)
    allow(len(text) + parts * (largest + WIDEST if parts > 100 else largest))


def replaced(text: Any, old: Any, new: Any, count: Any = None) -> None:
    """Refuse a replacement whose result would be too large."""
    text, old, new = str(text), str(old), str(new)
    times = text.count(old)
    if isinstance(count, int) and count >= 0:
        times = min(times, count)
    allow(len(text) + times * max(0, len(new) - len(old)))


def joined(items: Iterable[Any], between: Any) -> list[Any]:
    """The items, when the text that they make is not too large."""
    found = list(items)
    allow(weight(found) + len(found) * len(str(between)))
    return found
