"""Estimate what a change would cost, from what the run has measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.studies.edits import Changed


@dataclass(frozen=True, slots=True)
class Cost:
    """At most this many decisions, with the tokens and seconds that they are likely to take.

    Both are None if the run has no decision by the same models.
    """

    decisions: int
    tokens: float | None = None
    seconds: float | None = None


def cost_of(db: Database, run: str | None, study: Study, changed: Changed) -> Cost:
    """What the change of a run's study asks for. Raises StoreError."""
    from align_tui.store.pace import pace_of
    from align_tui.studies.turns import with_earlier

    places = with_earlier(changed.study, changed.pairs)
    models = {changed.study.profiles[profile].backbone_key for _, profile, _ in places}
    alike = [n for n, each in enumerate(study.profiles) if each.backbone_key in models]
    pace = pace_of(db, run, alike) if run is not None else None
    if pace is None:
        return Cost(len(places))
    return Cost(len(places), pace.tokens * len(places), pace.seconds * len(places))
