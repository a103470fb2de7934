"""Labels of a file: the attribute of each, and the value that stands for 1.

Both are decided once for each file and attribute, never for each record: a record of a 0..10 file
may have no label above 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.core.attributes import Attributes
from align_tui.core.types import Json, JsonObject
from align_tui.formats.values import FilePosition, Object, as_object, kind

Raw = Mapping[str, float]  # labels as the file spells and scales them
TEN = 10.0
MOST_LABELS = 1_000  # of one choice
SLACK = 1e-6  # 1.0000000002 in a file of shares is a rounding error, not a scale of ten


def raw_labels(value: Json, place: FilePosition, field_name: str) -> dict[str, float]:
    """Read the labels of one choice, not scaled; null, for all or one, means no label."""
    if value is None:
        return {}
    labels: dict[str, float] = {}
    table = as_object(value, place, field_name)
    if len(table) > MOST_LABELS:
        raise place.error(f"{field_name} has {len(table):,} labels; the limit is {MOST_LABELS:,}")
    for name, number in table.items():
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise place.error(f"{field_name}: {name} must be a number, not {kind(number)}")
        # Compared before it is converted: an integer may be too large for a float.
        if not -1e9 < number < 1e9:
            raise place.error(
                f"{field_name}: {name} = {float_text(number)} is not a label",
                "If a choice has no label, leave it out or write null.",
            )
        if not name.strip():
            raise place.error(f"{field_name}: a label does not name its attribute")
        labels[name] = float(number)
    return labels


def float_text(number: float) -> str:
    """A short text for a number of any size."""
    if isinstance(number, int) and abs(number) > 10**15:
        return "a huge number"
    return f"{number:g}"


def guessed_scale(largest: float) -> float:
    """The value that stands for 1 if `largest` is the largest label: 10 above 1, else 1."""
    return TEN if largest > 1.0 + SLACK else 1.0


def normalised(value: float, scale: float) -> float:
    """A label as 0..1, with rounding errors beyond the ends removed; NaN if it is outside."""
    share = value / scale
    if not -SLACK <= share <= 1.0 + SLACK:
        return math.nan
    return min(1.0, max(0.0, share))


@dataclass(frozen=True, slots=True)
class Scales:
    """The names and scales of a file's labels.

    `names` maps the file's spelling to the attribute's id; `scale` maps an id to the value that
    stands for 1 in the file (10 for 0..10).
    """

    names: Mapping[str, str] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)

    def labels(self, raw: Raw, place: FilePosition, field_name: str = "labels") -> dict[str, float]:
        """The labels of one choice by attribute id, as 0..1; raises DatasetError."""
        found: dict[str, float] = {}
        for spelled, value in raw.items():
            name = self.names.get(spelled, spelled)
            scale = self.scale.get(name, 1.0)
            share = normalised(value, scale)
            if math.isnan(share):
                raise place.error(
                    f"{field_name}: {spelled} = {value:g} is not in 0..{scale:g}",
                    f"If the scale is another, give the value that means 1: --scale {name}=MAXIMUM",
                )
            if found.setdefault(name, share) != share:
                raise place.error(f"{field_name}: {name} has two different labels")
        return found

    def remembered(self, raws: Iterable[Raw]) -> Object:
        """The names and scales that a scenario's source keeps, to write its labels unchanged."""
        spelled = {name for raw in raws for name in raw}
        names: Object = {s: self.names[s] for s in sorted(spelled) if self.names.get(s, s) != s}
        ids = {self.names.get(s, s) for s in spelled}
        scale: Object = {i: self.scale[i] for i in sorted(ids) if self.scale.get(i, 1.0) != 1.0}
        kept: Object = {}
        if names:
            kept["names"] = names
        if scale:
            kept["scale"] = scale
        return kept


def recall(source: JsonObject) -> Scales:
    """The scales that `remembered` put into a scenario's source; empty if they are damaged."""
    names, scale = source.get("names"), source.get("scale")
    return Scales(
        {k: v for k, v in names.items() if isinstance(v, str)}
        if isinstance(names, Mapping)
        else {},
        {k: float(v) for k, v in scale.items() if isinstance(v, (int, float)) and 0 < v < math.inf}
        if isinstance(scale, Mapping)
        else {},
    )


def decide(
    raws: Sequence[Raw],
    attributes: Attributes,
    given: Mapping[str, float] | None,
    place: FilePosition,
    *,
    guess: bool,
) -> tuple[Scales, list[str]]:
    """Decide the scales of a file; returns them with notes.

    `given` maps an attribute (any spelling) to the value that stands for 1 and overrides the
    guess; without `guess`, other attributes are 0..1. Raises DatasetError for a scale that is not
    a positive number, or whose attribute has no label in the file.
    """
    names = {spelled: attributes.canonical(spelled) for raw in raws for spelled in raw}
    largest: dict[str, float] = {}
    for raw in raws:
        for spelled, value in raw.items():
            name = names[spelled]
            largest[name] = max(value, largest.get(name, value))
    scale = {n: guessed_scale(value) if guess else 1.0 for n, value in largest.items()}
    chosen = _given(given or {}, attributes, largest, place)
    scale.update(chosen)
    return Scales(names, scale), _notes(scale, chosen, largest, attributes)


def _given(
    given: Mapping[str, float], attributes: Attributes, largest: Raw, place: FilePosition
) -> dict[str, float]:
    out: dict[str, float] = {}
    for spelled, value in given.items():
        name = attributes.canonical(spelled)
        if name not in largest:
            known = ", ".join(sorted(largest)) or "none"
            raise place.error(
                f"--scale names {spelled!r}, which has no label here",
                f"Attributes with labels in this file: {known}.",
            )
        if isinstance(value, bool) or not math.isfinite(value) or value <= 0:
            raise place.error(f"the scale of {spelled!r} must be a number above 0")
        out[name] = float(value)
    return out


def _notes(
    scale: Raw, chosen: Mapping[str, float], largest: Raw, attributes: Attributes
) -> list[str]:
    notes = []
    for value in sorted({s for s in scale.values() if s != 1.0}):
        which = ", ".join(sorted(name for name, s in scale.items() if s == value))
        notes.append(f"Values on a scale of 0..{value:g} were divided by {value:g}: {which}.")
    if TEN in scale.values():
        small = [n for n, s in scale.items() if s == 1.0 and n not in chosen and largest[n] > 0]
        if small:
            notes.append(
                "Attributes read on a scale of 0..1, because no label is above 1, beside others "
                "of 0..10: "
                f"{', '.join(sorted(small))}."
            )
    unknown = sorted(name for name in scale if attributes.get(name) is None)
    if unknown:
        notes.append(
            "Attributes that no attribute pack defines, which keep the file's name: "
            f"{', '.join(unknown)}."
        )
    return notes
