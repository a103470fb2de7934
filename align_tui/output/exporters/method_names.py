"""Names of methods for tools that tell runs apart by `adm.name`, as align-browser does.

Equal methods have an equal name whatever their target and model, so that such a tool can line them
up; methods with different settings have different names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from align_tui.config.profile import Profile
from align_tui.core.settings import flatten
from align_tui.core.targets import target_id
from align_tui.core.types import JsonObject

MOST_CHARS = 40  # of a setting's value; a longer one is named by its hash
MOST_NAME = 300


def method_names(profiles: Sequence[Profile]) -> list[str]:
    """A name for each profile: its kind and the settings that are not the kind's defaults.

    `comparative_regression samples=5`. Profiles that differ only in other settings (their prompt,
    their decoding) have the profile's name added.
    """
    names = [method_name(profile) for profile in profiles]
    groups: dict[tuple[str, str, str], set[str]] = {}
    for profile, name in zip(profiles, names, strict=True):
        groups.setdefault(_group(profile, name), set()).add(profile.hash)
    return [
        f"{name} ({profile.name})" if len(groups[_group(profile, name)]) > 1 else name
        for profile, name in zip(profiles, names, strict=True)
    ]


def _group(profile: Profile, name: str) -> tuple[str, str, str]:
    return name, profile.model_label, target_id(profile.target)


def method_name(profile: Profile) -> str:
    """The kind with the settings of `[adm]` and `[alignment]` that differ from its defaults.

    A decision-maker that was imported keeps the name that it had.
    """
    settings: JsonObject = profile.adm.model_dump(mode="json", exclude_defaults=True)
    if not profile.adm.traits.can_decide:
        return str(settings.get("adm") or profile.name)
    ranked: JsonObject = {}
    if profile.alignment is not None:
        ranked = profile.alignment.model_dump(mode="json", exclude_defaults=True)
    function = ranked.get("function")
    words = [profile.adm.kind, *[str(function)] * bool(function)]
    for table, taken in ((settings, "kind"), (ranked, "function")):
        rest = {key: value for key, value in table.items() if key != taken}
        words += [f"{key}={_short(value)}" for key, value in flatten(rest).items() if key]
    name = " ".join(words)
    return name if len(name) <= MOST_NAME else f"{profile.adm.kind} {_hash(name)}"


def _short(value: str) -> str:
    """The value, of a path the last part: an export tells nobody where its author's files are."""
    value = value.rpartition("/")[2] or value
    plain = len(value) <= MOST_CHARS and not re.search(r"[\s:]", value)
    return value if plain else _hash(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
