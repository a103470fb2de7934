"""Read the header of GGUF files: their metadata, and whether all of their weights are there."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from align_tui.config.model_files.small_files import check_number
from align_tui.config.model_files.weights import Size
from align_tui.config.reading.files import open_regular
from align_tui.core.errors import BackboneError, MissingPackage

FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, ARRAY = 8, 9
"""Kinds of values in a header, by their numbers in the format."""
LONGEST_TEXT, MOST_ENTRIES, MOST_DIMENSIONS, DEEPEST = 1 << 26, 4_000_000, 8, 4


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The header of a GGUF file: its metadata and the size of its weights."""

    path: Path
    metadata: dict[str, Any]
    size: Size

    @property
    def architecture(self) -> str:
        """The name of the architecture in llama.cpp."""
        return str(self.metadata.get("general.architecture", ""))

    def of_architecture(self, key: str) -> Any:
        """The value of `<architecture>.<key>`, or None."""
        return self.metadata.get(f"{self.architecture}.{key}")


def require_gguf() -> None:
    """Raise MissingPackage unless the `gguf` extra is installed."""
    try:
        import gguf  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"Reading GGUF files needs the package gguf: {error}",
            "Install it: pip install 'align-tui[gguf]' (in a checkout: pip install -e '.[gguf]').",
        ) from error


def read_header(path: Path) -> GgufFile:
    """The file's header; raises BackboneError for a damaged or truncated file.

    The gguf package's own reader takes 5 to 25 s for a large vocabulary.
    """
    require_gguf()
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        with open_regular(path, BackboneError) as file:
            header = _Header(file)
            metadata, tensors = header.metadata(), header.tensors()
            data = header.file.tell()
        sizes = []
        for shape, kind, offset in tensors:
            block, width = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
            sizes.append((prod(shape), offset, prod(shape) // block * width))
        alignment = int(metadata.get("general.alignment", 32))
        start = -(-data // alignment) * alignment
    except (
        ValueError, TypeError, OSError, LookupError, ArithmeticError, MemoryError, struct.error,
        RecursionError,
    ) as error:  # fmt: skip
        raise BackboneError(
            f"{path} is not a readable GGUF file: {error}", "Fetch the file again."
        ) from error
    for key, value in metadata.items():
        check_number(str(path), key, value)
    end = max((start + offset + stored for _, offset, stored in sizes), default=0)
    if path.stat().st_size < end:
        raise BackboneError(
            f"{path} is cut short: it has {path.stat().st_size} of {end} bytes",
            "Fetch the file again.",
        )
    size = Size(sum(count for count, _, _ in sizes), sum(stored for _, _, stored in sizes))
    return GgufFile(path, metadata, size)


class _Header:
    """Reads the beginning of a GGUF file (version 2 or 3) in order."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        if file.read(4) != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        version, self._tensors, self._values = self._unpack("<IQQ")
        if version not in (2, 3):
            raise ValueError(f"it has version {version}, and only 2 and 3 are supported")
        self._left = MOST_ENTRIES
        self._count(self._tensors)
        self._count(self._values)

    def _count(self, entries: int) -> None:
        """Refuse a count that is too large, before the entries are read."""
        self._left -= entries
        if self._left < 0:
            raise ValueError("its header counts more entries than any model has")

    def _unpack(self, format: str) -> tuple[Any, ...]:
        return struct.unpack(format, self.file.read(struct.calcsize(format)))

    def _text(self) -> str:
        (length,) = self._unpack("<Q")
        if length > LONGEST_TEXT:
            raise ValueError("a text in its header is too long")
        self._count(length >> 6)  # all texts together are bounded too
        return self.file.read(length).decode("utf-8", "replace")

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == TEXT:
            return self._text()
        if kind == ARRAY:
            inner, count = self._unpack("<IQ")
            self._count(count)
            if depth > DEEPEST:
                raise ValueError("a list in its header is nested too deeply")
            if inner in FIXED:
                return self._unpack(f"<{count}{FIXED[inner]}")
            return [self._value(inner, depth + 1) for _ in range(count)]
        return self._unpack(f"<{FIXED[kind]}")[0]

    def metadata(self) -> dict[str, Any]:
        """The values by key."""
        found = {}
        for _ in range(self._values):
            key = self._text()
            (kind,) = self._unpack("<I")
            found[key] = self._value(kind)
        return found

    def tensors(self) -> list[tuple[tuple[int, ...], int, int]]:
        """(shape, kind, offset after the header) of each tensor."""
        found = []
        for _ in range(self._tensors):
            self._text()
            (dimensions,) = self._unpack("<I")
            if dimensions > MOST_DIMENSIONS:
                raise ValueError("a tensor in its header has too many dimensions")
            shape = self._unpack(f"<{dimensions}Q")
            found.append((shape, *self._unpack("<IQ")))
        return found
