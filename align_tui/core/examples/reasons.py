"""The reasons that an example gives where its file gives none, made from its labels and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from align_tui.core.attributes import fold
from align_tui.core.examples.answers import Comparison
from align_tui.core.examples.example_set import Example
from align_tui.core.scenarios import Character
from align_tui.core.targets import Target

NO_INTENT, NO_DIRECTNESS = "no intent", "none"  # values of align-system's files for "none"
DESERT: Final = frozenset(
    map(fold, ("moral_desert", "Moral judgement", "MoralDesert", "Moral Deservingness"))
)
INGROUP: Final = frozenset(map(fold, ("ingroup_bias", "Ingroup Bias")))
SURVIVAL: Final = frozenset(
    map(fold, ("QualityOfLife", "Quality of life", "PerceivedQuantityOfLivesSaved", "lives saved"))
)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a choice has its score: the parts of a sentence, each empty if it does not hold.

    `outcome` is `better` or `worse`, and `is_second` says that another choice goes further.
    """

    intent: str = ""
    directness: str = ""
    description: str = ""
    group: str = ""
    outcome: str = ""
    is_second: bool = False
    is_blameless: bool = False


def grounds(attribute: str, score: int, person: Character | None, factor: int = 100) -> Grounds:
    """The grounds for a score that align-system's rules find in the facts of the choice's person.

    Moral desert goes by intent and directness of causality, bias for one's own group by description
    and military group, quality of life and lives saved by the score: above the middle better, below
    it worse, and 7 or 3 of 10 not the furthest. Other attributes, and choices that concern nobody,
    have no grounds.
    """
    if person is None:
        return Grounds()
    name = fold(attribute)
    if name in DESERT:
        intent = _fact(person.facts, "intent")
        direct = _fact(person.facts, "directness_of_causality")
        intent = "" if intent == NO_INTENT else intent
        direct = "" if direct == NO_DIRECTNESS else direct
        return Grounds(intent=intent, directness=direct, is_blameless=not intent and not direct)
    if name in INGROUP:
        where = person.facts.get("demographics")
        group = _fact(where, "military_disposition") if isinstance(where, Mapping) else ""
        return Grounds(description=person.text, group=group)
    if name in SURVIVAL and 2 * score != factor:
        outcome = "better" if 2 * score > factor else "worse"
        return Grounds(outcome=outcome, is_second=10 * score in (7 * factor, 3 * factor))
    return Grounds()


def _fact(facts: Mapping[str, object], name: str) -> str:
    value = facts.get(name)
    return value.strip() if isinstance(value, str) else ""


def score_reason(
    example: Example, choice: int, attribute: str, named: str, score: int, factor: int = 100
) -> str:
    """Why a choice scores so, in a sentence that ends with the score (0..factor).

    `attribute` is the id and `named` the name of the attribute.
    """
    scenario = example.scenario
    about = scenario.choices[choice]
    person = next((each for each in scenario.characters if each.id == about.character), None)
    found = grounds(attribute, score, person, factor)
    because = _because(found, (person.name or person.id) if person is not None else "")
    start = f"Because {because}, this choice" if because else "This choice"
    return f"{start} scores {score} of {factor} in {named}."


def _because(found: Grounds, who: str) -> str:
    parts = []
    if found.intent:
        parts.append(f"{who} acted with this intent: {found.intent}")
    if found.directness:
        parts.append(f"the part of {who} in what happened was {found.directness}")
    if found.is_blameless:
        parts.append(f"{who} neither meant nor caused what happened")
    if found.description:
        parts.append(f"{who} is described so: {found.description.rstrip('. ')}")
    if found.group:
        parts.append(f"the group of {who} is {found.group}")
    if found.outcome == "better":
        parts.append(f"{who} is likely to do better with treatment")
        parts += ["another treatment would help more"] if found.is_second else []
    if found.outcome == "worse":
        parts.append(f"{who} is likely to do worse")
        parts += ["supplies are left for others"] if found.is_second else []
    return " and ".join(parts)


DEGREES: Final = {"much": "much more", "plain": "more", "slight": "slightly more"}


def comparison_reason(example: Example, found: Comparison, named: str) -> str:
    """One sentence that compares two choices by an attribute called `named`."""
    texts = example.scenario.choice_texts
    first, second = texts[found.greater].rstrip(". "), texts[found.lesser].rstrip(". ")
    if found.degree == "equal":
        return f'"{first}" shows as much {named} as "{second}".'
    return f'"{first}" shows {DEGREES[found.degree]} {named} than "{second}".'


def nearest_reason(
    example: Example, choice: int, targets: Mapping[str, Target], *, as_reference: bool = False
) -> str:
    """Why the nearest choice is taken: the file's reasons for it, else a sentence.

    `targets` are those of the example, by the name of their attribute in words.
    """
    given = [example.reason(choice, target.attribute) for target in targets.values()]
    if any(given):
        return " ".join(text for text in given if text)
    labelled = example.scenario.labelled
    known = {name: each for name, each in targets.items() if each.attribute in labelled}
    names = [
        f"{direction_of(each, as_reference=as_reference)} {name}"
        for name, each in (known or targets).items()
    ]
    return f"Of these choices, this one comes closest to {_listed(names)}."


def direction_of(target: Target, *, as_reference: bool = False) -> str:
    """`high` or `low`; `middling` at one half, which align-system counts as high."""
    if target.direction != "middle":
        return target.direction
    return "high" if as_reference else "middling"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
