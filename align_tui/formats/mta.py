"""Read the raw Medical Triage Alignment file: a list of pairs [record, labels of its choices]."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.text.plurals import counted
from align_tui.core.types import Json
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft, in_families
from align_tui.formats.labels import raw_labels
from align_tui.formats.values import (
    FilePosition,
    as_choices,
    as_id,
    as_list,
    as_object,
    as_text,
    finite,
)


def looks_like(first: Json) -> bool:
    """Is this the first entry of such a file?"""
    return isinstance(first, list) and bool(first) and isinstance(first[0], dict)


def drafts(entries: Sequence[Json], place: FilePosition) -> list[Draft]:
    """Read the records of the file, in order; raises DatasetError.

    Records with one scenario id are questions about one situation: a family.
    """
    found = [draft(entry, place.at(number)) for number, entry in enumerate(entries, start=1)]
    return in_families(found, [str(each.meta.get("scenario_id", "")) for each in found])


def draft(entry: Json, place: FilePosition) -> Draft:
    """Read one `[record, labels]`.

    The text is the scenario, the state (if any) and the probe, joined by blanks as in the field's
    own conversion to align-system's format.
    """
    pair = as_list(entry, place, "the entry")
    if len(pair) != 2:
        raise place.error(f"the entry must be [record, labels], not {counted(len(pair), 'part')}")
    record = as_object(pair[0], place, "the record")
    key = as_id(record.get("probe_id"), place, "probe_id")
    place = place.at(place.record, key)
    parts = [as_text(record.get("scenario"), place, "scenario")]
    if record.get("state") is not None:
        parts.append(as_text(record["state"], place, "state"))
    parts.append(as_text(record.get("probe"), place, "probe"))
    choices = as_choices(record.get("choices"), place, "choices")
    labels = as_list(pair[1], place, "the labels")
    if len(labels) != len(choices):
        number = counted(len(labels), "label")
        raise place.error(f"it has {number} for {counted(len(choices), 'choice')}")
    meta: dict[str, Json] = {"probe_id": key}
    if record.get("scenario_id") is not None:
        meta["scenario_id"] = as_id(record["scenario_id"], place, "scenario_id")
    return Draft(
        place=place,
        key=key,
        text=" ".join(part.strip() for part in parts if part.strip()),
        choices=tuple(as_text(c, place, f"choices[{i}]") for i, c in enumerate(choices)),
        labels=tuple(raw_labels(label, place, f"labels[{i}]") for i, label in enumerate(labels)),
        meta=meta,
        source={"format": "mta", "record": finite(record), "labels": finite(labels)},
    )


SCENARIOS = ScenarioFormat("mta", "the raw MTA file", looks_like, drafts)
