"""Estimate what a change would cost, from what the run has measured."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.store.pace import Pace
    from align_tui.studies.edits import Changed

MOMENT_S = 5.0
"""Seconds of work up to which a change starts without a question."""

MOST_PARENTS = 8  # generations of parent runs whose pace is looked up


@dataclass(frozen=True, slots=True)
class Cost:
    """At most this many decisions, with the tokens and seconds that they are likely to take.

    Both are None if the run has no decision by the same models. `billed` is true if a server that
    takes a key decides some of them, because it may charge for them.
    """

    decisions: int
    tokens: float | None = None
    seconds: float | None = None
    billed: bool = False

    @property
    def needs_consent(self) -> bool:
        """True if the user is asked before it: it may cost money, or take more than a moment."""
        long = self.seconds is None or self.seconds > MOMENT_S
        return self.decisions > 0 and (self.billed or long)


def cost_of(db: Database, run: str | None, study: Study, changed: Changed) -> Cost:
    """What the change of a run's study asks for. Raises StoreError."""
    from align_tui.studies.turns import with_earlier

    places = with_earlier(changed.study, changed.pairs)
    deciders = [changed.study.profiles[number] for number in {place[1] for place in places}]
    billed = any(
        spec.server.api_key_env is not None
        for profile in deciders
        for spec in profile.used_models.values()
        if spec.kind == "openai"
    )
    models = {profile.backbone_key for profile in deciders}
    if models == {""}:  # no model is asked
        return Cost(len(places), 0.0, 0.0)
    pace = _pace(db, run, study, models)
    if pace is None:
        return Cost(len(places), billed=billed)
    tokens, seconds = pace.tokens * len(places), pace.seconds * len(places)
    return Cost(len(places), tokens, seconds, billed)


def _pace(db: Database, run: str | None, study: Study, models: Set[str]) -> Pace | None:
    """The pace of these models in the run, or else in the nearest run that it is a child of."""
    from align_tui.store import runs
    from align_tui.store.pace import pace_of

    for _ in range(MOST_PARENTS):
        if run is None:
            return None
        alike = [n for n, each in enumerate(study.profiles) if each.backbone_key in models]
        if (pace := pace_of(db, run, alike)) is not None:
            return pace
        run = runs.get_run(db, run).parent
        if run is not None:
            study = runs.load_study(db, run)
    return None
