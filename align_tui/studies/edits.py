"""What-if: change one scenario, profile or target of a study, and list the samples to decide.

A changed study is a new study. Its run names the parent run, whose results do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tomli_w

from align_tui.config.adm_params import Reasoned
from align_tui.config.backbones import SETTINGS, backbone_of
from align_tui.config.code import is_note, notes_on
from align_tui.config.library import build_profile
from align_tui.config.personas import AsksPersonas, is_pack_unchanged
from align_tui.config.profile import Profile
from align_tui.config.reading.toml import parse
from align_tui.config.study import OUT_OF_DEPTH, Study
from align_tui.config.targets import target_tables
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import VARIANT_OF, Scenario
from align_tui.core.scenarios import variant_of as variant_of
from align_tui.core.targets import Targets
from align_tui.formats.library import find_scenarios
from align_tui.formats.native import FORMAT
from align_tui.formats.read import scenarios_of_text
from align_tui.formats.write import native_toml
from align_tui.studies.assemble import DEMO_SCENARIOS, check
from align_tui.studies.changes import base_name, profile_change, scenario_change
from align_tui.studies.examples import with_examples

_ID = 'id = "x"\n'
LINES_AHEAD = 3  # lines before a scenario's text in the document that is parsed
Pairs = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A changed study, its samples that are not yet decided, and the place of the change.

    `pairs` are the samples' (scenario, profile, repeat) indices; `scenario` and `profile` are the
    index of the changed one, or None. `name` says what changed, in a few words.
    """

    study: Study
    pairs: Pairs
    scenario: int | None = None
    profile: int | None = None
    name: str = ""

    def as_child(self) -> Changed:
        """The same, with the study named by its change, as a child run is."""
        return replace(self, study=replace(self.study, name=self.name or self.study.name))


def scenario_toml(scenario: Scenario) -> str:
    """The scenario as text to edit: title, text, choices and labels in the native format.

    The id is left out: a variant gets a new one.
    """
    bare = replace(scenario, key="x", meta={}, source={})
    _, _, table = native_toml([bare]).partition(f"[[scenario]]\n{_ID}")
    return table


def edited_scenario(text: str, attributes: Attributes) -> Scenario:
    """The scenario (id "x") of an edited `scenario_toml`; raises ConfigError, DatasetError."""
    document = f'format = "{FORMAT}"\n[[scenario]]\n{_ID}{text}'
    found = scenarios_of_text(document, "the scenario", attributes)
    if len(found) != 1:
        raise ConfigError("The text has more than one scenario", "Edit one at a time.")
    return found[0]


def with_scenario(study: Study, index: int, text: str, attributes: Attributes) -> Changed:
    """The study with an edited copy of a scenario, after the scenario's other variants.

    `text` is the edited text of `scenario_toml`. Raises ConfigError, DatasetError.
    """
    parent = study.scenarios[index]
    base = variant_of(parent) or parent.key
    edited = replace(
        edited_scenario(text, attributes),
        key=_free_key(base, {scenario.key for scenario in study.scenarios}),
        meta={**parent.meta, VARIANT_OF: base},
    )
    if edited.hash == parent.hash:
        raise ConfigError(
            "The text, choices and labels are unchanged", "Press escape to leave the editor."
        )
    at = 1 + max(
        number
        for number, scenario in enumerate(study.scenarios)
        if base in (scenario.key, variant_of(scenario))
    )
    scenarios = (*study.scenarios[:at], edited, *study.scenarios[at:])
    changed = replace(study, scenarios=scenarios, is_demo=False)
    check(changed, attributes)
    pairs = _pairs(changed, lambda s, _: s == at)
    return Changed(changed, pairs, scenario=at, name=scenario_change(parent, edited))


def _free_key(base: str, taken: set[str]) -> str:
    number = 1
    while f"{base}~{number}" in taken:
        number += 1
    return f"{base}~{number}"


