"""Turn the records of a file into valid scenarios with unique keys and labels in 0..1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from align_tui.core.answers import AnswerKind
from align_tui.core.attributes import Attributes
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.core.types import JsonObject
from align_tui.formats.labels import Raw, decide
from align_tui.formats.people import distinct_texts
from align_tui.formats.sets import tell_apart
from align_tui.formats.values import FilePosition

KEY_MARK, CHOICE_MARK = "#{}", " ({})"
_HINT = 'A scenario needs a text and 2 to 64 different choices (with asks = "text": 0 to 64).'


@dataclass(frozen=True, slots=True)
class Draft:
    """The values of one record; `labels` has one mapping for each choice, not yet scaled.

    `actions` has (action, person's id) of each choice, or is empty. `notes` are sentences about
    this record; equal ones of a file are told once, with how many records they concern.
    """

    place: FilePosition
    key: str
    text: str
    choices: tuple[str, ...]
    labels: tuple[Raw, ...]
    title: str = ""
    meta: JsonObject = field(default_factory=dict)
    source: JsonObject = field(default_factory=dict)
    asks: AnswerKind = "choice"
    actions: tuple[tuple[str, str], ...] = ()
    characters: tuple[Character, ...] = ()
    supplies: tuple[str, ...] = ()
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    ordinal: bool = False
    notes: tuple[str, ...] = ()
    family: str = ""

    @property
    def distinct_choices(self) -> list[str]:
        """The texts of the choices, of which equal ones are told apart."""
        people = {each.id: each.name for each in self.characters}
        return distinct_texts(self.choices, self.actions, people, CHOICE_MARK)


def assemble(
    drafts: Sequence[Draft],
    attributes: Attributes,
    scale: Mapping[str, float] | None,
    place: FilePosition,
    *,
    foreign: bool,
) -> tuple[tuple[Scenario, ...], list[str]]:
    """Make scenarios of a file's drafts; returns them with notes. Raises DatasetError.

    In a `foreign` format the scale of labels is guessed and repeated choices are numbered, since
    real files need both. The native format has labels in 0..1 and no repeated choices.
    """
    if not drafts:
        raise place.error("it has no scenarios")
    raws = [raw for draft in drafts for raw in draft.labels]
    scales, notes = decide(raws, attributes, scale, place, guess=foreign)
    keys = tell_apart([draft.key for draft in drafts], KEY_MARK)
    scenarios, renumbered = [], []
    for draft, key in zip(drafts, keys, strict=True):
        texts = draft.distinct_choices if foreign else list(draft.choices)
        if texts != list(draft.choices):
            renumbered.append(key)
        labels = [
            scales.labels(raw, draft.place, f"labels of choice {number}")
            for number, raw in enumerate(draft.labels, start=1)
        ]
        kept = scales.remembered(draft.labels) if foreign else {}
        scenario = Scenario(
            key=key,
            text=draft.text,
            choices=tuple(
                Choice(text, label, *acted)
                for text, label, acted in zip(
                    texts, labels, draft.actions or (("", ""),) * len(texts), strict=True
                )
            ),
            title=draft.title,
            meta=draft.meta,
            source={**draft.source, **kept},
            asks=draft.asks,
            characters=draft.characters,
            supplies=draft.supplies,
            shares=_canonical(draft, attributes),
            ordinal=draft.ordinal,
            family=draft.family,
        )
        problems = scenario.problems()
        if problems:
            raise draft.place.error(problems[0], _HINT)
        scenarios.append(scenario)
    repeated = [key for draft, key in zip(drafts, keys, strict=True) if key != draft.key]
    if repeated:
        notes.append(f"{_records(repeated)} an earlier key, so it got a number: {_some(repeated)}.")
    if renumbered:
        notes.append(
            f"{_records(renumbered)} a choice's text, so it got a number: {_some(renumbered)}."
        )
    counts = Counter(note for draft in drafts for note in draft.notes)
    notes += [
        f"{note} ({counted(times, 'record')})" if times > 1 else note
        for note, times in counts.items()
    ]
    return tuple(scenarios), notes


def in_families(drafts: Sequence[Draft], names: Sequence[str]) -> list[Draft]:
    """The drafts, each in the family that `names` has for it unless no other is in that family."""
    sizes = Counter(names)
    return [
        replace(draft, family=name) if sizes[name] > 1 else draft
        for draft, name in zip(drafts, names, strict=True)
    ]


def _canonical(draft: Draft, attributes: Attributes) -> dict[str, tuple[float, ...]]:
    """The shares by the id of each group that an attribute pack defines, else by its own name."""
    found: dict[str, tuple[float, ...]] = {}
    for spelled, shares in draft.shares.items():
        name = attributes.canonical(spelled)
        if found.setdefault(name, shares) != shares:
            raise draft.place.error(f"the group {name} has two different shares")
    return found


def _records(keys: Sequence[str]) -> str:
    return f"{counted(len(keys), 'record')} {'repeats' if len(keys) == 1 else 'repeat'}"


def _some(keys: Sequence[str]) -> str:
    shown = ", ".join(one_line(key, 60) for key in keys[:4])
    return f"{shown} and {len(keys) - 4} more" if len(keys) > 4 else shown
