"""What a command line asks for; light, so that it is known before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line adds to a study or puts in its place; empty means: as the study says."""

    study: Path | None = None
    profiles: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    limit: int | None = None
    repeat: int | None = None
    scored_only: bool = False
    rule: str | None = None
    scale: tuple[str, ...] = ()

    @property
    def is_demo(self) -> bool:
        """Is nothing asked for, so that the demo study is meant as it is?"""
        return self == Options()
