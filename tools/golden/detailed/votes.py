"""votes: align-system's votes, through the decision-makers that ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target
from align_tui.core.votes import vote_shares, winner

from ..families import Check
from ..families.compare import SHARES, lists_differ, numbers_differ, sets_differ, values_differ
from .script import decided


def check_votes(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Shares, remaining choices, winner, and whose reasons are shown.

    The shares are those of the votes; winner and reasons come from a prompt-aligned decision-maker
    whose model gives the answers of the case. An answer that is no choice cannot come from a
    constrained reply here; such a negative answer adds nothing, as it does there.
    """
    names: Sequence[str] = given["choices"]
    positive = [names.index(answer) for answer in given["positive_answers"]]
    known = [answer for answer in given["negative_answers"] or () if answer in names]
    negative = [names.index(answer) for answer in known]
    filtered = given["filter_to_positives"]
    shares = vote_shares(len(names), positive, negative, as_reference=True)
    ours = dict(zip(names, shares, strict=True))
    plain = vote_shares(len(names), positive, negative)
    best = [name for name, share in zip(names, plain, strict=True) if share > max(plain) - SHARES]
    kept = vote_shares(len(names), positive, negative, only_positive=filtered)
    remaining = [name for name, share in zip(names, kept, strict=True) if share > 0.0]
    differs = numbers_differ(
        "share", expected["vote_shares"], ours, relative=SHARES, absolute=SHARES
    )
    if "error" in expected:
        # The filter leaves nothing where no positive sample was asked for: no profile can ask so.
        return [*differs, *values_differ("stage", "filter", expected["stage"]), *_needs_positive()]
    differs += [
        *sets_differ("remaining", expected["remaining_choices"], remaining),
        *sets_differ(
            "equal best", expected["equal_best"], [name for name in best if name in remaining]
        ),
    ]
    if not positive:
        return [*differs, *values_differ("choice", expected["choice"], names[winner(plain)])]
    scenario = Scenario("golden", "?", tuple(Choice(name) for name in names))
    made = decided(
        scenario,
        {
            "kind": "prompt_aligned",
            "n_positive": len(positive),
            "n_negative": len(negative),
            "only_positive": filtered,
        },
        [names[i] for i in (*positive, *negative)],
    )
    shown = expected["reasoning_of_positive_sample"]
    reason = None if shown is None else f"reason {shown}"
    return [
        *differs,
        *values_differ("choice", expected["choice"], names[made.choice or 0]),
        *([] if reason is None else values_differ("reasoning", reason, made.reasoning)),
    ]


def _needs_positive() -> list[str]:
    """The difference if a profile could ask for no positive samples."""
    scenario = Scenario("golden", "?", (Choice("a"), Choice("b")))
    try:
        decided(scenario, {"kind": "prompt_aligned", "n_positive": 0}, [])
    except (AlignError, ValueError):
        return []
    return ["a profile may ask for no positive samples"]


def check_not_a_choice(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """An answer that is no choice: here the reply is refused, and the sample fails."""
    scenario = Scenario("golden", "?", tuple(Choice(name) for name in given["choices"]))
    answers: Sequence[str] = given["positive_answers"]
    try:
        made = decided(scenario, {"kind": "prompt_aligned", "n_positive": len(answers)}, answers)
    except (AlignError, ExceptionGroup):
        return []
    return [f"expected an error, ours {made.answer}"]


def check_repeated(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Choices of equal text: ours are made unique when they are read, and votes go by the index."""
    names: Sequence[str] = given["choices"]
    positive = [names.index(answer) for answer in given["positive_answers"]]
    shares = vote_shares(len(names), positive, only_positive=True)
    return [
        *values_differ("winner", positive[0], winner(shares)),
        *lists_differ("shares", [float(i in positive) for i in range(len(names))], shares),
    ]


def check_majority(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A baseline's majority: of equal counts the first choice, with its first reasons."""
    names: Sequence[str] = given["choices"]
    answers: Sequence[str] = given["answers"]
    scenario = Scenario("golden", "?", tuple(Choice(name) for name in names))
    made = decided(scenario, {"kind": "baseline", "samples": len(answers)}, answers)
    differs = values_differ("choice", expected["choice"], names[made.choice or 0])
    if "reasoning_of_sample" in expected:
        shown = f"reason {expected['reasoning_of_sample']}"
        differs += values_differ("reasoning", shown, made.reasoning)
    if "counts" in expected:
        taken = [response.choice for response in made.responses]
        counts = {name: taken.count(index) for index, name in enumerate(names)}
        differs += values_differ("counts", expected["counts"], counts)
    return differs


def check_two_prompts(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The values of the positive and the negative prompt."""
    target = Target("a", float(given["target"]))
    ours = {"positive": target.value, "negative": target.opposite.value}
    return [
        *values_differ("positive", expected["positive"], ours["positive"]),
        *values_differ("negative", expected["negative"], ours["negative"]),
    ]


KINDS: Mapping[str, Check] = {
    "answer_not_a_choice": check_not_a_choice,
    "baseline_component": check_majority,
    "plain_majority": check_majority,
    "repeated_choice": check_repeated,
    "target_values_of_the_two_prompts": check_two_prompts,
    **dict.fromkeys(
        (
            "all_equal",
            "empty_negative_list",
            "filter_leaves_nothing",
            "negative_answer_not_a_choice",
            "negative_only",
            "positive_and_negative",
            "positive_only",
            "single_choice",
        ),
        check_votes,
    ),
}
