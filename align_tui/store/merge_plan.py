"""Decide for each sample of a run that two databases have which result the merged run has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Place = tuple[int, int, int]  # scenario, profile, repeat
Act = Literal["ours", "theirs", "open"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample in one database. `said` stands for its whole decision, `choice` for what it took.

    Both are None while it has no decision, and `seq` is its result's number. A sample with a `turn`
    needs the decisions of the earlier turns of its `context` (store/turns.py).
    """

    id: int
    status: str
    choice: tuple[int | None, str] | None = None
    said: int | None = None
    context: str | None = None
    turn: int | None = None
    seq: int | None = None

    @property
    def is_done(self) -> bool:
        """True if it has a decision."""
        return self.status == "done"


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one sample.

    "ours" keeps what this database has, "theirs" takes the other's result, "open" queues the
    sample without one.
    """

    place: Place
    act: Act
    ours: Sample | None
    theirs: Sample | None

    @property
    def differs(self) -> bool:
        """True if both databases decided the sample, and not alike."""
        return (
            self.ours is not None
            and self.theirs is not None
            and self.ours.is_done
            and self.theirs.is_done
            and self.ours.choice != self.theirs.choice
        )

    @property
    def is_same_decision(self) -> bool:
        """True if both databases have the same decision, word for word."""
        return (
            self.ours is not None
            and self.theirs is not None
            and self.ours.is_done
            and self.theirs.is_done
            and self.ours.said == self.theirs.said
        )


def plan(ours: Mapping[Place, Sample], theirs: Mapping[Place, Sample]) -> Iterator[Planned]:
    """What becomes of each sample that the other database has, and of those that depend on it.

    A decision comes before a failure, and a failure before an open sample; of two alike, ours
    stays. A sample with a turn keeps a decision only if the merged run has the same decisions in
    the turns before it.
    """
    chains: dict[tuple[object, ...], list[tuple[int, Place]]] = {}
    for place in dict.fromkeys((*theirs, *(p for p, s in ours.items() if s.turn is not None))):
        sample = theirs.get(place) or ours[place]
        chain = place if sample.turn is None else (sample.context, *place[1:])
        chains.setdefault(chain, []).append((sample.turn or 0, place))
    for found in chains.values():
        yield from _in_turn(sorted(found), ours, theirs)


def _in_turn(
    chain: list[tuple[int, Place]], ours: Mapping[Place, Sample], theirs: Mapping[Place, Sample]
) -> Iterator[Planned]:
    """Plan the samples of one context; a side counts while the merged run has its history."""
    ours_holds = theirs_holds = True
    for _, group in groupby(chain, key=lambda each: each[0]):
        made = []
        for _, place in group:  # samples of one turn do not know each other
            mine, other = ours.get(place), theirs.get(place)
            act = _act(mine if ours_holds else None, other if theirs_holds else None)
            made.append(Planned(place, act, mine, other))
        yield from made
        ours_holds = ours_holds and all(_choice(p.ours) == _kept(p) for p in made)
        theirs_holds = theirs_holds and all(_choice(p.theirs) == _kept(p) for p in made)


def _kept(made: Planned) -> tuple[int | None, str] | None:
    return _choice({"ours": made.ours, "theirs": made.theirs, "open": None}[made.act])


def _choice(sample: Sample | None) -> tuple[int | None, str] | None:
    return sample.choice if sample is not None and sample.is_done else None


def _act(ours: Sample | None, theirs: Sample | None) -> Act:
    """The side that is further along; ours where neither is."""
    for status in ("done", "failed"):
        if ours is not None and ours.status == status:
            return "ours"
        if theirs is not None and theirs.status == status:
            return "theirs"
    return "open"
