"""`[relevance]` of a profile: what predicts how much each attribute matters in a scenario."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal

from pydantic import ConfigDict, Field

from align_tui.config.backbone_kinds import Capability
from align_tui.config.reading.by_name import ClassByName
from align_tui.config.reading.toml import Strict
from align_tui.core.registry import Registry

ROLE: Final = "relevance"
"""The role of the model that predicts relevance; without it the profile's main model is asked."""


class RelevanceParams(Strict):
    """Base of every `[relevance]` table. `kind` is the registered name of the predictor.

    `combine` says what becomes of relevance that differs by choice: it stays (`none`), every choice
    gets the mean over the choices (`mean`), or the attributes with the greatest mean get 1 and the
    others 0 (`binarised`). With `exact_ties` the last bit decides which mean is the greatest, as in
    align-system.
    """

    asks: ClassVar[frozenset[Capability]] = frozenset()
    """What its model must be able to do; empty if it asks none."""
    role: ClassVar[str] = ROLE
    reads_labels: ClassVar[bool] = False
    kind: str = Field("", max_length=200)
    combine: Literal["none", "mean", "binarised"] = "none"
    exact_ties: bool = False


class MissingRelevanceParams(RelevanceParams):
    """A stored `[relevance]` table whose kind is not installed here; its keys are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)


@dataclass(frozen=True)
class HasRelevanceParams:
    """The part of a registered kind that the reader of a profile needs: its parameters' class.

    `prompts` names the texts of its prompts (config/sources.py). The kinds themselves are of type
    `adms.relevance.base.RelevanceKind`.
    """

    params: type[RelevanceParams]
    prompts: tuple[str, ...] = field(default=(), kw_only=True)


RELEVANCE_KINDS: Registry[HasRelevanceParams] = Registry(
    "relevance predictor",
    "align_tui.relevance",
    HasRelevanceParams,
    {
        "most_relevant": "align_tui.adms.relevance.most_relevant:KIND",
        "similarity": "align_tui.adms.relevance.similarity:KIND",
        "per_choice": "align_tui.adms.relevance.per_choice:KIND",
        "kaleido": "align_tui.adms.relevance.kaleido:KIND",
        "labels": "align_tui.adms.relevance.labels:KIND",
    },
)
"""The kinds by their name in `[relevance] kind`, each imported when a profile names it."""

RelevanceTable = Annotated[
    RelevanceParams | None,
    ClassByName(
        "kind",
        RELEVANCE_KINDS,
        lambda kind: kind.params,
        RelevanceParams,
        MissingRelevanceParams,
    ),
]
