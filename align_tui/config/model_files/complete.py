"""Find what a model on this machine lacks: files that are missing, empty, or cut short.

It reads headers and sizes alone, so a model of many gigabytes takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from align_tui.config.model_files.gguf_header import read_header
from align_tui.config.model_files.small_files import object_in
from align_tui.config.model_files.weights import (
    ADAPTER,
    ADAPTER_CONFIG,
    LFS,
    TOKENIZERS,
    header_of,
    is_adapter,
    missing_parts,
    weight_files,
)
from align_tui.config.reading.files import is_file, open_regular
from align_tui.core.errors import AlignError, BackboneError
from align_tui.core.text.display import one_line

UNFINISHED = (".incomplete", ".part", ".aria2", ".crdownload")
"""Endings of files that downloads leave while they are not finished."""
SMALL = ("config.json", "tokenizer_config.json", *(name for names in TOKENIZERS for name in names))
END = 4096  # bytes at the end of a file of JSON that are looked at
MOST = 3  # faults that are named


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one file, as a clause: `model.safetensors is missing`.

    A file that `is_absent` is fetched when the model is opened, if a hub has it; a damaged one is
    not, since it is there.
    """

    words: str
    is_absent: bool = False


def faults_of(path: Path) -> tuple[Fault, ...]:
    """What a model's folder, or a GGUF file, lacks; empty if it can be loaded as far as that shows.

    A folder without config.json and adapter_config.json is no model's: the caller refuses it.
    """
    try:
        return _checked(str(path), _stamp(path))
    except OSError as error:
        return (Fault(f"the files cannot be read: {error.strerror or error}"),)


def in_words(faults: tuple[Fault, ...]) -> str:
    """The first few faults in one clause."""
    more = f"; and {len(faults) - MOST} more" if len(faults) > MOST else ""
    return "; ".join(fault.words for fault in faults[:MOST]) + more


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of each file, so that a list does not read the same headers again."""
    found = sorted(path.iterdir()) if path.is_dir() else [path]
    stamps = []
    for each in found:
        try:
            stat = each.stat()
        except OSError:
            stamps.append((each.name, -1, 0))  # a link to nothing
        else:
            stamps.append((each.name, stat.st_size, stat.st_mtime_ns))
    return tuple(stamps)


@lru_cache(maxsize=64)
def _checked(name: str, stamp: tuple[tuple[str, int, int], ...]) -> tuple[Fault, ...]:
    path = Path(name)
    if is_file(path):
        return tuple(_of_gguf(path))
    return tuple(dict.fromkeys(_of_folder(path, {each for each, size, _ in stamp if size < 0})))


def _of_gguf(path: Path) -> Iterator[Fault]:
    if find_spec("gguf") is None:
        return  # its absence is reported first
    try:
        read_header(path)
    except BackboneError as error:
        yield Fault(_without(path.parent, error.message))


def _of_folder(folder: Path, broken: set[str]) -> Iterator[Fault]:
    for name in sorted(broken):
        yield Fault(f"{one_line(name, 80)} is a link to a file that is not there", is_absent=True)
    try:
        adapter = is_adapter(folder)
        weights = [folder / ADAPTER] if adapter else weight_files(folder)
        missing = [] if adapter else missing_parts(folder)
    except BackboneError as error:  # an index that cannot be read
        yield Fault(_without(folder, error.message))
        return
    if adapter and not (folder / ADAPTER).is_file():
        missing.append(ADAPTER)
    beside = "" if weights else _pickled(folder)
    beside = beside or _unfinished(folder)
    for name in missing:
        if name not in broken:
            yield Fault(f"{_named(name)} missing{beside}", is_absent=True)
    for path in weights:
        if path.is_file():
            yield from _of_weights(path)
    for name in (*SMALL, ADAPTER_CONFIG):
        if (folder / name).is_file():
            yield from _of_small_file(folder / name)


def _of_weights(path: Path) -> Iterator[Fault]:
    try:
        if not path.stat().st_size:
            yield Fault(f"{path.name} is empty")
            return
        header_of(path)
    except BackboneError as error:
        yield Fault(_without(path.parent, error.message))


def _of_small_file(path: Path) -> Iterator[Fault]:
    """Faults of a file beside the weights; of a long file of JSON only its end is looked at."""
    try:
        with open_regular(path, BackboneError) as file:
            begin = file.read(len(LFS))
            file.seek(max(0, path.stat().st_size - END))
            end = file.read(END).strip()
    except (AlignError, OSError) as error:
        yield Fault(_without(path.parent, f"{path.name}: {getattr(error, 'message', error)}"))
        return
    if not end:
        yield Fault(f"{path.name} is empty")
    elif begin == LFS:
        yield Fault(f"{path.name} is a Git LFS pointer, not the file itself")
    elif path.suffix == ".json" and end[-1:] not in (b"}", b"]"):
        yield Fault(f"{path.name} is cut short")
    elif path.name == "config.json":
        try:
            object_in(path)
        except ValueError as error:
            yield Fault(_without(path.parent, str(error)))


def _named(name: str) -> str:
    return f"{one_line(name, 80)} {'are' if name.endswith('files') else 'is'}"


def _pickled(folder: Path) -> str:
    """A clause about weights in a form that is never loaded; empty without them."""
    found = next((each.name for end in ("*.bin", "*.pt") for each in sorted(folder.glob(end))), "")
    return f" (pickled weights such as {one_line(found, 60)} are never loaded)" if found else ""


def _unfinished(folder: Path) -> str:
    """A clause about a download into the folder that was not finished; empty without one."""
    places = (folder, folder / ".cache" / "huggingface" / "download")
    for place in places:
        try:
            if any(each.suffix in UNFINISHED for each in place.iterdir()):
                return " (a download into the folder is not finished)"
        except OSError:
            continue
    return ""


def _without(folder: Path, message: str) -> str:
    """The message with names of files in the folder in place of their paths."""
    return one_line(message.replace(f"{folder}/", ""), 300)
