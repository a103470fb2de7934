"""Select the examples for a scenario (the strategies of align-system's incontext_utils).

The caller computes similarities between `pool` and `take`, since a model may have to be asked.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from align_tui.core.errors import ExampleError
from align_tui.core.text.plurals import counted

Method = Literal["random", "scenario", "prompt", "actions", "characters"]
"""`scenario` and `prompt` go by the similarity of these texts. `actions` and `characters` go by the
similarity of the prompts, plus 1 where the scenario's own are a subset of the example's."""
LeaveOut = Literal["none", "scenario", "characters"]
_HINT = "Lower examples.number, change examples.leave_out, or name more scenarios."


@dataclass(frozen=True, slots=True)
class Candidate:
    """An example, or the scenario to decide, as selection sees it.

    `prompt` is the whole user turn. `people` are the ids of the persons in the scenario;
    `actions` and `characters` are the kinds of its choices and the persons whom they concern.
    `key` is its key in its set, and `original` that of the scenario of which it is a what-if
    variant.
    """

    scenario: str
    prompt: str = ""
    people: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()
    key: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """How many examples (0 or more) are selected, and how.

    `leave_out` drops candidates with the text of the scenario to decide, or with the same people;
    either way it drops the original of a what-if variant.
    `least_similar` takes the other end. `most_similar_first` is the order in the prompt. With
    `in_listed_order` people are the same only if both list them in one order, as in align-system.
    """

    number: int
    method: Method = "prompt"
    leave_out: LeaveOut = "scenario"
    least_similar: bool = False
    most_similar_first: bool = False
    in_listed_order: bool = False

    @property
    def compares(self) -> bool:
        """Does it need similarities?"""
        return self.method != "random"

    @property
    def merges(self) -> bool:
        """Does it take candidates whose compared texts are equal for one?"""
        return self.method in ("scenario", "prompt")

    def text_of(self, candidate: Candidate) -> str:
        """The text that the method compares."""
        return candidate.scenario if self.method == "scenario" else candidate.prompt


@dataclass(frozen=True, slots=True)
class Selected:
    """The index (from 0) of a selected candidate, and its similarity (None for a random one)."""

    index: int
    similarity: float | None = None


def pool(probe: Candidate, candidates: Sequence[Candidate], rule: SelectionRule) -> list[int]:
    """The indices of the candidates that may be selected for the scenario `probe`, in their order.

    Drops what `rule.leave_out` says. Of candidates whose compared texts are equal only the last
    stays, if the method goes by these texts alone. Raises ExampleError if fewer than `rule.number`
    are left.
    """
    left = [
        index
        for index, candidate in enumerate(candidates)
        if not _is_left_out(probe, candidate, rule)
    ]
    kept = left
    if rule.merges:
        last = {rule.text_of(candidates[index]): index for index in left}
        kept = sorted(last.values())
    if len(kept) < rule.number:
        raise ExampleError(too_few(rule, len(candidates), len(left), len(kept)), _HINT)
    return kept


def too_few(rule: SelectionRule, known: int, left: int, kept: int) -> str:
    """A sentence that says how many examples are left of those known, and why."""
    parts = [
        f"the profile asks for {counted(rule.number, 'example')}, but only {kept} of {known} "
        "can be used"
    ]
    if left < known:
        same = "text" if rule.leave_out == "scenario" else "people"
        parts.append(f"{known - left} with the {same} of the scenario to decide")
    if kept < left:
        parts.append(f"{left - kept} with the text of another example")
    return f"{parts[0]} (left out: {', '.join(parts[1:])})" if parts[1:] else parts[0]


def _is_left_out(probe: Candidate, candidate: Candidate, rule: SelectionRule) -> bool:
    if rule.leave_out == "none":
        return False
    if probe.original and probe.original == candidate.key:
        return True
    if rule.leave_out == "scenario":
        return probe.scenario.strip() == candidate.scenario.strip()
    if rule.in_listed_order:
        return probe.people == candidate.people
    # Without people, two scenarios do not concern the same people: their texts must differ then.
    if not probe.people and not candidate.people:
        return probe.scenario.strip() == candidate.scenario.strip()
    return Counter(probe.people) == Counter(candidate.people)


def bonus(probe: Candidate, candidate: Candidate, rule: SelectionRule) -> float:
    """What a match adds to the similarity: 1 or 0.

    All kinds of action (or persons) of the scenario's choices must be among the example's.
    """
    if rule.method == "actions":
        return float(set(probe.actions) <= set(candidate.actions))
    if rule.method == "characters":
        return float(set(probe.characters) <= set(candidate.characters))
    return 0.0


def take(
    probe: Candidate,
    candidates: Sequence[Candidate],
    pooled: Sequence[int],
    similarities: Sequence[float],
    rule: SelectionRule,
    seed: int,
) -> tuple[Selected, ...]:
    """Select of the indices `pooled`, in the order of the prompt.

    `similarities` has one number for each of them (any range; larger is more similar), and may be
    empty for a random selection, which the `seed` draws. Of equally similar candidates the one that
    is listed first is taken first, and stands where a more similar one would.
    """
    if not rule.compares:
        drawn = [Selected(i) for i in random.Random(seed).sample(list(pooled), rule.number)]
        return tuple(drawn if rule.most_similar_first else reversed(drawn))
    found = [
        Selected(index, similarity + bonus(probe, candidates[index], rule))
        for index, similarity in zip(pooled, similarities, strict=True)
    ]
    sign = 1.0 if rule.least_similar else -1.0
    found.sort(key=lambda each: (sign * (each.similarity or 0.0), each.index))
    taken = sorted(found[: rule.number], key=lambda each: (-(each.similarity or 0.0), each.index))
    return tuple(taken if rule.most_similar_first else reversed(taken))


def shortage(
    probes: Iterable[tuple[str, Candidate]], candidates: Sequence[Candidate], rule: SelectionRule
) -> tuple[str, str] | None:
    """The first scenario for which too few examples are left: (its key, a sentence), or None.

    `probes` are the scenarios to decide by key. Each distinct text, or set of people, is looked at
    once.
    """
    known: set[object] = set()
    texts = {candidate.scenario.strip() for candidate in candidates}
    people = {frozenset(candidate.people) for candidate in candidates}
    for key, probe in probes:
        # Scenarios that share nothing with any candidate lose none of them, and count as one.
        own = probe.scenario.strip()
        mark: object = (own if own in texts else None, probe.original)
        if rule.leave_out == "characters":
            mark = (mark, probe.people if frozenset(probe.people) in people else None)
        if mark in known:
            continue
        known.add(mark)
        try:
            pool(probe, candidates, rule)
        except ExampleError as error:
            return key, error.message
    return None
