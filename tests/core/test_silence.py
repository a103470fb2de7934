"""How long a counter stood still: only the watched time counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.stillness import Stillness

MOST = 3.0
steps = st.lists(
    st.tuples(st.floats(0, 10_000, allow_nan=False), st.booleans()), min_size=1, max_size=60
)


@given(steps)
def test_it_never_adds_up_to_more_than_passed_or_was_watched(
    looks: list[tuple[float, bool]],
) -> None:
    now, count, since, watched = 0.0, 0, 0.0, 0.0
    silence = Stillness(MOST, lambda: now)
    silence.look({"w": 0})
    for passed, moved in looks:
        now += passed
        count += moved
        watched = 0.0 if moved else watched + min(passed, MOST)
        since = now if moved else since
        silence.look({"w": count})
        assert silence.seconds("w") <= now - since + 1e-6
        assert abs(silence.seconds("w") - watched) < 1e-6


@given(st.floats(0, 1e9))
def test_one_long_pause_of_the_watcher_counts_as_one_look(pause: float) -> None:
    now = 0.0
    silence = Stillness(MOST, lambda: now)
    silence.look({"w": 7})
    now += pause
    silence.look({"w": 7})
    assert silence.seconds("w") <= MOST


def test_a_counter_that_goes_and_comes_back_begins_anew() -> None:
    now = 0.0
    silence = Stillness(MOST, lambda: now)
    for counters in ({"w": 1}, {"w": 1}, {}, {"w": 1}):
        now += 2
        silence.look(counters)
    assert silence.seconds("w") == silence.seconds("nobody") == 0
