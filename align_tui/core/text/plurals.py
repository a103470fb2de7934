"""Counts in words: `1 scenario`, `2 scenarios`."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """`number` and the noun, in the singular or the plural (by default the noun with an s)."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
