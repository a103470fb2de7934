"""From options on the command line to what the program works with."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from align_tui import __version__
from align_tui.config import paths
from align_tui.config.options import Options
from align_tui.core.errors import ConfigError
from align_tui.core.scorers.registry import SCORERS

RECORDED = ("torch", "transformers", "outlines", "llguidance", "tokenizers", "textual")


def database_path(named: Path | None) -> Path:
    """`--db`, or `ALIGN_TUI_DB`, or the user's data folder."""
    return named if named is not None else paths.default_database()


def study_options(
    study: Path | None,
    *,
    profiles: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    backbones: Sequence[str] | None = None,
    overrides: Sequence[str] | None = None,
    limit: int | None = None,
    repeat: int | None = None,
    scored_only: bool = False,
    scoring: str | None = None,
    scale: Sequence[str] | None = None,
) -> Options:
    """The options as one value; raises ConfigError."""
    if scoring is not None:
        SCORERS.get(scoring)
    return Options(
        study=study,
        profiles=tuple(profiles or ()),
        scenarios=tuple(scenarios or ()),
        targets=tuple(targets or ()),
        backbones=tuple(backbones or ()),
        overrides=tuple(overrides or ()),
        limit=limit,
        repeat=repeat,
        scored_only=scored_only,
        rule=scoring,
        scale=tuple(scale or ()),
    )


def versions() -> dict[str, str]:
    """What a run is made with; kept beside its results."""
    from importlib import metadata

    found = {"align-tui": __version__, "python": platform.python_version()}
    for name in RECORDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["platform"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    return found


def pin_gpus(gpus: str | None) -> str:
    """Let this process see only the GPUs named (numbers as nvidia-smi's, or UUIDs); their names.

    It works before torch is imported only. Raises ConfigError for anything else.
    """
    if gpus is None:
        return ""
    names = [] if gpus == "none" else [name.strip() for name in gpus.split(",")]
    if not all(re.fullmatch(r"\d+|(GPU|MIG)-[0-9a-fA-F-]+", name) for name in names):
        raise ConfigError(f"--gpus {gpus!r} names no GPUs", "Like 0,1, UUIDs, or none.")
    if len(set(names)) < len(names):
        raise ConfigError(f"--gpus {gpus!r} names one twice")
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # nvidia-smi's numbers, not the fastest first
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(names)
    return ",".join(names) or "none"
