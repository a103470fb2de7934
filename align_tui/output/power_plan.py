"""What a study can detect and what it needs, as JSON and as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from align_tui.core.stats.pilot import Pilot
from align_tui.core.stats.power import (
    LEAST_CLUSTERS,
    MOST_QUESTIONS,
    MOST_REPEATS,
    POWER,
    Design,
    Variation,
    detectable,
    power_of,
    questions_needed,
    repeats_needed,
    standard_error,
)
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json


@dataclass(frozen=True, slots=True)
class Plan:
    """What `design` detects, and what it takes to detect `difference` with `power`.

    `chance` is the power of `design` at `difference`. `smallest` is the smallest difference that
    it detects. `needed` has more questions in families of the same size, and `repeats` only asks
    the same ones more often; both are None where no number is enough.
    """

    difference: float
    power: float
    design: Design
    variation: Variation
    error: float
    chance: float
    smallest: float | None
    needed: Design | None
    repeats: int | None


def plan_of(
    variation: Variation,
    design: Design,
    difference: float,
    power: float = POWER,
    error: float | None = None,
) -> Plan:
    """The plan; `error` is the standard error that a pilot of that design had."""
    known = standard_error(variation, design) if error is None else error
    return Plan(
        difference,
        power,
        design,
        variation,
        known,
        power_of(difference, known, design.clusters),
        detectable(known, design.clusters, power),
        questions_needed(variation, difference, design, power),
        repeats_needed(variation, difference, design, power),
    )


def plan_json(plan: Plan) -> dict[str, Json]:
    """The plan's fields, with power at the difference as `chance`, and `detectable`."""
    needed = plan.needed
    return {
        "difference": plan.difference,
        "power": plan.power,
        "design": asdict(plan.design),
        "variation": asdict(plan.variation),
        "se": plan.error,
        "chance": plan.chance,
        "detectable": plan.smallest,
        "needed": None
        if needed is None
        else {
            "questions": needed.questions,
            "clusters": needed.clusters,
            "repeats": needed.repeats,
        },
        "repeats_needed": plan.repeats,
    }


def pilot_json(pilot: Pilot, plan: Plan) -> dict[str, Json]:
    """The plan from a pilot run, with what the pilot saw."""
    return {**plan_json(plan), "seen": pilot.difference, "repeated": pilot.repeated}


def share(value: float) -> str:
    """`.10` or `1.00`."""
    return f"{value:.2f}".removeprefix("0")


def plan_lines(plan: Plan) -> Iterator[str]:
    """Sentences: what the design detects, and what a difference takes."""
    design, chance = plan.design, f"{100 * plan.power:.0f} %"
    asked = "" if design.repeats == 1 else f", each asked {counted(design.repeats, 'time')}"
    yield (
        f"{counted(design.questions, 'question')} in {counted(design.clusters, 'cluster')}{asked}"
    )
    if plan.smallest is not None:
        yield f"  detect a difference of {share(plan.smallest)} with {chance} power"
        yield (
            f"  detect a difference of {share(plan.difference)} with "
            f"{100 * plan.chance:.0f} % power"
        )
    elif design.clusters < LEAST_CLUSTERS:
        yield f"  detect nothing: a test at 5 % needs at least {LEAST_CLUSTERS} clusters"
    else:
        yield f"  detect no difference with {chance} power"
    yield f"To detect {share(plan.difference)} with {chance} power at 5 %, two-sided:"
    if plan.needed is None:
        yield f"  not even {MOST_QUESTIONS:,} questions are enough"
    else:
        yield (
            f"  {counted(plan.needed.questions, 'question')} in "
            f"{counted(plan.needed.clusters, 'cluster')}{asked}"
        )
    if plan.repeats is None:
        why = " (repeats do not help)" if plan.variation.within <= 0.0 else ""
        yield f"  not with the same questions, even if each is asked {MOST_REPEATS:,} times{why}"
    else:
        times = "once" if plan.repeats == 1 else counted(plan.repeats, "time")
        yield f"  or the same questions, each asked {times}"
    yield (
        f"variance of a question's difference {plan.variation.between:.3f}, of one repeat "
        f"{plan.variation.within:.3f}, correlation in families {plan.variation.icc:.2f}"
    )
