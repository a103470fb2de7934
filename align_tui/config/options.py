"""The options of a command line; a light module, for use before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.core.families import ClusterRule


@dataclass(frozen=True, slots=True)
class Options:
    """Options that replace those of a study; an empty one leaves the study's unchanged."""

    study: Path | None = None
    profiles: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    limit: int | None = None
    repeat: int | None = None
    order: str | None = None
    scored_only: bool = False
    rule: str | None = None
    margin: float | None = None
    scale: tuple[str, ...] = ()
    cluster: ClusterRule | None = None

    @property
    def is_demo(self) -> bool:
        """Are there no options, so that the demo study runs unchanged?"""
        return self == Options()
