"""persona: which personas are chosen, their interviews, their vote, and tagging protocols.

The oddities marked C in reference-oddities.md (21) stand for ours: a missing answer never counts
as distance 0, nothing is remembered from an earlier number, and a decision-maker without a target
asks all questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from align_tui.config.attributes import load_attributes
from align_tui.config.personas import PersonaPack, find_pack, read_personas, with_personas
from align_tui.config.profile import Profile
from align_tui.config.prompts.target_text import protocol_of, target_values
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.personas import Persona, choose, interview
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Distribution, Target, Targets

from ..families import Check
from ..families.compare import values_differ
from ..scripted_decision import ScriptedLlm, decide

SEEDS = range(40)


@lru_cache(maxsize=64)
def also_about(question: str) -> list[str]:
    """What attributes the shipped pack's question of that name, in any spelling, is about."""
    known = load_attributes()
    person = read_personas(find_pack("emergency-workers"), known).people()[0]
    found = [a.attributes for a in person.answers if a.is_about([known.canonical(question)])]
    return [name for names in found for name in names]


def pack_of(given: Sequence[Mapping[str, Any]]) -> tuple[Persona, ...]:
    """Personas from a list of {question: value}, read as a pack's file is."""
    questions = list(dict.fromkeys(name for each in given for name in _values(each)))
    pack = PersonaPack.model_validate(
        {
            "name": "golden",
            "questions": {
                name: {"text": f"Question about {name}?", "also": also_about(name)}
                for name in questions
            },
            "persona": [
                {
                    "name": f"person {i}",
                    "backstory": each.get("backstory", f"story {i}"),
                    "answers": {
                        name: {"value": value, "text": f"answer {i} {name}"}
                        for name, value in _values(each).items()
                    },
                }
                for i, each in enumerate(given)
            ],
        }
    )
    return pack.canonical(load_attributes()).people()


def _values(each: Mapping[str, Any]) -> Mapping[str, Any]:
    if "questions_in_order" not in each:
        return each
    return {name: each["values"][name] for name in each["questions_in_order"]}


def targets_of(given: Mapping[str, Any]) -> Targets:
    """Targets from {attribute: number, or KDE}, with the ids of the shipped attributes."""
    known = load_attributes()
    return tuple(Target(known.canonical(name), _value(value)) for name, value in given.items())


def _value(given: Any) -> float | Distribution:
    if isinstance(given, Mapping):
        return Distribution(tuple(given["samples"]), float(given["bandwidth"]))
    return float(given)


