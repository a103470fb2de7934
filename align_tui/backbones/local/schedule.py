"""The queue of waiting readers, and rules for which reader joins the batch next."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from itertools import count

from align_tui.backbones.local.budget import Budget
from align_tui.backbones.local.prefix_cache import common_prefix
from align_tui.backbones.local.reader import Reader

GROWTH = 256  # tokens that a reply is expected to write; a longer one may have to make room
SHARED = 16  # tokens to share with a prompt in progress that make waiting for it worthwhile


class Waiting:
    """Waiting readers by priority; at equal priority probes come first, then the oldest.

    A probe has little to read and completes a decision.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[int, bool, int, Reader]] = []
        self._number = count()
        self._again = count(-1, -1)

    def __len__(self) -> int:
        return len(self._queue)

    def __iter__(self) -> Iterator[Reader]:
        return iter([entry[-1] for entry in self._queue])

    def push(self, reader: Reader, *, again: bool = False) -> None:
        """Queue a reader; with `again` (it had a slot before) in front of its equals."""
        number = next(self._again if again else self._number)
        insort(self._queue, (-reader.priority, bool(reader.growth), number, reader))

    def remove(self, reader: Reader) -> None:
        """Remove one reader."""
        self._queue = [entry for entry in self._queue if entry[-1] is not reader]

    def take_stopped(self) -> list[Reader]:
        """Remove and return the readers that were asked to stop."""
        stopped = [reader for reader in self if reader.stop_requested]
        for reader in stopped:
            self.remove(reader)
        return stopped

    def clear(self) -> list[Reader]:
        """Remove and return all readers."""
        readers, self._queue = list(self), []
        return readers


def room_for(seats: Sequence[Reader], reader: Reader, budget: Budget) -> bool:
    """May `reader` join the batch? One alone always may. All slots are as long as the longest."""
    if not seats:
        return True
    longest = max(expected_length(each) for each in (*seats, reader))
    return (len(seats) + 1) * longest <= budget.tokens


def expected_length(reader: Reader) -> int:
    """How many positions the reader's slot is likely to need."""
    return len(reader.ids) + min(reader.growth, GROWTH)


def worth_waiting(seats: Sequence[Reader], reader: Reader, known: int) -> bool:
    """Does a prompt in progress share more tokens with `reader` than the `known` cached ones?"""
    return any(
        seat.is_fresh and common_prefix(seat.ids, reader.ids) >= known + SHARED for seat in seats
    )


def least_urgent(seats: Sequence[Reader], than: Reader) -> Reader | None:
    """The newest of the least urgent readers in the batch, if less urgent than `than`."""
    lowest = min((seat.priority for seat in seats), default=than.priority)
    if lowest >= than.priority:
        return None
    return [seat for seat in seats if seat.priority == lowest][-1]
