"""Write scenarios as align-system's records; a record that was read is written back unchanged.

A reader of the written records gets the same keys, texts, choices and labels. Values that a
record's fields cannot express (another format's key, a title) are in a block `align_tui` of the
record, which align-system's tools ignore.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Character, Scenario, character_to_json
from align_tui.core.types import Json
from align_tui.files.write import write_text
from align_tui.formats.align_system import scenarios as align_scenarios
from align_tui.formats.drafts import KEY_MARK, Draft
from align_tui.formats.labels import Raw, guessed_scale, normalised, raw_labels, recall
from align_tui.formats.people import PLACEHOLDER_ACTION
from align_tui.formats.sets import tell_apart
from align_tui.formats.values import FilePosition, Object, as_list, as_object
from align_tui.formats.write import as_json, checked

_PLACE = FilePosition("These scenarios")


@dataclass(frozen=True, slots=True)
class _Label:
    """A label to write, with the spelling and scale of the file that it came from."""

    attribute: str
    spelled: str
    share: float  # 0..1
    value: float  # on the scale of its file
    scale: float


def write_align_system(scenarios: Iterable[Scenario], *, uniform: bool = False) -> list[Object]:
    """The scenarios as records of `input_output.json`; raises DatasetError.

    Labels keep the spelling and scale of their file, unless a reader of all these records would
    guess another scale; then they are written as 0..1. With `uniform`, all labels are 0..1 under
    the ids of their attributes, and each record has a scene_id of its own, as align-browser needs.
    """
    found = checked(scenarios)
    for number, scenario in enumerate(found, start=1):
        if scenario.asks != "choice":
            raise _PLACE.at(number, scenario.key).error(
                "it asks for an open answer, which an align-system record cannot do",
                "Write it in align-tui's own format.",
            )
    labels = [_labels(scenario) for scenario in found]
    kept = frozenset() if uniform else _scales_that_read_back(labels)
    records = [
        _record(scenario, [_row(choice, kept, ids=uniform) for choice in choices])
        for scenario, choices in zip(found, labels, strict=True)
    ]
    if uniform:
        _name_scenes(records)
    _say_the_rest(found, records)
    return records


def write_align_system_file(path: Path, scenarios: Iterable[Scenario]) -> None:
    """Write the records of `write_align_system` to a JSON file.

    Raises DatasetError, OutputError.
    """
    records = write_align_system(scenarios)
    text = json.dumps(records, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    write_text(path, text, devices=True)


def _stored_draft(scenario: Scenario) -> Draft | None:
    """The align-system record that the scenario was read from, if it still fits."""
    if scenario.source.get("format") != "align-system":
        return None
    try:
        draft = align_scenarios.draft(as_json(scenario.source, scenario).get("record"), _PLACE)
    except DatasetError:
        return None  # not a record: the source in a native file may be anything
    return draft if len(draft.choices) == len(scenario.choices) else None


def _stored_labels(scenario: Scenario) -> Sequence[Raw]:
    """The labels of each choice as the scenario's file had them; empty if unknown."""
    draft = _stored_draft(scenario)
    if draft is not None:
        return draft.labels
    rows = scenario.source.get("labels")
    if scenario.source.get("format") != "mta" or not isinstance(rows, list):
        return ()
    try:
        return [raw_labels(row, _PLACE, "labels") for row in rows]
    except DatasetError:
        return ()


def _labels(scenario: Scenario) -> list[list[_Label]]:
    stored, scales = _stored_labels(scenario), recall(scenario.source)
    if len(stored) != len(scenario.choices):
        stored = [{} for _ in scenario.choices]
    spelled = {scales.names.get(s, s): s for row in stored for s in row}
    return [
        [
            _label(attribute, share, spelled.get(attribute, attribute), row, scales.scale)
            for attribute, share in choice.labels.items()
        ]
        for choice, row in zip(scenario.choices, stored, strict=True)
    ]


def _label(attribute: str, share: float, spelled: str, row: Raw, scale: Raw) -> _Label:
    one = scale.get(attribute, 1.0)
    value = row.get(spelled)
    # A label that was edited since is scaled back; any other is written exactly as it was read.
    if value is None or normalised(value, one) != share:
        value = share * one
    return _Label(attribute, spelled, share, value, one)


def _scales_that_read_back(scenarios: Sequence[Sequence[Sequence[_Label]]]) -> frozenset[str]:
    """The attributes whose labels a reader gets back if they keep the scale of their file."""
    largest: dict[str, float] = {}
    scales: dict[str, set[float]] = {}
    for label in (label for rows in scenarios for row in rows for label in row):
        largest[label.attribute] = max(label.value, largest.get(label.attribute, 0.0))
        scales.setdefault(label.attribute, set()).add(label.scale)
    return frozenset(a for a, top in largest.items() if scales[a] == {guessed_scale(top)})


def _row(labels: Sequence[_Label], kept: frozenset[str], *, ids: bool) -> dict[str, float]:
    return {
        label.attribute if ids else label.spelled: label.value
        if label.attribute in kept
        else label.share
        for label in labels
    }