def check_attribute(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A target's attribute, however it is spelled, has the shipped pack's expected question."""
    known = load_attributes()
    person = read_personas(find_pack("emergency-workers"), known).people()[0]

    def asked(name: str) -> list[str]:
        return [a.question for a in person.answers if a.is_about([known.canonical(name)])]

    return [
        *values_differ("question", asked(expected["question"]), asked(given["attribute"])),
        *values_differ("number of questions", 1, len(asked(given["attribute"]))),
    ]


def check_chosen(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the chosen personas, in order.

    Where some lack an answer, ours come after all that have it, and the order of those that have
    all answers is the expected one.
    """
    people = pack_of(given["collection"])
    targets = targets_of(given.get("targets") or given["target_kdes"])
    ours = list(choose(people, targets, given["number"], 0).indices)
    names = [target.attribute for target in targets]
    wanted = [name for name in names if any(p.value(name) is not None for p in people)]
    whole = [all(person.value(name) is not None for name in wanted) for person in people]
    if all(whole):
        return values_differ("chosen", expected["chosen_in_order"], ours)
    least = [i for i in expected["chosen_in_order"] if whole[i]]
    first = [i for i in ours if whole[i]]
    return [
        *values_differ("chosen with all answers", least, first[: len(least)]),
        *values_differ("those that lack answers come last", ours[: len(first)], first),
        *values_differ("number", min(sum(whole), given["number"]), len(first)),
        *values_differ("different ones", len(set(ours)), given["number"]),
    ]


def check_no_target(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Without a target, each persona can be drawn, and none twice."""
    people = pack_of([{"maximization": 5}] * given["collection_size"])
    drawn = [choose(people, (), given["number"], seed).indices for seed in SEEDS]
    again = [choose(people, (), given["number"], seed).indices for seed in SEEDS]
    return [
        *values_differ("number", {expected["number_chosen"]}, {len(each) for each in drawn}),
        *values_differ("possible", expected["possible"], sorted({i for d in drawn for i in d})),
        *values_differ("repeats", expected["repeats"], any(len(set(d)) < len(d) for d in drawn)),
        *values_differ("drawn with the same seed", drawn, again),
    ]


def check_remembered(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A second call gets its own number; align-system remembers the first one's (oddity 21)."""
    people = pack_of([{"maximization": 5}] * max(given["first_number"], given["second_number"]))
    choose(people, (), given["first_number"], 0)
    found = choose(people, (), given["second_number"], 0).indices
    fresh = given["second_number"] if "same" in expected else expected["second_call_gives"]
    return values_differ("second call gives", fresh, len(found))


def check_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Odd requests. A failure of align-system becomes a choice here, or stays a refusal."""
    what = given["what"]
    if what == "more_than_there_are_no_target":
        return _refuses_too_many()
    if what not in EDGES:
        return [f"an unknown edge {what!r}"]
    people, targets, only = EDGES[what]
    decided, llm = _decide(people, targets, ["A", "A"], ["A", "B"], only_target_questions=only)
    number = expected.get("number_chosen", 2)
    return [
        *values_differ("number", number, len(decided.responses)),
        *values_differ("prompts", number, len(llm.asked)),
    ]


_FOUR = [{"maximization": value} for value in (2, 4, 6, 8)]
EDGES: Mapping[str, tuple[Sequence[Mapping[str, Any]], Any, bool]] = {
    "unmapped_attribute_only": (_FOUR, [{"attribute": "unlisted", "value": 0.5}], False),
    "plain_texts": ([{}] * 4, [], False),
    "kde_question_missing": (
        [*_FOUR, {}],
        [{"attribute": "maximization", "samples": [0.4], "bandwidth": 0.1}],
        False,
    ),
    "dialogs_without_target": (_FOUR, [], True),
    "dialogs_without_target_unfiltered": (_FOUR, [], False),
    "dialogs_unmapped_attribute": (_FOUR, [{"attribute": "unlisted", "value": 0.5}], True),
}


def _refuses_too_many() -> list[str]:
    table = {"kind": "persona", "n_personas": 5, "pack": _pack_table(_FOUR)}
    profile = Profile.model_validate({"name": "golden", "adm": table})
    try:
        with_personas(profile, load_attributes(), "golden")
    except ConfigError:
        return []
    return ["more personas than there are were not refused"]


def _pack_table(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    people = pack_of(given)
    questions = {a.attributes[0]: {"text": a.question} for p in people for a in p.answers}
    return {
        "name": "golden",
        "questions": questions,
        "persona": [
            {
                "name": person.name,
                "backstory": person.backstory,
                "answers": {
                    a.attributes[0]: {"value": a.value, "text": a.text} for a in person.answers
                },
            }
            for person in people
        ],
    }


def _decide(
    people: Sequence[Mapping[str, Any]],
    targets: Any,
    answers: Sequence[str],
    choices: Sequence[str],
    **adm: Any,
) -> tuple[Any, ScriptedLlm]:
    replies = [{"reasoning": f"reason {i}", "choice": each} for i, each in enumerate(answers)]
    llm = ScriptedLlm(replies)
    scenario = Scenario("golden", "What now?", tuple(map(Choice, choices)))
    params = {"kind": "persona", "n_personas": len(answers), "pack": _pack_table(people), **adm}
    return decide({"adm": params, "target": targets}, scenario, llm), llm


def check_interview(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The turns of each chosen persona's interview."""
    people, targets = pack_of(given["collection"]), targets_of(given["targets"])
    names = _names(given["collection"])
    chosen = choose(people, targets, given["number"], 0).indices
    only = {target.attribute for target in targets} if given["only_target_questions"] else None
    found: list[str] = values_differ("interviews", len(expected["interviews"]), len(chosen))
    for index, wanted in zip(chosen, expected["interviews"], strict=False):
        turns = interview(people[index], only)
        asked, answered = turns[2::2], turns[3::2]
        numbers = [int(re.findall(r"\d+", turn.content)[0]) for turn in asked]
        about = [next(n for n in names if turn.content.endswith(f"about {n}?")) for turn in asked]
        found += [
            *values_differ("roles", wanted["roles"], [turn.role for turn in turns]),
            *values_differ("backstory", wanted["backstory"], turns[1].content),
            *values_differ("numbers", wanted["question_numbers"], numbers),
            *values_differ("questions", wanted["questions"], about),
            *values_differ("answers", wanted["answers"], [turn.content for turn in answered]),
        ]
    return found


def _names(collection: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({name for each in collection for name in each["questions_in_order"]})


def check_majority(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The choice of most personas, and whose reasoning is told."""
    answers = given["answers"]
    decided, llm = _decide([{}] * len(answers), [], answers, given["choices"])
    return [
        *values_differ("choice", expected["choice"], given["choices"][decided.choice]),
        *values_differ(
            "reasoning", f"reason {expected['reasoning_of_persona']}", decided.reasoning
        ),
        *values_differ("prompts", expected["engine_prompts"], len(llm.asked)),
    ]


def check_protocol(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Each tagging protocol has a prompt of its own, the same for every value of the target.

    An attribute is found by any spelling of it here, as everywhere in this program: `start` is
    START, where align-system refuses it.
    """
    known, name = load_attributes(), given["attribute"]
    attribute = known.get(name)
    if "error" in expected and (attribute is None or attribute.id != name.upper()):
        try:
            protocol_of((Target(name, 1.0),), known)
        except ConfigError:
            return []
        return ["an unknown protocol was not refused"]
    prompts = {value: _tagging_prompt(name, value, known) for value in (0.0, 0.5, 1.0)}
    others = {_tagging_prompt(each.id, 1.0, known) for each in known
              if each.steps and each != attribute}  # fmt: skip
    own = _tagging_prompt(name, 1.0, known) != _tagging_prompt(None, 1.0, known)
    return [
        *values_differ("own prompt", expected.get("own_prompt", True), own),
        *values_differ("same for every value", True, len(set(prompts.values())) == 1),
        *values_differ("different from the others", True, prompts[1.0] not in others),
    ]


def _tagging_prompt(name: str | None, value: float, known: Attributes) -> str:
    llm = ScriptedLlm([{"reasoning": "so", "choice": "A"}])
    scenario = Scenario("golden", "A casualty.", (Choice("A"), Choice("B")))
    target = [] if name is None else [{"attribute": known.canonical(name), "value": value}]
    decide({"adm": {"kind": "tagging"}, "target": target}, scenario, llm, known)
    return "\n".join(turn.content for turn in llm.asked[0])


def check_high_low(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Attributes with a prompt for high and one for low have both here.

    Here every attribute of a pack has both, also those that align-system has no prompts for; one
    that no pack defines is refused.
    """
    known = load_attributes()
    name = known.canonical(given["attribute"])
    has_prompts = expected["component"]["has_prompts"] or expected["single_class"]["has_prompts"]
    if not has_prompts and known.get(name) is None:
        try:
            target_values((Target(name, 1.0),), known)
        except ConfigError:
            return []
        return ["an attribute without prompts was not refused"]
    # Near one half the stance lies between the two, where align-system still takes one of them.
    (most,), (least,) = (target_values((Target(name, v),), known) for v in (1.0, 0.0))
    (high,), (low,) = (target_values((Target(name, v),), known) for v in (0.51, 0.49))
    wanted = {"below_half_counts_as_low": True, "two_different_prompts": True}
    for side in ("component", "single_class"):
        wanted |= {key: each for key, each in expected[side].items() if key in wanted}
    return [
        *values_differ("above half", "high", high["direction"]),
        *values_differ("below half", wanted["below_half_counts_as_low"], low["direction"] == "low"),
        *values_differ(
            "different prompts", wanted["two_different_prompts"], most["stance"] != least["stance"]
        ),
    ]


KINDS: Mapping[str, Check] = {
    "attribute_to_question": check_attribute,
    "nearest_to_scalar_target": check_chosen,
    "most_likely_under_kde_target": check_chosen,
    "no_target": check_no_target,
    "remembered": check_remembered,
    "edge": check_edge,
    "interview": check_interview,
    "majority_of_personas": check_majority,
    "tagging_protocol": check_protocol,
    "high_low_prompts": check_high_low,
}
