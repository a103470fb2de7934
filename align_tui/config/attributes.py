"""Read attribute packs (TOML): the shipped ones and the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from align_tui.config import paths
from align_tui.config.reading.file_kinds import PACK, refuse_other
from align_tui.config.reading.toml import Strict, parse, read_text, validate
from align_tui.core.attributes import (
    FACTOR,
    Anchor,
    Attribute,
    Attributes,
    ScoreRange,
    merge,
)

MAX_FACTOR = 10_000
MAX_ANCHORS = 200
MAX_ANCHOR_CHARS = 2_000
Score = Annotated[int, Field(ge=0, le=MAX_FACTOR)]
AnchorText = Annotated[str, Field(min_length=1, max_length=MAX_ANCHOR_CHARS)]
AnchorTable = dict[str, AnchorText | tuple[AnchorText, ...]]
"""Texts by score: a text, or a list of them. TOML's keys are texts: `100 = "..."`."""


class RangeSpec(Strict):
    """`valid_scores = { minimum = 0, maximum = 100, step = 25 }`."""

    minimum: Score
    maximum: Score
    step: int = Field(1, ge=1, le=MAX_FACTOR)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("the minimum must be below the maximum")
        return self


class AttributeSpec(Strict):
    """`[[attribute]]` of a pack.

    The keys from `factor` on say how a rater scores it: see `core.attributes.Attribute`. `steps`
    make it a protocol, which is followed or not.
    """

    id: str = Field(min_length=1, max_length=200, pattern=r"^[^=+\x00-\x1f]+$")
    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    high: str = Field(min_length=1)
    low: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    factor: int = Field(FACTOR, ge=1, le=MAX_FACTOR)
    valid_scores: tuple[Score, ...] | RangeSpec | None = None
    anchors: AnchorTable = Field(default_factory=dict, max_length=MAX_ANCHORS)
    findings: AnchorTable = Field(default_factory=dict, max_length=MAX_ANCHORS)
    facts: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    steps: tuple[str, ...] = ()

    @field_validator("anchors", "findings")
    @classmethod
    def _scores(cls, table: AnchorTable) -> AnchorTable:
        for key in table:
            if not (key.isascii() and key.isdigit()):
                raise ValueError(f'{key[:40]!r} is not a score; write 100 = "what 100 means"')
        return table

    @model_validator(mode="after")
    def _within_factor(self) -> Self:
        if isinstance(self.valid_scores, tuple) and len(set(self.valid_scores)) < 2:
            raise ValueError("valid_scores needs at least two different scores")
        scores = [anchor.score for anchor in (*self._anchors(), *self._findings())]
        valid = self._valid()
        if isinstance(valid, ScoreRange):
            scores.append(valid.maximum)
        scores += valid if isinstance(valid, tuple) else ()
        if max(scores, default=0) > self.factor:
            raise ValueError(f"the score {max(scores)} is above the factor {self.factor}")
        return self

    def _anchors(self) -> tuple[Anchor, ...]:
        return _by_score(self.anchors)

    def _findings(self) -> tuple[Anchor, ...]:
        return _by_score(self.findings)

    def _valid(self) -> tuple[int, ...] | ScoreRange | None:
        valid = self.valid_scores
        if isinstance(valid, RangeSpec):
            return ScoreRange(valid.minimum, valid.maximum, valid.step)
        return tuple(dict.fromkeys(valid)) if valid is not None else None

    @property
    def attribute(self) -> Attribute:
        """The attribute as a core value."""
        return Attribute(
            self.id,
            self.name,
            self.definition,
            self.high,
            self.low,
            self.aliases,
            self.factor,
            self._valid(),
            self._anchors(),
            self._findings(),
            self.facts,
            self.steps,
        )


def _by_score(table: AnchorTable) -> tuple[Anchor, ...]:
    """The texts with their scores, in the order of the file."""
    return tuple(
        Anchor(int(score), text)
        for score, texts in table.items()
        for text in ((texts,) if isinstance(texts, str) else texts)
    )


class Pack(Strict):
    """A file of attributes."""

    name: str
    description: str = ""
    attribute: tuple[AttributeSpec, ...]


def read_pack(path: Path) -> Attributes:
    """Read the attributes of one file; raises ConfigError."""
    text = read_text(path)
    table = parse(text, str(path))
    refuse_other(table, PACK, str(path))
    pack = validate(Pack, table, str(path), text)
    return Attributes({spec.id: spec.attribute for spec in pack.attribute})


File = tuple[Path, int, int, int]  # with its size, time of change in ns, and inode


@lru_cache(maxsize=8)
def _load(files: tuple[File, ...]) -> Attributes:
    return merge(*(read_pack(path) for path, *_ in files))


def load_attributes() -> Attributes:
    """All defined attributes; the user's definitions replace the shipped ones.

    The packs are read again once one of their files has changed, however long the process lives.
    """
    folders = (paths.shipped_attributes(), paths.user_attributes())
    return _load(tuple(_file(p) for folder in folders for p in sorted(folder.glob("*.toml"))))


def _file(path: Path) -> File:
    try:
        info = path.stat()
    except OSError:
        return path, 0, 0, 0  # reading it reports the error
    return path, info.st_size, info.st_mtime_ns, info.st_ino


def definitions_for(own: Attributes | None, names: Iterable[str]) -> Attributes:
    """A run's own definitions, and today's packs if they lack one of the attributes `names`.

    `own` is None for a run of version 0.1, which stores no definitions.
    """
    if own is None:
        return load_attributes()
    if all(own.get(name) is not None for name in names):
        return own
    return merge(load_attributes(), own)
