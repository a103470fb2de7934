"""The measures that align-system writes for a session: how many choices are right, by scenario id.

They are those of `interfaces/input_output_file.py` (commit 6d59f0d). A choice is right if its
distance from the targets is the smallest. A probe is valid if its choices have at least two
distinct distances, choices without labels left out. Three things are as they are there, and differ
from this program's own scores: a probe without labels counts as right, since all its choices are
equally far; the measures are of each scenario id and never pooled; with `exact_ties` distances are
equal only to the last bit. Two are corrected: a label that lacks an attribute makes its choice
unlabelled, and a scenario without a valid probe has no accuracy of these (there: KeyError).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.labels import TIE, distance
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject


@dataclass(frozen=True, slots=True)
class SessionMeasures:
    """Counts of one scenario id: its probes, those that are right, and the same of valid ones."""

    num_correct: int = 0
    num_probes: int = 0
    num_correct_valid_only: int = 0
    num_probes_valid_only: int = 0

    @property
    def accuracy(self) -> float | None:
        """The share of right probes (0..1); None without probes."""
        return self.num_correct / self.num_probes if self.num_probes else None

    @property
    def accuracy_valid_only(self) -> float | None:
        """The share of right ones among valid probes (0..1); None without valid probes."""
        valid = self.num_probes_valid_only
        return self.num_correct_valid_only / valid if valid else None

    def body(self) -> JsonObject:
        """The measures by align-system's names, in its order."""
        return {
            "num_correct": self.num_correct,
            "num_probes": self.num_probes,
            "accuracy": self.accuracy,
            "num_correct_valid_only": self.num_correct_valid_only,
            "num_probes_valid_only": self.num_probes_valid_only,
            "accuracy_valid_only": self.accuracy_valid_only,
        }


def session_measures(
    decided: Iterable[tuple[str, Scenario, int]], targets: Targets, *, exact_ties: bool = False
) -> dict[str, SessionMeasures]:
    """The measures by scenario id of (scenario id, probe, index of the choice taken), in order.

    Without `exact_ties` distances within 1e-9 are equal.
    """
    found: dict[str, SessionMeasures] = {}
    tie = 0.0 if exact_ties else TIE
    for name, probe, chosen in decided:
        distances = [distance(choice, targets) for choice in probe.choices]
        finite = [each for each in distances if math.isfinite(each)]
        least = min(distances)
        correct = distances[chosen] == least or distances[chosen] <= least + tie
        valid = bool(finite) and max(finite) - min(finite) > tie
        now = found.get(name, SessionMeasures())
        found[name] = SessionMeasures(
            now.num_correct + correct,
            now.num_probes + 1,
            now.num_correct_valid_only + (correct and valid),
            now.num_probes_valid_only + valid,
        )
    return found
