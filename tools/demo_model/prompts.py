"""Generate prompts and answers: system wordings, reasoning, and whole samples."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from .scenarios import Mix, Scenario, ScenarioMaker, Target, label
from .templates import ATTRIBUTES, Pools
from .text import capital, expand, join_list

DIRECTION = ("low", "high")
VERDICT_WEIGHT = 6.0
FORMATS = (
    " Give your reasoning, then your choice.",
    " Reason first, then choose.",
    " Answer in JSON.",
    " Answer in JSON with your reasoning and your choice.",
    " Reply with a short reason and one of the choices.",
)
SHIPPED_BASELINE = "You are a triage medic. Give your reasoning, then your choice."
ROLES = (
    "You are a medic at a field post who has to decide which casualty to treat.",
    "You are a decision-maker in a triage exercise.",
    "You are an expert in emergency medicine who answers multiple-choice questions.",
    "You play a medic in a series of difficult cases.",
    "You are an assistant that makes decisions in medical triage.",
)
TASKS = (
    "You will be given a scenario and a list of choices. Reason step by step and pick one choice.",
    "Read the scenario, think step by step, and select the choice that fits best.",
    "For the scenario below, weigh the choices one by one and then decide.",
    "Think step by step about the scenario before you settle on a choice.",
)
OUTPUTS = (
    "Answer in JSON with the keys reasoning and choice. The choice repeats one of the choices.",
    "Give a JSON object that holds your reasoning and the text of your choice.",
    "Respond in JSON: first the reasoning, then the choice, word for word.",
    "Your answer is JSON with two fields, reasoning and choice.",
)
LEVELS = (
    "Your {attribute} is {direction}.",
    "You have {direction} {attribute}.",
    "Your level of {attribute} is {direction}.",
    "In this task your {attribute} is {direction}.",
)


class Answer:
    """An answer under construction.

    `keys` are (character, weight) of its deciding words. `looks` are (character, patient, about) of
    those that judge a fact of the scenario.
    """

    def __init__(self) -> None:
        self.text = '{"reasoning":"'
        self.keys: list[tuple[int, float]] = []
        self.looks: list[tuple[int, int, str]] = []

    def add(self, text: str) -> None:
        self.text += text.replace('"', "'").replace("\\", "")

    def key(self, words: str, weight: float) -> None:
        self.keys.append((len(self.text) + words.startswith(" "), weight))
        self.text += words

    def verdict(self, words: str, patient: int, about: str) -> None:
        self.looks.append((len(self.text) + 1, patient, about))
        self.key(words, VERDICT_WEIGHT)

    def patient(self, patient: int, weight: float) -> None:
        self.text += label(patient)
        self.keys.append((len(self.text) - 1, weight))


@dataclass(frozen=True)
class Sample:
    """A chat, the correct answer, and the scenario and targets that they come from."""

    system: str
    user: str
    answer: Answer
    scenario: Scenario
    targets: list[Target]
    best: list[int]


class SystemMaker:
    """Draws system prompts for targets or without a target."""

    def __init__(self, pools: Pools, mix: Mix, rng: random.Random) -> None:
        self.pools, self.mix, self.rng = pools, mix, rng
        multi = [text for text in pools.systems if "{targets}" in text]
        self.multi = multi or ["You are a medic with {targets}."]

    def _name(self, attribute: str) -> str:
        if self.rng.random() < 0.7:
            return ATTRIBUTES[attribute]
        return self.rng.choice(self.pools.names[attribute])

    def _targets(self, targets: list[Target]) -> str:
        return join_list([f"{DIRECTION[side]} {self._name(name)}" for name, side in targets])

    def _stances(self, targets: list[Target], most: int) -> str:
        rng = self.rng
        chosen: list[str] = []
        for name, side in targets:
            pool = self.pools.stances[name][side]
            chosen += rng.sample(pool, min(len(pool), rng.randint(1, most)))
        if len(targets) > 1 and most > 1:
            rng.shuffle(chosen)
        return " ".join(expand(text, rng) for text in chosen)

    def _fill(self, wording: str, target: Target) -> str:
        name, side = target
        text = wording.replace("{targets}", "{direction} {attribute}")
        text = text.replace("{attribute}", self._name(name))
        return text.replace("{direction}", DIRECTION[side])

    def shipped(self, targets: list[Target]) -> str:
        stance = self._stances(targets, 1)
        return (
            f"You are a triage medic with {self._targets(targets)}. {stance}"
            " Give your reasoning, then your choice."
        )

    def long(self, targets: list[Target]) -> str:
        rng = self.rng
        parts = [rng.choice(ROLES)]
        for target in targets:
            parts.append(self._fill(rng.choice(LEVELS), target))
            parts.append(self._stances([target], 3))
        parts += [rng.choice(TASKS), rng.choice(OUTPUTS)]
        return rng.choice((" ", "\n", "\n\n")).join(parts)

    def _worded(self, targets: list[Target]) -> str:
        rng = self.rng
        if len(targets) == 1:
            text = self._fill(expand(rng.choice(self.pools.systems), rng), targets[0])
        elif rng.random() < 0.7:
            wording = expand(rng.choice(self.multi), rng)
            text = wording.replace("{targets}", self._targets(targets))
        else:
            singles = [text for text in self.pools.systems if text.endswith("{direction}.")]
            singles = singles or list(LEVELS)
            text = " ".join(
                capital(self._fill(expand(rng.choice(singles), rng), t)) for t in targets
            )
        if rng.random() < 0.3:
            text += " " + self._stances(targets, 2 if len(targets) == 1 else 1)
        if rng.random() < 0.15:
            text += rng.choice(FORMATS)
        return text

    def make(self, targets: list[Target]) -> str:
        """A system prompt for the targets; without targets a baseline prompt."""
        rng, mix = self.rng, self.mix
        if not targets:
            if mix.plain_system or rng.random() < 0.4:
                return SHIPPED_BASELINE
            if rng.random() < mix.long_system:
                return self.long([])
            if rng.random() < 0.05:
                return ""
            text = expand(rng.choice(self.pools.baselines), rng)
            if rng.random() < 0.25:
                text += rng.choice(FORMATS)
        elif mix.plain_system:
            return f"You are a triage medic with {self._targets(targets)}."
        elif rng.random() < mix.long_system:
            text = self.long(targets)
        elif rng.random() < 0.32:
            text = self.shipped(targets)
        else:
            text = self._worded(targets)
        case = rng.random()
        return text.lower() if case < 0.03 else text.upper() if case < 0.035 else text


# The words of an answer for a clause, by side (low, high) or urgency. The forms of one attribute
# differ in their first word, so that a single token carries the judgement.
VERDICTS = {
    "condition": (" stable", " serious", " critical"),
    "moral_desert": (" blame", " merit"),
    "fairness": (" close to you", " like anyone else"),
    "protocol_focus": (" against the rules", " next by the rules"),
    "risk_aversion": (" a gamble", " safe"),
    "continuing_care": (" new", " already in care"),
    "utilitarianism": (" one pleading life", " many lives"),
}
LINKS = {
    "condition": " is",
    "moral_desert": " shows",
    "fairness": " is",
    "protocol_focus": " is",
    "risk_aversion": " is",
    "continuing_care": " is",
    "utilitarianism": " means",
}


def _verdicts(answer: Answer, scenario: Scenario, about: str, fitting: int | None = None) -> None:
    """Write each patient's mark in a word or two, and whether it is on the side `fitting`."""
    for p in range(scenario.patients):
        level = scenario.urgency[p] if about == "condition" else scenario.labels[about][p]
        answer.add(label(p) + LINKS[about])
        answer.verdict(VERDICTS[about][level], p, about)
        if fitting is not None:
            answer.add(", which")
            answer.key(" fits" if level == fitting else " does not fit", 3.0)
        answer.add(". ")


