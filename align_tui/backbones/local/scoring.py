"""Score choices: read each up to the position from which all choices differ.

Wherever the choices' tokens differ, the model's probabilities are normalised over the tokens that
continue some choice, and multiplied along each choice. These are the probabilities of constrained
sampling: they sum to 1, and forced text does not lower the probability of a long choice. The choice
is drawn from the same logits, token by token, as decoding would draw it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from align_tui.backbones.local.prefix_cache import common_prefix
from align_tui.backbones.local.reader import Probe
from align_tui.backbones.local.sampling import draw
from align_tui.core.decisions import GREEDY, ChoiceProbabilities, Sampling
from align_tui.core.types import derive_seed


@dataclass(eq=False)
class Scoring:
    """Two or more choices to score, with one probe each, which the decode batch reads.

    Raises ValueError when two choices are equal, or one is the beginning of another.
    """

    sequences: Sequence[Sequence[int]]
    on_done: Callable[[ChoiceProbabilities | BaseException], None]
    sampling: Sampling = GREEDY
    priority: int = 0
    group: int = 0
    probes: list[Probe] = field(init=False)
    start: int = field(init=False)

    def __post_init__(self) -> None:
        first, *others = self.sequences
        self.start = min(common_prefix(first, other) for other in others)
        depth = _branch_depth(self.sequences, self.start)
        self.probes = [
            Probe(
                ids=list(sequence[:depth]),
                first=self.start - 1,
                priority=self.priority,
                group=self.group,
            )
            for sequence in self.sequences
        ]

    def probabilities(self) -> ChoiceProbabilities:
        """Probability of each sequence and the index of the one drawn; all must have been read."""
        logits = [torch.cat(probe.logits).float().cpu() for probe in self.probes]
        logs = [0.0] * len(self.sequences)
        everyone = list(range(len(self.sequences)))
        _descend(everyone, self.start, self.start, self.sequences, logits, logs)
        shares = torch.tensor(logs, dtype=torch.float64).softmax(0).tolist()
        return ChoiceProbabilities(tuple(shares), self._drawn(logits))

    def _drawn(self, logits: Sequence[torch.Tensor]) -> int:
        """The index of the drawn sequence: draw a token wherever the remaining ones differ.

        Uses its own random stream, since the reply's stream has no token for the choice.
        """
        stream = torch.Generator().manual_seed(derive_seed(self.sampling.seed, "choice"))
        group, position = list(range(len(self.sequences))), self.start
        while len(group) > 1:
            tokens = sorted({self.sequences[i][position] for i in group})
            token = tokens[0]
            if len(tokens) > 1:
                scores = logits[group[0]][position - self.start][tokens][None]
                noise = torch.empty(len(tokens)).exponential_(generator=stream).clamp_(min=1e-30)
                every = torch.ones_like(scores, dtype=torch.bool)
                token = tokens[draw(scores, every, [self.sampling], [noise])[0]]
            group = [i for i in group if self.sequences[i][position] == token]
            position += 1
        return group[0]


def _branch_depth(sequences: Sequence[Sequence[int]], start: int) -> int:
    """The last position at which two sequences begin to differ; later tokens need no reading."""
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
