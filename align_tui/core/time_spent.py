"""The time of a decision, divided into waiting, reading and writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Timeline = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """Seconds of a decision from when it was asked for; together its wait and its latency.

    In `queued_s` the sample waited for other runs, for a worker, for the model to load, or for
    other samples of its worker. In `reading_s` the model read the first prompt. `writing_s` is the
    rest: everything from the first token on.
    """

    queued_s: float
    reading_s: float
    writing_s: float


def time_spent(
    latency_s: float, replies: Sequence[tuple[Timeline, float]], waited_s: float = 0.0
) -> TimeSpent | None:
    """Divide a wait and a latency by the replies, each as (timeline, seconds to its first token).

    `waited_s` are the seconds from when the sample was asked for to its claim; latency and
    timelines count from the claim. A mark without characters is the moment at which the model began
    to read; a server gives none, and reads from the request on. None without a reply.
    """
    begins = [_begin(timeline, first) for timeline, first in replies if timeline]
    if not begins:
        return None
    queued, first = min(begins)
    queued = min(max(0.0, queued), latency_s)
    first = min(max(queued, first), latency_s)
    return TimeSpent(waited_s + queued, first - queued, latency_s - first)


def _begin(timeline: Timeline, first_token_s: float) -> tuple[float, float]:
    """When the model began to read, and when it had written the first text."""
    written = next((at for at, characters in timeline if characters), timeline[-1][0])
    if timeline[0][1] == 0:
        return timeline[0][0], written
    return written - first_token_s, written
