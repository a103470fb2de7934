"""Batches: samples as token ids with a weight per predicted token, made ahead in a process."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .prompts import Sample, SampleMaker
from .scenarios import Mix
from .templates import Pools
from .tokenizer import END, PAD, chat, special_id

PROMPT_SHARE, PROMPT_WEIGHT = 0.12, 0.8
POOL = 16


@dataclass(frozen=True)
class Encoded:
    """One sample: its tokens, the weight of each as a target, and the deciding positions."""

    ids: list[int]
    weights: list[float]
    keys: list[int]
    prompt: int


@dataclass(frozen=True)
class Batch:
    """Right-padded samples; `weights[i, t]` counts for predicting `ids[i, t]`."""

    ids: NDArray[np.int64]
    weights: NDArray[np.float32]
    keys: NDArray[np.bool_]
    tokens: int


@dataclass(frozen=True)
class Emphasis:
    """Weights: a factor on the first letter of the answer, and the share of prompt tokens."""

    letter: float = 1.0
    prompt: float = PROMPT_SHARE
    glossary: float = 0.0
    echo: float = 0.0
    clauses: tuple[int, int] = (5, 8)


def encode(
    tokenizer: Tokenizer, sample: Sample, rng: random.Random, emphasis: Emphasis = Emphasis()
) -> Encoded:
    """Tokens and weights of a sample."""
    prompt = tokenizer.encode(chat(sample.system, sample.user)).ids
    answer = tokenizer.encode(sample.answer)
    end = special_id(tokenizer, END)
    weights = [PROMPT_WEIGHT if rng.random() < emphasis.prompt else 0.0 for _ in prompt]
    own = [1.0] * (len(answer.ids) + 1)
    keys = []
    for nth, (char, weight) in enumerate(sample.key_chars):
        token = answer.char_to_token(char)
        if token is not None:
            own[token] = weight * (emphasis.letter if nth == 0 else 1.0)
            keys.append(len(prompt) + token)
    return Encoded([*prompt, *answer.ids, end], weights + own, keys, len(prompt))


def encode_glossary(tokenizer: Tokenizer, maker: SampleMaker, count: int) -> Encoded:
    """Clauses with their meanings, weighted on the meanings alone."""
    text, keys = maker.glossary(count)
    encoding = tokenizer.encode(text)
    weights = [0.0] * len(encoding.ids)
    for char, weight in keys:
        token = encoding.char_to_token(char)
        if token is not None:
            weights[token] = weight
    return Encoded(encoding.ids, weights, [], 0)


def encode_echo(tokenizer: Tokenizer, maker: SampleMaker) -> Encoded:
    """Clauses without meaning and their repetition, weighted on the repetition."""
    text, start = maker.echo()
    encoding = tokenizer.encode(text)
    weights = [float(offset[0] >= start) for offset in encoding.offsets]
    return Encoded(encoding.ids, weights, [], 0)


def collate(rows: list[Encoded], pad: int) -> Batch:
    """Rows padded to the longest."""
    length = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), length), pad, dtype=np.int64)
    weights = np.zeros((len(rows), length), dtype=np.float32)
    keys = np.zeros((len(rows), length), dtype=np.bool_)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        weights[i, : len(row.ids)] = row.weights
        keys[i, row.keys] = True
    return Batch(ids, weights, keys, sum(len(row.ids) for row in rows))


class BatchMaker:
    """Endless batches from several mixes, of samples of like length, groups kept together."""

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
                drawn = self.rng.random()
                if drawn < self.emphasis.echo:
                    groups.append([encode_echo(self.tokenizer, maker)])
                    count += 1
                    continue
                if drawn < self.emphasis.echo + self.emphasis.glossary:
                    clauses = self.rng.randint(*self.emphasis.clauses)
                    groups.append([encode_glossary(self.tokenizer, maker, clauses)])
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
    """The batches of a BatchMaker, made in another process; close the iterator to end it."""
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
