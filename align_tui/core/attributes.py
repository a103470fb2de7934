"""Attributes, and how they are found by id or alias."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from align_tui.core.text.nearest import close_to
from align_tui.core.types import Json


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that a decision-maker can value.

    `high` and `low` describe how a decision-maker that is high or low in it behaves; `aliases` are
    the other spellings that files of the field use.
    """

    id: str
    name: str
    definition: str
    high: str
    low: str
    aliases: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


def fold(name: str) -> str:
    """The name without blanks, `_`, `-` and case, so that its spellings are equal."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


@dataclass(frozen=True)
class Attributes:
    """The defined attributes by id; `get` also finds them by any alias."""

    known: Mapping[str, Attribute] = field(default_factory=dict)
    _spellings: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Ids first: one attribute's alias never hides another's id.
        for attribute in self.known.values():
            self._spellings.setdefault(fold(attribute.id), attribute.id)
        for attribute in self.known.values():
            for spelling in (attribute.name, *attribute.aliases):
                self._spellings.setdefault(fold(spelling), attribute.id)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.known.values())

    def get(self, name: str) -> Attribute | None:
        """The attribute of that id or alias, or None if no pack defines it."""
        found = name if name in self.known else self._spellings.get(fold(name))
        return self.known[found] if found is not None else None

    def canonical(self, name: str) -> str:
        """The id of the attribute with that id or alias, or `name` itself if there is none."""
        found = self.get(name)
        return found.id if found is not None else name

    def nearest(self, name: str, others: Iterable[str] = ()) -> str | None:
        """The known id or label that looks most like `name`, for a hint."""
        spelled = {fold(i): i for i in (*self.known, *others)} | self._spellings
        close = close_to(fold(name), list(spelled), n=1, cutoff=0.5)
        return spelled[close[0]] if close else None


def attributes_to_json(attributes: Iterable[Attribute]) -> list[dict[str, Json]]:
    """The definitions as JSON; `attributes_from_json` reads equal ones back."""
    return [_to_json(attribute) for attribute in attributes]


def _to_json(attribute: Attribute) -> dict[str, Json]:
    """The definition as JSON, without steps if it has none, as earlier versions wrote it."""
    body: dict[str, Json] = asdict(attribute) | {"aliases": list(attribute.aliases)}
    steps = body.pop("steps")
    return body | {"steps": list(attribute.steps)} if steps else body


def attributes_from_json(body: Json) -> Attributes:
    """Inverse of `attributes_to_json`; raises KeyError or TypeError on anything else."""
    if not isinstance(body, Sequence) or isinstance(body, str):
        raise TypeError("attributes are not a list")
    known = {}
    for each in body:
        if not isinstance(each, Mapping):
            raise TypeError("an attribute is not a JSON object")
        aliases, steps = each.get("aliases", ()), each.get("steps", ())
        if not isinstance(aliases, Sequence) or not isinstance(steps, Sequence):
            raise TypeError("an attribute's aliases or steps are not a list")
        texts = {key: str(each[key]) for key in ("id", "name", "definition", "high", "low")}
        known[texts["id"]] = Attribute(
            **texts, aliases=tuple(map(str, aliases)), steps=tuple(map(str, steps))
        )
    return Attributes(known)


def merge(*packs: Attributes) -> Attributes:
    """All attributes of the packs; a later pack's definition replaces an earlier one's."""
    known: dict[str, Attribute] = {}
    for pack in packs:
        known.update(pack.known)
    return Attributes(known)
