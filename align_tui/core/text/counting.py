"""A count with its noun in the singular or the plural."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """The count and its noun, such as `1 sample` and `2 samples`; `plural` is the noun with an s.

    Pass `plural` for a noun that needs another form: `counted(2, "reply", "replies")`.
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
