"""Labels: which attribute each is for, and which value of the file stands for 1.

Both are decided once a file and attribute, never record by record: a record of a 0..10 file may
hold nothing above 1.
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
    """The labels of one choice as they stand; null, for all or for one, is no label."""
    if value is None:
        return {}
    labels: dict[str, float] = {}
    table = as_object(value, place, field_name)
    if len(table) > MOST_LABELS:
        raise place.error(f"{field_name}: {len(table):,} labels, more than {MOST_LABELS:,}")
    for name, number in table.items():
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise place.error(f"{field_name}: {name} must be a number, and is {kind(number)}")
        # Compared before it is converted: a whole number may be too large for a float.
        if not -1e9 < number < 1e9:
            raise place.error(
                f"{field_name}: {name} = {float_text(number)} is no label",
                "A choice without a label has none or null.",
            )
        if not name.strip():
            raise place.error(f"{field_name}: a label has no attribute's name")
        labels[name] = float(number)
    return labels


def float_text(number: float) -> str:
    """A number of any size, short."""
    if isinstance(number, int) and abs(number) > 10**15:
        return "a huge number"
    return f"{number:g}"


def guessed_scale(largest: float) -> float:
    """The value that stands for 1 when `largest` is the largest label: 10 above 1, else 1."""
    return TEN if largest > 1.0 + SLACK else 1.0


def normalised(value: float, scale: float) -> float:
    """A label as 0..1, with rounding beyond either end taken off; NaN when it is outside."""
    share = value / scale
    if not -SLACK <= share <= 1.0 + SLACK:
        return math.nan
    return min(1.0, max(0.0, share))


@dataclass(frozen=True, slots=True)
class Scales:
    """How a file's labels are read.

    `names` maps the file's spelling to the attribute's id, `scale` an id to the value of the
    file that stands for 1 (10 for 0..10).
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
                    f"If {value:g} lies on another scale, say which value of {name!r} means 1.",
                )
            if found.setdefault(name, share) != share:
                raise place.error(f"{field_name}: {name} is labelled twice, and differently")
        return found

    def remembered(self, raws: Iterable[Raw]) -> Object:
        """What a scenario's source must keep so that these labels can be written as they were."""
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
    """The scales that `remembered` put into a scenario's source; none where they are damaged."""
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
    """The scales of a file, and notes on them.

    `given` maps an attribute (any spelling) to the value that stands for 1 and overrides the
    guess; without `guess`, what is not given is 0..1. Raises DatasetError for a scale that is no
    positive number, or that is for an attribute which the file has no label for.
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
                f"a scale is given for {spelled!r}, which has no label here",
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
                "Nothing above 1, so read as 0..1 although others here are 0..10: "
                f"{', '.join(sorted(small))}."
            )
    unknown = sorted(name for name in scale if attributes.get(name) is None)
    if unknown:
        notes.append(
            "Attributes that no attribute pack defines, kept under their own name: "
            f"{', '.join(unknown)}."
        )
    return notes
