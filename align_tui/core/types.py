"""The types of JSON values, and hashes and seeds made from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]


def canonical(value: object) -> str:
    """Canonical JSON, the same for equal values: sorted keys, no blanks, text not escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: object) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def loads(text: str) -> Json:
    """`json.loads`, typed."""
    return cast(Json, json.loads(text))


def derive_seed(*parts: object) -> int:
    """A seed (63 bits) from `parts` alone, the same on every machine and Python version."""
    return int(content_hash([str(part) for part in parts])[:16], 16) >> 1
