"""Check that this process decides with the prompts and the code that a run was made with.

A worker may live longer than a plug-in stays as it is, and a run may outlive the version that made
it. The texts that a run stores itself (its profiles' templates, attribute definitions, example
sets) need no check: the worker renders from those. A custom file and a model's code are compared
by their hashes where they are loaded (config/trust.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from align_tui.config.profile import Profile
from align_tui.config.sources import alignment_of, loaded_plugin_files, plugins_of, templates_of
from align_tui.core.errors import SourceChanged
from align_tui.core.sources import compared_hashes

CHECKED = ("template", "alignment", "plug-in")
Hashes = Mapping[tuple[str, str], str]


def remember_plugins(profile: Profile) -> None:
    """Hash the plug-ins of a profile now, just after reading it imported them."""
    for reference in plugins_of(profile):
        loaded_plugin_files(reference)


def check_sources(profile: Profile, stored: Hashes | None) -> None:
    """Raise SourceChanged if a source in this process has another hash than the run stores.

    `stored` is None for a run of an earlier version, which stored none.
    """
    if stored is None:
        return
    plugins = [each for one in plugins_of(profile) for each in loaded_plugin_files(one)]
    now = compared_hashes([*templates_of(profile), *alignment_of(profile), *plugins])
    wanted = {key: sha256 for key, sha256 in stored.items() if key[0] in CHECKED}
    differ = sorted(key for key in wanted.keys() | now.keys() if wanted.get(key) != now.get(key))
    if not differ:
        return
    kind, name = differ[0]
    more = f" (and {len(differ) - 1} more)" if len(differ) > 1 else ""
    if any(key[0] == "plug-in" for key in differ):
        raise SourceChanged(
            f"The {kind} {name}{more} has changed since the run was made: this worker has other "
            "code loaded",
            "If the worker started before the edit, stop it (align-tui workers stop) and retry the "
            "failed samples. If somebody edited the package after the run, start a new run.",
        )
    raise SourceChanged(
        f"The {kind} {name}{more} of this version of align-tui is not the one that the run was "
        "made with",
        "Decide the rest with the version that made the run (align-tui show names it), or start "
        "a new run.",
    )
