"""The sentences on a study's design that open the methods: what was asked, how, and how often."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.core.families import CLUSTER_RULES, clustering
from align_tui.core.scorers.registry import SCORERS
from align_tui.core.seeds import SEED_RULES
from align_tui.core.text.plurals import counted
from align_tui.output.numbers import point
from align_tui.output.report.blocks import Block
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered, GatheredRun
from align_tui.output.report.target_words import target_words
from align_tui.store import evidence
from align_tui.store.clusters import clustering_of
from align_tui.store.run_inputs import read_inputs


def design(gathered: Gathered) -> Block | None:
    """A block without a title, whose sentences open the paragraph on methods."""
    several = len(gathered.runs) > 1
    sentences = [
        f"Run {part.row.id}: {sentence}" if several and not place else sentence
        for part in gathered.runs
        for place, sentence in enumerate(_sentences(gathered, part))
    ]
    uses: list[MethodName] = []
    if any(each.margin is not None for each in gathered.comparisons):
        uses.append("margin")
    if any(part.study.repeat > 1 for part in gathered.runs):
        uses.append("repeats")
    return Block("", tuple(sentences), uses=tuple(uses))


def _sentences(gathered: Gathered, part: GatheredRun) -> Iterator[str]:
    study, row = part.study, part.row
    scenarios = counted(len(study.scenarios), "scenario")
    often = "twice" if study.repeat == 2 else counted(study.repeat, "time")
    times = "" if study.repeat == 1 else f", each {often}"
    failed = f", {row.failed} failed" if row.failed else ""
    left = row.pending + row.running
    still_open = f", {left} are open" if left else ""
    yield (
        f"{counted(len(study.profiles), 'profile')} decided {scenarios}{times}: "
        f"{row.done} of {counted(row.samples, 'decision')} "
        f"{'was' if row.done == 1 else 'were'} made{failed}{still_open}."
    )
    yield from _scored(part)
    yield _clusters(gathered, part)
    if study.rule in SCORERS:
        right = SCORERS.get(study.rule).description.rstrip(".")
        yield f"The scorer {study.rule} judged the decisions ({right})."
    if any(profile.adm.kind == "imported" for profile in study.profiles):
        yield "The decisions were imported, and how they were drawn is not known."
        return
    yield from _drawing(gathered, part)
    yield from _orders(part)
    if study.margin is not None:
        yield f"The study named a margin of {point(study.margin)} before its first decision."


def _scored(part: GatheredRun) -> Iterator[str]:
    """`Labels of the target have 18 scenarios (moral desert 1), ...`."""
    study = part.study
    found = [
        f"{sum(study.scorer.has_labels(each, targets) for each in study.scenarios)} for "
        f"{target_words(targets)}"
        for targets in study.targets_by_id().values()
    ]
    if found:
        yield f"Scenarios that have the labels to be scored: {', '.join(found)}."


def _clusters(gathered: Gathered, part: GatheredRun) -> str:
    found = clustering_of(gathered.db, part.row.id)
    if found.rule == "none":
        return "Every decision was taken as independent."
    size = counted(found.clusters, "cluster")
    if found.clusters == len(found.of):
        same = "family, variant or text" if found.rule == "family" else "text"
        return f"No two scenarios share {same}, so that each is a cluster of its own ({size})."
    lone = clustering(part.study.scenarios, "question").clusters
    texts = "" if lone == len(found.of) else f", and {lone} differ in text or choices"
    return f"The scenarios form {size}: {CLUSTER_RULES[found.rule]} belong together{texts}."


def _drawing(gathered: Gathered, part: GatheredRun) -> Iterator[str]:
    found = evidence.temperatures(gathered.db, part.row.id)
    if not found:
        return
    warm = [(part.study.profiles[index].name, each) for index, each in found.items() if each > 0]
    if not warm:
        yield "All models decoded greedily, with temperature 0."
        return
    said = ", ".join(f"{name} {each:g}" for name, each in warm)
    rule = SEED_RULES[read_inputs(gathered.db, part.row.id).seed_rule]
    greedy = "" if len(warm) == len(found) else "; the others decoded greedily"
    yield (
        f"Replies were drawn at the temperature of their profile ({said}){greedy}. Every seed was "
        f"derived from the profile's seed, the scenario's {rule}, and the number of the repeat."
    )


def _orders(part: GatheredRun) -> Iterator[str]:
    by_order: dict[str, list[str]] = {}
    for profile in part.study.profiles:
        if profile.shows_order:
            by_order.setdefault(profile.choice_order, []).append(profile.name)
    words = {
        "given": "in the scenario's own order",
        "shuffled": "in an order that was shuffled by the sample's seed",
        "both": "in the scenario's order and in its reverse, of which the mean was taken",
    }
    seeing = [f"{words.get(order, order)}{_to(names, by_order)}" for order, names in
              by_order.items()]  # fmt: skip
    if seeing:
        yield f"The choices were shown {'; '.join(seeing)}."


def _to(names: list[str], by_order: dict[str, list[str]]) -> str:
    return "" if len(by_order) == 1 else f" to {', '.join(names)}"
