"""The secrets of this process's environment: API keys, which no text that is kept may hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache

from align_tui.core.text.redaction import LEAST_IN_REPLIES, Secret

_LIKELY = re.compile(r"(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.I)


def environment_secrets(named: Iterable[str] = ()) -> tuple[Secret, ...]:
    """What the variables hold that are `named` as API keys, and those that are called like one.

    Of the latter only values of eight characters and more: a shorter one may be a word.
    """
    wanted = set(named)
    found = {
        value.strip()
        for name, value in os.environ.items()
        if name in wanted or (_LIKELY.search(name) and len(value.strip()) >= LEAST_IN_REPLIES)
    }
    return _secrets(tuple(sorted(found - {""}, key=len, reverse=True)))


@lru_cache(maxsize=8)
def _secrets(values: tuple[str, ...]) -> tuple[Secret, ...]:
    return tuple(Secret(value) for value in values)
