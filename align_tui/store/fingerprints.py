"""What servers call the setups (weights, version, options) that wrote a run's replies."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A fingerprint of replies that one model wrote in one role of a profile.

    `backbone` is the key of the profile's models, `role` what the replies were asked for, `replies`
    their number, and `first` the sample of the first one.
    """

    backbone: str
    role: str
    profile: int
    text: str
    replies: int
    first: int


def fingerprints_of(db: Database, run: str) -> tuple[Fingerprint, ...]:
    """Those of a run's replies, the first ones first; none where no server tells any."""
    rows = db.read(
        "SELECT s.backbone, p.role, s.profile, p.fingerprint, count(*) AS replies,"
        " min(s.id) AS first FROM samples s JOIN responses p ON p.sample=s.id"
        " WHERE s.run=? AND p.fingerprint IS NOT NULL"
        " GROUP BY s.backbone, p.role, s.profile, p.fingerprint ORDER BY first, p.fingerprint",
        (run,),
    )
    return tuple(
        Fingerprint(
            row["backbone"],
            row["role"],
            row["profile"],
            row["fingerprint"],
            row["replies"],
            row["first"],
        )
        for row in rows
    )


def told_of(db: Database, run: str) -> dict[int, dict[str, int]]:
    """By profile: the fingerprints of its replies, with how many replies have each."""
    found: dict[int, dict[str, int]] = {}
    for each in fingerprints_of(db, run):
        counts = found.setdefault(each.profile, {})
        counts[each.text] = counts.get(each.text, 0) + each.replies
    return found
