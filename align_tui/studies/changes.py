"""What a what-if changed, in a few words, and which decision of the parent stands in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Scenario, variant_of
from align_tui.core.targets import Target, Targets
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted

MOST_SETTINGS = 2  # that are named; more are counted
MOST_CELLS = 24  # of a value


def scenario_change(original: Scenario, edited: Scenario) -> str:
    """`s3 edited`; the second edit of the same scenario is `s3 edited (2)`."""
    number = edited.key.rpartition("~")[2]
    base = variant_of(original) or original.key
    return f"{one_line(base)} edited" + (f" ({number})" if number not in ("", "1") else "")


def profile_change(old: Profile, new: Profile) -> str:
    """`target 1 -> 0`, `temperature 0 -> 0.7`, `6 settings changed`, ..."""
    found = _targets_change(old.target, new.target)
    before, now = dict(_settings(old.body())), dict(_settings(new.body()))
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    for key in keys:
        a, b, name = before.get(key), now.get(key), key.rpartition(".")[2].replace("_", " ")
        plain = all(len(_word(value)) <= MOST_CELLS for value in (a, b))
        found.append(f"{name} {_word(a)} -> {_word(b)}" if plain else f"{name} edited")
    if len(found) > MOST_SETTINGS:
        return f"{counted(len(found), 'setting')} changed"
    return ", ".join(found) or "edited"


def _targets_change(old: Targets, new: Targets) -> list[str]:
    before = {target.attribute: target for target in old}
    now = {target.attribute: target for target in new}
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    alone = set(before) == set(now) and len(now) == 1
    return [
        f"{'target' if alone else one_line(name.replace('_', ' '))} "
        f"{_value(before.get(name))} -> {_value(now.get(name))}"
        for name in names
    ]


def _value(target: Target | None) -> str:
    if target is None:
        return "none"
    value = target.value
    return f"{value:g}" if isinstance(value, int | float) else "distribution"


def _settings(body: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting of a profile's body by its dotted name, without name, text and targets."""
    for key, value in body.items():
        if not head and key in ("name", "description", "target"):
            continue
        if isinstance(value, Mapping):
            yield from _settings(value, f"{head}{key}.")
        elif not key.endswith("sha256"):
            yield f"{head}{key}", value


def _word(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else one_line(str(value))


def base_name(name: str) -> str:
    """The name of which `name` is a numbered copy: `x` of `x~2`."""
    head, tilde, number = name.rpartition("~")
    return head if tilde and head and number.isdecimal() else name


class Origins:
    """Which place of the parent's study each changed place of a child's study comes from.

    It compares the two studies: a profile that only the child has stands in the place of the
    parent's profile at its index, or beside the one that it is a copy of. An edited scenario stands
    in the place of the scenario that it is a variant of.
    """

    def __init__(self, parent: Study, child: Study) -> None:
        theirs = {profile.hash: index for index, profile in enumerate(parent.profiles)}
        self._profiles: dict[int, int] = {}
        self._changed: set[int] = set()
        more = len(child.profiles) - len(parent.profiles)
        for index, profile in enumerate(child.profiles):
            if profile.hash in theirs:
                self._profiles[index] = theirs[profile.hash]
                continue
            at = index - max(0, more)
            if more in (0, 1) and 0 <= at < len(parent.profiles):
                before = parent.profiles[at]
                if more == 0 or base_name(before.name) == base_name(profile.name):
                    self._profiles[index] = at
                    self._changed.add(index)
        keys = {scenario.key: index for index, scenario in enumerate(parent.scenarios)}
        self._scenarios: dict[int, int] = {}
        self._edited: set[int] = set()
        for index, scenario in enumerate(child.scenarios):
            if scenario.key in keys:
                self._scenarios[index] = keys[scenario.key]
            elif (base := variant_of(scenario)) in keys:
                self._scenarios[index] = keys[base]
                self._edited.add(index)

    def place(self, scenario: int, profile: int) -> tuple[int, int] | None:
        """The parent's (scenario, profile) in the place of a changed one; else None."""
        if scenario not in self._edited and profile not in self._changed:
            return None
        if scenario not in self._scenarios or profile not in self._profiles:
            return None
        return self._scenarios[scenario], self._profiles[profile]
