"""Gather everything that a report shows. Other modules lay it out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from align_tui import __version__
from align_tui.core.answers import TextAnswer
from align_tui.core.column_names import with_model
from align_tui.core.columns import (
    Column,
    PairedRow,
    column_agreement,
    column_chance,
    column_rate,
    correctness,
    pair_up,
    probe_key,
    target_for,
)
from align_tui.core.families import ClusterRule
from align_tui.core.findings.base import Finding
from align_tui.core.scenarios import Scenario
from align_tui.core.seeds import SEED_RULES
from align_tui.core.settings import Setting, beside, differing_model_files
from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.comparison import Comparison, compare
from align_tui.core.stats.equivalence import shared_margin
from align_tui.core.stats.paired import holm
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets, target_id
from align_tui.core.types import content_hash
from align_tui.monitor.effects import effects_of
from align_tui.monitor.findings import read_findings
from align_tui.output.rating_words import rating_words
from align_tui.output.report.blocks import Block
from align_tui.output.report.compared import Compared
from align_tui.output.report.conclusions import interval_notes
from align_tui.output.report.position import Position, position_of
from align_tui.output.report.sections.gathered import Gathered, GatheredRun
from align_tui.output.report.sections.registry import appendix
from align_tui.output.report.verdicts import Verdicts, tally
from align_tui.store import results, runs
from align_tui.store.basis import Basis, bases_of
from align_tui.store.clusters import clustering_of
from align_tui.store.columns import read_columns, reasoning_of
from align_tui.store.database import Database
from align_tui.store.probabilities import probabilities_of
from align_tui.store.run_annotations import NOTHING, Annotation, annotations_on
from align_tui.store.run_inputs import read_inputs
from align_tui.store.runs import RunRow
from align_tui.store.thinking import Thought, thoughts_of

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class RunPart:
    """One run: its settings, progress and versions."""

    row: RunRow
    repeat: int
    rule: str
    scenarios: int
    scenarios_hash: str
    probes: int
    cluster: ClusterRule
    clusters: int
    notes: tuple[str, ...]
    versions: dict[str, str]
    profiles: tuple[tuple[str, str], ...]  # name, and hash of everything else


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A column's accuracy for one target, and that of a uniform random chooser on the same rows."""

    label: str
    targets: Targets
    all: Rate
    all_chance: float | None
    discriminating: Rate
    discriminating_chance: float | None


