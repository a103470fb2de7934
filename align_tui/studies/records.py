"""Read the labelled records from which a decision-maker learns, and pin what they hold."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError, DatasetError
from align_tui.core.scenarios import Scenario
from align_tui.core.types import content_hash
from align_tui.formats.library import find_scenarios


def read_records(params: UsesRecords, attributes: Attributes) -> tuple[Scenario, ...]:
    """The scenarios of all sets that `params` names, in their order; no labels are left out.

    Raises ConfigError if a set cannot be read, or holds something else than the run pinned.
    """
    scenarios, found = _read(params.records, attributes)
    if params.records_sha256 and found != params.records_sha256:
        raise ConfigError(
            f"The records {', '.join(params.records)} have changed since the run began: "
            f"SHA-256 {params.records_sha256[:12]}…, now {found[:12]}…",
            "Start a new run, which uses the changed records.",
        )
    return scenarios


def with_records(profile: Profile, attributes: Attributes) -> Profile:
    """The profile with the hash of its records. Raises ConfigError if they cannot be read."""
    adm = profile.adm
    if not isinstance(adm, UsesRecords) or not adm.records or adm.records_sha256:
        return profile
    try:
        _, found = _read(adm.records, attributes)
    except ConfigError as error:
        raise ConfigError(f"profile {profile.name}: {error.message}", error.hint) from error
    return profile.model_copy(update={"adm": adm.model_copy(update={"records_sha256": found})})


def _read(names: Sequence[str], attributes: Attributes) -> tuple[tuple[Scenario, ...], str]:
    scenarios: list[Scenario] = []
    hashes = []
    for name in names:
        try:
            found = find_scenarios(name, attributes)
        except DatasetError as error:
            raise ConfigError(f"adm.records: {error.message}", error.hint) from error
        scenarios += found.scenarios
        hashes.append(found.hash)
    return tuple(scenarios), content_hash(hashes)
