"""Draw tokens: from the sets and with the shares of generate, and each row by itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from align_tui.backbones.local.sampling import HEAD, draw
from align_tui.core.decisions import Sampling

SETTINGS = st.builds(
    Sampling,
    temperature=st.sampled_from([0.3, 1.0, 2.0]),
    top_p=st.sampled_from([0.05, 0.5, 0.9, 0.999, 1.0]),
    top_k=st.sampled_from([0, 1, 3, 40, 300, 5000]),
    min_p=st.sampled_from([0.0, 0.02, 0.3, 1.0]),
)


def shares_of(logits: torch.Tensor, settings: Sampling) -> torch.Tensor:
    """The shares that `generate` would draw from."""
    warpers = LogitsProcessorList([TemperatureLogitsWarper(settings.temperature)])
    if settings.top_k:
        warpers.append(TopKLogitsWarper(settings.top_k))
    if settings.top_p < 1:
        warpers.append(TopPLogitsWarper(settings.top_p))
    if settings.min_p:
        warpers.append(MinPLogitsWarper(settings.min_p))
    ids: Any = torch.zeros((1, 1), dtype=torch.long)
    scores: Any = warpers(ids, logits[None].clone())
    shares: torch.Tensor = scores[0].softmax(-1)
    return shares


def noise(rows: int, size: int, seed: int) -> list[torch.Tensor | None]:
    stream = torch.Generator().manual_seed(seed)
    return list(torch.empty(rows, size).exponential_(generator=stream))


@settings(max_examples=40)
@given(SETTINGS, st.integers(0, 2**20), st.sampled_from([7, HEAD, 2 * HEAD + 3]))
def test_shares_are_those_of_generate(settings: Sampling, seed: int, size: int) -> None:
    logits = torch.randn(size, generator=torch.Generator().manual_seed(seed)) * 2
    expected = shares_of(logits, settings)
    n = 4000
    rows = logits.expand(n, -1)
    anything = torch.ones_like(rows, dtype=torch.bool)
    tokens = draw(rows, anything, [settings] * n, noise(n, size, seed))
    found = torch.bincount(torch.tensor(tokens), minlength=size) / n
    assert float((found - expected).abs().max()) < 0.04  # at most five standard deviations
    assert not bool((found > 0)[expected == 0].any())


@given(st.lists(SETTINGS, min_size=2, max_size=6), st.integers(0, 2**20))
def test_a_row_is_drawn_alike_in_any_company(rows: list[Sampling], seed: int) -> None:
    stream = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(rows), 700, generator=stream)
    allowed = torch.rand(len(rows), 700, generator=stream) < 0.5
    allowed[:, 0] = True
    own = noise(len(rows), 700, seed)
    together = draw(logits, allowed, rows, own)
    alone = [
        draw(logits[i : i + 1], allowed[i : i + 1], [rows[i]], own[i : i + 1])[0]
        for i in range(len(rows))
    ]
    assert together == alone
    assert all(bool(allowed[i, token]) for i, token in enumerate(together))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_not_allowed_is_never_drawn(seed: int) -> None:
    logits = torch.tensor([[5.0, 1.0, 9.0, 2.0]])
    allowed = torch.tensor([[False, True, False, False]])
    for drawn_by in (Sampling(), Sampling(temperature=1.0), Sampling(temperature=1.0, top_p=0.5)):
        assert draw(logits, allowed, [drawn_by], noise(1, 4, seed)) == [1]


def test_greedy_takes_the_likeliest_and_needs_no_noise() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0]])
    assert draw(logits, torch.ones_like(logits, dtype=torch.bool), [Sampling()], [None]) == [1]
