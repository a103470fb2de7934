"""Every alignment function by name, with the targets and inputs that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry, resolve

TargetKind = Literal["numbers", "distributions"]


@dataclass(frozen=True, slots=True)
class AlignmentEntry:
    """One alignment function as the registry knows it.

    `rank` names the function as `module:attribute`; it takes the arguments of `AlignmentFunction`,
    and its parameters as keywords. `targets` are the kinds of targets that it takes; if empty, it
    needs no target. `parameters` names the pydantic class that checks its parameters, as
    `module:attribute`; it is empty for the functions of this program, whose classes
    config/alignment.py lists.
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
MEDICAL_ONLY = AlignmentEntry(
    "medical_only",
    "align_tui.core.alignment.medical_only:rank",
    "The choice with the greatest medical need, whatever the target says.",
    targets=frozenset(),
)
KALEIDO_DISTANCE = AlignmentEntry(
    "kaleido_distance",
    "align_tui.core.alignment.kaleido_distance:rank",
    "The choice whose estimates are nearest to the target, by their relevance (Kaleido).",
    needs_relevance=True,
)

FUNCTIONS = Registry(
    "alignment function",
    "align_tui.alignment",
    AlignmentEntry,
    {
        "average_distance": "align_tui.core.alignment.registry:AVERAGE_DISTANCE",
        "kaleido_distance": "align_tui.core.alignment.registry:KALEIDO_DISTANCE",
        "medical_only": "align_tui.core.alignment.registry:MEDICAL_ONLY",
    },
)