def _name_scenes(records: Sequence[Object]) -> None:
    """Give each record a scene_id that is text, and that its scenario_id has only once."""
    taken: set[tuple[Json, str]] = set()
    for number, record in enumerate(records, start=1):
        given = as_object(record["input"], _PLACE, "input")
        state = given.get("full_state")
        state = state if isinstance(state, dict) else {"unstructured": given.get("state")}
        info = state.get("meta_info")
        info = info if isinstance(info, dict) else {}
        name = str(info.get("scene_id", number))
        free, again = name, 1
        while (given["scenario_id"], free) in taken:
            again += 1
            free = f"{name} ({again})"
        taken.add((given["scenario_id"], free))
        given["full_state"] = {**state, "meta_info": {**info, "scene_id": free}}


def _record(scenario: Scenario, labels: Sequence[dict[str, float]]) -> Object:
    draft = _stored_draft(scenario)
    if draft is None:
        return _new_record(scenario, labels)
    record = as_object(copy.deepcopy(draft.source["record"]), _PLACE, "the record")
    record.pop(align_scenarios.OWN, None)
    given = as_object(record["input"], _PLACE, "input")
    reworded = draft.distinct_choices != list(scenario.choice_texts)
    relabelled = list(draft.labels) != list(labels)
    choices = as_list(given["choices"], _PLACE, "choices")
    for value, wanted, row in zip(choices, scenario.choices, labels, strict=True):
        choice = as_object(value, _PLACE, "choices")
        if reworded:
            choice["unstructured"] = wanted.text
        if relabelled:
            choice["kdma_association"] = dict(row) or None
    if relabelled:
        record["label"] = [dict(row) for row in labels]
    if align_scenarios.draft(record, _PLACE).text != scenario.text:
        given["state"] = scenario.text
        state = given.get("full_state")
        if isinstance(state, dict) and "unstructured" in state:
            state["unstructured"] = scenario.text
    return record


def _new_record(scenario: Scenario, labels: Sequence[dict[str, float]]) -> Object:
    meta = scenario.meta
    name = _known_id(meta.get("scenario_id"), scenario.key)
    scene = _known_id(meta.get("scene_id", meta.get("probe_id")), "1")
    choices: list[Json] = [
        {
            "action_id": f"{scenario.key}.action_{i}",
            "action_type": choice.action or PLACEHOLDER_ACTION,
            "unstructured": choice.text,
            **({"character_id": choice.character} if choice.character else {}),
            "parameters": None,
            "justification": None,
            "kdma_association": dict(row) or None,
        }
        for i, (choice, row) in enumerate(zip(scenario.choices, labels, strict=True))
    ]
    return {
        "input": {
            "scenario_id": name,
            "alignment_target_id": None,
            "full_state": {
                "unstructured": scenario.text,
                "meta_info": {"scene_id": scene},
                "scenario_complete": False,
                "characters": [_person(each) for each in scenario.characters],
                "events": [],
                "supplies": [{"type": each} for each in scenario.supplies],
            },
            "state": scenario.text,
            "choices": choices,
        },
        "label": [dict(row) for row in labels],
    }


def _person(character: Character) -> Object:
    told: Object = {"id": character.id, "name": character.name, "unstructured": character.text}
    return {**character.facts, **told}


def _known_id(value: Json, otherwise: str) -> str:
    return value if isinstance(value, str) and value.strip() else otherwise


def _say_the_rest(scenarios: Sequence[Scenario], records: Sequence[Object]) -> None:
    """Add to each record the values that a reader would not get from its other fields."""
    drafts = align_scenarios.drafts(records, _PLACE)
    keys = tell_apart([draft.key for draft in drafts], KEY_MARK)
    # One written key changes the numbers of others, so either all keys are written or none.
    say_keys = keys != [scenario.key for scenario in scenarios]
    for scenario, draft, record in zip(scenarios, drafts, records, strict=True):
        own: Object = {"id": scenario.key} if say_keys else {}
        if draft.text != scenario.text:
            own["text"] = scenario.text
        if draft.title != scenario.title:
            own["title"] = scenario.title
        meta = as_json(scenario.meta, scenario)
        if draft.meta != meta:
            own["meta"] = meta
        if draft.family != scenario.family:
            own["family"] = scenario.family
        own |= _people_and_shares(scenario, draft)
        if own:
            record[align_scenarios.OWN] = own


def _people_and_shares(scenario: Scenario, draft: Draft) -> Object:
    """What a reader would not get of people, supplies, actions and shares."""
    own: Object = {}
    actions = tuple((choice.action, choice.character) for choice in scenario.choices)
    if draft.actions != actions:
        own["actions"] = [list(each) for each in actions]
    people = [character_to_json(each) for each in scenario.characters]
    if [character_to_json(each) for each in draft.characters] != people:
        own["characters"] = people
    if draft.supplies != scenario.supplies:
        own["supplies"] = list(scenario.supplies)
    if scenario.shares:
        own["shares"] = {group: list(row) for group, row in scenario.shares.items()}
    if scenario.ordinal:
        own["ordinal"] = True
    return as_json(own, scenario)
