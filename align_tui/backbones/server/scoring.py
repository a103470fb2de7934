"""Compute probabilities of choices from the likeliest next tokens of an unfinished reply.

Wherever the choices differ, the probabilities of the tokens that continue some choice are
normalised, and multiplied along each choice. These are the probabilities of constrained sampling
(backbones/local/scoring.py computes them from logits). A token that is not among the likeliest of
the server counts as 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Sequence

Likeliest = Callable[[str], Awaitable[Sequence[tuple[str, float]] | None]]
"""Takes the beginning of a reply; returns (token, log probability) of the next token, or None."""
LEAST_MASS = 0.5
"""With less mass on the choices, the model writes something else than the reply."""
SMALL = 0.01
"""A group of choices with a smaller share of the mass is not split further."""
DEEPEST = 32
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')  # an unescaped quote


async def choice_probabilities(
    replies: Sequence[str], likeliest: Likeliest
) -> tuple[float, ...] | None:
    """Probability (sum 1) of each reply up to the end of its choice; None when unknown.

    The replies differ only in the choice, and none is the beginning of another.
    """
    if len(replies) < 2:
        return (1.0,) * len(replies)
    shares = [0.0] * len(replies)
    groups = [(_before_parting(replies), tuple(range(len(replies))), 1.0)]
    for _ in range(DEEPEST):
        if not groups:
            break
        begun, members, share = groups.pop()
        found = await likeliest(begun)
        parts = _parted(begun, members, replies, found or ())
        mass = sum(part for part, _ in parts.values())
        if mass < LEAST_MASS:
            return None
        for group, (part, token) in parts.items():
            if len(group) == 1:
                shares[group[0]] += share * part / mass
            elif part >= SMALL * mass:
                groups.append((begun + token, group, share * part / mass))
    whole = sum(shares)
    return tuple(each / whole for each in shares) if whole > 0 and not groups else None


def _before_parting(replies: Sequence[str]) -> str:
    """The common beginning of the replies, up to a position where a token probably ends.

    That is before the last blank in the choice, or after the quote that opens it.
    """
    length = next(
        (i for i, chars in enumerate(zip(*replies, strict=False)) if len(set(chars)) > 1),
        min(map(len, replies)),
    )
    common = replies[0][:length]
    opened = max((found.end() for found in _QUOTE.finditer(common)), default=0)
    blank = common.rfind(" ", opened)
    return common[:blank] if blank > opened else common[:opened]


def _parted(
    begun: str, members: Sequence[int], replies: Sequence[str], found: Sequence[tuple[str, float]]
) -> dict[tuple[int, ...], tuple[float, str]]:
    """(probability, likeliest token) for each group of choices that the same tokens continue."""
    parts: dict[tuple[int, ...], tuple[float, str]] = {}
    for token, log in sorted(found, key=lambda pair: -pair[1]):
        if not token or math.isnan(log):
            continue
        text = begun + token
        group = tuple(
            i for i in members if replies[i].startswith(text) or text.startswith(replies[i])
        )
        if group:
            mass, first = parts.get(group, (0.0, token))
            parts[group] = (mass + math.exp(min(log, 0.0)), first)
    return parts
