"""Read the recording of a run: when each sample began, when it ended, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.replay_clock import Clock, make_clock, nearest
from align_tui.monitor.run_state import SampleKey, cell_of
from align_tui.monitor.snapshot import Cell

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.results import Result, SampleState, StoredResponse


@dataclass(frozen=True, slots=True)
class Event:
    """A sample that ran: when, in seconds of playing, and the cell that it ended as."""

    place: SampleKey
    started: float
    ended: float
    cell: Cell


@dataclass(frozen=True, slots=True)
class Recording:
    """A run's samples by the clock of its playing, without texts."""

    state: str = ""
    clock: Clock = field(default_factory=lambda: make_clock(()))
    states: tuple[SampleState, ...] = ()
    by_start: tuple[Event, ...] = ()
    by_end: tuple[Event, ...] = ()
    ticks: tuple[tuple[float, int, Cell], ...] = ()  # as in Transport
    ends: tuple[float, ...] = ()  # the seconds of the ticks
    edges: tuple[float, ...] = ()  # the seconds at which any sample begins or ends
    begins: tuple[tuple[float, int], ...] = ()  # when each scenario is first decided

    def scenario_near(self, at: float, step: int) -> tuple[float, int] | None:
        """(second, scenario) of the nearest start of a scenario before or after a second."""
        second = nearest([begin for begin, _ in self.begins], at, step)
        return next((each for each in self.begins if each[0] == second), None)


def read_recording(db: Database, run: str) -> Recording:
    """Read a run's recording without its texts. Raises StoreError."""
    from align_tui.store.results import periods, states
    from align_tui.store.runs import state_of

    found = tuple(states(db, run))
    known = {state.id: state for state in found}
    ended = [period for period in periods(db, run) if period[0] in known]
    clock = make_clock((start, end) for _, start, end in ended)
    events = [
        Event(_place(known[sample]), clock.second(start), clock.second(end), cell_of(known[sample]))
        for sample, start, end in ended
    ]
    by_start = tuple(sorted(events, key=lambda event: event.started))
    by_end = tuple(sorted(events, key=lambda event: event.ended))
    begins: dict[int, float] = {}
    for event in by_start:
        begins.setdefault(event.place[0], event.started)
    return Recording(
        state=state_of(db, run) or "",
        clock=clock,
        states=found,
        by_start=by_start,
        by_end=by_end,
        ticks=tuple((event.ended, event.place[1], event.cell) for event in by_end),
        ends=tuple(event.ended for event in by_end),
        edges=tuple(sorted({t for event in events for t in (event.started, event.ended)})),
        begins=tuple((second, scenario) for scenario, second in begins.items()),
    )


def _place(state: SampleState) -> SampleKey:
    return (state.scenario, state.profile, state.repeat)


def token_seconds(
    clock: Clock, texts: Iterable[tuple[Result, Iterable[StoredResponse]]]
) -> list[float]:
    """The seconds of playing, ascending, at which a text of these samples begins, grows or ends."""
    moments: set[float] = set()
    for result, replies in texts:
        moments |= {result.started, result.finished}
        for reply in replies:
            moments |= {result.started + t for t, n in reply.timeline if n}
    return sorted({clock.second(moment) for moment in moments})