def profile_toml(profile: Profile, *, by_name: bool = False) -> str:
    """The profile as text to edit: its targets, and all settings that differ from the defaults.

    With `by_name`, a named backbone is written by its name, without its settings. If the profile
    then moves to another backbone, it takes that one's settings.
    """
    body = profile.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    body["adm"] = _without_none(profile.body()["adm"])
    if isinstance(profile.adm, AsksPersonas) and is_pack_unchanged(profile.adm):
        body["adm"].pop("pack", None)  # reading the text reads the pack again
    for part in ("adm", "backbone"):  # reading the text hashes the code again
        body.get(part, {}).pop("code_sha256", None)
    body.get("examples", {}).pop("set_sha256", None)  # and reads its examples again
    for role, model in body.get("models", {}).items():
        model.pop("code_sha256", None)
        body["models"][role] = {"kind": profile.models[role].kind, **model}
    if profile.needs_model:
        body["backbone"] = {"kind": profile.backbone.kind, **body.get("backbone", {})}
        if by_name and (backbone := backbone_of(profile)).is_in(profile) and backbone.name:
            body["backbone"] = {"use": backbone.name}
            for part in SETTINGS:
                brought = backbone.table.get(part, {})
                body[part] = {k: v for k, v in body.get(part, {}).items() if k not in brought}
    body = {key: value for key, value in body.items() if value != {}}
    # Multiline strings are easy to read, but tomli_w drops carriage returns in them.
    return tomli_w.dumps(_without_none(body), multiline_strings=r"\r" not in repr(body))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value


def with_profile(study: Study, index: int, text: str, attributes: Attributes) -> Changed:
    """The study with a profile replaced by its edited TOML; raises ConfigError."""
    return _replaced(study, index, edited_profile(study, text, attributes), attributes)


def edited_profile(study: Study, text: str, attributes: Attributes) -> Profile:
    """The profile of an edited `profile_toml`, with its examples; raises ConfigError."""
    where = "the profile"
    return _read(parse(text, where), where, text, study, attributes)


def _read(
    table: dict[str, Any], where: str, text: str, study: Study, attributes: Attributes
) -> Profile:
    """A profile of the study after an edit, with its examples; raises ConfigError."""
    return with_examples(build_profile(table, where, text, attributes), attributes, study.profiles)


def with_targets(study: Study, index: int, targets: Targets, attributes: Attributes) -> Changed:
    """The study with other targets for a profile; raises ConfigError."""
    body = study.profiles[index].body()
    body["target"] = target_tables(targets)
    edited = _read(body, f"profile {study.profiles[index].name}", "", study, attributes)
    return _replaced(study, index, edited, attributes)


def _replaced(study: Study, index: int, edited: Profile, attributes: Attributes) -> Changed:
    old = study.profiles[index]
    if edited.hash == old.hash:
        raise ConfigError(
            "No setting that affects decisions was changed", "Press escape to leave the editor."
        )
    if edited.name == old.name:
        edited = edited.model_copy(update={"name": free_name(study, old.name)})
    changed = _with_profiles(
        study, (*study.profiles[:index], edited, *study.profiles[index + 1 :]), attributes
    )
    name = f"{old.name}: {profile_change(old, edited)}"
    return Changed(changed, _pairs(changed, lambda _, p: p == index), profile=index, name=name)


def _with_profiles(study: Study, profiles: Sequence[Profile], attributes: Attributes) -> Study:
    """The study with other columns, checked, with a note if the demo model is out of its depth."""
    kept = [note for note in study.notes if not is_note(note)]
    notes = (*kept, *notes_on(profiles))
    changed = replace(study, profiles=tuple(profiles), notes=notes, is_demo=False)
    check(changed, attributes)
    if OUT_OF_DEPTH in study.notes or in_its_depth(changed, attributes):
        return changed
    return replace(changed, notes=(*notes, OUT_OF_DEPTH))


