"""Which reply of a running sample its pane shows: the first, or the step that is being written."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from align_tui.monitor.feeds.streams import Streams
from align_tui.store import live
from align_tui.store.live import Piece

STEP = json.dumps({"variables": ["Patient A", "Patient B"]})
CHOSEN = json.dumps({"reasoning": "A bleeds.", "choice": "Treat A"})


def shown(monkeypatch: pytest.MonkeyPatch, pieces: Sequence[tuple[int, str]]) -> list[str]:
    """The text that is shown after each piece (stream, text)."""
    rows = [(n, Piece(1, stream, 0.0, text)) for n, (stream, text) in enumerate(pieces, start=1)]
    streams, texts = Streams(), []
    streams.watch({1: 0})
    for until in range(1, len(rows) + 1):
        read = rows[:until]
        monkeypatch.setattr(live, "read_since", lambda *_, read=read: (read, 0))
        streams.read(None)  # type: ignore[arg-type]  # the reading above needs no database
        texts.append(streams.so_far(1).text)
    return texts


def test_a_pane_follows_the_steps_and_shows_readable_text(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = shown(
        monkeypatch,
        [
            (0, STEP[:-8]),
            (1, '{"information":["B sl'),
            (0, STEP[-8:]),
            (2, "max x, "),
            (1, 'eeps."]}'),
            (3, '{"Reasoning":"So'),
        ],
    )
    assert texts[0].startswith("Patient A\nPati")
    assert texts[1] == texts[0]  # the first step is still being written
    assert texts[2] == "B sl" and texts[3] == "B sl"
    assert texts[4] == "max x, "
    assert texts[5] == "So"


def test_a_pane_of_samples_that_vote_stays_at_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = shown(monkeypatch, [(0, CHOSEN), (1, CHOSEN.replace("A bleeds", "B does"))])
    assert texts == ["A bleeds.", "A bleeds."]
