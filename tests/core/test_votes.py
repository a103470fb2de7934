"""The vote: examples worked by hand, and exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.votes import vote_shares, winner


def test_one_positive_response_takes_all_but_a_trace() -> None:
    # votes 1, 0; shifted by 0 - 1e-6: 1.000001, 0.000001; total 1.000002
    assert vote_shares(2, [0]) == pytest.approx((1.000001 / 1.000002, 0.000001 / 1.000002))


def test_positive_and_negative_together() -> None:
    # n = 3. Positive 0, 0, 1: 2, 1, 0. One negative on 1: -1/3 there, +1/3 on the others:
    # 7/3, 2/3, 1/3. Shifted by 1/3 - 1e-6: 2, 1/3, 0 and a trace each; total 7/3.
    shares = vote_shares(3, [0, 0, 1], [1])
    assert shares == pytest.approx((6 / 7, 1 / 7, 0.0), abs=2e-6)
    assert winner(shares) == 0


def test_negative_responses_alone_favour_what_they_avoid() -> None:
    # n = 2. Negative 0, 0, 1: choice 0 gets -1/2 - 1/2 + 1/2, choice 1 the opposite.
    shares = vote_shares(2, [], [0, 0, 1])
    assert winner(shares) == 1
    assert shares == pytest.approx((0.0, 1.0), abs=2e-6)


def test_only_positive_keeps_what_a_positive_response_picked() -> None:
    # Without it choice 2 would win: nobody's negative sample chose it.
    positive, negative = [0, 1], [0, 0, 1, 1]
    assert winner(vote_shares(3, positive, negative)) == 2
    shares = vote_shares(3, positive, negative, only_positive=True)
    assert shares[2] == 0.0
    assert winner(shares) == 0
    # Without a positive response `only_positive` has no effect.
    assert vote_shares(2, [], [0], only_positive=True) == vote_shares(2, [], [0])


def test_a_tie_goes_to_the_first() -> None:
    assert winner(vote_shares(4, [2, 1])) == 1
    assert winner(vote_shares(3, [])) == 0
    assert winner((0.25, 0.5, 0.25)) == 1


def test_a_tie_is_a_tie_whatever_the_sums_round_to() -> None:
    # Five times 1/10 added one by one is less than 1 - 5 * 1/10 by one bit.
    assert winner(vote_shares(10, [1], [1, 1, 1, 1, 1])) == 0


@st.composite
def ballots(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    n = draw(st.integers(1, 12))
    picks = st.lists(st.integers(0, n - 1), max_size=12)
    return n, draw(picks), draw(picks)


@given(ballots(), st.booleans())
def test_shares_follow_the_formula(
    ballot: tuple[int, list[int], list[int]], only_positive: bool
) -> None:
    n, positive, negative = ballot
    exact = [Fraction(positive.count(i)) for i in range(n)]
    for choice in negative:
        exact = [v + Fraction(-1 if i == choice else 1, n) for i, v in enumerate(exact)]
    low = min(exact) - Fraction(1, 10**6)
    shifted = [v - low for v in exact]
    if only_positive and positive:
        shifted = [v if i in positive else Fraction(0) for i, v in enumerate(shifted)]
    shares = vote_shares(n, positive, negative, only_positive=only_positive)
    assert sum(shares) == pytest.approx(1.0)
    assert all(share >= 0.0 for share in shares)
    assert shares == pytest.approx([float(v / sum(shifted)) for v in shifted], abs=1e-9)
    assert winner(shares) == max(range(n), key=lambda i: (shifted[i], -i))
