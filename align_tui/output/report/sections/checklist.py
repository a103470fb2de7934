"""The appendix's checklist: what a reviewer asks of a run, ticked by what the run stored."""

from __future__ import annotations

import re
from collections.abc import Callable

from align_tui.core.families import CLUSTER_RULES
from align_tui.core.seeds import SEED_RULES
from align_tui.core.text.plurals import counted
from align_tui.core.types import content_hash
from align_tui.output.report.blocks import Block, Tick
from align_tui.output.report.sections.gathered import Gathered, GatheredRun
from align_tui.store.clusters import clustering_of
from align_tui.store.run_inputs import read_inputs

SHOWN = 16  # hex digits of a hash
HASH = re.compile(r"[0-9a-f]{12}")  # of weights, or of a revision


def checklist(gathered: Gathered) -> Block:
    """One tick for each question and run; a question that all runs share is asked once."""
    several = len(gathered.runs) > 1
    ticks = []
    for ask in QUESTIONS:
        for part in gathered.runs:
            tick = ask(gathered, part)
            said = f"{part.row.id}: {tick.evidence}" if several else tick.evidence
            ticks.append(Tick(tick.asked, tick.holds, said))
    return Block("Checklist", ticks=(*ticks, _tests(gathered)))


def _seeds(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Is every decision's seed derived from stored values?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and its seeds were not recorded")
    rule = SEED_RULES[read_inputs(gathered.db, part.row.id).seed_rule]
    return Tick(asked, "yes", f"from each scenario's {rule}")


def _repeats(_: Gathered, part: GatheredRun) -> Tick:
    count = part.study.repeat
    asked = "Was every question asked with more than one seed?"
    return Tick(asked, "yes" if count > 1 else "no", counted(count, "repeat"))


def _order(_: Gathered, part: GatheredRun) -> Tick:
    asked = "Were the choices shown in more than one order?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and its orders were not recorded")
    seeing = [profile for profile in part.study.profiles if profile.shows_order]
    if not seeing:
        return Tick(asked, "yes", "no decision-maker sees them in an order")
    given = [profile.name for profile in seeing if profile.choice_order == "given"]
    if not given:
        orders = dict.fromkeys(f"{each.name} {each.choice_order}" for each in seeing)
        return Tick(asked, "yes", ", ".join(orders))
    return Tick(asked, "no", f"in the file's order for {', '.join(given)}")


def _clusters(gathered: Gathered, part: GatheredRun) -> Tick:
    found = clustering_of(gathered.db, part.row.id)
    size = f"{counted(found.clusters, 'cluster')} of {counted(len(found.of), 'scenario')}"
    return Tick(
        "Do dependent decisions count as one cluster?",
        "no" if found.rule == "none" else "yes",
        f"{size}: {CLUSTER_RULES[found.rule]}",
    )


def _failures(_: Gathered, part: GatheredRun) -> Tick:
    row = part.row
    left = row.pending + row.running
    said = f"{counted(row.done, 'sample')} decided, {row.failed} failed, {left} open"
    whole = not row.failed and not left
    return Tick("Was every sample decided?", "yes" if whole else "no", said)


def _models(_: Gathered, part: GatheredRun) -> Tick:
    asked = "Is every model known by the hash of its weights or by its revision?"
    with_model = [profile for profile in part.study.profiles if profile.model_label]
    if not with_model:
        return Tick(asked, "yes", "no profile asks a model")
    known = {
        profile.name: part.versions.get(f"model of {profile.name}", "") for profile in with_model
    }
    lacking = [name for name, version in known.items() if not version]
    if lacking:
        return Tick(asked, "unknown", f"nothing is stored of the models of {', '.join(lacking)}")
    unnamed = [name for name, version in known.items() if not HASH.search(version)]
    evidence = "; ".join(dict.fromkeys(known.values()))
    if unnamed:
        return Tick(asked, "no", f"no hash for {', '.join(unnamed)}: {evidence}")
    return Tick(asked, "yes", evidence)


def _inputs(_: Gathered, part: GatheredRun) -> Tick:
    scenarios = content_hash([scenario.hash for scenario in part.study.scenarios])[:SHOWN]
    profiles = ", ".join(f"{each.name} {each.hash[:SHOWN]}" for each in part.study.profiles)
    evidence = f"scenarios {scenarios}; {profiles}"
    return Tick("Are scenarios and profiles stored with their hashes?", "yes", evidence)


def _tests(gathered: Gathered) -> Tick:
    asked = "Is p adjusted wherever several tests stand together?"
    counts = (
        (len(gathered.comparisons), "comparison", "comparisons"),
        (sum(e.p is not None for e in gathered.effects.steering), "steering effect", ""),
        (len(gathered.effects.chance_adjusted), "test against chance", "tests against chance"),
    )
    said = ", over ".join(counted(*each) for each in counts if each[0])
    return Tick(asked, "yes", f"Holm over {said}" if said else "there is no test")


def _imported(part: GatheredRun) -> bool:
    return any(profile.adm.kind == "imported" for profile in part.study.profiles)


QUESTIONS: tuple[Callable[[Gathered, GatheredRun], Tick], ...] = (
    _seeds,
    _repeats,
    _order,
    _clusters,
    _failures,
    _models,
    _inputs,
)
