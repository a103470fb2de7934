"""The rows of the table of samples: one for each ended sample, by the names of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from align_tui.config.study import Study
from align_tui.core.families import Clustering, family_of
from align_tui.core.seeds import sample_seed, seed_hash
from align_tui.core.targets import target_id
from align_tui.output.events import Event, page_events
from align_tui.output.sample_table.columns import (
    FORMAT,
    SCORES,
    Column,
    columns_for,
    score_column,
)
from align_tui.store import results, runs
from align_tui.store.clusters import clustering_of
from align_tui.store.costs import NO_COST, Cost, costs_of
from align_tui.store.cuts import cuts_of
from align_tui.store.database import Database
from align_tui.store.results import Result
from align_tui.store.run_inputs import RunInputs, read_inputs

TableRow = dict[str, Any]
"""A row: every column of the table by its name; None where a value is not known."""
DISCRIMINATING = SCORES[-1][0]  # of a score this part is always known
UNKNOWN_ELSEWHERE = (
    "seed", "cut", "retried", "calls", "prompt_tokens", "queued_s", "reading_s", "writing_s",
)  # fmt: skip
"""The columns that no other program's files tell; they are null in an imported run."""
NO_REPLY = "truncated"  # the kind of the error of a reply that was cut twice, which is not stored
_SAME = (
    "run", "profile", "model", "scenario", "repeat", "choice", "choice_text", "latency_s", "tokens",
    "thinking_tokens", "reasoning", "thinking", "probabilities", "predictions", "relevance",
    "steps", "examples", "order", "orders",
)  # fmt: skip
"""The columns that have the value of an event's key of the same name."""


@dataclass(frozen=True, slots=True)
class SampleTable:
    """One run as a table. `about` says what it is: format, run, study, cluster rule, repeat."""

    db: Database
    run: str
    study: Study
    columns: tuple[Column, ...]
    about: Mapping[str, str]
    inputs: RunInputs
    clusters: Clustering

    def rows(self) -> Iterator[TableRow]:
        """The rows in the order in which the samples ended. Raises StoreError."""
        last = 0
        while page := results.results_after(self.db, self.run, last):
            samples = [result.sample for result in page]
            costs, cuts = costs_of(self.db, samples), cuts_of(self.db, samples)
            events = page_events(self.db, self.run, self.study, page, cuts)
            for result, event in zip(page, events, strict=True):
                cost = costs.get(result.sample, NO_COST)
                yield self._row(result, event, cost, is_cut=result.sample in cuts)
            last = page[-1].seq

    def _row(self, result: Result, event: Event, cost: Cost, *, is_cut: bool) -> TableRow:
        profile, scenario = self.study.profiles[result.profile], self.study.scenarios
        at = scenario[result.scenario]
        row: TableRow = dict.fromkeys(column.name for column in self.columns)
        row |= {key: event.get(key) for key in _SAME}
        row |= _answered(event) | self._scored(event)
        failed = event.get("error", {})
        decides_here = profile.adm.traits.can_decide
        return row | {
            "error": failed.get("kind"),
            "error_message": failed.get("message"),
            "kind": profile.adm.kind,
            "profile_target": target_id(profile.target) or None,
            "family": family_of(at) or None,
            "cluster": self._cluster(result.scenario),
            "choices": len(at.choices),
            "seed": sample_seed(
                profile.decoding.seed, seed_hash(at, self.inputs.seed_rule), result.repeat
            ),
            "votes": list(result.votes) if result.votes else None,
            "cut": is_cut or failed.get("kind") == NO_REPLY,
            "retried": cost.was_retried or failed.get("kind") == NO_REPLY,
            **_spent(cost, result),
            "started": datetime.fromtimestamp(result.started, UTC),
            "finished": datetime.fromtimestamp(result.finished, UTC),
            "notes": list(result.notes),
            **(dict.fromkeys(UNKNOWN_ELSEWHERE) if not decides_here else {}),
        }

    def _scored(self, event: Event) -> TableRow:
        """The scores under each target; without a name for the one that it is scored against."""
        scores: Mapping[str, Mapping[str, Any]] = event.get("scores") or {}
        row: TableRow = {
            score_column(part, target): score[part]
            for target, score in scores.items()
            for part, _ in SCORES
        }
        if len(scores) == 1:
            [(target, score)] = scores.items()
            row |= {"target": target, **{part: score[part] for part, _ in SCORES}}
        return row

    def _cluster(self, scenario: int) -> str:
        """The key of the first scenario of the cluster; with the rule `none` its own."""
        of = self.clusters.of
        return self.study.scenarios[of[scenario] if scenario < len(of) else scenario].key


def sample_table(db: Database, run: str) -> SampleTable:
    """The table of a run's samples. Raises StoreError."""
    study = runs.load_study(db, run)
    clusters = clustering_of(db, run)
    return SampleTable(
        db,
        run,
        study,
        columns_for(study.targets_by_id()),
        {
            "format": FORMAT,
            "run": run,
            "study": study.name,
            "cluster": clusters.rule,
        },
        read_inputs(db, run),
        clusters,
    )


def _answered(event: Event) -> TableRow:
    """The answer, its probability and the ranking; nothing for a failure."""
    answer, ranking = event.get("answer"), event.get("ranking")
    row: TableRow = {}
    if answer is not None:
        row |= {"answer_kind": answer["kind"], "answer_text": answer["text"]}
    chances, choice = event.get("probabilities"), event.get("choice")
    if chances and choice is not None:
        row["probability"] = chances[choice]
    if ranking is not None:
        row |= {
            "ranking_function": ranking["function"],
            "ranking_measure": ranking["measure"],
            "ranking_scores": ranking["scores"],
            "tied": len(ranking["best"]),
            "tie_break": ranking["tie_break"],
        }
    return row


def _spent(cost: Cost, result: Result) -> TableRow:
    """Calls, tokens and seconds; not known for a failure, whose replies are not kept."""
    spent = cost.spent(result.latency_s, result.waited_s)
    known = result.error_kind is None or cost.calls > 0
    return {
        "calls": cost.calls if known else None,
        "prompt_tokens": cost.prompt_tokens if known else None,
        "queued_s": round(spent.queued_s, 6) if spent else None,
        "reading_s": round(spent.reading_s, 6) if spent else None,
        "writing_s": round(spent.writing_s, 6) if spent else None,
    }


def by_target(row: TableRow) -> Iterator[TableRow]:
    """The row once for each target that its sample is scored against, with the score under it.

    A sample that is scored against nothing has its row once.
    """
    begin = f"{DISCRIMINATING}["
    targets = sorted(
        name[len(begin) : -1]
        for name, value in row.items()
        if name.startswith(begin) and value is not None
    )
    for target in targets:
        score = {part: row[score_column(part, target)] for part, _ in SCORES}
        yield row | {"target": target, **score}
    if not targets:
        yield row
