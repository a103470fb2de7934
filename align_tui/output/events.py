"""A run as JSON Lines: started, each decision or failure in the order it finished, summary.

events.schema.json beside this module is the JSON Schema of these lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from align_tui.config.code import recorded_code
from align_tui.config.study import Study
from align_tui.core.cuts import Cut
from align_tui.core.findings.base import Finding
from align_tui.core.scorers.base import Score
from align_tui.core.stats.rates import make_rate
from align_tui.core.targets import target_id
from align_tui.monitor.effects import Effects, read_effects
from align_tui.monitor.findings import read_findings
from align_tui.monitor.positions import column_positions
from align_tui.output.decision_json import (
    answer_json,
    examples_json,
    predictions_json,
    ranking_json,
    relevance_json,
    steps_json,
    targets_json,
)
from align_tui.output.effects_json import beside_json, effects_json
from align_tui.output.findings import findings_json
from align_tui.output.identity_json import profile_identities, run_identity
from align_tui.output.positions import always_of, position_json
from align_tui.output.rate_json import rate_json
from align_tui.store import results, runs, thinking
from align_tui.store.basis import NOTHING, Basis, bases_of
from align_tui.store.cuts import cuts_of
from align_tui.store.database import Database
from align_tui.store.orders import shown_to
from align_tui.store.results import Result
from align_tui.store.thinking import Thought

Event = dict[str, Any]


def started(run: str, samples: int) -> Event:
    """The first line."""
    return {"event": "started", "run": run, "samples": samples}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def result_event(
    run: str,
    study: Study,
    result: Result,
    scores: dict[str, Score],
    thought: Thought | None = None,
    basis: Basis = NOTHING,
    cut: Cut | None = None,
) -> Event:
    """The line of one ended sample; its `thinking` is null where the model did not think."""
    head: Event = {
        "event": "failed" if result.error_kind else "decision",
        "run": run,
        "profile": study.profiles[result.profile].name,
        "model": study.profiles[result.profile].model_label or None,
        "scenario": study.scenarios[result.scenario].key,
        "repeat": result.repeat,
    }
    if result.error_kind:
        return head | {"error": {"kind": result.error_kind, "message": result.error_message or ""}}
    answer = result.answer
    assert answer is not None  # only a failure has none
    return head | {
        "answer": answer_json(answer, result.choice_text),
        "choice": result.choice,
        "choice_text": result.choice_text if result.choice is not None else None,
        "scores": {
            target: {
                "correct": score.correct,
                "distance": _finite(score.distance),
                "discriminating": score.discriminating,
            }
            for target, score in sorted(scores.items())
        },
        "reasoning": result.reasoning,
        "cut": cut.words if cut is not None else None,
        "thinking": thought.text if thought is not None else None,
        "probabilities": list(result.probabilities) if result.probabilities else None,
        **_order(study, result),
        "predictions": predictions_json(basis.predictions),
        "relevance": relevance_json(basis.relevance),
        "ranking": ranking_json(basis.ranking),
        "examples": examples_json(basis.examples),
        "steps": steps_json(basis.steps),
        "latency_s": round(result.latency_s, 6),
        "tokens": result.tokens,
        "thinking_tokens": thought.total if thought is not None else 0,
    }


def _order(study: Study, result: Result) -> Event:
    """The order in which the choices were shown; each order with its choice in `orders`."""
    choices = len(study.scenarios[result.scenario].choices)
    shown = shown_to(study.profiles[result.profile], result.shown, result.choice, choices)
    orders = list(dict.fromkeys(each.order for each in shown))
    return {
        "order": list(orders[0]) if len(orders) == 1 else None,
        "orders": [{"order": list(one.order), "choice": one.choice} for one in shown] or None,
    }


def page_events(
    db: Database,
    run: str,
    study: Study,
    page: list[Result],
    cuts: Mapping[int, Cut] | None = None,
) -> Iterator[Event]:
    """The lines of results; what belongs to them is read for all of them together.

    `cuts` (by sample) are read here if the caller does not have them.
    """
    samples = [result.sample for result in page]
    scores, thoughts = results.scores_of(db, samples), thinking.thoughts_of(db, samples)
    bases = bases_of(db, samples)
    cuts = cuts_of(db, samples) if cuts is None else cuts
    for result in page:
        sample = result.sample
        yield result_event(
            run,
            study,
            result,
            scores[sample],
            thoughts.get(sample),
            bases.get(sample, NOTHING),
            cuts.get(sample),
        )


def stored_events(db: Database, run: str) -> Iterator[Event]:
    """Everything that the run holds: started, results in order, summary."""
    study = runs.load_study(db, run)
    yield started(run, runs.get_run(db, run).samples)
    last = 0
    while page := results.results_after(db, run, last):
        yield from page_events(db, run, study, page)
        last = page[-1].seq
    yield summary(db, run, study)


def summary(
    db: Database,
    run: str,
    study: Study,
    findings: Sequence[Finding] | None = None,
    effects: Effects | None = None,
) -> Event:
    """The last line: accuracy of every profile for each of its targets, findings and effects.

    It reads the findings and the effects if the caller does not pass them.
    """
    found = {(t.profile, t.target): t for t in results.tallies(db, run)}
    means = results.mean_distances(db, run)
    positions, always = column_positions(db, run, study), always_of(study)
    counts = results.open_counts(db, run)
    effects = read_effects(db, run) if effects is None else effects
    none = make_rate(0, 0)
    identities = profile_identities(db, run)
    profiles: list[Event] = []
    for index, profile in enumerate(study.profiles):
        scores = []
        for targets in study.scoring_targets(profile):
            tally = found.get((index, target_id(targets)))
            scores.append(
                {
                    "target": targets_json(targets),
                    "all": rate_json(tally.all if tally else none),
                    "discriminating": rate_json(tally.discriminating if tally else none),
                    "mean_distance": _finite(means.get((index, target_id(targets)))),
                    **beside_json(effects, index, target_id(targets)),
                }
            )
        failed, still_open = counts.get(index, (0, 0))
        profiles.append(
            {
                "profile": profile.name,
                "model": profile.model_label or None,
                "targets": targets_json(profile.target),
                "scores": scores,
                "position": position_json(
                    positions[index],
                    [each for each in always if each.targets in study.scoring_targets(profile)],
                ),
                "failed": failed,
                "pending": still_open,
                **identities[index],
            }
        )
        if code := recorded_code(profile):
            profiles[-1]["code_sha256"] = code
    if findings is None:
        findings = read_findings(db, run, study)
    return {
        "event": "summary",
        "run": run,
        "cluster": study.cluster,
        "profiles": profiles,
        "findings": findings_json(findings),
        "effects": effects_json(effects),
        "identity": run_identity(db, run),
    }


def failed_samples(db: Database, run: str, study: Study) -> Iterator[Event]:
    """Each failed sample of a run, in the order in which they failed.

    `traceback` is null where the message says all: a reply that was cut, for example.
    """
    for result, trace in results.failures(db, run):
        profile = study.profiles[result.profile]
        yield {
            "profile": profile.name,
            "model": profile.model_label or None,
            "scenario": study.scenarios[result.scenario].key,
            "repeat": result.repeat,
            "error": {
                "kind": result.error_kind,
                "message": result.error_message or "",
                "traceback": trace or None,
            },
        }


def failures(event: Event) -> int:
    """How many samples of a summary failed."""
    return sum(int(profile["failed"]) for profile in event["profiles"])
