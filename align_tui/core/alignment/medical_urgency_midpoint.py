"""The medical-urgency midpoint: medical need gives way above a point.

It is align-system's `MedicalUrgencyAlignmentADMComponent` (commit 6d59f0d), for two choices;
medical_midpoint.py has the formulas and the votes.
"""

from __future__ import annotations

from align_tui.core.alignment.medical_midpoint import plain_midpoint, rank_by_midpoint
from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "medical_urgency_midpoint"


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    misaligned: bool = False,
    probabilistic: bool = False,
    exact_ties: bool = False,
) -> Ranking:
    """Rank two choices by the votes of the target's attributes; `rank_by_midpoint` says how.

    `relevance`, if there is one, weights the votes. `history` is not used.
    """
    return rank_by_midpoint(
        NAME,
        plain_midpoint,
        predictions,
        targets,
        relevance,
        seed,
        misaligned=misaligned,
        probabilistic=probabilistic,
        exact_ties=exact_ties,
    )
