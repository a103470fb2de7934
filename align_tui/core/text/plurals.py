"""Counts in words: `1 scenario`, `2 scenarios`."""

from __future__ import annotations


def counted(number: int, noun: str, plural_noun: str = "") -> str:
    """`number` and the noun, in the singular or the plural (by default the noun with an s)."""
    return f"{number} {plural(number, noun, plural_noun)}"


def plural(number: int, noun: str, plural_noun: str = "") -> str:
    """The noun as it follows `number`."""
    return noun if number == 1 else plural_noun or noun + "s"
