"""Recognise a file that was given in place of another kind, and say how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from align_tui.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: `what` it is in words, and a hint how to `use` it."""

    what: str
    use: str


STUDY = Kind("a study", "Run it: align-tui run FILE")
PROFILE = Kind("a profile", "Name it with -p FILE, or in the profiles of a study.")
BACKBONE = Kind("a named backbone", "Name it with --backbone FILE, or as backbone.use.")
PACK = Kind("a pack of attributes", "Put it in the folder that docs/attributes.md names.")
PERSONAS = Kind("a pack of personas", "Name it as personas in the [adm] table of a profile.")
SCENARIOS = Kind("a set of scenarios", "Name it with -s FILE, or in the scenarios of a study.")
TARGET = Kind("an alignment target", "It sets values and has no scenarios.")
MODEL = Kind("the config of a model", "Name the model's folder: --backbone FOLDER")
INDEX = Kind("the index of a model's weights", "Name the model's folder: --backbone FOLDER")


def kind_of(table: Mapping[str, Any]) -> Kind | None:
    """The kind of a file by its top-level keys; None if that is not clear."""
    if "kdma_values" in table or "kdes" in table:
        return TARGET
    if ("profiles" in table or "sweep" in table) and "scenarios" in table:
        return STUDY
    if isinstance(table.get("scenario"), list) or str(table.get("format", "")).startswith(
        "align-tui/scenarios"
    ):
        return SCENARIOS
    if isinstance(table.get("persona"), list):
        return PERSONAS
    if isinstance(table.get("attribute"), list):
        return PACK
    if "adm" in table or isinstance(table.get("extends"), str):
        return PROFILE
    if isinstance(table.get("backbone"), Mapping):
        # A profile may have no other table, but then it has a name or a target as well.
        return PROFILE if {"name", "target"} & set(table) else BACKBONE
    if "weight_map" in table:
        return INDEX
    return MODEL if "model_type" in table or "architectures" in table else None


def refuse_other(table: Mapping[str, Any], wanted: Kind, where: str) -> None:
    """Raise ConfigError for a file that is clearly of another kind."""
    found = kind_of(table)
    if found is None or found == wanted or {found, wanted} == {PROFILE, BACKBONE}:
        return
    raise ConfigError(f"{where} is {found.what}, not {wanted.what}", found.use)
