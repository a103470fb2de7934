"""Ids of alignment targets as align-browser reads them: `merit-0.0`, `merit_search-0.0_1.0`.

align-browser takes the last two parts between hyphens as names and values. Of several names and
values it splits both at `_`; a single name may contain `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from align_tui.core.targets import Targets

UNALIGNED = "unaligned"
"""The id for records of a decision-maker without a target."""

_NUMBER = re.compile(r"\d{1,9}(\.\d{1,18})?")


def target_name(targets: Targets) -> str:
    """The id of these targets, a distribution by its mean; UNALIGNED if there are none.

    Random-effects parameters without a value have no number, so the id leaves them out. A hyphen
    in an attribute's name becomes a blank; of several attributes, `_` does as well.
    """
    stated = [(each.attribute, each.point) for each in targets if each.point is not None]
    if not stated:
        return UNALIGNED
    apart = "-_" if len(stated) > 1 else "-"
    names = [re.sub(f"[{apart}]", " ", attribute) for attribute, _ in stated]
    return f"{'_'.join(names)}-{'_'.join(_decimal(point) for _, point in stated)}"


def _decimal(value: float) -> str:
    """The value without an exponent, whose hyphen would end the name: `0.0`, `0.62`."""
    whole, _, rest = f"{value:.12f}".partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"


def named_values(name: str) -> dict[str, float]:
    """The values by attribute that a target's id states; empty if it states none."""
    parts = name.split("-")
    if name == UNALIGNED or len(parts) < 2:
        return {}
    values = parts[-1].split("_")
    names = [parts[-2]] if len(values) == 1 else parts[-2].split("_")
    if len(names) != len(values) or not all(map(_NUMBER.fullmatch, values)):
        return {}
    if not all(each.strip() for each in names):
        return {}
    return {each: float(value) for each, value in zip(names, values, strict=True)}


def common_name(names: Iterable[str | None]) -> str | None:
    """The one id that all of these are; None if they differ or if one is missing."""
    found = set(names)
    return found.pop() if len(found) == 1 else None
