"""Read decisions back as values of core, with the votes of their replies and without texts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from align_tui.core.decisions import GREEDY, Decision, Generation, Response
from align_tui.store.basis import NOTHING, bases_of
from align_tui.store.database import Database
from align_tui.store.orders import halves_texts, read_halves, read_order
from align_tui.store.results import Result

PAGE = 500
_UNREAD = Generation("", "", 0, 0, "stop", 0.0, 0.0)


def decisions_of(db: Database, found: Sequence[Result]) -> dict[int, Decision]:
    """The decisions of results, by sample; failed samples are left out. Raises StoreError.

    Their responses have a role, a choice and a reasoning: what a vote or a scorer reads.
    """
    made = [result for result in found if result.error_kind is None]
    samples = [result.sample for result in made]
    bases, responses = bases_of(db, samples), _votes_of(db, samples)
    halves = {
        sample: text
        for start in range(0, len(samples), PAGE)
        for sample, text in halves_texts(db, samples[start : start + PAGE]).items()
    }
    decisions = {}
    for result in made:
        basis, answer = bases.get(result.sample, NOTHING), result.answer
        if answer is None:
            continue
        decisions[result.sample] = Decision(
            answer,
            result.reasoning,
            probabilities=result.probabilities,
            votes=result.votes,
            responses=tuple(responses.get(result.sample, ())),
            notes=result.notes,
            predictions=basis.predictions,
            relevance=basis.relevance,
            ranking=basis.ranking,
            steps=basis.steps,
            examples=basis.examples,
            shown=result.shown,
            halves=read_halves(halves.get(result.sample), responses.get(result.sample, ())),
        )
    return decisions


def _votes_of(db: Database, samples: Sequence[int]) -> dict[int, list[Response]]:
    found: dict[int, list[Response]] = {}
    for start in range(0, len(samples), PAGE):
        rows = db.read(
            "SELECT sample, role, choice, reasoning, choice_order FROM responses"
            " WHERE sample IN (SELECT value FROM json_each(?)) ORDER BY sample, idx",
            (json.dumps(list(samples[start : start + PAGE])),),
        )
        for row in rows:
            response = Response(
                row["role"],
                row["choice"],
                row["reasoning"],
                (),
                {},
                GREEDY,
                _UNREAD,
                order=read_order(row["choice_order"]),
            )
            found.setdefault(row["sample"], []).append(response)
    return found
