"""Every alignment function by name, with the targets and inputs that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry, resolve
from align_tui.core.targets import TargetKind


@dataclass(frozen=True, slots=True)
class AlignmentEntry:
    """One alignment function as the registry knows it.

    `rank` names the function as `module:attribute`; it takes the arguments of `AlignmentFunction`,
    and its parameters as keywords. `targets` are the kinds of targets that it takes, of which each
    target must be one; if empty, it needs no target. `parameters` names the pydantic class that
    checks its parameters, as `module:attribute`; it is empty for the functions of this program,
    whose classes config/alignment.py lists.
    """

    name: str
    rank: str
    description: str
    targets: frozenset[TargetKind] = frozenset({"numbers"})
    needs_relevance: bool = False
    needs_history: bool = False
    parameters: str = ""

    def load(self) -> Callable[..., Ranking]:
        """Import the function; raises ConfigError if another package's cannot be imported."""
        try:
            found = resolve(self.rank)
        except Exception as error:  # another package's module runs when it is imported
            raise ConfigError(
                f"The alignment function {self.name!r} cannot be loaded from {self.rank}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not callable(found):
            raise ConfigError(
                f"The alignment function {self.name!r} ({self.rank}) is a {type(found).__name__}"
            )
        return cast("Callable[..., Ranking]", found)


AVERAGE_DISTANCE = AlignmentEntry(
    "average_distance",
    "align_tui.core.alignment.average_distance:rank",
    "The choice whose mean ratings are nearest to the target (ALIGN's default).",
)
SQUARED_DISTANCE = AlignmentEntry(
    "squared_distance",
    "align_tui.core.alignment.squared_distance:rank",
    "The choice with the least sum of squared distances from the target.",
)
CUMULATIVE_AVERAGE_DISTANCE = AlignmentEntry(
    "cumulative_average_distance",
    "align_tui.core.alignment.cumulative_average_distance:rank",
    "The choice that brings the mean of all decisions nearest to the target.",
    needs_history=True,
)
RELEVANCE_AVERAGE_DISTANCE = AlignmentEntry(
    "relevance_average_distance",
    "align_tui.core.alignment.relevance_average_distance:rank",
    "Average distance, each attribute weighted by its relevance for the choice.",
    needs_relevance=True,
)
KDE_SAMPLE = AlignmentEntry(
    "kde_sample",
    "align_tui.core.alignment.kde_sample:rank",
    "Average distance from values drawn from the target's distribution.",
    targets=frozenset({"distributions"}),
)
KDE_MAX_LIKELIHOOD = AlignmentEntry(
    "kde_max_likelihood",
    "align_tui.core.alignment.kde_max_likelihood:rank",
    "The choice whose ratings are the likeliest under the target's distribution.",
    targets=frozenset({"distributions"}),
)
KDE_JS = AlignmentEntry(
    "kde_js",
    "align_tui.core.alignment.kde_js:rank",
    "The choice whose ratings are distributed most like the target.",
    targets=frozenset({"distributions"}),
)
KDE_CUMULATIVE_JS = AlignmentEntry(
    "kde_cumulative_js",
    "align_tui.core.alignment.kde_cumulative_js:rank",
    "The choice that brings all decisions nearest to the target's distribution.",
    targets=frozenset({"distributions"}),
    needs_history=True,
)
KDE_RELEVANCE_CUMULATIVE_JS = AlignmentEntry(
    "kde_relevance_cumulative_js",
    "align_tui.core.alignment.kde_relevance_cumulative_js:rank",
    "As kde_cumulative_js, each attribute weighted by its relevance for the choice.",
    targets=frozenset({"distributions"}),
    needs_relevance=True,
    needs_history=True,
)
MEDICAL_ONLY = AlignmentEntry(
    "medical_only",
    "align_tui.core.alignment.medical_only:rank",
    "The choice with the greatest medical need, whatever the target says.",
    targets=frozenset(),
)
MEDICAL_URGENCY_MIDPOINT = AlignmentEntry(
    "medical_urgency_midpoint",
    "align_tui.core.alignment.medical_urgency_midpoint:rank",
    "The more urgent of two choices, unless the target is above the midpoint.",
)
MEDICAL_URGENCY_MIDPOINT_WEIGHTED = AlignmentEntry(
    "medical_urgency_midpoint_weighted",
    "align_tui.core.alignment.medical_urgency_midpoint_weighted:rank",
    "As medical_urgency_midpoint, with other midpoints for affiliation and merit.",
)
RANDOM_EFFECTS = AlignmentEntry(
    "random_effects",
    "align_tui.core.alignment.random_effects:rank",
    "The likelier of two choices under a person's fitted model.",
    targets=frozenset({"random_effects"}),
)
RANDOM_EFFECTS_MULTINOMIAL = AlignmentEntry(
    "random_effects_multinomial",
    "align_tui.core.alignment.random_effects_multinomial:rank",
    "The likeliest of one to three choices under a person's fitted model.",
    targets=frozenset({"random_effects"}),
)
KALEIDO_DISTANCE = AlignmentEntry(
    "kaleido_distance",
    "align_tui.core.alignment.kaleido_distance:rank",
    "The choice whose estimates are nearest to the target, by their relevance (Kaleido).",
    needs_relevance=True,
)

_OURS = (
    AVERAGE_DISTANCE,
    SQUARED_DISTANCE,
    CUMULATIVE_AVERAGE_DISTANCE,
    RELEVANCE_AVERAGE_DISTANCE,
    KDE_SAMPLE,
    KDE_MAX_LIKELIHOOD,
    KDE_JS,
    KDE_CUMULATIVE_JS,
    KDE_RELEVANCE_CUMULATIVE_JS,
    MEDICAL_ONLY,
    MEDICAL_URGENCY_MIDPOINT,
    MEDICAL_URGENCY_MIDPOINT_WEIGHTED,
    RANDOM_EFFECTS,
    RANDOM_EFFECTS_MULTINOMIAL,
    KALEIDO_DISTANCE,
)
FUNCTIONS = Registry(
    "alignment function",
    "align_tui.alignment",
    AlignmentEntry,
    {entry.name: f"{__name__}:{entry.name.upper()}" for entry in _OURS},
)
