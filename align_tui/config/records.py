"""Give a profile the labelled records that a run or a bundle stores as a text."""

from __future__ import annotations

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.config.reading.bounded_json import parse_json
from align_tui.core.records import records_from_json

MOST_VALUES = 5_000_000  # of one profile's records


def with_records_text(profile: Profile, text: str | None) -> Profile:
    """The profile with the records of that text, if they are those that it pins."""
    adm = profile.adm
    if text is None or not isinstance(adm, UsesRecords):
        return profile
    try:
        sets = records_from_json(parse_json(text, MOST_VALUES), adm.records_sha256)
    except (ValueError, RecursionError):
        return profile
    return profile.model_copy(update={"adm": adm.with_sets(sets)}) if sets else profile
