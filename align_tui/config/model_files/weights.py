"""Find the weight files that transformers loads, and check, count and hash them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.small_files import object_in
from align_tui.config.reading.bounded_json import parse_object
from align_tui.config.reading.files import open_regular
from align_tui.core.errors import BackboneError

BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
LONGEST_HEADER, MOST_SIGNS, MOST_DIMENSIONS = 100_000_000, 4_000_000, 8
HASH_LIMIT = 2 << 30
SAMPLES, SAMPLE = 64, 256 << 10
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
ADAPTER_CONFIG, ADAPTER = "adapter_config.json", "adapter_model.safetensors"
TOKENIZERS = (
    ("tokenizer.json",),
    ("tokenizer.model",),
    ("spiece.model",),
    ("sentencepiece.bpe.model",),
    ("tekken.json",),
    ("vocab.json", "merges.txt"),
    ("vocab.txt",),
)
"""The files of a tokenizer: a folder needs one of these sets."""
DEEPEST = 4
"""How many adapters may adapt one another."""
LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a model: its parameters, and the bytes that they take in its files."""

    parameters: int
    stored: int


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that transformers loads from a folder, in its order of preference.

    Other files (`consolidated.safetensors`, `original/`, ...) have the same weights again.
    """
    named = _named_in_config(folder)
    if named is not None and not named.endswith(".index.json"):
        return [folder / named]
    if named is None and (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / (named or INDEX)
    if not index.is_file():
        return []
    try:
        names = set(object_in(index)["weight_map"].values())
    except (ValueError, KeyError, AttributeError, OSError) as error:
        raise BackboneError(f"{index} cannot be read: {error}") from error
    return [folder / Path(str(name)).name for name in sorted(names)]


def _named_in_config(folder: Path) -> str | None:
    """The name of the weight file in the folder that config.json names; few configs do."""
    try:
        config = object_in(folder / "config.json")
        named = config.get("transformers_weights")
    except (OSError, ValueError, AttributeError):
        return None
    return Path(named).name if isinstance(named, str) and named else None


def missing_parts(folder: Path) -> list[str]:
    """The parts of a loadable model that a folder lacks; empty when it is complete."""
    missing = [] if (folder / "config.json").is_file() else ["config.json"]
    if not has_tokenizer(folder):
        missing.append("the tokenizer's files")
    files = weight_files(folder)
    if not files:
        shard = next(iter(sorted(folder.glob("model-*-of-*.safetensors"))), None)
        missing.append(f"{INDEX} (there is {shard.name})" if shard is not None else WEIGHTS)
    missing += [path.name for path in files if not path.is_file()]
    return missing


def has_tokenizer(folder: Path) -> bool:
    """Does the folder have the files of a tokenizer?"""
    return any(all((folder / name).is_file() for name in names) for names in TOKENIZERS)


def is_adapter(folder: Path) -> bool:
    """Is the folder an adapter (PEFT) without the weights of its base?"""
    return (folder / ADAPTER_CONFIG).is_file() and not weight_files(folder)


def check_weights(folder: Path) -> None:
    """Raise BackboneError for a folder with an incomplete model, or with more than one."""
    files = weight_files(folder)
    if files and (folder / ADAPTER_CONFIG).is_file():
        raise BackboneError(
            f"{folder} has whole weights and an adapter of {adapter_base(folder)!r} beside them",
            "Keep one of them in the folder: the adapter alone (it is loaded on its base), or the "
            "weights without adapter_config.json.",
        )
    if not files:
        pickled = [p.name for p in folder.glob("*.bin")] + [p.name for p in folder.glob("*.pt")]
        hint = (
            "Pickled weights (.bin, .pt) are never loaded; convert them to safetensors."
            if pickled
            else f"transformers loads {WEIGHTS}, or the shards that {INDEX} names."
        )
        raise BackboneError(f"{folder} has no safetensors weights that transformers loads", hint)
    missing = missing_parts(folder)
    if missing:
        raise BackboneError(
            f"{folder} has only a part of a model; missing: {', '.join(missing[:4])}",
            "Fetch the model's files again.",
        )


def adapter_base(folder: Path) -> str:
    """The base model that an adapter's config names."""
    path = folder / ADAPTER_CONFIG
    try:
        base = object_in(path)["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackboneError(f"{path} does not say which model it adapts: {error}") from error
    return str(base)


def base_spec(spec: BackboneSpec, folder: Path) -> BackboneSpec:
    """The spec of the model that the adapter in a folder adapts; raises BackboneError."""
    base = _beside(adapter_base(folder), folder)
    return spec.model_copy(update={"model": base, "revision": None})


def _beside(base: str, folder: Path) -> str:
    """The base's name; a relative folder is resolved from the adapter's folder."""
    near = folder / base
    return str(near.resolve()) if not Path(base).is_absolute() and near.is_dir() else base


def header_of(path: Path) -> dict[str, Any]:
    """The header of a safetensors file: dtype, shape and offsets by tensor name.

    Raises BackboneError for a truncated file and for a Git LFS pointer.
    """
    try:
        with open_regular(path, BackboneError) as file:
            start = file.read(8)
            length = int.from_bytes(start, "little")
            if LFS.startswith(start) or start.startswith(LFS[:8]):
                raise ValueError("it is a Git LFS pointer, not the file itself")
            if not 2 <= length <= LONGEST_HEADER:
                raise ValueError("its header is damaged")
            header = parse_object(file.read(length), MOST_SIGNS)
        header.pop("__metadata__", None)
        if not all(_is_tensor(entry) for entry in header.values()):
            raise ValueError("its header is damaged")
        end = 8 + length + max((int(e["data_offsets"][1]) for e in header.values()), default=0)
        if path.stat().st_size < end:
            raise ValueError(f"it is cut short: it has {path.stat().st_size} of {end} bytes")
        return header
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise BackboneError(
            f"{path} cannot be read: {error}", "Fetch the model's files again."
        ) from error


def _is_tensor(entry: Any) -> bool:
    """Does an entry of a header describe a tensor, with possible numbers?"""
    numbers = [*entry["shape"], *entry["data_offsets"]]
    return (
        isinstance(entry["dtype"], str)
        and len(entry["data_offsets"]) == 2
        and len(numbers) <= MOST_DIMENSIONS + 2
        and all(isinstance(number, int) and 0 <= number < 1 << 63 for number in numbers)
    )


def count_parameters(folder: Path) -> Size:
    """Parameters and bytes of a folder's weights, from the headers of its files."""
    parameters = stored = 0
    for path in weight_files(folder):
        size = size_in(header_of(path))
        parameters += size.parameters
        stored += size.stored
    return Size(parameters, stored)


def size_in(header: Mapping[str, Any]) -> Size:
    """Parameters and bytes of the tensors that a safetensors header lists."""
    parameters = stored = 0
    for entry in header.values():
        count = prod(int(size) for size in entry["shape"])
        parameters += count
        stored += count * BYTES.get(entry["dtype"], 1)
    return Size(parameters, stored)


def files_hash(folder: Path) -> str:
    """SHA-256 of config, tokenizer, chat template and weights.

    For very large weights see `file_blocks`; identity.py hashes all of them.
    """
    files = [p for end in ("json", "jinja") for p in sorted(folder.glob(f"*.{end}")) if p.is_file()]
    files += weight_files(folder) if not is_adapter(folder) else [folder / ADAPTER]
    for path in files:
        if not path.is_file():
            raise BackboneError(f"{path} is missing", "Fetch the model's files again.")
    return hash_of(files)


def hash_of(files: list[Path]) -> str:
    """SHA-256 of names and contents of the files; of a single file its content alone.

    Above HASH_LIMIT bytes in total, it covers samples of large files.
    """
    digest = hashlib.sha256()
    large = sum(path.stat().st_size for path in files) > HASH_LIMIT
    for path in files:
        digest.update(path.name.encode() if len(files) > 1 else b"")
        for block in file_blocks(path, sampled=large and path.stat().st_size > SAMPLES * SAMPLE):
            digest.update(block)
    return "sha256:" + digest.hexdigest()


def file_blocks(path: Path, *, sampled: bool) -> Iterator[bytes]:
    """A file's bytes; with `sampled` its size and blocks spread evenly over it.

    Two models of one architecture differ only in their weights, so a header is not enough.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if not sampled:
            while block := file.read(1 << 20):
                yield block
            return
        yield str(size).encode()
        for i in range(SAMPLES):
            file.seek(i * (size - SAMPLE) // (SAMPLES - 1))
            yield file.read(SAMPLE)
