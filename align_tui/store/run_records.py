"""Give profiles the labelled records that their run stores: a run needs no files of sets."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.config.records import with_records_text
from align_tui.store.database import Database


def with_stored_records(db: Database, run: str, profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """The profiles with the records of the run. Raises StoreError.

    Records that a damaged page garbled, and those of which an earlier version did not store where
    each set ends, are left to the files that the profile names.
    """
    if not any(isinstance(profile.adm, UsesRecords) for profile in profiles):
        return tuple(profiles)
    texts = {
        int(row["profile"]): str(row["body"])
        for row in db.read(
            "SELECT r.profile, s.body FROM run_sources r JOIN sources s ON s.hash=r.hash"
            " WHERE r.run=? AND r.kind='records'",
            (run,),
        )
    }
    return tuple(with_records_text(each, texts.get(idx)) for idx, each in enumerate(profiles))
