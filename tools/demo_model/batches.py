"""Batches of token ids with a weight per predicted token; a process makes them ahead."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from .prompts import Sample, SampleMaker
from .scenarios import ABOUT, Ending, Fact, Mix, Scenario, lift_marks
from .templates import ATTRIBUTES, URGENCIES, Pools
from .text import NEGATIONS
from .tokenizer import END, PAD, USER, chat, special_id

PROMPT_SHARE, PROMPT_WEIGHT = 0.12, 0.8
POOL = 16
NO_TAG = -100
KEPT_WORDS = NEGATIONS | {"Patient", "A", "B", "C", "they", "They", "who", "this", "one"}
URGENCY_LEVELS = len(URGENCIES)
JUDGEMENTS = URGENCY_LEVELS + 2 * len(ATTRIBUTES)


@dataclass(frozen=True)
class Encoded:
    """One sample: its tokens, the weight of each as a target, and the deciding positions.

    `tags` are (token, judgement, patient): where a fact ends, what it says and about whom. `looks`
    are (token, token): the one before a judgement, and the end of the judged fact.
    """

    ids: list[int]
    weights: list[float]
    keys: list[int]
    tags: list[tuple[int, int, int]]
    looks: list[tuple[int, int]]


@dataclass(frozen=True)
class Batch:
    """Right-padded samples; `weights[i, t]` is the weight of predicting `ids[i, t]`.

    `judgements` and `patients` hold the tags of the facts that end at a token, or NO_TAG. `looks`
    holds for a token the one to look at.
    """

    ids: NDArray[np.int64]
    weights: NDArray[np.float32]
    keys: NDArray[np.bool_]
    judgements: NDArray[np.int64]
    patients: NDArray[np.int64]
    looks: NDArray[np.int64]
    tokens: int


@dataclass(frozen=True)
class Emphasis:
    """How training uses a sample.

    `prompt`: the share of prompt tokens that the model learns to predict too. `gaps`: the largest
    share of a scenario's words that padding replaces, so that no single word decides and the model
    weighs all patients' clauses. `clauses`: the share of rows that are only one clause and its tag.
    """

    prompt: float = PROMPT_SHARE
    clauses: float = 0.0
    gaps: float = 0.0


def judgement(about: str, level: int) -> int:
    """The class of a fact's judgement: an urgency (0, 1, 2), or an attribute and side (0, 1)."""
    if about == "condition":
        return level
    return URGENCY_LEVELS + 2 * list(ATTRIBUTES).index(about) + level


def level_of(scenario: Scenario, ending: Ending) -> int:
    """The urgency or the side that a fact states."""
    if ending.about == "condition":
        return scenario.urgency[ending.patient]
    return scenario.labels[ending.about][ending.patient]


def encode_clause(tokenizer: Tokenizer, maker: SampleMaker, rng: random.Random) -> Encoded:
    """One clause about one patient with its tag: the model learns most words from these."""
    about = rng.choice(ABOUT)
    level = rng.randrange(URGENCY_LEVELS if about == "condition" else 2)
    scenarios = maker.scenarios
    text = scenarios.condition(level) if about == "condition" else scenarios.trait(about, level)
    fact = Fact(rng.randrange(3), about, text)
    ids = tokenizer.encode(" " + lift_marks(fact.told())[0] + ".").ids
    tags = [(at, judgement(about, level), fact.patient) for at in (len(ids) - 2, len(ids) - 1)]
    return Encoded([*ids, special_id(tokenizer, PAD)], [0.0] * (len(ids) + 1), [], tags, [])


def _told(sample: Sample, prompt: str, encoding: Encoding) -> list[tuple[int, Ending]]:
    """(last token, fact) of every fact."""
    start = prompt.index(USER) + len(USER)
    found = [(encoding.char_to_token(start + e.at - 1), e) for e in sample.scenario.endings]
    return [(token, ending) for token, ending in found if token is not None]


def _with_gaps(
    tokenizer: Tokenizer,
    sample: Sample,
    prompt: str,
    encoding: Encoding,
    rng: random.Random,
    most: float,
) -> list[int]:
    """The prompt's tokens with padding in place of a random share of the scenario's words.

    Patients' names, marks and negations stay, since a clause without them means something else.
    """
    share = rng.random() * most
    start = prompt.index(USER) + len(USER)
    pad = special_id(tokenizer, PAD)
    ids = list(encoding.ids)
    for token, (first, last) in enumerate(encoding.offsets):
        word = prompt[first:last].strip()
        inside = start <= first < start + len(sample.scenario.text)
        if inside and word.isalpha() and word not in KEPT_WORDS and rng.random() < share:
            ids[token] = pad
    return ids


