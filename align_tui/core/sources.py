"""What a decision comes from beside its profile: definitions, prompts, code, each with its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from align_tui.core.types import content_hash

SourceKind = Literal[
    "attribute", "template", "alignment", "examples", "records", "file", "model code", "plug-in",
    "program",
]  # fmt: skip

COMPARED: Final[frozenset[str]] = frozenset({"template", "alignment", "plug-in", "model code"})
"""Kinds whose difference makes a profile decide otherwise, and that no other hash covers.

A profile's own hash covers its examples, its records and its file. Attributes are compared by what
prompts may quote of them. The program's version is told, and does not undo an earlier decision.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A text that decides.

    `sha256` is that of the text as UTF-8, of a file's bytes, or of an example set as profiles name
    it (`content_hash`).
    """

    kind: SourceKind
    name: str
    sha256: str
    text: str

    @property
    def is_whole(self) -> bool:
        """Does the text have this hash? A file that is not UTF-8 is kept as Latin-1."""
        if self.kind == "examples":
            return self.sha256 == content_hash(self.text)
        return self.sha256 in (_sha256(as_bytes(self.text)), _latin(self.text))


def as_bytes(text: str) -> bytes:
    """The text as UTF-8; single halves of surrogate pairs stay as they are."""
    return text.encode("utf-8", "surrogatepass")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _latin(text: str) -> str:
    try:
        return _sha256(text.encode("latin-1"))
    except UnicodeEncodeError:
        return ""


def of_text(kind: SourceKind, name: str, text: str) -> Source:
    """The source of a text."""
    return Source(kind, name, _sha256(as_bytes(text)), text)


def of_bytes(kind: SourceKind, name: str, data: bytes) -> Source:
    """The source of a file's bytes, as `sha256sum` hashes them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return Source(kind, name, _sha256(data), text)


def compared_hashes(sources: Iterable[Source]) -> dict[tuple[str, str], str]:
    """The hash of each source that makes a profile decide as it does, by kind and name."""
    return {(each.kind, each.name): each.sha256 for each in sources if each.kind in COMPARED}


def identity_of(profile_hash: str, definitions: str | None, sources: Iterable[Source]) -> str:
    """SHA-256 of all that makes a profile decide as it does, but for the model's files.

    `profile_hash` covers parameters, texts of its own, and the hashes of its file, its records and
    its examples; `definitions` is the hash of what its prompts quote (None: unknown). Of `sources`
    those count that no other hash covers.
    """
    hashes = sorted([*key, sha256] for key, sha256 in compared_hashes(sources).items())
    return content_hash([profile_hash, definitions, hashes])


def changed(before: Iterable[Source], now: Iterable[Source]) -> tuple[str, ...]:
    """The sources whose hash differs, as `kind name`, with those that only one side has."""
    old, new = compared_hashes(before), compared_hashes(now)
    differ = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return tuple(f"{kind} {name}" for kind, name in sorted(differ))
