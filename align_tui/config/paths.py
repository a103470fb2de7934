"""Where things lie: what the package ships, and the user's own (XDG)."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

from align_tui.core.errors import ConfigError
from align_tui.core.text.repair import storable

_DIRS = PlatformDirs("align-tui", appauthor=False)
_PACKAGE = Path(__file__).resolve().parent.parent
BACKBONES = "backbones"
"""The folder among profiles that holds named backbones, in the package and the user's own."""


def shipped(name: str) -> Path:
    """A folder that the wheel carries inside the package, and a checkout beside it."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name


def shipped_profiles() -> Path:
    """The ready-made profiles."""
    return shipped("profiles")


def shipped_backbones() -> Path:
    """The backbones that can be named."""
    return shipped_profiles() / BACKBONES


def shipped_examples() -> Path:
    """The example studies."""
    return shipped("examples")


def shipped_attributes() -> Path:
    """The attribute packs."""
    return _PACKAGE / "demo" / "attributes"


def shipped_scenarios() -> Path:
    """The demo scenarios."""
    return _PACKAGE / "demo" / "scenarios"


def demo_model() -> Path:
    """The embedded demo model, an ordinary Hugging Face folder."""
    return _PACKAGE / "demo" / "model"


def user_profiles() -> Path:
    """The user's own profiles."""
    return _DIRS.user_config_path / "profiles"


def user_backbones() -> Path:
    """The user's own backbones."""
    return user_profiles() / BACKBONES


def user_attributes() -> Path:
    """The user's own attribute packs."""
    return _DIRS.user_config_path / "attributes"


def user_scenarios() -> Path:
    """Scenario sets that the user imported."""
    return _DIRS.user_data_path / "scenarios"


def user_keymap() -> Path:
    """The user's keys."""
    return _DIRS.user_config_path / "keys.toml"


def stored_path(path: Path) -> str:
    """The path as a profile keeps it; raises ConfigError for one that is not UTF-8.

    A run is stored with its profiles, and the worker opens the file by what was stored.
    """
    text = str(path)
    if storable(text) != text:
        raise ConfigError(
            f"The path {text} is not UTF-8, and a run cannot be stored with it",
            "Rename the file, or the folder that it is in.",
        )
    return text


def default_database() -> Path:
    """`ALIGN_TUI_DB`, or runs.db in the user's data folder."""
    named = os.environ.get("ALIGN_TUI_DB", "")
    return Path(named).expanduser() if named else _DIRS.user_data_path / "runs.db"


def state_dir() -> Path:
    """Logs of the worker processes."""
    return _DIRS.user_state_path
