"""What findings need of a run's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.findings.base import (
    MOST_EXAMPLES,
    Failed,
    Replies,
    SampleKey,
    SeveralSetups,
    UnequalReplies,
)
from align_tui.store.cuts import CutReply, cut_replies
from align_tui.store.database import Database, Row
from align_tui.store.fingerprints import Fingerprint, fingerprints_of

MOST = 3  # different caps that one finding names
# The seed changes nothing in a greedy reply; samplings that differ in anything else are different.
# Other models of a sample (its roles) ask under roles of their own.
_GREEDY = """
SELECT s.backbone, p.role, p.prompt, p.messages, p.schema,
  json_remove(p.sampling, '$.seed') AS sampling, count(*) AS replies,
  min(p.raw) <> max(p.raw) AS unequal, min(p.choice) <> max(p.choice) AS choices
FROM responses p JOIN samples s ON s.id=p.sample
WHERE s.run=? AND json_valid(p.sampling) AND json_extract(p.sampling, '$.temperature')=0
  AND p.finish IN ('stop', 'choice')
GROUP BY s.backbone, p.role, p.prompt, p.messages, p.schema, sampling HAVING count(*) > 1
"""
_GROUP = ("backbone", "role", "prompt", "messages", "schema", "sampling")


@dataclass(frozen=True, slots=True)
class Unequal:
    """How many prompts a greedy model got more than once, and how many it answered differently.

    `choices` counts those whose replies name different choices; `examples` has a few.
    """

    repeated: int = 0
    prompts: int = 0
    choices: int = 0
    examples: tuple[UnequalReplies, ...] = ()


def choices(db: Database, run: str) -> dict[int, dict[SampleKey, int]]:
    """The choices by profile and then by (scenario, repeat), without open answers."""
    found: dict[int, dict[SampleKey, int]] = {}
    for profile, scenario, repeat, choice in db.read(
        "SELECT s.profile, s.scenario, s.repeat, r.choice FROM samples s"
        " JOIN results r ON r.sample=s.id WHERE s.run=? AND r.choice IS NOT NULL",
        (run,),
    ):
        found.setdefault(profile, {})[scenario, repeat] = choice
    return found


def decided(db: Database, run: str) -> dict[int, int]:
    """The number of decided samples by profile."""
    return {
        row["profile"]: row["decided"]
        for row in db.read(
            "SELECT profile, count(*) AS decided FROM samples WHERE run=? AND status='done'"
            " GROUP BY profile",
            (run,),
        )
    }


def failures(db: Database, run: str) -> dict[int, tuple[Failed, ...]]:
    """By profile: the failed samples by the kind of their error, the most frequent first."""
    found: dict[int, list[Failed]] = {}
    for row in db.read(
        "SELECT s.profile, r.error_kind AS kind, count(*) AS failed, min(s.id) AS first,"
        " r.error_message AS message"  # SQLite takes it from the row that has the least id
        " FROM samples s JOIN results r ON r.sample=s.id"
        " WHERE s.run=? AND s.status='failed' AND r.error_kind IS NOT NULL"
        " GROUP BY s.profile, r.error_kind ORDER BY s.profile, failed DESC, r.error_kind",
        (run,),
    ):
        samples = tuple(
            each["id"]
            for each in db.read(
                "SELECT s.id FROM samples s JOIN results r ON r.sample=s.id"
                " WHERE s.run=? AND s.status='failed' AND s.profile=? AND r.error_kind=?"
                " ORDER BY s.id LIMIT ?",
                (run, row["profile"], row["kind"], MOST_EXAMPLES),
            )
        )
        failed = Failed(row["kind"], row["failed"], samples, row["message"] or "")
        found.setdefault(row["profile"], []).append(failed)
    return {profile: tuple(each) for profile, each in found.items()}


def replies(db: Database, run: str) -> dict[int, Replies]:
    """By profile: the stored replies of its decisions, and those that were cut or asked again."""
    cut: dict[int, list[CutReply]] = {}
    for each in cut_replies(db, run):
        cut.setdefault(each.profile, []).append(each)
    found = {}
    for row in db.read(
        "SELECT s.profile, count(*) AS total, sum(p.retried) AS retried"
        " FROM responses p JOIN samples s ON s.id=p.sample"
        " WHERE s.run=? AND s.status='done' GROUP BY s.profile",
        (run,),
    ):
        profile = row["profile"]
        ended = [each for each in cut.get(profile, ()) if each.at_token_limit]
        capped = [each for each in cut.get(profile, ()) if not each.at_token_limit]
        found[profile] = Replies(
            row["total"],
            len(ended),
            row["retried"],
            _first(ended),
            _retried(db, run, profile) if row["retried"] else (),
            len(capped),
            _first(capped),
            tuple(words for words, _ in Counter(each.words for each in capped).most_common(MOST)),
        )
    return found


def _first(cut: Sequence[CutReply]) -> tuple[int, ...]:
    """The first few samples of cut replies."""
    return tuple(dict.fromkeys(each.sample for each in cut))[:MOST_EXAMPLES]


def _retried(db: Database, run: str, profile: int) -> tuple[int, ...]:
    """The first few decisions of a profile with a reply that was asked for again."""
    rows = db.read(
        "SELECT DISTINCT s.id FROM samples s JOIN responses p ON p.sample=s.id"
        " WHERE s.run=? AND s.profile=? AND s.status='done' AND p.retried ORDER BY s.id LIMIT ?",
        (run, profile, MOST_EXAMPLES),
    )
    return tuple(row["id"] for row in rows)


def scenarios_of(db: Database, samples: Sequence[int]) -> list[int]:
    """The indices of the scenarios of samples, in the order of the samples."""
    marks = ",".join("?" * len(samples))
    found = {
        row["id"]: row["scenario"]
        for row in db.read(f"SELECT id, scenario FROM samples WHERE id IN ({marks})", samples)
    }
    return [found[sample] for sample in samples if sample in found]


def unequal_replies(db: Database, run: str) -> Unequal:
    """The prompts that a model at temperature 0 answered in more than one way."""
    groups = db.read(_GREEDY, (run,))
    differ = [group for group in groups if group["unequal"]]
    differ.sort(key=lambda group: not group["choices"])
    return Unequal(
        len(groups),
        len(differ),
        sum(bool(group["choices"]) for group in differ),
        _pairs(db, run, differ[:MOST_EXAMPLES]),
    )


def _pairs(db: Database, run: str, groups: Sequence[Row]) -> tuple[UnequalReplies, ...]:
    """Two samples with different replies of each group, different choices first."""
    wanted = {tuple(group[name] for name in _GROUP): group for group in groups}
    rows: dict[tuple[object, ...], list[Row]] = {key: [] for key in wanted}
    marks = ",".join("?" * len(groups))
    for row in db.read(
        "SELECT s.id, s.profile, p.raw, p.choice, s.backbone, p.role, p.prompt, p.messages,"
        " p.schema, json_remove(p.sampling, '$.seed') AS sampling"
        " FROM samples s JOIN responses p ON p.sample=s.id"
        f" WHERE s.run=? AND p.prompt IN ({marks}) AND json_valid(p.sampling) ORDER BY s.id",
        (run, *(group["prompt"] for group in groups)),
    ):
        key = tuple(row[name] for name in _GROUP)
        if key in rows:
            rows[key].append(row)
    found = []
    for key, same in rows.items():
        first = same[0]
        others = [row for row in same if row["choice"] != first["choice"]]
        others += [row for row in same if row["raw"] != first["raw"]]
        found.append(
            UnequalReplies(
                tuple(sorted({row["profile"] for row in same})),
                wanted[key]["replies"],
                (first["id"], *(row["id"] for row in others[:1])),
                bool(wanted[key]["choices"]),
            )
        )
    return tuple(found)


def several_setups(db: Database, run: str) -> tuple[SeveralSetups, ...]:
    """The models whose replies for one purpose have several fingerprints, each model once.

    Other models of a sample (its roles) ask for purposes of their own, so their fingerprints are
    not compared with those of the main model.
    """
    asked: dict[tuple[str, str], list[Fingerprint]] = {}
    for each in fingerprints_of(db, run):
        asked.setdefault((each.backbone, each.role), []).append(each)
    found: dict[tuple[str, ...], list[Fingerprint]] = {}
    for (backbone, _), same in asked.items():
        names = dict.fromkeys(each.text for each in same)
        if len(names) > 1:
            found.setdefault((backbone, *sorted(names)), []).extend(same)
    return tuple(_setups(each) for each in found.values())


def _setups(same: Sequence[Fingerprint]) -> SeveralSetups:
    counts: dict[str, int] = {}
    samples: dict[str, int] = {}
    for each in same:
        counts[each.text] = counts.get(each.text, 0) + each.replies
        samples.setdefault(each.text, each.first)
    return SeveralSetups(
        tuple(sorted({each.profile for each in same})),
        tuple(sorted(counts.items(), key=lambda pair: -pair[1])),
        tuple(dict.fromkeys(samples.values())),
    )
