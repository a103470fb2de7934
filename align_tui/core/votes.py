"""ALIGN's vote, which makes one choice of positive and negative responses."""

from __future__ import annotations

from collections.abc import Sequence

SHIFT = 1e-6


def vote_shares(
    n_choices: int,
    positive: Sequence[int],
    negative: Sequence[int] = (),
    *,
    only_positive: bool = False,
    as_reference: bool = False,
) -> tuple[float, ...]:
    """The share of the votes that each choice gets (sum 1).

    A positive response adds 1 to its choice. A negative one takes 1/n from its choice and gives
    1/n to every other. The sums are shifted by (min - 1e-6) and divided by their total, so that no
    share is below 0. `only_positive` gives 0 to choices that no positive response picked.

    With `as_reference` they are shifted by (min + 1e-6), as align-system (commit 6d59f0d) does in
    `voting.calculate_votes`: the least choices get a share just below 0, and the largest may get
    one just above 1. (It also rounds to six digits.) The winner is the same either way.
    """
    # Whole n-ths: sums of 1/n as floats differ in the last bit, and would break a tie.
    nths = [0] * n_choices
    for choice in positive:
        nths[choice] += n_choices
    for choice in negative:
        for i in range(n_choices):
            nths[i] += -1 if i == choice else 1
    low = min(nths)
    shift = -SHIFT if as_reference else SHIFT
    shifted = [(vote - low) / n_choices + shift for vote in nths]
    if only_positive and positive:
        shifted = [share if i in set(positive) else 0.0 for i, share in enumerate(shifted)]
    total = sum(shifted)
    return tuple(share / total for share in shifted)


def winner(shares: Sequence[float]) -> int:
    """The index of the largest share; a tie goes to the first."""
    return max(range(len(shares)), key=lambda i: (shares[i], -i))
