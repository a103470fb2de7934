"""Folders and files of the package and of the user (XDG)."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

from align_tui.core.errors import ConfigError
from align_tui.core.text.repair import storable

_DIRS = PlatformDirs("align-tui", appauthor=False)
_PACKAGE = Path(__file__).resolve().parent.parent
BACKBONES = "backbones"
"""The folder of named backbones inside a folder of profiles, the shipped one and the user's."""


def shipped(name: str) -> Path:
    """A folder that is inside the package in a wheel, and beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name


def shipped_profiles() -> Path:
    """The shipped profiles."""
    return shipped("profiles")


def shipped_backbones() -> Path:
    """The shipped named backbones."""
    return shipped_profiles() / BACKBONES


def shipped_examples() -> Path:
    """The shipped example studies."""
    return shipped("examples")


def shipped_attributes() -> Path:
    """The shipped attribute packs."""
    return _PACKAGE / "demo" / "attributes"


def shipped_personas() -> Path:
    """The shipped packs of personas."""
    return _PACKAGE / "demo" / "personas"


def shipped_scenarios() -> Path:
    """The shipped demo scenarios."""
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


def user_personas() -> Path:
    """The user's own packs of personas."""
    return _DIRS.user_config_path / "personas"


def user_scenarios() -> Path:
    """Scenario sets that the user imported."""
    return _DIRS.user_data_path / "scenarios"


def user_keymap() -> Path:
    """The user's keymap file."""
    return _DIRS.user_config_path / "keys.toml"


def stored_path(path: Path) -> str:
    """The path as a profile stores it; raises ConfigError if it is not UTF-8.

    A run is stored with its profiles, and the worker opens the file by the stored path.
    """
    text = str(path)
    if storable(text) != text:
        raise ConfigError(
            f"The path {text} is not UTF-8, so a run with it cannot be stored",
            "Rename the file or its folder.",
        )
    return text


def default_database() -> Path:
    """`ALIGN_TUI_DB`, or runs.db in the user's data folder."""
    named = os.environ.get("ALIGN_TUI_DB", "")
    return Path(named).expanduser() if named else _DIRS.user_data_path / "runs.db"


def cache_dir() -> Path:
    """The folder of what can be computed again, such as hashes of large files."""
    return _DIRS.user_cache_path


def state_dir() -> Path:
    """The folder of logs, of the list of trusted code, and of what the user has put away."""
    return _DIRS.user_state_path
