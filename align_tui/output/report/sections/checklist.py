"""The appendix's checklist: what a reviewer asks of a run, ticked by what the run stored.

Each line is computed from the run. Its evidence says in a few words what was looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from align_tui.core.families import CLUSTER_RULES, clustering
from align_tui.core.seeds import SEED_RULES, SeedRule, sample_seed, seed_hash
from align_tui.core.stats.paired import holm
from align_tui.core.text.plurals import counted
from align_tui.core.types import content_hash, derive_seed
from align_tui.output.numbers import point
from align_tui.output.report.blocks import Block, Tick
from align_tui.output.report.sections.gathered import Gathered, GatheredRun
from align_tui.store import evidence
from align_tui.store.clusters import clustering_of
from align_tui.store.orders import shown_to, taken_choices
from align_tui.store.run_inputs import read_inputs

SHOWN = 12  # hex digits of a hash
HASH = re.compile(r"[0-9a-f]{12}")  # of weights, or of a revision
REPLIES = 500  # stored replies whose seeds are derived again
STREAMS = 64  # of a sample
NAMED = 4  # names in a list


def checklist(gathered: Gathered) -> Block:
    """One tick for each question and run; a question that all runs share is asked once."""
    several = len(gathered.runs) > 1
    ticks = []
    for ask in QUESTIONS:
        for part in gathered.runs:
            tick = ask(gathered, part)
            said = f"{part.row.id}: {tick.evidence}" if several else tick.evidence
            ticks.append(Tick(tick.asked, tick.holds, said))
    return Block("Checklist", ticks=(*ticks, _margin(gathered), _tests(gathered)))


def _seeds(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Do the stored seeds follow from the profile, the scenario and the repeat?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and its seeds were not recorded")
    rule = read_inputs(gathered.db, part.row.id).seed_rule
    replies = evidence.reply_seeds(gathered.db, part.row.id, REPLIES)
    if not replies:
        asks = any(profile.model_label for profile in part.study.profiles)
        if asks:
            return Tick(asked, "unknown", "no reply of a model is stored")
        return Tick(asked, "n/a", "no profile asks a model")
    derived = sum(_is_derived(part, rule, each) for each in replies)
    said = f"{derived} of {counted(len(replies), 'stored reply', 'stored replies')} derived again"
    return Tick(
        asked,
        "yes" if derived == len(replies) else "no",
        f"{said}, from each scenario's {SEED_RULES[rule]}",
    )


def _is_derived(part: GatheredRun, rule: SeedRule, reply: evidence.ReplySeed) -> bool:
    profile, scenario = part.study.profiles[reply.profile], part.study.scenarios[reply.scenario]
    seen = seed_hash(scenario, rule)
    seed = sample_seed(profile.decoding.seed, seen, reply.repeat)
    roles: list[tuple[str, ...]] = [(), *((role,) for role in profile.models)]
    for stream in range(STREAMS):
        found = [derive_seed(seed, *role, stream) for role in roles]
        found += [derive_seed(each, "reversed order") for each in found]
        # The descriptions of a scale's points are asked for once, for all scenarios.
        found += [derive_seed(profile.decoding.seed, "anchors", attribute, stream)
                  for attribute in profile.attributes]  # fmt: skip
        if reply.seed in found:
            return True
    return False


def _repeats(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Was every question asked with more than one seed?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and its seeds were not recorded")
    found = evidence.temperatures(gathered.db, part.row.id)
    drawn = {index: each for index, each in found.items() if each > 0.0}
    if not drawn:
        said = "every stored reply was decoded greedily" if found else "no model wrote a reply"
        return Tick(asked, "n/a", f"{said}, so that another seed changes none")
    least = evidence.least_repeats(gathered.db, part.row.id)
    few = [part.study.profiles[index].name for index in drawn if least.get(index, 0) < 2]
    said = f"temperature up to {max(drawn.values()):g}, {counted(part.study.repeat, 'repeat')}"
    if not few:
        return Tick(asked, "yes", f"{said}, at least {min(least[i] for i in drawn)} decided")
    return Tick(asked, "no", f"{said}; some question was decided less than twice by {_list(few)}")


def _order(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Were the choices shown in more than one order?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and its orders were not recorded")
    seeing = {i: each for i, each in enumerate(part.study.profiles) if each.shows_order}
    if not seeing:
        return Tick(asked, "n/a", "no decision-maker sees them in an order")
    # By profile and number of choices: scenarios with more choices have another order anyway.
    orders: dict[int, dict[int, set[tuple[int, ...]]]] = {index: {} for index in seeing}
    decisions = 0
    for each in taken_choices(gathered.db, part.row.id):
        if each.profile in seeing:
            count = len(part.study.scenarios[each.scenario].choices)
            shown = shown_to(seeing[each.profile], each.shown, each.choice, count)
            orders[each.profile].setdefault(count, set()).update(one.order for one in shown)
            decisions += bool(shown)
    if not decisions:
        return Tick(asked, "unknown", "no decision has a known order")
    looked = f"{counted(decisions, 'decision')} looked at"
    most = {index: max(map(len, found.values()), default=0) for index, found in orders.items()}
    single = [seeing[index].name for index, count in most.items() if count < 2]
    if single:
        return Tick(asked, "no", f"one order alone for {_list(single)}; {looked}")
    return Tick(asked, "yes", f"{min(most.values())} orders or more; {looked}")


def _clusters(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Do dependent decisions count as one cluster?"
    found = clustering_of(gathered.db, part.row.id)
    families = clustering(part.study.scenarios).clusters
    scenarios = len(part.study.scenarios)
    if families == scenarios and part.study.repeat == 1:
        said = "no two share family, variant or text, and each was asked once"
        return Tick(asked, "n/a", f"{counted(scenarios, 'scenario')}: {said}")
    size = f"{counted(found.clusters, 'cluster')} of {counted(scenarios, 'scenario')}"
    if found.rule == "none":
        said = "every repeat counts as another question"
        if families < scenarios:
            said = f"every decision counts, though there are {counted(families, 'cluster')}"
        return Tick(asked, "no", said)
    whole = found.clusters <= families
    said = f"{size}: {CLUSTER_RULES[found.rule]}"
    return Tick(
        asked,
        "yes" if whole else "no",
        said if whole else f"{said}; by family there are {families}",
    )


def _failures(_: Gathered, part: GatheredRun) -> Tick:
    row = part.row
    left = row.pending + row.running
    said = f"{counted(row.done, 'sample')} decided, {row.failed} failed, {left} open"
    whole = not row.failed and not left and row.done
    return Tick("Was every sample decided?", "yes" if whole else "no", said)


def _models(_: Gathered, part: GatheredRun) -> Tick:
    asked = "Is every model known by the hash of its weights or by its revision?"
    with_model = [profile for profile in part.study.profiles if profile.model_label]
    if not with_model:
        return Tick(asked, "n/a", "no profile asks a model")
    known = {
        profile.name: part.versions.get(f"model of {profile.name}", "") for profile in with_model
    }
    lacking = [name for name, version in known.items() if not version]
    if lacking:
        return Tick(asked, "unknown", f"nothing is stored of the models of {_list(lacking)}")
    unnamed = [name for name, version in known.items() if not HASH.search(version)]
    stored = "; ".join(dict.fromkeys(known.values()))
    if unnamed:
        return Tick(asked, "no", f"no hash for {_list(unnamed)}: {stored}")
    return Tick(asked, "yes", stored)


def _inputs(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Do the stored scenarios and profiles have the hashes that the run stored?"
    scenarios = evidence.hashed_scenarios(gathered.db, part.row.id)
    stored = evidence.profile_hashes(gathered.db, part.row.id)
    profiles = part.study.profiles
    unequal = [each.name for each, digest in zip(profiles, stored, strict=True)
               if each.hash != digest]  # fmt: skip
    if wrong := [*scenarios.unequal, *unequal]:
        return Tick(asked, "no", f"another hash for {_list(wrong)}")
    count = f"{counted(scenarios.count, 'scenario')} and {counted(len(profiles), 'profile')}"
    whole = content_hash([each.hash for each in part.study.scenarios])[:SHOWN]
    names = ", ".join(f"{each.name} {each.hash[:SHOWN]}" for each in profiles)
    return Tick(asked, "yes", f"{count} hashed again: scenarios {whole}; {names}")


def _sources(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Are prompt templates, functions and code stored as they decided?"
    if _imported(part):
        return Tick(asked, "unknown", "the run was imported, and decided elsewhere")
    found = evidence.hashed_sources(gathered.db, part.row.id)
    if not found.count:
        return Tick(asked, "no", "the run stored none")
    if found.unequal:
        return Tick(asked, "no", f"another hash for {_list(found.unequal)}")
    return Tick(asked, "yes", f"{counted(found.count, 'text')} hashed again")


def _findings(gathered: Gathered, part: GatheredRun) -> Tick:
    asked = "Did the run's own checks find nothing that puts a number in doubt?"
    if not part.row.done:
        return Tick(asked, "unknown", "nothing is decided")
    warned = [each.id for run, each in gathered.findings
              if run == part.row.id and each.severity == "warning"]  # fmt: skip
    if warned:
        return Tick(asked, "no", ", ".join(dict.fromkeys(warned)))
    return Tick(asked, "yes", f"no warning on {counted(part.row.done, 'decision')}")


def _margin(gathered: Gathered) -> Tick:
    asked = "Does the study name the margin inside which two columns are tied?"
    if not gathered.comparisons:
        return Tick(asked, "n/a", "no two columns are compared")
    margins = dict.fromkeys(each.margin for each in gathered.comparisons)
    if None in margins:
        return Tick(asked, "no", "none is named, so no two columns are called tied")
    return Tick(asked, "yes", " and ".join(map(point, margins)))


def _tests(gathered: Gathered) -> Tick:
    asked = "Is p adjusted wherever several tests stand together?"
    effects = gathered.effects
    steering = [e for e in effects.steering if e.p is not None]
    by_chance = {place: each.chance.p for place, each in effects.numbers.items()
                 if each.chance is not None}  # fmt: skip
    families: tuple[tuple[str, str, list[float], list[float | None]], ...] = (
        ("comparison", "comparisons", [each.found.p for each in gathered.comparisons],
         [each.adjusted for each in gathered.comparisons]),
        ("steering effect", "steering effects", [each.p or 0.0 for each in steering],
         [each.adjusted for each in steering]),
        ("test against chance", "tests against chance", list(by_chance.values()),
         [effects.chance_adjusted.get(place) for place in by_chance]),
    )  # fmt: skip
    several = [family for family in families if len(family[2]) > 1]
    if not several:
        return Tick(asked, "n/a", "no two tests stand together")
    wrong = [plural for _, plural, found, adjusted in several if adjusted != list(holm(found))]
    if wrong:
        return Tick(asked, "no", f"not adjusted: {', '.join(wrong)}")
    said = ", over ".join(counted(len(found), *names) for *names, found, _ in several)
    return Tick(asked, "yes", f"Holm over {said}, computed again")


def _imported(part: GatheredRun) -> bool:
    return any(profile.adm.kind == "imported" for profile in part.study.profiles)


def _list(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


QUESTIONS: tuple[Callable[[Gathered, GatheredRun], Tick], ...] = (
    _seeds,
    _repeats,
    _order,
    _clusters,
    _failures,
    _findings,
    _models,
    _inputs,
    _sources,
)
