"""Mutate good files: change bytes, lines or values, by a seed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

WORDS = [
    b"{", b"}", b"[", b"]", b'"', b"'", b'"""', b"\\", b"\n", b"\r\n", b"\0", b"\xff", b"=", b".",
    b",", b":", b"#", b"nan", b"inf", b"-", b"1e999", b"0x", b"null", b"true", b"\xed\xa0\x80",
    b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\\ud800", b"{{", b"}}", b"{%", b"%}", b"&a", b"*a", b"!!",
    b"<<: ", b"1979-05-27", b"[[", b"]]", b"99999999999999999999", b"\\u0000", b"\x1b[31m",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**400, "", " ", "a" * 5000, "\ud800",
    "\0", "~nobody", "../..", [], {}, [[]], {"": ""}, [None], {"a": [1, {"b": None}]}, "{{ 1/0 }}",
    "1=1", "\u202e", [1] * 70,
]  # fmt: skip


def mutated(good: bytes, other: bytes, chance: random.Random) -> bytes:
    """`good` with a few changes, among them parts of `other`, another good file."""
    if chance.random() < 0.4:
        changed = _changed_values(good, chance)
        if changed is not None:
            return changed
    out = bytearray(good)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        at = chance.randrange(len(out) + 1)
        end = min(len(out), at + chance.choice([1, 4, 40, 400]))
        kind = chance.randrange(7)
        if kind == 0:
            out[at:at] = chance.choice(WORDS)
        elif kind == 1:
            del out[at:end]
        elif kind == 2:
            out[at:at] = out[at:end] * chance.choice([1, 2, 50])
        elif kind == 3:
            out[at:end] = chance.randbytes(end - at)
        elif kind == 4:
            begin = chance.randrange(len(other) + 1)
            out[at:end] = other[begin : begin + chance.choice([10, 100, 1000])]
        elif kind == 5:
            del out[at:]
        else:
            out[at:end] = chance.choice(WORDS) * chance.choice([1, 10, 1000])
    return bytes(out)


def _changed_values(good: bytes, chance: random.Random) -> bytes | None:
    """The JSON of a file with changed values or keys; None if it is not JSON."""
    try:
        value = json.loads(good)
    except ValueError:
        return None
    for _ in range(chance.choice([1, 1, 3])):
        here = value
        for _ in range(30):
            if not isinstance(here, dict | list) or not here:
                break
            keys: list[Any] = list(here) if isinstance(here, dict) else list(range(len(here)))
            key = chance.choice(keys)
            if chance.random() < 0.25 or not isinstance(here[key], dict | list):
                if isinstance(here, dict) and chance.random() < 0.2:
                    here[str(chance.choice(VALUES))[:600]] = here.pop(key)
                else:
                    # A copy, since later changes may alter it.
                    here[key] = copy.deepcopy(chance.choice(VALUES))
                break
            here = here[key]
    return json.dumps(value).encode()
