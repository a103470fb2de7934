"""Read the labelled records from which a decision-maker learns, and pin what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError, DatasetError
from align_tui.core.records import RecordSets, records_hash
from align_tui.core.scenarios import Scenario
from align_tui.formats.library import find_scenarios


def read_records(params: UsesRecords, attributes: Attributes) -> tuple[Scenario, ...]:
    """The scenarios of all sets that `params` names, in their order; no labels are left out.

    Raises ConfigError if a set cannot be read, or holds something else than the run pinned.
    """
    return tuple(each for found in read_sets(params, attributes) for each in found)


def read_sets(params: UsesRecords, attributes: Attributes) -> RecordSets:
    """The sets that `params` names: as the run stores them, else from their files.

    Raises ConfigError if one cannot be read, or holds something else than the run pinned.
    """
    if params.loaded is not None:
        return params.loaded
    sets = _read(params.records, attributes)
    found = records_hash(sets)
    if params.records_sha256 and found != params.records_sha256:
        raise ConfigError(
            f"The records {', '.join(params.records)} have changed since the run began: "
            f"SHA-256 {params.records_sha256[:12]}…, now {found[:12]}…",
            "Start a new run, which uses the changed records.",
        )
    return sets


def with_records(profile: Profile, attributes: Attributes) -> Profile:
    """The profile with the hash of its records. Raises ConfigError if they cannot be read."""
    adm = profile.adm
    if not isinstance(adm, UsesRecords) or not adm.records or adm.records_sha256:
        return profile
    try:
        found = records_hash(_read(adm.records, attributes))
    except ConfigError as error:
        raise ConfigError(f"profile {profile.name}: {error.message}", error.hint) from error
    return profile.model_copy(update={"adm": adm.model_copy(update={"records_sha256": found})})


def _read(names: Sequence[str], attributes: Attributes) -> RecordSets:
    sets = []
    for name in names:
        try:
            sets.append(find_scenarios(name, attributes).scenarios)
        except DatasetError as error:
            raise ConfigError(f"adm.records: {error.message}", error.hint) from error
    return tuple(sets)
