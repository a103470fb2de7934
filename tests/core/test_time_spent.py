"""A latency is divided into waiting, reading and writing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.time_spent import TimeSpent, time_spent

SECONDS = st.floats(0, 1e4)
TIMELINES = st.lists(st.tuples(SECONDS, st.integers(0, 50)), max_size=4).map(sorted)


def test_a_local_reply_says_when_the_model_began_to_read() -> None:
    reply = ((31.0, 0), (35.0, 4), (37.0, 90)), 35.0
    assert time_spent(37.0, [reply]) == TimeSpent(31.0, 4.0, 2.0)


def test_a_server_reads_from_the_request_on() -> None:
    assert time_spent(10.0, [(((5.0, 4), (9.0, 90)), 3.0)]) == TimeSpent(2.0, 3.0, 5.0)


def test_of_several_replies_the_first_begins() -> None:
    later, first = (((6.0, 0), (7.0, 3)), 7.0), (((1.0, 0), (3.0, 3)), 3.0)
    assert time_spent(9.0, [later, first]) == TimeSpent(1.0, 2.0, 6.0)
    assert time_spent(9.0, []) is None and time_spent(9.0, [((), 1.0)]) is None


@given(SECONDS, st.lists(st.tuples(TIMELINES, SECONDS), max_size=3), SECONDS)
def test_the_parts_are_never_negative_and_give_the_wait_and_the_latency(
    latency: float, replies: list[tuple[list[tuple[float, int]], float]], waited: float
) -> None:
    spent = time_spent(latency, replies, waited)
    if spent is not None:
        parts = (spent.queued_s, spent.reading_s, spent.writing_s)
        assert min(parts) >= 0 and spent.queued_s >= waited
        assert abs(sum(parts) - waited - latency) <= 1e-6 * max(1.0, waited + latency)
