"""Settings by dotted name, and where those of several columns differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.types import Json

ABSENT = "–"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its value in each column."""

    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Do two columns have different values?"""
        return len(set(self.values)) > 1


def flatten(value: Json, prefix: str = "") -> dict[str, str]:
    """Turn `{"adm": {"kind": "random"}}` into `{"adm.kind": "random"}`; plain lists stay whole."""
    if isinstance(value, Mapping):
        out: dict[str, str] = {}
        for key, inner in value.items():
            out |= flatten(inner, f"{prefix}.{key}" if prefix else str(key))
        return out
    if isinstance(value, Sequence) and not isinstance(value, str) and _nested(value):
        out = {}
        for number, inner in enumerate(value, start=1):
            out |= flatten(inner, f"{prefix}.{number}")
        return out
    return {prefix: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def _nested(values: Sequence[Json]) -> bool:
    return any(isinstance(v, Mapping | Sequence) and not isinstance(v, str) for v in values)


def beside(columns: Sequence[Mapping[str, str]]) -> tuple[Setting, ...]:
    """Every setting that any column has, in the order of first mention."""
    names = dict.fromkeys(name for column in columns for name in column)
    return tuple(
        Setting(name, tuple(column.get(name, ABSENT) for column in columns)) for name in names
    )


MODEL_FILE = " file "
"""In the name of a setting that holds the hash of a model's file: `model file config.json`."""


def differing_model_files(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The files in which two columns' models differ, as `config.json` or `judge: config.json`.

    Empty if the files of one side are not known, or none differs.
    """
    mine, theirs = _model_files(one), _model_files(other)
    if not mine or not theirs:
        return ()
    return tuple(name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name))


def _model_files(settings: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in settings.items():
        role, mark, file = name.partition(MODEL_FILE)
        if mark and role.partition(" ")[0] == "model":
            role = role.removeprefix("model").strip()
            found[f"{role}: {file}" if role else file] = value
    return found
