"""Drawing a token: greedy, or from a generation's own random stream."""

from __future__ import annotations

import torch

from align_tui.core.decisions import Sampling


def make_generator(sampling: Sampling) -> torch.Generator:
    """The random stream of one generation: it depends on its seed alone, never on its batch."""
    generator = torch.Generator(device="cpu")
    generator.manual_seed(sampling.seed)
    return generator


def draw(
    logits: torch.Tensor, allowed: torch.Tensor | None, sampling: Sampling, stream: torch.Generator
) -> int:
    """The next token from `logits` (vocabulary,), among `allowed` (booleans, same shape)."""
    scores = logits.float()
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -torch.inf)
    if sampling.temperature == 0:
        return int(scores.argmax())
    scores = scores.cpu() / sampling.temperature
    if sampling.top_k and sampling.top_k < scores.numel():
        floor = scores.topk(sampling.top_k).values[-1]
        scores = scores.masked_fill(scores < floor, -torch.inf)
    probabilities = scores.softmax(-1)
    if sampling.top_p < 1.0:
        ordered, order = probabilities.sort(descending=True)
        # The smallest set that reaches top_p: a token stays while those before it fall short.
        keep = ordered.cumsum(-1) - ordered < sampling.top_p
        probabilities = torch.zeros_like(probabilities).scatter(0, order, ordered * keep)
    return int(torch.multinomial(probabilities, 1, generator=stream))
