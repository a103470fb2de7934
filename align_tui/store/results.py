"""Read results: of one sample, of a run in the order its samples ended, and the tallies."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from align_tui.core.answers import Answer, ChoiceAnswer, TextAnswer
from align_tui.core.cuts import ReplyEnd, cut_words
from align_tui.core.decisions import ShownChoices
from align_tui.core.margins import margin_of
from align_tui.core.scorers.base import Score
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.stats.rates import Rate
from align_tui.core.types import JsonObject
from align_tui.store.clusters import clustering_of
from align_tui.store.database import Database, Row
from align_tui.store.orders import read_order, read_shown
from align_tui.store.waits import WAITED


@dataclass(frozen=True, slots=True)
class Result:
    """The result of an ended sample: a decision, or a failure (then `error_kind` is set).

    `started` and `finished` are seconds since the epoch. `shown` is empty where the choices were
    shown in the scenario's own order, or not at all. `waited_s` are the seconds from when the
    sample was asked for to its claim at `started`; 0 in rows of earlier versions.
    """

    seq: int
    sample: int
    scenario: int
    profile: int
    repeat: int
    started: float
    finished: float
    choice: int | None
    choice_text: str
    reasoning: str
    probabilities: tuple[float, ...] | None
    votes: tuple[float, ...] | None
    notes: tuple[str, ...]
    latency_s: float
    first_token_s: float | None
    tokens: int
    error_kind: str | None
    error_message: str | None
    shown: tuple[ShownChoices, ...] = ()
    waited_s: float = 0.0

    @property
    def answer(self) -> Answer | None:
        """The answer; None if the sample failed."""
        if self.error_kind is not None:
            return None
        return TextAnswer(self.choice_text) if self.choice is None else ChoiceAnswer(self.choice)


@dataclass(frozen=True, slots=True)
class SampleState:
    """The status of one sample and its scores, for the marks in lists and panes.

    A sample that is done without a choice has a text answer. `margin` (0 to 1) is by how much its
    highest probability exceeds the second; None without probabilities.
    """

    id: int
    scenario: int
    profile: int
    repeat: int
    status: str
    started: float | None
    choice: int | None
    error_kind: str | None
    scores: tuple[tuple[str, bool | None], ...]
    finished: float | None = None
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A stored reply with the prompt that the model saw. Hashes are SHA-256, times seconds.

    `fingerprint` is what a server calls the setup that wrote it; empty if it tells none.
    """

    role: str
    choice: int | None
    reasoning: str
    raw: str
    prompt: str
    messages: tuple[JsonObject, ...]
    schema: JsonObject
    sampling: JsonObject
    prompt_tokens: int
    tokens: int
    first_token_s: float
    total_s: float
    finish: str
    retried: bool
    timeline: tuple[tuple[float, int], ...]
    prompt_hash: str
    messages_hash: str
    schema_hash: str
    thinking_tokens: int = 0
    order: tuple[int, ...] | None = None
    fingerprint: str = ""

    @property
    def cut(self) -> str:
        """What of it was cut, such as `reasoning cut at 512 characters`; empty if nothing was."""
        limits = (self.sampling.get(name) for name in ("max_tokens", "max_thinking_tokens"))
        most, most_thinking = (each if isinstance(each, int) else 0 for each in limits)
        return cut_words(
            ReplyEnd(self.raw, self.schema, self.finish, most, self.thinking_tokens, most_thinking)
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """A profile's accuracy for one target, over all scored and over discriminating samples."""

    profile: int
    target: str
    all: Rate
    discriminating: Rate


# Tracebacks are long, so only `traceback_of` reads them.
_RESULT = f"""
SELECT r.seq, r.sample, r.finished, r.started, r.choice, r.choice_text, r.reasoning,
  r.probabilities, r.votes, r.notes, r.latency_s, r.first_token_s, r.tokens, r.error_kind,
  r.error_message, r.shown, {WAITED} AS waited_s, s.scenario, s.profile, s.repeat
FROM results r JOIN samples s ON s.id = r.sample
"""


def _floats(text: str | None) -> tuple[float, ...] | None:
    """Parse a JSON list; None too if a number is not finite, which earlier versions stored."""
    values = tuple(float(value) for value in json.loads(text)) if text else ()
    return values if values and all(map(math.isfinite, values)) else None


def _result(row: Row) -> Result:
    return Result(
        seq=row["seq"],
        sample=row["sample"],
        scenario=row["scenario"],
        profile=row["profile"],
        repeat=row["repeat"],
        started=row["started"],
        finished=row["finished"],
        choice=row["choice"],
        choice_text=row["choice_text"] or "",
        reasoning=row["reasoning"],
        probabilities=_floats(row["probabilities"]),
        votes=_floats(row["votes"]),
        notes=tuple(json.loads(row["notes"])),
        latency_s=row["latency_s"],
        first_token_s=row["first_token_s"],
        tokens=row["tokens"],
        error_kind=row["error_kind"],
        error_message=row["error_message"],
        shown=read_shown(row["shown"]),
        waited_s=row["waited_s"],
    )


def results_after(db: Database, run: str, seq: int = 0, limit: int = 500) -> list[Result]:
    """Up to `limit` results of the run with a number above `seq`, in the order they ended."""
    rows = db.read(_RESULT + " WHERE s.run=? AND r.seq>? ORDER BY r.seq LIMIT ?", (run, seq, limit))
    return [_result(row) for row in rows]


def last_seq(db: Database, run: str) -> int:
    """The number of the run's newest result, for `results_after`; 0 if it has none."""
    row = db.one(
        "SELECT ifnull(max(r.seq), 0) FROM results r JOIN samples s ON s.id=r.sample WHERE s.run=?",
        (run,),
    )
    return int(row[0]) if row is not None else 0


def periods(db: Database, run: str) -> list[tuple[int, float, float]]:
    """(sample, start, end) of every ended sample of the run, in the order in which they ended.

    The times are seconds since the epoch.
    """
    return [
        (int(row["sample"]), float(row["started"]), float(row["finished"]))
        for row in db.read(
            "SELECT r.sample, r.started, r.finished FROM results r JOIN samples s ON s.id=r.sample"
            " WHERE s.run=? ORDER BY r.seq",
            (run,),
        )
    ]


def all_results(db: Database, run: str) -> Iterator[Result]:
    """Read every result of the run, in the order they ended, page by page."""
    last = 0
    while page := results_after(db, run, last):
        yield from page
        last = page[-1].seq


def result_of(db: Database, sample: int) -> Result | None:
    """The result of a sample; None while it has none."""
    row = db.one(_RESULT + " WHERE r.sample=?", (sample,))
    return _result(row) if row is not None else None


def traceback_of(db: Database, sample: int) -> str:
    """The traceback of a failed sample's error; empty if none was stored."""
    row = db.one("SELECT traceback FROM results WHERE sample=?", (sample,))
    return str(row[0] or "") if row is not None else ""


def failures(db: Database, run: str) -> Iterator[tuple[Result, str]]:
    """(result, traceback or empty text) of each failed sample, in the order they failed."""
    for result in all_results(db, run):
        if result.error_kind:
            yield result, traceback_of(db, result.sample)


def results_at(db: Database, run: str, scenario: int) -> list[Result]:
    """The results of all profiles on one scenario."""
    rows = db.read(_RESULT + " WHERE s.run=? AND s.scenario=?", (run, scenario))
    return [_result(row) for row in rows]


def scores_of(db: Database, samples: Sequence[int]) -> dict[int, dict[str, Score]]:
    """Scores by sample and target id."""
    found: dict[int, dict[str, Score]] = {sample: {} for sample in samples}
    for start in range(0, len(samples), 500):
        part = samples[start : start + 500]
        marks = ",".join("?" * len(part))
        for row in db.read(f"SELECT * FROM scores WHERE sample IN ({marks})", part):
            found[row["sample"]][row["target"]] = Score(
                None if row["correct"] is None else bool(row["correct"]),
                row["distance"],
                bool(row["discriminating"]),
            )
    return found


def states(db: Database, run: str, scenario: int | None = None) -> list[SampleState]:
    """The states of the run's samples (or of those on one scenario), by id."""
    where, values = ("", (run,)) if scenario is None else (" AND s.scenario=?", (run, scenario))
    scored: dict[int, list[tuple[str, bool | None]]] = {}
    for row in db.read(
        "SELECT c.sample, c.target, c.correct FROM samples s JOIN scores c ON c.sample=s.id"
        " WHERE s.run=?" + where,
        values,
    ):
        correct = None if row["correct"] is None else bool(row["correct"])
        scored.setdefault(row["sample"], []).append((row["target"], correct))
    return [
        SampleState(
            id=row["id"],
            scenario=row["scenario"],
            profile=row["profile"],
            repeat=row["repeat"],
            status=row["status"],
            started=row["started"],
            choice=row["choice"],
            error_kind=row["error_kind"],
            scores=tuple(scored.get(row["id"], ())),
            finished=row["finished"],
            margin=margin_of(_floats(row["probabilities"])),
        )
        for row in db.read(
            "SELECT s.id, s.scenario, s.profile, s.repeat, s.status, s.started, r.choice,"
            " r.error_kind, r.finished, r.probabilities"
            " FROM samples s LEFT JOIN results r ON r.sample=s.id WHERE s.run=?"
            + where
            + " ORDER BY s.id",
            values,
        )
    ]


def responses_of(db: Database, sample: int) -> list[StoredResponse]:
    """Every reply of a sample, in order, with prompt, schema and timing."""
    rows = db.read(
        "SELECT r.*, p.body AS prompt_text, m.body AS messages_text, c.body AS schema_text"
        " FROM responses r JOIN texts p ON p.hash=r.prompt JOIN texts m ON m.hash=r.messages"
        " JOIN texts c ON c.hash=r.schema WHERE r.sample=? ORDER BY r.idx",
        (sample,),
    )
    return [
        StoredResponse(
            role=row["role"],
            choice=row["choice"],
            reasoning=row["reasoning"],
            raw=row["raw"],
            prompt=row["prompt_text"],
            messages=tuple(json.loads(row["messages_text"])),
            schema=json.loads(row["schema_text"]),
            sampling=json.loads(row["sampling"]),
            prompt_tokens=row["prompt_tokens"],
            tokens=row["tokens"],
            first_token_s=row["first_token_s"],
            total_s=row["total_s"],
            finish=row["finish"],
            retried=bool(row["retried"]),
            timeline=tuple((float(t), int(n)) for t, n in json.loads(row["timeline"])),
            prompt_hash=row["prompt"],
            messages_hash=row["messages"],
            schema_hash=row["schema"],
            thinking_tokens=row["thinking_tokens"],
            order=read_order(row["choice_order"]),
            fingerprint=row["fingerprint"] or "",
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class QuestionCount:
    """Of one profile's decisions on one question, how many a target scores and finds right."""

    profile: int
    target: str
    scenario: int
    discriminating: bool
    times: int
    right: int


def question_counts(db: Database, run: str) -> list[QuestionCount]:
    """The scored decisions of a run, counted by question."""
    return [
        QuestionCount(
            row["profile"],
            row["target"],
            row["scenario"],
            bool(row["discriminating"]),
            row["n"],
            row["right"],
        )
        for row in db.read(
            "SELECT c.profile, c.target, s.scenario, c.discriminating, count(*) AS n,"
            " sum(c.correct) AS right FROM scores c JOIN samples s ON s.id=c.sample"
            " WHERE c.run=? AND c.correct IS NOT NULL"
            " GROUP BY c.profile, c.target, s.scenario, c.discriminating",
            (run,),
        )
    ]


def tallies(db: Database, run: str) -> list[Tally]:
    """The accuracy of every profile for every target that its decisions are scored against."""
    counts = question_counts(db, run)
    if not counts:
        return []
    grouping = clustering_of(db, run)
    repeats = max(count.times for count in counts)
    sums: dict[tuple[int, str], tuple[QuestionSums, QuestionSums]] = {}
    for count in counts:
        key = count.profile, count.target
        if key not in sums:
            sums[key] = QuestionSums(grouping, repeats), QuestionSums(grouping, repeats)
        every, discriminating = sums[key]
        every.change(count.scenario, count.right, count.times)
        if count.discriminating:
            discriminating.change(count.scenario, count.right, count.times)
    return [Tally(*key, every.rate(), only.rate()) for key, (every, only) in sums.items()]


def mean_distances(db: Database, run: str) -> dict[tuple[int, str], float]:
    """The mean distance of the scored decisions, by profile and target id."""
    return {
        (row["profile"], row["target"]): row["mean"]
        for row in db.read(
            "SELECT profile, target, avg(distance) AS mean FROM scores"
            " WHERE run=? AND distance IS NOT NULL GROUP BY profile, target",
            (run,),
        )
    }


def open_counts(db: Database, run: str) -> dict[int, tuple[int, int]]:
    """(number of failed samples, of pending and running ones) by profile."""
    return {
        row["profile"]: (row["failed"], row["open"])
        for row in db.read(
            "SELECT profile, sum(status='failed') AS failed,"
            " sum(status IN ('pending', 'running')) AS open FROM samples WHERE run=?"
            " GROUP BY profile",
            (run,),
        )
    }
