"""Remove API keys, and the path of the user's home folder, from a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from align_tui.core.text.redaction import MARK, Secret

T = TypeVar("T")
_LIKELY = re.compile(
    r"(^|[_-])(api[_-]?key|key|token|secret|password|passwd|credentials?|authorization|cookie)$",
    re.IGNORECASE,
)
_KEY_WORDS = re.compile(r"max_|_tokens$|_env$")
"""Settings whose names only look like a secret's: max_tokens, api_key_env."""


class Cleaner:
    """Takes out `secrets`, and writes `~` for the folder `home` (empty: it stays)."""

    def __init__(self, secrets: Sequence[Secret] = (), home: str = "") -> None:
        self._secrets = tuple(secrets)
        self._forms = [
            form for secret in secrets for forms in secret.forms.values() for form in forms
        ]
        home = home.rstrip("/\\")
        self._home = re.compile(rf"{re.escape(home)}(?=[/\\\"':;,\s]|$)") if len(home) > 1 else None

    def secrets(self, value: T) -> T:
        """The value without secrets, in texts of any depth."""
        if not self._secrets:
            return value
        made: T = _each(value, self._hidden)
        return made

    def all(self, value: T) -> T:
        """The value without secrets and without the home folder."""
        made: T = _each(value, lambda text: self.home(self._hidden(text)))
        return made

    def settings(self, body: dict[str, Any]) -> dict[str, Any]:
        """A profile's settings without secrets, and without the values of keys that name one."""
        made: dict[str, Any] = _without_keys(self.secrets(body))
        return made

    def home(self, text: str) -> str:
        """The text with `~` for the home folder."""
        return self._home.sub("~", text) if self._home is not None else text

    def _hidden(self, text: str) -> str:
        if not any(form in text for form in self._forms) and not _is_escaped(text):
            return text
        for secret in self._secrets:
            text = secret.redacted(text)
        return text


def _is_escaped(text: str) -> bool:
    """May the text hold a secret in an escaped spelling?"""
    return "\\u" in text or "\\x" in text or "%" in text or "&#" in text


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(key): _each(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_each(each, change) for each in value)
    return value


def _without_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: MARK
            if isinstance(each, str) and each and _LIKELY.search(key) and not _KEY_WORDS.search(key)
            else _without_keys(each)
            for key, each in value.items()
        }
    return [_without_keys(each) for each in value] if isinstance(value, list) else value
