"""`align-tui power`: what a study can detect, and how large it has to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.core.column_names import with_model
from align_tui.core.columns import Column, pair_up, scored_pairs
from align_tui.core.errors import ConfigError
from align_tui.core.families import ClusterRule
from align_tui.core.stats.comparison import question_pairs
from align_tui.core.stats.pilot import Pilot, pilot_of
from align_tui.core.stats.power import POWER, Design, assumed_variation
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.output.decision_json import target_words
from align_tui.output.power_plan import pilot_json, plan_json, plan_lines, plan_of, share
from align_tui.output.tables import console, waiting
from align_tui.output.terminal import say_json
from align_tui.store import runs
from align_tui.store.columns import read_columns
from align_tui.store.database import open_database

DIFFERENCE = 0.1


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the command line says of a study; None where it says nothing."""

    difference: float = DIFFERENCE
    power: float = POWER
    accuracy: float | None = None
    questions: int | None = None
    clusters: int | None = None
    repeats: int | None = None
    icc: float | None = None
    within: float | None = None
    correlation: float | None = None


def plan_from_numbers(numbers: Numbers, *, as_json: bool) -> None:
    """Print the plan of a study that nobody ran yet. Raises ConfigError."""
    accuracy = numbers.accuracy
    if accuracy is None:
        raise ConfigError(
            "A plan needs a pilot run, or an expected accuracy",
            "For example: align-tui power RUN, or align-tui power --accuracy .6 --questions 62",
        )
    if not (accuracy + numbers.difference <= 1.0 or accuracy - numbers.difference >= 0.0):
        raise ConfigError(
            f"No column can be {share(numbers.difference)} from an accuracy of {share(accuracy)}",
            "Accuracies are from 0 to 1. Give a smaller --difference.",
        )
    questions = numbers.questions or numbers.clusters or 100
    design = _checked(Design(questions, numbers.clusters or questions, numbers.repeats or 1))
    variation = assumed_variation(
        accuracy,
        numbers.difference,
        within=numbers.within or 0.0,
        correlation=0.5 if numbers.correlation is None else numbers.correlation,
        icc=numbers.icc or 0.0,
    )
    plan = plan_of(variation, design, numbers.difference, numbers.power)
    if as_json:
        say_json(plan_json(plan))
        return
    out = console()
    for line in plan_lines(plan):
        out.print(line)


def plan_from_run(
    name: str | None,
    db_path: Path | None,
    numbers: Numbers,
    columns: Sequence[str] | None,
    cluster: ClusterRule | None = None,
    *,
    as_json: bool,
) -> None:
    """Print the plan for every two columns of a run, or for two that are named."""
    if numbers.accuracy is not None or numbers.within is not None or numbers.icc is not None:
        raise ConfigError(
            "A pilot run has its own accuracy, --within and --icc",
            "Leave out these options, or leave out the run.",
        )
    db = open_database(database_path(db_path), create=False)
    db.cluster = cluster
    run = runs.resolve(db, name)
    with waiting("reading the run"):
        every = read_columns(db, run, inherited=True)
        pairs = list(_pilots(_chosen(every, columns)))
    if not pairs:
        raise ConfigError(
            f"No two columns of run {run} are scored for the same target",
            "A pilot needs two columns with a target and scenarios with labels for it.",
        )
    out = console()
    for first, second, targets, pilot in pairs:
        _print(run, (first, second), targets, pilot, numbers, as_json=as_json)
        if not as_json:
            out.print("")


def _print(
    run: str,
    names: tuple[str, str],
    targets: Targets,
    pilot: Pilot,
    numbers: Numbers,
    *,
    as_json: bool,
) -> None:
    now = pilot.design
    asked = replace(
        now,
        questions=numbers.questions or now.questions,
        clusters=numbers.clusters
        or max(1, round(now.clusters * (numbers.questions or now.questions) / now.questions)),
        repeats=numbers.repeats or now.repeats,
    )
    varies = pilot.variation.between + pilot.variation.within > 0.0
    error = pilot.error or None if _checked(asked) == now else None
    plan = plan_of(pilot.variation, asked, numbers.difference, numbers.power, error)
    if as_json:
        head = {"run": run, "columns": list(names), "target": target_words(targets)}
        body = pilot_json(pilot, plan)
        if not varies:
            body |= {"chance": None, "needed": None, "repeats_needed": None}
        say_json({**head, **body})
        return
    out = console()
    out.print(f"{names[1]} - {names[0]}, for {target_words(targets)}", style="bold")
    if not varies:
        out.print(
            f"The difference is {pilot.difference:+.2f} in every one of "
            f"{counted(now.questions, 'question')}, so the run does not show how much it varies. "
            "Ask more questions."
        )
        return
    questions = counted(now.questions, "question")
    out.print(f"pilot: difference {pilot.difference:+.2f} in {questions}")
    for line in plan_lines(plan):
        out.print(line)
    if not pilot.repeated:
        out.print(
            "The pilot asked each question once, so it does not show how much repeats would help. "
            "The plan counts them as no help.",
            style="dim",
        )


def _pilots(columns: Sequence[Column]) -> Iterator[tuple[str, str, Targets, Pilot]]:
    for one, other in combinations(columns, 2):
        shared = [targets for targets in one.under if targets in other.under]
        paired = pair_up([one, other]) if shared else None
        for targets in shared:
            assert paired is not None
            scored = scored_pairs(paired, 0, 1, targets)
            found = pilot_of(question_pairs(paired, scored))
            if found is not None:
                yield _label(one), _label(other), targets, found


def _label(column: Column) -> str:
    return one_line(with_model(column.name, column.model))


def _chosen(columns: Sequence[Column], names: Sequence[str] | None) -> list[Column]:
    """The columns of these names or numbers (from 1); all without names. Raises ConfigError."""
    if not names:
        return list(columns)
    known = {str(place): column for place, column in enumerate(columns, 1)}
    known |= {name: column for column in columns for name in (column.name, _label(column))}
    found = []
    for name in names:
        if name not in known:
            raise ConfigError(
                f"The run has no column {name!r}",
                "It has: " + ", ".join(f"{i} {_label(c)}" for i, c in enumerate(columns, 1)),
            )
        found.append(known[name])
    return found


def _checked(design: Design) -> Design:
    """The design; raises ConfigError if it has more clusters than questions."""
    if design.clusters > design.questions:
        raise ConfigError(
            f"{counted(design.questions, 'question')} cannot be in "
            f"{counted(design.clusters, 'cluster')}",
            "A cluster is a family of one or more questions.",
        )
    return design