def in_its_depth(study: Study, attributes: Attributes) -> bool:
    """Is the demo model unused, or are all scenarios the demo's or variants?"""
    if not any(profile.asks_demo for profile in study.profiles):
        return True
    known = {each.hash for each in find_scenarios(DEMO_SCENARIOS, attributes).scenarios}
    return all(variant_of(each) is not None or each.hash in known for each in study.scenarios)


def free_name(study: Study, name: str) -> str:
    """A free name for a copy of a column: `name~1`, `name~2`, ..."""
    return _free_key(base_name(name), {profile.name for profile in study.profiles})


def with_reasoning(
    study: Study,
    scenario: int,
    profile: int,
    given: str,
    attributes: Attributes,
    *,
    goes_on: bool = False,
) -> Changed:
    """The study with a copy of a profile, which gets `given` as its reasoning.

    Both decide that one scenario, so that the two decisions are side by side. Raises ConfigError,
    also for a decision-maker that does not write reasoning before it chooses.
    """
    old = study.profiles[profile]
    if not isinstance(old.adm, Reasoned):
        raise ConfigError(
            f"{old.name} does not write reasoning", "Choose a column whose model reasons."
        )
    body = old.body()
    body["name"] = free_name(study, old.name)
    body["adm"] = {**old.adm.model_dump(mode="json"), "given": given, "goes_on": goes_on}
    edited = _read(body, "the given reasoning", "", study, attributes)
    at = profile + 1
    changed = _with_beside(study, at, edited, attributes)
    pairs = _pairs(changed, lambda s, p: s == scenario and p in (profile, at))
    name = f"{old.name}: reasoning on {study.scenarios[scenario].key} edited"
    return Changed(changed, pairs, scenario=scenario, profile=at, name=name)


def _with_beside(study: Study, at: int, profile: Profile, attributes: Attributes) -> Study:
    return _with_profiles(study, (*study.profiles[:at], profile, *study.profiles[at:]), attributes)


def with_column(study: Study, profile: Profile, attributes: Attributes) -> Changed:
    """The study with one more profile, under a free name.

    Raises ConfigError, also if the study has the same profile already.
    """
    profile = with_examples(profile, attributes, study.profiles)
    same = next((each for each in study.profiles if each.name == profile.name), None)
    if same is not None and same.hash == profile.hash:
        raise ConfigError(
            f"{profile.name} is already a column", "Copy the column, and change the copy."
        )
    if same is not None:
        profile = profile.model_copy(update={"name": free_name(study, profile.name)})
    last = len(study.profiles)
    changed = _with_beside(study, last, profile, attributes)
    pairs = _pairs(changed, lambda _, p: p == last)
    return Changed(changed, pairs, profile=last, name=f"{profile.name} added")


def with_copy(study: Study, index: int, text: str, attributes: Attributes) -> Changed:
    """The study with a profile's edited TOML as a new column beside it; raises ConfigError."""
    where, at = "the profile", index + 1
    edited = _read(parse(text, where), where, text, study, attributes)
    changed = _with_beside(study, at, edited, attributes)
    old = study.profiles[index]
    name = f"copy of {old.name}: {profile_change(old, edited)}"
    return Changed(changed, _pairs(changed, lambda _, p: p == at), profile=at, name=name)


def without_column(study: Study, index: int, attributes: Attributes) -> Changed:
    """The study without one profile; raises ConfigError if it is the last."""
    if len(study.profiles) == 1:
        raise ConfigError("A study needs a profile", "Add another before you remove this one.")
    profiles = (*study.profiles[:index], *study.profiles[index + 1 :])
    changed = _with_profiles(study, profiles, attributes)
    gone = f"{study.profiles[index].name} removed"
    return Changed(changed, (), profile=min(index, len(profiles) - 1), name=gone)


def _pairs(study: Study, wanted: Callable[[int, int], bool]) -> Pairs:
    return tuple(pair for pair in study.pairs() if wanted(pair[0], pair[1]))
