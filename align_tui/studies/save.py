"""Save a profile or a scenario of a study in the user's library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from align_tui.config import paths
from align_tui.config.library import list_profiles
from align_tui.config.profile import Profile
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.files.write import make_folder, write_text
from align_tui.formats.library import list_sets, safe_name
from align_tui.formats.write import native_toml
from align_tui.studies.edits import profile_toml


@dataclass(frozen=True, slots=True)
class Spot:
    """The path for a name, and in `taken` a reason to ask the user before writing it."""

    path: Path
    taken: str = ""


def suggested(name: str) -> str:
    """The nearest name that a file of the library may have; empty if there is none."""
    try:
        return safe_name(name)
    except AlignError:
        return ""


def checked_name(name: str, what: str) -> str:
    """Check that a file of the library may have the name; raises ConfigError."""
    if not name or suggested(name) != name:
        raise ConfigError(
            f"{name[:60]!r} cannot be the name of a {what}",
            "Use letters, digits, '.', '_' and '-', and do not begin with '.' or '-'.",
        )
    return name


def profile_spot(name: str) -> Spot:
    """The place of a profile of that name; raises ConfigError for an invalid name."""
    path = paths.user_profiles() / f"{checked_name(name, 'profile')}.toml"
    known = {entry.name: entry for entry in list_profiles()}
    return Spot(path, _taken(path, known[name].path if name in known else None))


def scenario_spot(name: str) -> Spot:
    """The place of a scenario of that name; raises ConfigError for an invalid name."""
    path = paths.user_scenarios() / f"{checked_name(name, 'scenario set')}.toml"
    known = {entry.name: entry for entry in list_sets()}
    found = known[name].path if name in known else None
    if found is not None and found.parent == path.parent and found != path:
        raise ConfigError(f"{found.name} has this name already", "Choose another name.")
    return Spot(path, _taken(path, found))


def _taken(path: Path, known: Path | None) -> str:
    if path.exists():
        return "a file with this name exists already"
    return "" if known is None else "it would hide the shipped one with this name"


def save_profile(profile: Profile, name: str, *, replace: bool = False) -> Path:
    """Save a profile under that name, which becomes its own; returns the file.

    Raises ConfigError, OutputError; without `replace` also if the name is taken.
    """
    spot = profile_spot(name)
    text = profile_toml(profile.model_copy(update={"name": name}), by_name=True)
    return _write(spot, text, replace=replace)


def save_scenario(scenario: Scenario, name: str, *, replace: bool = False) -> Path:
    """Save a scenario as a set of one; returns the file. Raises as `save_profile` does."""
    return _write(scenario_spot(name), native_toml([scenario], name=name), replace=replace)


def _write(spot: Spot, text: str, *, replace: bool) -> Path:
    if spot.taken and not replace:
        raise ConfigError(f"{spot.path}: {spot.taken}", "Choose another name.")
    make_folder(spot.path.parent, mine=True)
    write_text(spot.path, text, mine=True)
    return spot.path
