"""The targets that a run directory's scores.json was computed for."""

from __future__ import annotations

from pathlib import Path

from align_tui.config.reading.files import exists
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.targets import Targets, target_id
from align_tui.formats.align_system.target_names import named_values
from align_tui.formats.align_system.targets import target_of_table, with_weights
from align_tui.formats.files import read_text, shown
from align_tui.formats.values import (
    FilePosition,
    Object,
    as_list,
    as_object,
    parse_json,
    sanitise,
)

SCORES = "scores.json"
MOST = 100


def scored_targets(folder: Path, attributes: Attributes, notes: list[str]) -> tuple[Targets, ...]:
    """The targets, each once, in the file's order; empty without the file, or if it names none.

    `align-tui export` scores decisions without a target by those of the other profiles. An entry
    has `kdma_values` where its id does not say all of its target. Adds a note if the file cannot be
    read.
    """
    path = folder / SCORES
    if not exists(path):
        return ()
    place = FilePosition(shown(path))
    try:
        entries = as_list(sanitise(parse_json(read_text(path)), place), place, "the file")
        found = [_targets(as_object(each, place, "an entry"), path, attributes)
                 for each in entries[:MOST]]  # fmt: skip
    except (DatasetError, ValueError) as error:
        why = error.message if isinstance(error, DatasetError) else str(error)
        notes.append(f"{SCORES} cannot be read, so nothing is scored: {why}")
        return ()
    return tuple({target_id(each): each for each in found if each}.values())


def _targets(entry: Object, path: Path, attributes: Attributes) -> Targets:
    """The targets of one entry; empty if neither its id nor anything beside it states values."""
    name = entry.get("alignment_target")
    values = named_values(name) if isinstance(name, str) else {}
    if any(value > 1.0 for value in values.values()):
        return ()  # an id that states no scale of its own
    told: Object = {
        "id": "scores",
        "kdma_values": [{"kdma": each, "value": value} for each, value in values.items()],
    }
    if isinstance(entry.get("kdma_values"), list):
        told["kdma_values"] = entry["kdma_values"]
    if not told["kdma_values"]:
        return ()
    found = target_of_table(told, path, attributes=attributes)
    return with_weights(found.targets, told, attributes)