def answer_for(scenario: Scenario, targets: list[Target], best: int, tally: bool) -> Answer:
    """The JSON answer, with the words that carry the decision.

    The patients' marks come first and the decision follows from them. So the model learns soon to
    find one patient's clause, since it has just written the label to look for.
    """
    answer = Answer()
    asked = [target for target in targets if target[0] in scenario.labels]
    for name, side in targets:
        if name not in scenario.labels:
            answer.add(f"Nothing speaks to {DIRECTION[side]} {ATTRIBUTES[name]}. ")
    for name, side in asked:
        answer.key(capital(DIRECTION[side]), 2.0)
        answer.add(f" {ATTRIBUTES[name]}: ")
        _verdicts(answer, scenario, name, side if tally and len(asked) > 1 else None)
    if not asked:
        answer.add("By urgency: ")
        _verdicts(answer, scenario, "condition")
    if len(asked) > 1:
        if all(scenario.labels[name][best] == side for name, side in asked):
            answer.key("Both favour ", 3.0)
            answer.patient(best, 4.0)
        else:
            answer.key("They pull apart", 3.0)
        answer.add(". ")
    answer.add("So treat ")
    answer.patient(best, 4.0)
    answer.add(".")
    answer.text += '","choice":"'
    choice = scenario.choices[scenario.order.index(best)]
    at = choice.find("Patient ")
    answer.keys.append((len(answer.text) + at + len("Patient "), 2.0))
    answer.text += json.dumps(choice, ensure_ascii=False)[1:] + "}"
    return answer


class SampleMaker:
    """Draws groups of samples that share a scenario and differ in their questions."""

    def __init__(self, pools: Pools, mix: Mix, rng: random.Random) -> None:
        self.mix, self.rng = mix, rng
        self.scenarios = ScenarioMaker(pools, mix, rng)
        self.systems = SystemMaker(pools, mix, rng)

    def sample(self, scenario: Scenario, targets: list[Target]) -> Sample:
        best = scenario.best(targets)
        answer = answer_for(scenario, targets, best[0], self.mix.tally)
        system = self.systems.make(targets)
        return Sample(system, scenario.user(), answer, scenario, targets, best)

    def group(self) -> list[Sample]:
        """The samples of one scenario: questions about its attributes, and perhaps a baseline."""
        rng, mix = self.rng, self.mix
        scenario = self.scenarios.make()
        urgency_told = scenario.fact("condition", 0) is not None
        present = list(scenario.labels)
        out: list[Sample] = []
        if urgency_told and rng.random() < mix.missing:
            absent = rng.choice([name for name in ATTRIBUTES if name not in present])
            out.append(self.sample(scenario, [(absent, rng.randrange(2))]))
        elif urgency_told and rng.random() < mix.baseline:
            out.append(self.sample(scenario, []))
        wanted = 2 if len(present) > 1 and rng.random() < mix.two_targets else 1
        names = rng.sample(present, wanted)
        sides = list(itertools.product((1, 0), repeat=wanted))
        rng.shuffle(sides)
        asked = [list(zip(names, side, strict=True)) for side in sides]
        clear = [targets for targets in asked if len(scenario.best(targets)) == 1]
        if not clear and rng.random() < 0.1:
            clear = asked[:1]
        most = 2 if rng.random() < mix.pair else 1
        out += [self.sample(scenario, targets) for targets in clear[:most]]
        return out

    def stream(self) -> Iterator[Sample]:
        while True:
            yield from self.group()
