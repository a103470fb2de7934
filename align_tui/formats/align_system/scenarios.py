"""Read align-system's `input_output.json`: a list of records, each a scenario and its decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from align_tui.core.text.plurals import counted
from align_tui.core.types import Json, JsonObject
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft, in_families
from align_tui.formats.labels import Raw, raw_labels
from align_tui.formats.people import (
    as_flag,
    as_shares,
    native_people,
    native_supplies,
    recorded_actions,
    recorded_people,
    recorded_supplies,
)
from align_tui.formats.values import (
    FilePosition,
    Object,
    as_choices,
    as_id,
    as_list,
    as_object,
    as_text,
    finite,
)

# This program's own block in a record: values that the other fields of a record cannot express.
OWN = "align_tui"
_ANY_RECORD = FilePosition("this record")


def looks_like(first: Json) -> bool:
    """Is this the first record of such a file?"""
    return isinstance(first, dict) and "input" in first


def drafts(records: Sequence[Json], place: FilePosition) -> list[Draft]:
    """Read the records of the file, in order; raises DatasetError.

    Records with one scenario id are a family, unless the id names the whole file, as that of
    OpinionQA does. A record of this program may name its family itself.
    """
    found = [draft(record, place.at(number)) for number, record in enumerate(records, start=1)]
    names = [_scenario_id(record) for record in records]
    grouped = in_families(found, names) if len(set(names)) > 1 else found
    own = [_own_family(record) for record in records]
    return [
        each if name is None else replace(each, family=name)
        for each, name in zip(grouped, own, strict=True)
    ]


def _scenario_id(record: Json) -> str:
    given = record.get("input") if isinstance(record, dict) else None
    return str(given.get("scenario_id")) if isinstance(given, dict) else ""


def _own_family(record: Json) -> str | None:
    own = record.get(OWN) if isinstance(record, dict) else None
    family = own.get("family") if isinstance(own, dict) else None
    return family if isinstance(family, str) else None


def draft(value: Json, place: FilePosition) -> Draft:
    """Read one record. `place.record` (from 1) replaces a missing scene_id."""
    record = as_object(value, place, "the record")
    given = as_object(record.get("input"), place, "input")
    own = _object_or_empty(record.get(OWN), place, OWN)
    state = _object_or_empty(given.get("full_state"), place, "full_state")
    info = _object_or_empty(state.get("meta_info"), place, "full_state.meta_info")
    meta: dict[str, Json] = {
        "scenario_id": as_id(given.get("scenario_id"), place, "input.scenario_id")
    }
    scene = info.get("scene_id")
    if scene is not None:
        meta["scene_id"] = as_id(scene, place, "full_state.meta_info.scene_id")
    if isinstance(given.get("alignment_target_id"), str):
        meta["alignment_target_id"] = given["alignment_target_id"]
    key = f"{meta['scenario_id']}/{meta.get('scene_id', place.record)}"
    if OWN in record and "id" in own:
        key = as_id(own["id"], place, f"{OWN}.id")
    place = place.at(place.record, key)
    texts = choice_texts(given, place)
    return Draft(
        place=place,
        key=key,
        text=as_text(own["text"], place, f"{OWN}.text")
        if "text" in own
        else _text(given, state, texts, place),
        choices=texts,
        labels=_labels(record, given, len(texts), place),
        title=as_text(own.get("title", ""), place, f"{OWN}.title"),
        meta=as_object(own["meta"], place, f"{OWN}.meta") if "meta" in own else meta,
        source={"format": "align-system", "record": finite(record)},
        actions=_actions(own, given, place),
        characters=native_people(own["characters"], place)
        if "characters" in own
        else recorded_people({"characters": finite(state.get("characters"))}, place),
        supplies=native_supplies(own["supplies"], place)
        if "supplies" in own
        else recorded_supplies(state, place),
        shares=as_shares(own.get("shares"), place),
        ordinal=as_flag(own.get("ordinal", False), place, f"{OWN}.ordinal"),
    )


def _actions(own: Object, given: Object, place: FilePosition) -> tuple[tuple[str, str], ...]:
    """(action, person's id) of each choice, from this program's own block if it has them."""
    choices = as_choices(given.get("choices"), place, "input.choices")
    if "actions" not in own:
        objects = [as_object(each, place, f"choices[{i}]") for i, each in enumerate(choices)]
        return recorded_actions(objects, place)
    rows = [as_list(each, place, f"{OWN}.actions") for each in as_list(own["actions"], place, OWN)]
    if len(rows) != len(choices) or any(len(row) != 2 for row in rows):
        raise place.error(f"{OWN}.actions does not have a pair for each choice")
    return tuple(
        (as_text(row[0], place, f"{OWN}.actions"), as_text(row[1], place, f"{OWN}.actions"))
        for row in rows
    )


def _object_or_empty(value: Json, place: FilePosition, field: str) -> Object:
    return {} if value is None else as_object(value, place, field)


def choice_texts(given: Object, place: FilePosition) -> tuple[str, ...]:
    """The texts of the record's choices, unchanged."""
    choices = as_choices(given.get("choices"), place, "input.choices")
    return tuple(
        as_text(
            as_object(choice, place, f"choices[{i}]").get("unstructured"),
            place,
            f"choices[{i}].unstructured",
        )
        for i, choice in enumerate(choices)
    )


def _text(given: Object, state: Object, choices: Sequence[str], place: FilePosition) -> str:
    text = given.get("state")
    if text is None:
        text = state.get("unstructured")
    return without_options(as_text(text, place, "input.state"), choices)


def without_options(text: str, choices: Sequence[str]) -> str:
    """The question in `Question: ... Options: A. ... B. ... Answer:`, else `text` itself.

    The options are removed only if they contain all choices.
    """
    body = text.strip()
    if not (body.startswith("Question:") and body.endswith("\nAnswer:")):
        return text
    body = body.removeprefix("Question:").removesuffix("\nAnswer:")
    question, found, options = body.rpartition("\nOptions:")
    if not found or not question.strip():
        return text
    if not all(choice.strip() in options for choice in choices):
        return text
    return question.strip()


def _labels(record: Object, given: Object, n: int, place: FilePosition) -> tuple[Raw, ...]:
    """The labels of each choice: the record's `label` if it has one, else those of the choices."""
    labels = record.get("label")
    if labels is not None:
        labels = as_list(labels, place, "label")
        if len(labels) != n:
            number = counted(len(labels), "label")
            raise place.error(f"it has {number} for {counted(n, 'choice')}")
        return tuple(raw_labels(x, place, f"label[{i}]") for i, x in enumerate(labels))
    choices = as_list(given.get("choices"), place, "input.choices")
    return tuple(
        raw_labels(
            as_object(choice, place, f"choices[{i}]").get("kdma_association"),
            place,
            f"choices[{i}].kdma_association",
        )
        for i, choice in enumerate(choices)
    )


def recorded_choices(record: JsonObject, place: FilePosition = _ANY_RECORD) -> tuple[int, ...]:
    """The indices (from 0) of the choices that the record's `output` names, each once, in order.

    Several are tied answers; none means that the scenario is undecided. Raises DatasetError if the
    output names a choice that the record does not have.
    """
    output = record.get("output")
    if output is None:
        return ()
    given = as_object(record.get("input"), place, "input")
    choices = [
        as_object(choice, place, f"choices[{i}]")
        for i, choice in enumerate(as_list(given.get("choices"), place, "input.choices"))
    ]
    entries = output if isinstance(output, list) else [output]
    found = [
        _recorded(as_object(entry, place, f"output[{i}]"), choices, place)
        for i, entry in enumerate(entries)
    ]
    return tuple(dict.fromkeys(found))


def _recorded(entry: Object, choices: Sequence[Object], place: FilePosition) -> int:
    index = entry.get("choice")
    if isinstance(index, int) and not isinstance(index, bool):
        if 0 <= index < len(choices):
            return index
        number = counted(len(choices), "choice")
        raise place.error(f"output names choice {index} (counted from 0) of {number}")
    action = as_object(entry.get("action", entry), place, "output.action")
    for names in (("action_id", "unstructured"), ("action_id",), ("unstructured",)):
        if not all(isinstance(action.get(name), str) for name in names):
            continue
        for i, choice in enumerate(choices):
            if all(choice.get(name) == action[name] for name in names):
                return i
    raise place.error("the action of output is none of the choices")


SCENARIOS = ScenarioFormat("align-system", "align-system's input_output.json", looks_like, drafts)
