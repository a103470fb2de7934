"""The API keys in this process's environment, which no stored text may contain."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache

from align_tui.core.text.redaction import LEAST_IN_REPLIES, Secret

_LIKELY = re.compile(r"(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.I)


def environment_secrets(named: Iterable[str] = ()) -> tuple[Secret, ...]:
    """The values of the `named` variables, and of those whose name looks like an API key.

    Of the latter only values of at least eight characters: a shorter one may be a word.
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
