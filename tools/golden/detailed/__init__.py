"""Checks of the detailed golden vectors: one module for each family, with a map `KINDS`.

A detailed case names its `kind`. `KINDS` maps each kind that the module knows to a function from
the case's input and expected values to their differences (empty: equal).
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Mapping

from ..families import Check


def kinds_of(family: str) -> Mapping[str, Check] | None:
    """The checks of a family by kind; None if no module here has the family's name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", family):
        return None
    module = f"{__name__}.{family}"
    if importlib.util.find_spec(module) is None:
        return None
    kinds: Mapping[str, Check] | None = getattr(importlib.import_module(module), "KINDS", None)
    return kinds
