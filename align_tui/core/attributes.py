"""Attributes, and how they are found by id or alias."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.core.text.nearest import close_to
from align_tui.core.types import Json, content_hash

FACTOR = 100
DIFFERING = "*"
"""In `Attribute.facts`: all facts in which the people of a scenario differ."""


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """The whole numbers from `minimum` to `maximum`, both included, in steps of `step`."""

    minimum: int
    maximum: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a score means: a text with the score (0..factor of its attribute) that it stands for."""

    score: int
    text: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that a decision-maker can value.

    `high` and `low` describe how a decision-maker that is high or low in it behaves; `aliases` are
    the other spellings that files of the field use.

    The rest tells a rater how to score it. A score is a whole number from 0 to `factor`, and is
    divided by it. `valid_scores` are the scores that it may be limited to (None: every whole
    number). `anchors` say what some scores mean for a choice; `findings` are short descriptions of
    a person with the score of each. `facts` name the statements about people that matter for it,
    as dotted paths (`vitals.breathing`), or `*` for all in which they differ.
    """

    id: str
    name: str
    definition: str
    high: str
    low: str
    aliases: tuple[str, ...] = ()
    factor: int = FACTOR
    valid_scores: tuple[int, ...] | ScoreRange | None = None
    anchors: tuple[Anchor, ...] = ()
    findings: tuple[Anchor, ...] = ()
    facts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest score where a rater is not limited to a list of scores."""
        if isinstance(self.valid_scores, ScoreRange):
            return self.valid_scores.minimum, self.valid_scores.maximum
        return 0, self.factor

    @property
    def listed_scores(self) -> tuple[int, ...]:
        """Every score that is valid, in the order in which the attribute lists them."""
        if isinstance(self.valid_scores, ScoreRange):
            valid = self.valid_scores
            return tuple(range(valid.minimum, valid.maximum + 1, valid.step))
        return self.valid_scores or tuple(range(self.factor + 1))


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


TEXTS = ("id", "name", "definition", "high", "low")


def _to_json(attribute: Attribute) -> dict[str, Json]:
    """All texts, and what is not at its default."""
    body: dict[str, Json] = {key: getattr(attribute, key) for key in TEXTS}
    body |= {"aliases": list(attribute.aliases)} | scoring_to_json(attribute)
    return body | {"steps": list(attribute.steps)} if attribute.steps else body


def scoring_to_json(attribute: Attribute) -> dict[str, Json]:
    """How the attribute is scored, as JSON; empty if all of it is at its default.

    So definitions that earlier versions stored, and hashes of them, stay as they were.
    """
    body: dict[str, Json] = {}
    if attribute.factor != FACTOR:
        body["factor"] = attribute.factor
    valid = attribute.valid_scores
    if isinstance(valid, ScoreRange):
        body["valid_scores"] = {
            "minimum": valid.minimum,
            "maximum": valid.maximum,
            "step": valid.step,
        }
    elif valid is not None:
        body["valid_scores"] = list(valid)
    if attribute.anchors:
        body["anchors"] = [[anchor.score, anchor.text] for anchor in attribute.anchors]
    if attribute.findings:
        body["findings"] = [[anchor.score, anchor.text] for anchor in attribute.findings]
    if attribute.facts:
        body["facts"] = list(attribute.facts)
    return body


def definitions_hash(attributes: Attributes, names: Iterable[str]) -> str:
    """A hash of what prompts may quote of these attributes; unknown names are left out."""
    bodies: list[Json] = []
    for name in names:
        found = attributes.get(name)
        if found is not None:
            texts: list[Json] = [getattr(found, key) for key in TEXTS]
            scoring = scoring_to_json(found)
            bodies.append([*texts, scoring] if scoring else texts)
    return content_hash(bodies)


def attributes_from_json(body: Json) -> Attributes:
    """Inverse of `attributes_to_json`; raises KeyError, TypeError or ValueError on others."""
    known = {}
    for each in _listed(body, "attributes"):
        if not isinstance(each, Mapping):
            raise TypeError("an attribute is not a JSON object")
        texts = {key: str(each[key]) for key in TEXTS}
        known[texts["id"]] = Attribute(
            **texts,
            aliases=tuple(map(str, _listed(each.get("aliases", ()), "aliases"))),
            factor=_whole(each.get("factor", FACTOR)),
            valid_scores=_valid_scores(each.get("valid_scores")),
            anchors=tuple(map(_anchor, _listed(each.get("anchors", ()), "anchors"))),
            findings=tuple(map(_anchor, _listed(each.get("findings", ()), "findings"))),
            facts=tuple(map(str, _listed(each.get("facts", ()), "facts"))),
            steps=tuple(map(str, _listed(each.get("steps", ()), "steps"))),
        )
    return Attributes(known)


def _listed(body: Json, what: str) -> Sequence[Json]:
    if not isinstance(body, Sequence) or isinstance(body, str):
        raise TypeError(f"{what} are not a list")
    return body


def _whole(body: Json) -> int:
    if isinstance(body, int) and not isinstance(body, bool):
        return body
    raise TypeError(f"{body!r} is not a whole number")


def _anchor(body: Json) -> Anchor:
    score, text = _listed(body, "a score and its text")
    return Anchor(_whole(score), str(text))


def _valid_scores(body: Json) -> tuple[int, ...] | ScoreRange | None:
    if body is None:
        return None
    if isinstance(body, Mapping):
        return ScoreRange(
            _whole(body["minimum"]), _whole(body["maximum"]), _whole(body.get("step", 1))
        )
    return tuple(map(_whole, _listed(body, "valid scores")))


def merge(*packs: Attributes) -> Attributes:
    """All attributes of the packs; a later pack's definition replaces an earlier one's."""
    known: dict[str, Attribute] = {}
    for pack in packs:
        known.update(pack.known)
    return Attributes(known)
