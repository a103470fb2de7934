"""Probabilities of choices: one pass over what the choices have in common, then their branches.

At each point where the choices' tokens part, the model's probabilities are normalised over the
tokens that some choice continues with, and multiplied along each choice. That is what constrained
sampling would draw: the sum is one, and text that is forced costs a long choice nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from align_tui.backbones.local.batch import DecodeBatch
from align_tui.backbones.local.cache import common_prefix


def shared_length(sequences: Sequence[Sequence[int]]) -> int:
    """How many tokens all sequences begin with alike."""
    first = sequences[0]
    return min(common_prefix(first, other) for other in sequences[1:]) if sequences[1:] else 0


def choice_probabilities(
    batch: DecodeBatch, sequences: Sequence[Sequence[int]]
) -> tuple[float, ...]:
    """Probability of each token sequence (prompt and reply up to the end of its choice).

    Raises ValueError when two are equal, or one is the beginning of another.
    """
    if len(sequences) < 2:
        return (1.0,) * len(sequences)
    start = shared_length(sequences)
    depth = _branch_depth(sequences, start)
    root, layers = batch.read(sequences[0][:start])
    logits = [root.float().cpu()[None]] * len(sequences)
    if depth > start:
        tails = [sequence[start:depth] for sequence in sequences]
        after = batch.branch_logits(layers, start, tails).float().cpu()
        logits = [torch.cat([root.float().cpu()[None], rows]) for rows in after]
    logs = [0.0] * len(sequences)
    _descend(list(range(len(sequences))), start, start, sequences, logits, logs)
    return tuple(float(p) for p in torch.tensor(logs, dtype=torch.float64).softmax(0))


def _branch_depth(sequences: Sequence[Sequence[int]], start: int) -> int:
    """The position of the last parting of ways: nothing behind it needs to be read."""
    depth = start
    for i, one in enumerate(sequences):
        for other in sequences[:i]:
            n = common_prefix(one, other)
            if n >= min(len(one), len(other)):
                raise ValueError("one choice is the beginning of another")
            depth = max(depth, n)
    return depth


def _descend(
    group: list[int],
    position: int,
    start: int,
    sequences: Sequence[Sequence[int]],
    logits: Sequence[torch.Tensor],
    logs: list[float],
) -> None:
    if len(group) < 2:
        return
    parts: dict[int, list[int]] = {}
    for i in group:
        parts.setdefault(sequences[i][position], []).append(i)
    if len(parts) > 1:
        tokens = list(parts)
        shares = logits[group[0]][position - start][tokens].log_softmax(0)
        for token, share in zip(tokens, shares.tolist(), strict=True):
            for i in parts[token]:
                logs[i] += share
    for part in parts.values():
        _descend(part, position + 1, start, sequences, logits, logs)
