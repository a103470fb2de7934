"""Read attribute packs (TOML): the shipped ones and the user's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from align_tui.config import paths
from align_tui.config.reading.file_kinds import PACK, refuse_other
from align_tui.config.reading.toml import Strict, parse, read_text, validate
from align_tui.core.attributes import Attribute, Attributes, merge
from align_tui.core.targets import Targets


class AttributeSpec(Strict):
    """`[[attribute]]` of a pack. `steps` make it a protocol, which is followed or not."""

    id: str = Field(min_length=1, max_length=200, pattern=r"^[^=+\x00-\x1f]+$")
    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    high: str = Field(min_length=1)
    low: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


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
    return Attributes({spec.id: Attribute(**spec.model_dump()) for spec in pack.attribute})


@lru_cache(maxsize=8)
def _load(folders: tuple[Path, ...]) -> Attributes:
    return merge(*(read_pack(p) for folder in folders for p in sorted(folder.glob("*.toml"))))


def load_attributes() -> Attributes:
    """All defined attributes; the user's definitions replace the shipped ones."""
    return _load((paths.shipped_attributes(), paths.user_attributes()))


def definitions_for(own: Attributes | None, targets: Targets) -> Attributes:
    """A run's own definitions, and today's packs for a target that they do not define.

    `own` is None for a run of version 0.1, which stores no definitions.
    """
    if own is None:
        return load_attributes()
    if all(own.get(target.attribute) is not None for target in targets):
        return own
    return merge(load_attributes(), own)
