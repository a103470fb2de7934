"""Read the lexicon and its attributes, and hold a tenth of each list back from training."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ATTRIBUTES = {
    "moral_desert": "moral desert",
    "fairness": "fairness",
    "protocol_focus": "protocol focus",
    "risk_aversion": "risk aversion",
    "continuing_care": "continuing care",
    "utilitarianism": "utilitarianism",
}
URGENCIES = ("minor", "serious", "critical")
LEXICON = Path(__file__).parent / "lexicon"
HELD_SHARE = 16


@dataclass(frozen=True)
class Pools:
    """The lists that a generator draws from; the index of a pair is its label: 0 low, 1 high."""

    clauses: dict[str, tuple[list[str], list[str]]]
    cues: dict[str, tuple[list[str], list[str]]]
    conditions: tuple[list[str], list[str], list[str]]
    urgency_cues: tuple[list[str], list[str], list[str]]
    frames: list[str]
    fillers: list[str]
    questions: list[str]
    choice_forms: list[str]
    systems: list[str]
    baselines: list[str]
    stances: dict[str, tuple[list[str], list[str]]]
    names: dict[str, list[str]]
    words: list[str]


def is_held(text: str) -> bool:
    """True if a template belongs to the held-out cells, by a hash of its text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % HELD_SHARE == 0


def _split(items: Iterable[str], held: bool) -> list[str]:
    ordered = list(dict.fromkeys(items))
    kept_away = {text for text in ordered if is_held(text)} or {ordered[-1]}
    return [text for text in ordered if (text in kept_away) == held]


def _volumes(folder: Path, name: str) -> dict[str, list[str]]:
    """The lists of `<name>.toml` with those of its further volumes, `*_<name>.toml`."""
    joined: dict[str, list[str]] = {}
    for path in [folder / f"{name}.toml", *sorted(folder.glob(f"*_{name}.toml"))]:
        for part, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
            joined[part] = [*joined.get(part, []), *texts]
    return joined


def load(held: bool, folder: Path = LEXICON) -> Pools:
    """The pools of training, or (`held`) those that training never sees.

    Conditions, cues, fillers, questions, choice forms and names are the same in both.
    """
    common: dict[str, Any] = tomllib.loads((folder / "common.toml").read_text(encoding="utf-8"))
    attributes = {name: _volumes(folder, name) for name in ATTRIBUTES}
    conditions = _volumes(folder, "conditions")
    everything = " ".join(
        text for part in attributes.values() for side in ("high", "low") for text in part[side]
    )
    words = sorted(set(re.findall(r"\b[a-z]{3,}\b", everything)))

    def pair(part: dict[str, list[str]], prefix: str = "") -> tuple[list[str], list[str]]:
        return part[prefix + "low"], part[prefix + "high"]

    def split_pair(part: dict[str, list[str]]) -> tuple[list[str], list[str]]:
        return _split(part["low"], held), _split(part["high"], held)

    return Pools(
        clauses={name: split_pair(part) for name, part in attributes.items()},
        cues={name: pair(part, "cue_") for name, part in attributes.items()},
        conditions=(
            conditions["conditions_minor"],
            conditions["conditions_serious"],
            conditions["conditions_critical"],
        ),
        urgency_cues=(
            common["urgency_cue_minor"],
            common["urgency_cue_serious"],
            common["urgency_cue_critical"],
        ),
        frames=_split(common["frames"], held),
        fillers=common["fillers"],
        questions=common["questions"],
        choice_forms=common["choice_forms"],
        systems=_split(common["system_aligned"], held),
        baselines=_split(common["system_baseline"], held),
        stances={name: split_pair(common["stance"][name]) for name in ATTRIBUTES},
        names=common["attribute_names"],
        words=words,
    )


def with_held(train: Pools, held: Pools, parts: tuple[str, ...]) -> Pools:
    """The training pools with some parts replaced by those of the held-out ones."""
    return replace(train, **{part: getattr(held, part) for part in parts})
