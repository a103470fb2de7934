"""The live text of running samples on the shown scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.written import NOTHING, Written, is_whole_step, written

if TYPE_CHECKING:
    from align_tui.store.database import Database


@dataclass(slots=True)
class Stream:
    """One attempt at a sample: the raw text of the shown reply and later ones, by their number.

    `streams` is how many replies began. Shown is the first reply; once it is whole and takes no
    choice, as in a step of a longer decision, the next one is.
    """

    attempt: int | None
    after: int = 0
    raw: dict[int, list[str]] = field(default_factory=dict)
    shown: int = 0
    streams: int = 0
    dirty: bool = False
    so_far: Written = NOTHING


class Streams:
    """Live texts of the shown scenario alone, so that memory does not grow with the run."""

    def __init__(self) -> None:
        self._by_sample: dict[int, Stream] = {}

    def __len__(self) -> int:
        return len(self._by_sample)

    def clear(self) -> None:
        """Forget all text."""
        self._by_sample.clear()

    def watch(self, running: Mapping[int, int | None]) -> None:
        """Watch exactly these samples, at these attempts."""
        for sample in list(self._by_sample):
            if sample not in running or running[sample] != self._by_sample[sample].attempt:
                del self._by_sample[sample]
        for sample, attempt in running.items():
            if sample not in self._by_sample:
                self._by_sample[sample] = Stream(attempt)

    def read(self, db: Database) -> None:
        """Read the text since the last call. Raises StoreError."""
        from align_tui.store import live

        if not self._by_sample:
            return
        # Read from the earliest position of all samples: the first pieces of a new sample may be
        # older than the last piece of another.
        after = min(stream.after for stream in self._by_sample.values())
        pieces, _ = live.read_since(db, list(self._by_sample), after)
        for row, piece in pieces:
            stream = self._by_sample[piece.sample]
            if row <= stream.after:
                continue
            stream.after = row
            stream.streams = max(stream.streams, piece.stream + 1)
            if piece.text and piece.stream >= stream.shown:
                stream.raw.setdefault(piece.stream, []).append(piece.text)
                stream.dirty = True

    def so_far(self, sample: int) -> Written:
        """The text of a watched sample so far."""
        stream = self._by_sample.get(sample)
        if stream is None:
            return NOTHING
        if stream.dirty or stream.streams != stream.so_far.streams:
            stream.so_far = written(_shown(stream), stream.streams)
            stream.dirty = False
        return stream.so_far


def _shown(stream: Stream) -> str:
    """The raw text of the reply to show; forgets those before it."""
    raw = "".join(stream.raw.get(stream.shown, ()))
    while is_whole_step(raw) and (later := [n for n in stream.raw if n > stream.shown]):
        stream.raw.pop(stream.shown, None)
        stream.shown = min(later)
        raw = "".join(stream.raw[stream.shown])
    stream.raw[stream.shown] = [raw]
    return raw
