"""Turn the options of the command line into values: study options, database, versions, GPUs."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.config import paths
from align_tui.config.options import Options
from align_tui.config.program import program_facts
from align_tui.core.errors import ConfigError

if TYPE_CHECKING:
    from align_tui.core.families import ClusterRule

ORDERS = ("given", "shuffled", "both")  # OrderSetting, without the import of core
RECORDED = ("torch", "transformers", "outlines", "llguidance", "tokenizers", "textual")


def database_path(named: Path | None) -> Path:
    """The path of the run database: `--db`, else `ALIGN_TUI_DB`, else one in the data folder."""
    return named if named is not None else paths.default_database()


def cluster_rule(text: str | None) -> ClusterRule | None:
    """The rule that `--cluster` names; None without it. Raises ConfigError."""
    if text is None:
        return None
    from align_tui.core.families import CLUSTER_RULES

    for rule in CLUSTER_RULES:
        if text == rule:
            return rule
    raise ConfigError(
        f"--cluster {text!r} is not a rule of counting",
        "Known rules: "
        + "; ".join(f"{rule} ({words})" for rule, words in CLUSTER_RULES.items())
        + ".",
    )


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
    order: str | None = None,
    scored_only: bool = False,
    scoring: str | None = None,
    scale: Sequence[str] | None = None,
    cluster: str | None = None,
    margin: float | None = None,
) -> Options:
    """Collect the study options of a command in one value. Raises ConfigError."""
    if scoring is not None:
        # Only here: the scorers bring scenarios and targets with them.
        from align_tui.core.scorers.registry import SCORERS

        SCORERS.get(scoring)
    if order is not None and order not in ORDERS:
        raise ConfigError(f"There is no order {order!r}", f"Known orders: {', '.join(ORDERS)}.")
    return Options(
        study=study,
        profiles=tuple(profiles or ()),
        scenarios=tuple(scenarios or ()),
        targets=tuple(targets or ()),
        backbones=tuple(backbones or ()),
        overrides=tuple(overrides or ()),
        limit=limit,
        repeat=repeat,
        order=order,
        scored_only=scored_only,
        rule=scoring,
        scale=tuple(scale or ()),
        cluster=cluster_rule(cluster),
        margin=margin,
    )


def versions() -> dict[str, str]:
    """The versions of the program, its packages and the platform. A run stores them."""
    from importlib import metadata

    found = {**program_facts(), "python": platform.python_version()}
    for name in RECORDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["platform"] = f"{platform.system()} {platform.release()} {platform.machine()}"
    return found


def pin_gpus(gpus: str | None) -> str:
    """Let this process see only the named GPUs, and return their names.

    `gpus` lists numbers of nvidia-smi or UUIDs, separated by commas, or is `none`. Call this before
    anything imports torch. Raises ConfigError for another value.
    """
    if gpus is None:
        return ""
    names = [] if gpus == "none" else [name.strip() for name in gpus.split(",")]
    if not all(re.fullmatch(r"\d+|(GPU|MIG)-[0-9a-fA-F-]+", name) for name in names):
        raise ConfigError(
            f"--gpus {gpus!r} names no GPUs", "Use numbers such as 0,1, or UUIDs, or none."
        )
    if len(set(names)) < len(names):
        raise ConfigError(f"--gpus {gpus!r} names a GPU twice")
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # as nvidia-smi numbers them
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(names)
    return ",".join(names) or "none"
