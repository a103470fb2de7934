"""votes: shares and winners of `calculate_votes` and `filter_votes_to_responses`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.core.votes import vote_shares, winner

from .compare import SHARES, numbers_differ, values_differ


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case."""
    names: Sequence[str] = given["choices"]
    positive = [names.index(pick) for pick in given["positive"]]
    negative = [names.index(pick) for pick in given["negative"] or ()]
    shares = vote_shares(len(names), positive, negative, as_reference=True)
    plain = vote_shares(len(names), positive, negative)
    kept = vote_shares(len(names), positive, negative, only_positive=True)
    ours = dict(zip(names, shares, strict=True))
    return [
        *numbers_differ("share", expected["shares"], ours, relative=SHARES, absolute=SHARES),
        *values_differ("winner", expected["winner"], names[winner(plain)]),
        *values_differ(
            "winner among positive", expected["winner_among_positive"], names[winner(kept)]
        ),
    ]
