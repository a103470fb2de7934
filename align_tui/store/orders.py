"""The orders in which choices were shown, as the database keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.config.profile import Profile
from align_tui.core.choice_order import given_order
from align_tui.core.decisions import Decision, Response, ShownChoices
from align_tui.core.halves import halves_from_json, halves_to_json
from align_tui.store.database import Database


def shown_json(shown: Sequence[ShownChoices]) -> str | None:
    """`[[order, choice], ...]` as JSON; None without any."""
    if not shown:
        return None
    return json.dumps([[list(each.order), each.choice] for each in shown])


def read_shown(text: str | None) -> tuple[ShownChoices, ...]:
    """Inverse of `shown_json`."""
    if not text:
        return ()
    return tuple(
        ShownChoices(tuple(int(index) for index in order), int(choice))
        for order, choice in json.loads(text)
    )


def read_order(text: str | None) -> tuple[int, ...] | None:
    """The order of one reply; None where it is the scenario's own."""
    return tuple(int(index) for index in json.loads(text)) if text else None


def halves_json(decision: Decision) -> str | None:
    """The two decisions that a decision by both orders is the mean of, as JSON; None for others."""
    found = halves_to_json(decision)
    return json.dumps(found, ensure_ascii=False, allow_nan=False) if found else None


def read_halves(text: str | None, responses: Sequence[Response]) -> tuple[Decision, ...]:
    """Inverse of `halves_json`; empty for a text that a damaged page garbled."""
    try:
        return halves_from_json(json.loads(text), responses) if text else ()
    except (ValueError, TypeError, LookupError, AttributeError):
        return ()


def halves_texts(db: Database, samples: Sequence[int]) -> dict[int, str]:
    """What `halves_json` wrote, by sample; decisions without halves are left out."""
    rows = db.read(
        "SELECT sample, halves FROM results WHERE halves IS NOT NULL"
        " AND sample IN (SELECT value FROM json_each(?))",
        (json.dumps(list(samples)),),
    )
    return {int(row["sample"]): str(row["halves"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Taken:
    """The choice of one decided sample, and the orders in which the choices were shown to it."""

    scenario: int
    profile: int
    repeat: int
    choice: int
    shown: tuple[ShownChoices, ...]


def shown_to(
    profile: Profile, shown: tuple[ShownChoices, ...], choice: int | None, choices: int
) -> tuple[ShownChoices, ...]:
    """The orders in which a profile saw the choices, the scenario's own included.

    Empty if its decision-maker sees no order, if it took no choice, or if the order is not known.
    """
    if choice is None or not profile.shows_order:
        return ()
    if shown or profile.choice_order != "given":
        return shown
    return (ShownChoices(given_order(choices), choice),)


def taken_choices(db: Database, run: str) -> list[Taken]:
    """The choices of a run's samples, in the order of the samples. Raises StoreError."""
    rows = db.read(
        "SELECT s.scenario, s.profile, s.repeat, r.choice, r.shown FROM samples s"
        " JOIN results r ON r.sample=s.id WHERE s.run=? AND r.choice IS NOT NULL ORDER BY s.id",
        (run,),
    )
    return [
        Taken(
            row["scenario"], row["profile"], row["repeat"], row["choice"], read_shown(row["shown"])
        )
        for row in rows
    ]
