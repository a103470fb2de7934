"""Generate scenarios: the patients, a condition and marks for each, and the prose."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .templates import ATTRIBUTES, Pools
from .text import as_they, capital, disturb, expand, sentence, with_pronoun

Target = tuple[str, int]
NUMBERS = {2: "two", 3: "three"}
# While the generator writes prose, a private character after each clause marks the fact it ends.
FIRST_MARK = 0xE000
ABOUT = ("condition", *ATTRIBUTES)
CUE_SENTENCES = (
    "With {P} there is %s.",
    "For {P}: %s.",
    "What marks {P} is %s.",
    "{P} stands for %s.",
    "To treat {P} means %s.",
    "In the case of {P} it is %s.",
    "The word on {P}: %s.",
)
ROUNDABOUT = (
    "It was {n} who {t}",
    "It is {n} who {t}",
    "The one who {t} is {n}",
    "One of them {t}: {n}",
    "One of them {t}. That is {n}",
    "Someone here {t}. That person is {n}",
    "The person who {t}, {n}, is here",
    "{n} is the one who {t}",
    "You are told that {n} {t}",
    "According to a witness, {n} {t}",
    "{n}, they say, {t}",
    "As far as anyone knows, {n} {t}",
    "Here too is {n}, who {t}",
    "Beside you is {n}, who {t}",
    "Then there is {n}, who {t}",
    "{n} you can see at once: this one {t}",
)
PAIR_JOINS = ("{0}, while {1}.", "{0}; {1}.", "{0}, but {1}.", "{0}, and {1}.", "{0}, whereas {1}.")


@dataclass(frozen=True)
class Mix:
    """How difficult and varied the scenarios of a stage are (shares between 0 and 1).

    With `tally` an answer to two targets says for every verdict whether it fits.
    """

    three: float = 0.0
    attributes: tuple[float, float, float] = (1.0, 0.0, 0.0)
    two_targets: float = 0.0
    frame: float = 0.0
    condition: float = 0.0
    filler: float = 0.0
    question: float = 0.0
    free_order: bool = False
    noise: float = 0.0
    cue: float = 0.0
    other_choices: float = 0.0
    baseline: float = 0.0
    missing: float = 0.0
    long_system: float = 0.0
    plain_system: bool = False
    pair: float = 1.0
    weights: dict[str, float] = field(default_factory=dict)
    tally: bool = False


@dataclass(frozen=True)
class Fact:
    """One clause about one patient: a condition, or the mark of an attribute."""

    patient: int
    about: str
    text: str

    @property
    def whole(self) -> bool:
        return "{P}" in self.text

    @property
    def mark(self) -> str:
        """The private character for this fact."""
        return chr(FIRST_MARK + self.patient * len(ABOUT) + ABOUT.index(self.about))

    def told(self) -> str:
        """The clause as a sentence without its full stop, then its private character."""
        name = label(self.patient)
        if self.whole:
            return capital(self.text.replace("{P}", name)).rstrip(".") + self.mark
        return f"{name} {self.text}".rstrip(".") + self.mark


@dataclass(frozen=True)
class Ending:
    """The end of a fact in the prose: the offset of the character after it."""

    at: int
    patient: int
    about: str


def lift_marks(marked: str) -> tuple[str, list[Ending]]:
    """(the prose without private characters, the ends of its facts)."""
    plain: list[str] = []
    endings: list[Ending] = []
    for char in marked:
        code = ord(char) - FIRST_MARK
        if 0 <= code < 3 * len(ABOUT):
            endings.append(Ending(len(plain), code // len(ABOUT), ABOUT[code % len(ABOUT)]))
        else:
            plain.append(char)
    return "".join(plain), endings


@dataclass(frozen=True)
class Scenario:
    """A case with its labels by attribute and patient, and the urgency by patient."""

    text: str
    patients: int
    facts: list[Fact]
    labels: dict[str, list[int]]
    urgency: list[int]
    order: list[int]
    choices: list[str]
    endings: list[Ending] = field(default_factory=list)

    def best(self, targets: list[Target]) -> list[int]:
        """The patients nearest to the targets in total; without targets the most urgent ones."""
        asked = [(name, side) for name, side in targets if name in self.labels]
        if asked:
            score = [
                -sum(abs(side - self.labels[name][p]) for name, side in asked)
                for p in range(self.patients)
            ]
        else:
            score = list(self.urgency)
        return [p for p in self.order if score[p] == max(score)]

    def fact(self, about: str, patient: int) -> Fact | None:
        return next((f for f in self.facts if f.about == about and f.patient == patient), None)

    def user(self) -> str:
        return self.text + "\n\nChoices:\n" + "\n".join(f"- {text}" for text in self.choices)


def label(patient: int) -> str:
    """The name of a patient in the prose."""
    return "Patient " + "ABC"[patient]


class ScenarioMaker:
    """Draws scenarios from pools of templates."""

    def __init__(self, pools: Pools, mix: Mix, rng: random.Random) -> None:
        self.pools, self.mix, self.rng = pools, mix, rng

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def trait(self, name: str, side: int) -> str:
        rng = self.rng
        if self._chance(self.mix.cue):
            cue = rng.choice(self.pools.cues[name][side])
            return rng.choice(CUE_SENTENCES).rstrip(".") % cue
        clauses = self.pools.clauses[name][side]
        text = expand(rng.choice(clauses), rng)
        return disturb(text, rng, self.pools.words) if self._chance(self.mix.noise) else text

    def condition(self, level: int) -> str:
        rng = self.rng
        text = expand(rng.choice(self.pools.conditions[level]), rng)
        if not self._chance(0.12):
            return text
        cue = rng.choice(self.pools.urgency_cues[level])
        if cue.split()[0] in ("can", "cannot", "could", "needs"):
            return f"{text.rstrip('.')} and {cue}" if "{P}" not in text else "{P} " + cue
        return rng.choice(("The condition of {P} is ", "The state of {P} is ", "is ")) + cue

    def _names(self, count: int) -> list[str]:
        left = list(ATTRIBUTES)
        chosen: list[str] = []
        for _ in range(count):
            name = self.rng.choices(left, [self.mix.weights.get(n, 1.0) for n in left])[0]
            left.remove(name)
            chosen.append(name)
        return chosen

    def _labels(self, patients: int) -> list[int]:
        while True:
            labels = [self.rng.randrange(2) for _ in range(patients)]
            if 0 < sum(labels) < patients:
                return labels

    def _urgency(self, patients: int) -> list[int]:
        while True:
            levels = [self.rng.randrange(3) for _ in range(patients)]
            if levels.count(max(levels)) == 1:
                return levels

    def _two(self, first: Fact, second: Fact) -> str:
        """Two clauses about one patient in one sentence, or in two."""
        rng = self.rng
        name = label(first.patient)
        if first.whole or second.whole:
            return f"{first.told()}. {second.told()}."
        form = rng.choice(
            (
                "{n} {a} and {b}.",
                "{n}, who {a}, {b}.",
                "{n} {a}. This patient {b}.",
                "{n} {a}. The same patient {b}.",
                "{n} {a}. {n} {b}.",
                "{n} {a}, and {b}.",
                "{n}: {a}, {b}.",
            )
        )
        return form.format(n=name, a=first.text + first.mark, b=second.text + second.mark)

    def _told(self, fact: Fact) -> str:
        """The clause as a sentence without its end mark; sometimes the patient comes last."""
        if fact.whole or not self.mix.free_order or not self._chance(0.3):
            return fact.told()
        form = self.rng.choice(ROUNDABOUT)
        return form.format(n=label(fact.patient), t=fact.text.rstrip(".")) + fact.mark

    def _second(self, fact: Fact) -> str | None:
        """A clause that follows one about the same patient, now called 'they'."""
        if fact.whole:
            said = with_pronoun(fact.text)
            return None if said is None else said.rstrip(".") + fact.mark
        said = as_they(fact.text.rstrip("."))
        return None if said is None else f"they {said}{fact.mark}"

    def _told_together(self, facts: list[Fact]) -> str | None:
        """Two or three clauses about one patient, with the name once."""
        rest = [self._second(fact) for fact in facts[1:]]
        known = [text for text in rest if text is not None]
        if facts[0].whole or len(known) < len(rest):
            return None
        known = [text[0].lower() + text[1:] for text in known]
        first = facts[0].told()
        if len(known) == 1:
            join = self.rng.choice(("; ", " and ", ", and ", ", but ", ". ", " - ", ", yet "))
            tail = capital(known[0]) if join == ". " else known[0]
            return f"{first}{join}{tail}."
        join = self.rng.choice((", and ", ", but ", "; ", ", yet ", ", while "))
        start = self.rng.choice(("; ", ". ", ", and "))
        head = capital(known[0]) if start == ". " else known[0]
        return f"{first}{start}{head}{join}{known[1]}."

    def _patient_prose(self, facts: list[Fact]) -> list[str]:
        if self.mix.free_order and len(facts) > 1 and self._chance(0.4):
            together = self._told_together(facts[:3])
            if together is not None:
                return [together] + [self._told(fact) + "." for fact in facts[3:]]
        out: list[str] = []
        at = 0
        while at < len(facts):
            if at + 1 < len(facts) and self._chance(0.6):
                out.append(self._two(facts[at], facts[at + 1]))
                at += 2
            else:
                out.append(self._told(facts[at]) + ".")
                at += 1
        return out

    def _across(self, facts: list[Fact]) -> list[str]:
        """Facts of one kind, patient by patient; the last two may share a sentence."""
        out = [self._told(fact) for fact in facts[:-2]] + [f.told() for f in facts[-2:]]
        if len(out) > 1 and self._chance(0.4) and not facts[-1].whole:
            form = self.rng.choice(PAIR_JOINS)
            return [s + "." for s in out[:-2]] + [form.format(out[-2], out[-1])]
        return [s + "." for s in out]

    def _prose(self, facts: list[Fact], abouts: list[str], patients: int) -> list[str]:
        rng = self.rng
        people = list(range(patients))
        if self._chance(0.5):
            rng.shuffle(people)
        kinds = list(abouts)
        if self.mix.free_order and self._chance(0.5):
            rng.shuffle(kinds)
        by = {(f.about, f.patient): f for f in facts}
        layout = rng.random() if self.mix.free_order else 0.0
        if layout < 0.5:
            out: list[str] = []
            for person in people:
                own = list(kinds)
                if self.mix.free_order and self._chance(0.25):
                    rng.shuffle(own)
                out += self._patient_prose([by[k, person] for k in own])
            return out
        if layout < 0.85:
            out = []
            for kind in kinds:
                if self._chance(0.3):
                    rng.shuffle(people)
                out += self._across([by[kind, p] for p in people])
            return out
        mixed = list(facts)
        rng.shuffle(mixed)
        return [self._told(f) + "." for f in mixed]

    def make(self) -> Scenario:
        """Generate one scenario."""
        rng, mix = self.rng, self.mix
        patients = 3 if self._chance(mix.three) else 2
        count = rng.choices((1, 2, 3), mix.attributes)[0]
        if patients == 3 and count == 3:
            count = 2
        names = self._names(count)
        urgency = self._urgency(patients)
        labels = {name: self._labels(patients) for name in names}
        facts: list[Fact] = []
        abouts = list(names)
        if self._chance(mix.condition):
            abouts.insert(0, "condition")
            facts += [Fact(p, "condition", self.condition(urgency[p])) for p in range(patients)]
        for name in names:
            texts: list[str] = []
            while len(texts) < patients:
                text = self.trait(name, labels[name][len(texts)])
                if text not in texts:
                    texts.append(text)
            facts += [Fact(p, name, text) for p, text in enumerate(texts)]
        sentences = self._prose(facts, abouts, patients)
        if self._chance(mix.filler):
            for _ in range(rng.choice((1, 1, 2))):
                filler = sentence(expand(rng.choice(self.pools.fillers), rng))
                filler = filler.replace("{P}", label(rng.randrange(patients)))
                sentences.insert(rng.randint(0, len(sentences)), filler)
        if self._chance(mix.frame):
            frame = expand(rng.choice(self.pools.frames), rng)
            sentences.insert(0, sentence(frame.replace("{n}", NUMBERS[patients])))
        if self._chance(mix.question):
            question = sentence(expand(rng.choice(self.pools.questions), rng))
            sentences.append(question.replace("{n}", NUMBERS[patients]))
        text = " ".join(sentences)
        if self._chance(0.15 if mix.free_order else 0.0):
            text = text.replace(". Patient ", ".\nPatient ")
        form = "Treat {P}"
        if self._chance(mix.other_choices):
            form = rng.choice(self.pools.choice_forms)
        order = list(range(patients))
        if self._chance(0.6):
            rng.shuffle(order)
        choices = [form.replace("{P}", label(p)) for p in order]
        text, endings = lift_marks(text)
        return Scenario(text, patients, facts, labels, urgency, order, choices, endings)
