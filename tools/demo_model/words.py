"""A head start: word meanings, learned from bags of words before the model learns to read.

A small transformer that starts from random embeddings sits on a plateau for a long time, since it
has to find where to look and what the words mean at once. Which side a clause is on can mostly be
told from its words, and a linear model on mean embeddings learns that in a minute; the embeddings
it ends with are where the transformer starts.
"""

from __future__ import annotations

import random

import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from .model import TinyLlama
from .prompts import SampleMaker
from .scenarios import Fact, Mix
from .templates import ATTRIBUTES, Pools

LEVELS = 3
Row = tuple[list[int], int]


def clauses(tokenizer: Tokenizer, pools: Pools, count: int, seed: int) -> list[Row]:
    """(token ids, class) of single clauses: a class for each attribute and side, and urgency."""
    maker = SampleMaker(pools, Mix(noise=0.05, cue=0.05), random.Random(seed)).scenarios
    rng = random.Random(seed + 1)
    names = list(ATTRIBUTES)
    rows: list[Row] = []
    for _ in range(count):
        kind = rng.randrange(len(names) + 1)
        if kind < len(names):
            side = rng.randrange(2)
            fact, label = Fact(0, names[kind], maker.trait(names[kind], side)), 2 * kind + side
        else:
            level = rng.randrange(LEVELS)
            fact, label = Fact(0, "condition", maker.condition(level)), 2 * len(names) + level
        rows.append((tokenizer.encode(" " + fact.told()).ids, label))
    return rows


def _bags(rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    ids = torch.tensor([token for row, _ in rows for token in row])
    starts = torch.tensor([0] + [len(row) for row, _ in rows[:-1]]).cumsum(0)
    return ids, starts, torch.tensor([label for _, label in rows])


def learn_words(
    model: TinyLlama, tokenizer: Tokenizer, pools: Pools, held: Pools, seed: int, steps: int = 1500
) -> dict[str, float]:
    """Train the model's embeddings as a bag-of-words classifier; its accuracy, also held out."""
    classes = 2 * len(ATTRIBUTES) + LEVELS
    weight = torch.nn.Parameter(model.embed.weight.detach().clone())
    rms = weight.detach().pow(2).mean().sqrt()
    head = torch.nn.Linear(weight.shape[1], classes)
    optimizer = torch.optim.Adam([weight, *head.parameters()], lr=4e-3)
    rows = clauses(tokenizer, pools, 60_000, seed)
    rng = random.Random(seed)

    def scores(part: list[Row]) -> tuple[torch.Tensor, torch.Tensor]:
        ids, starts, labels = _bags(part)
        pooled = F.embedding_bag(ids, weight, starts, mode="mean")
        return head(pooled * weight.shape[1] ** 0.5), labels

    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * (1 - step / steps)
        logits, labels = scores(rng.sample(rows, 256))
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.inference_mode():
        found = {}
        for name, part in (("seen", pools), ("held", held)):
            logits, labels = scores(clauses(tokenizer, part, 4000, seed + 7))
            found[name] = float((logits.argmax(-1) == labels).float().mean())
        model.embed.weight.copy_(weight * (rms / weight.pow(2).mean().sqrt()))
    return found