def encode(
    tokenizer: Tokenizer, sample: Sample, rng: random.Random, emphasis: Emphasis = Emphasis()
) -> Encoded:
    """Encode a sample into tokens, weights and tags."""
    text = chat(sample.system, sample.user)
    prompt = tokenizer.encode(text)
    answer = tokenizer.encode(sample.answer.text)
    end = special_id(tokenizer, END)
    weights = [PROMPT_WEIGHT if rng.random() < emphasis.prompt else 0.0 for _ in prompt.ids]
    own = [1.0] * (len(answer.ids) + 1)
    keys = []
    for char, weight in sample.answer.keys:
        token = answer.char_to_token(char)
        if token is not None:
            own[token] = weight
            keys.append(len(prompt.ids) + token)
    told = _told(sample, text, prompt)
    # On the last token of a fact and on the one after it.
    tags = [
        (at, judgement(ending.about, level_of(sample.scenario, ending)), ending.patient)
        for token, ending in told
        for at in (token, token + 1)
    ]
    facts = {(ending.patient, ending.about): token for token, ending in told}
    looks = [
        (len(prompt.ids) + word - 1, facts[patient, about])
        for char, patient, about in sample.answer.looks
        if (patient, about) in facts and (word := answer.char_to_token(char)) is not None
    ]
    asked = _with_gaps(tokenizer, sample, text, prompt, rng, emphasis.gaps)
    return Encoded([*asked, *answer.ids, end], weights + own, keys, tags, looks)


def collate(rows: list[Encoded], pad: int) -> Batch:
    """Pad rows to the longest one."""
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids = np.full(shape, pad, dtype=np.int64)
    weights = np.zeros(shape, dtype=np.float32)
    keys = np.zeros(shape, dtype=np.bool_)
    judgements = np.full(shape, NO_TAG, dtype=np.int64)
    patients = np.full(shape, NO_TAG, dtype=np.int64)
    looks = np.full(shape, NO_TAG, dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        weights[i, : len(row.ids)] = row.weights
        keys[i, row.keys] = True
        for token, kind, patient in row.tags:
            judgements[i, token], patients[i, token] = kind, patient
        for token, fact in row.looks:
            looks[i, token] = fact
    tokens = sum(len(row.ids) for row in rows)
    return Batch(ids, weights, keys, judgements, patients, looks, tokens)


class BatchMaker:
    """Makes endless batches from several mixes, of samples of similar length, whole groups each."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        pools: Pools,
        mixes: list[tuple[float, Mix]],
        size: int,
        seed: int,
        emphasis: Emphasis,
    ) -> None:
        self.tokenizer, self.size, self.emphasis = tokenizer, size, emphasis
        self.pad = special_id(tokenizer, PAD)
        self.rng = random.Random(seed)
        self.shares = [share for share, _ in mixes]
        self.makers = [SampleMaker(pools, mix, self.rng) for _, mix in mixes]

    def __iter__(self) -> Iterator[Batch]:
        while True:
            groups: list[list[Encoded]] = []
            count = 0
            while count < POOL * self.size:
                maker = self.rng.choices(self.makers, self.shares)[0]
                if self.rng.random() < self.emphasis.clauses:
                    groups.append([encode_clause(self.tokenizer, maker, self.rng)])
                    count += 1
                    continue
                group = [encode(self.tokenizer, s, self.rng, self.emphasis) for s in maker.group()]
                groups.append(group)
                count += len(group)
            groups.sort(key=lambda group: max((len(row.ids) for row in group), default=0))
            rows = [row for group in groups for row in group]
            batches = [rows[at : at + self.size] for at in range(0, len(rows), self.size)]
            batches = [batch for batch in batches if len(batch) > self.size // 2]
            self.rng.shuffle(batches)
            for batch in batches:
                yield collate(batch, self.pad)


def _produce(queue: Queue[Batch], text: str, arguments: tuple[Any, ...]) -> None:
    for batch in BatchMaker(Tokenizer.from_str(text), *arguments):
        queue.put(batch)


def ahead(
    tokenizer: Tokenizer,
    pools: Pools,
    mixes: list[tuple[float, Mix]],
    size: int,
    seed: int,
    emphasis: Emphasis,
) -> Iterator[Batch]:
    """The batches of a BatchMaker in another process; close the iterator to end the process."""
    context = get_context("spawn")
    queue: Queue[Batch] = context.Queue(maxsize=64)
    arguments = (queue, tokenizer.to_str(), (pools, mixes, size, seed, emphasis))
    process = context.Process(target=_produce, args=arguments, daemon=True)
    process.start()
    try:
        while True:
            yield queue.get()
    finally:
        process.kill()
        process.join()