@dataclass(frozen=True, slots=True)
class ColumnDecision:
    """One column's decision on an example, with the annotation of people.

    `ratings` are its predictions and ranking in short, and `answer` an open answer, or empty.
    """

    label: str
    choice: int | None
    correct: bool | None
    reasoning: str
    annotation: Annotation
    thought: Thought | None = None
    ratings: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario on which columns disagree, or of which a decision is bookmarked."""

    scenario: Scenario
    repeat: int
    said: tuple[ColumnDecision, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All facts of a report."""

    title: str
    written: str
    version: str
    runs: tuple[RunPart, ...]
    labels: tuple[str, ...]
    accuracies: tuple[Accuracy, ...]
    comparisons: tuple[Compared, ...]
    agreements: tuple[tuple[Agreement | None, ...], ...]
    settings: tuple[Setting, ...]
    examples: tuple[Example, ...]
    verdicts: tuple[Verdicts, ...]
    bookmarked: tuple[Example, ...]
    position: Position
    appendix: tuple[Block, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()  # each with the id of its run
    other_models: tuple[str, ...] = ()
    """Sentences on columns whose models have one name and different files."""

    @property
    def interval_notes(self) -> tuple[str, ...]:
        """Sentences on the comparisons whose interval and p may disagree."""
        found = [each.found.difference for each in self.comparisons]
        return interval_notes([each.clusters for each in found if each is not None])

    @property
    def dependent(self) -> bool:
        """Has any accuracy fewer clusters than decisions?"""
        return any(each.all.clusters < each.all.scored for each in self.accuracies)


def gather(
    db: Database, names: Sequence[str], *, title: str = "", examples: int = EXAMPLES
) -> Report:
    """Read the runs (each once, in the given order) and compute the report; raises StoreError."""
    ids = list(dict.fromkeys(names))
    parts = tuple(_run_part(db, run) for run in ids)
    columns = [column for run in ids for column in read_columns(db, run)]
    labels = _labels(columns, several=len(ids) > 1)
    comparisons = _comparisons(columns, labels)
    position = position_of(db, ids, labels)
    findings = tuple(
        (run, finding)
        for run in ids
        for finding in read_findings(db, run, runs.load_study(db, run))
    )
    annotations = {sample: said for run in ids for sample, said in annotations_on(db, run).items()}
    return Report(
        title=title or ", ".join(dict.fromkeys(part.row.name for part in parts)),
        written=time.strftime("%Y-%m-%d %H:%M", time.localtime()),
        version=__version__,
        runs=parts,
        labels=labels,
        accuracies=_accuracies(columns, labels),
        comparisons=comparisons,
        agreements=_agreements(columns),
        settings=beside([column.settings for column in columns]),
        examples=_examples(db, columns, labels, annotations, examples),
        verdicts=tally(columns, labels, annotations),
        bookmarked=_bookmarked(db, columns, labels, annotations),
        position=position,
        other_models=_other_models(columns, labels),
        appendix=_appendix(db, parts, columns, labels, comparisons, position, findings),
        findings=findings,
    )


def _appendix(
    db: Database,
    parts: Sequence[RunPart],
    columns: Sequence[Column],
    labels: tuple[str, ...],
    comparisons: Sequence[Compared],
    position: Position,
    findings: Sequence[tuple[str, Finding]],
) -> tuple[Block, ...]:
    probabilities = {
        sample: each for part in parts for sample, each in probabilities_of(db, part.row.id).items()
    }
    return appendix(
        Gathered(
            db,
            tuple(
                GatheredRun(part.row, runs.load_study(db, part.row.id), part.versions)
                for part in parts
            ),
            labels,
            effects_of(columns, probabilities),
            tuple(comparisons),
            position,
            tuple(findings),
        )
    )


def _run_part(db: Database, run: str) -> RunPart:
    study = runs.load_study(db, run)
    return RunPart(
        row=runs.get_run(db, run),
        repeat=study.repeat,
        rule=study.rule,
        scenarios=len(study.scenarios),
        scenarios_hash=content_hash([scenario.hash for scenario in study.scenarios]),
        probes=len({probe_key(scenario) for scenario in study.scenarios}),
        cluster=study.cluster,
        clusters=clustering_of(db, run).clusters,
        notes=study.notes,
        versions=runs.run_versions(db, run) | {"seeds from each scenario's": _seed_words(db, run)},
        profiles=tuple(
            (with_model(profile.name, profile.model_label), profile.hash)
            for profile in study.profiles
        ),
    )


def _other_models(columns: Sequence[Column], labels: Sequence[str]) -> tuple[str, ...]:
    said = []
    for a, b in combinations(range(len(columns)), 2):
        files = differing_model_files(columns[a].settings, columns[b].settings)
        if files and columns[a].model == columns[b].model:
            said.append(f"The models of {labels[a]} and {labels[b]} differ: {', '.join(files)}.")
    return tuple(said)


def _seed_words(db: Database, run: str) -> str:
    return SEED_RULES[read_inputs(db, run).seed_rule]


def _labels(columns: Sequence[Column], *, several: bool) -> tuple[str, ...]:
    """The profile's name and model, and the end of its run's id if there are several runs."""
    return tuple(
        with_model(column.name, column.model)
        + (f" ({column.run.rpartition('-')[2]})" if several else "")
        for column in columns
    )


def _accuracies(columns: Sequence[Column], labels: Sequence[str]) -> tuple[Accuracy, ...]:
    """By target, in order of first mention, and then by column."""
    found: dict[str, list[Accuracy]] = {}
    for column, label in zip(columns, labels, strict=True):
        alone = pair_up([column])
        for targets in column.under:
            rates = [column_rate(alone, 0, targets, discriminating=only) for only in (False, True)]
            chances = [
                column_chance(column, targets, discriminating=only) for only in (False, True)
            ]
            found.setdefault(target_id(targets), []).append(
                Accuracy(label, targets, rates[0], chances[0], rates[1], chances[1])
            )
    return tuple(accuracy for group in found.values() for accuracy in group)


def _comparisons(columns: Sequence[Column], labels: Sequence[str]) -> tuple[Compared, ...]:
    """Compare every two columns under every target that both are scored against."""
    found: list[tuple[str, str, Targets, Comparison, float | None]] = []
    for a, b in combinations(range(len(columns)), 2):
        shared = [targets for targets in columns[a].under if targets in columns[b].under]
        paired = pair_up([columns[a], columns[b]]) if shared else None
        for targets in shared:
            assert paired is not None
            comparison = compare(paired, 0, 1, targets)
            if comparison.counts.pairs:
                margin = shared_margin((columns[a].margin, columns[b].margin))
                found.append((labels[a], labels[b], targets, comparison, margin))
    adjusted = holm([comparison.p for *_, comparison, _ in found])
    return tuple(Compared(*each, p) for each, p in zip(found, adjusted, strict=True))


def _agreements(columns: Sequence[Column]) -> tuple[tuple[Agreement | None, ...], ...]:
    """The matrix of agreement, with None on its diagonal."""
    known: dict[tuple[int, int], Agreement] = {}
    for a, b in combinations(range(len(columns)), 2):
        known[a, b] = column_agreement(pair_up([columns[a], columns[b]]), 0, 1)
    every = range(len(columns))
    return tuple(
        tuple(None if a == b else known[min(a, b), max(a, b)] for b in every) for a in every
    )


def _examples(
    db: Database,
    columns: Sequence[Column],
    labels: Sequence[str],
    annotations: Mapping[int, Annotation],
    most: int,
) -> tuple[Example, ...]:
    """The rows with the most different choices, earlier ones first; one for each scenario."""
    rows = [row for row in pair_up(columns).rows if row.differs]
    rows.sort(key=lambda row: -len(set(row.choices) - {None}))
    first = list({probe_key(row.scenario): row for row in reversed(rows)}.values())[::-1]
    return tuple(_example(db, columns, labels, annotations, row) for row in first[:most])


def _bookmarked(
    db: Database,
    columns: Sequence[Column],
    labels: Sequence[str],
    annotations: Mapping[int, Annotation],
) -> tuple[Example, ...]:
    """Each bookmarked decision, column by column; other columns may lack its scenario."""
    found = []
    for column, label in zip(columns, labels, strict=True):
        for row in pair_up([column]).rows:
            outcome = row.outcomes[0]
            if outcome is not None and annotations.get(outcome.sample, NOTHING).bookmarked:
                found.append(_example(db, [column], [label], annotations, row))
    return tuple(found)


def _example(
    db: Database,
    columns: Sequence[Column],
    labels: Sequence[str],
    annotations: Mapping[int, Annotation],
    row: PairedRow,
) -> Example:
    samples = tuple(o.sample if o is not None else None for o in row.outcomes)
    reasons = reasoning_of(db, samples)
    decided = [sample for sample in samples if sample is not None]
    thoughts, bases = thoughts_of(db, decided), bases_of(db, decided)
    answers = {sample: _open_answer(results.result_of(db, sample)) for sample in decided}
    said = tuple(
        ColumnDecision(
            label,
            row.choices[index],
            _correct(column, row, index),
            reasons[index],
            NOTHING if sample is None else annotations.get(sample, NOTHING),
            None if sample is None else thoughts.get(sample),
            "" if sample is None else _ratings(bases[sample]),
            "" if sample is None else answers[sample],
        )
        for index, (column, label, sample) in enumerate(zip(columns, labels, samples, strict=True))
    )
    return Example(row.scenario, row.repeat, said)


def _open_answer(result: results.Result | None) -> str:
    answer = result.answer if result is not None else None
    return answer.text if isinstance(answer, TextAnswer) else ""


def _ratings(basis: Basis) -> str:
    return rating_words(basis.predictions, basis.ranking)


def _correct(column: Column, row: PairedRow, index: int) -> bool | None:
    """Is it right for its own targets? None for a column without targets."""
    return correctness(row, index, target_for(column, ()), column.scorer)
