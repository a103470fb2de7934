"""Draw the next token of many replies at once, each with its own settings and random stream."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from align_tui.core.decisions import Sampling

HEAD = 256  # how many of the likeliest tokens to try before sorting all of them


def draw(
    logits: torch.Tensor,
    allowed: torch.Tensor,
    settings: Sequence[Sampling],
    noise: Sequence[torch.Tensor | None],
) -> list[int]:
    """The next token of each row of `logits` (rows, vocabulary), among `allowed` (the same shape).

    The token with the greatest probability / noise wins. With exponential noise (vocabulary,) this
    draws by the probabilities (Gumbel-max). The result depends only on the row's own logits,
    settings and noise, and hardly ever on the last bits of a logit, as a cumulative sum would.
    Temperature, then top_k, top_p and min_p apply in the order of `generate`. Greedy rows need no
    noise.
    """
    scores = logits.float().masked_fill(~allowed, -torch.inf)
    tokens: list[int] = scores.argmax(-1).tolist()
    plain = [i for i, s in enumerate(settings) if s.temperature > 0 and not _is_cut(s)]
    cut = [i for i, s in enumerate(settings) if s.temperature > 0 and _is_cut(s)]
    for rows, pick in ((plain, _pick), (cut, _pick_cut)):
        if rows:
            warm = torch.tensor([settings[i].temperature for i in rows], device=scores.device)
            drawn = pick(
                (scores[rows] / warm[:, None]).softmax(-1),
                [settings[i] for i in rows],
                torch.stack([each for i in rows if (each := noise[i]) is not None]),
            )
            for i, token in zip(rows, drawn.tolist(), strict=True):
                tokens[i] = token
    return tokens


def _is_cut(settings: Sampling) -> bool:
    return settings.top_k > 0 or settings.top_p < 1.0 or settings.min_p > 0.0


def _pick(shares: torch.Tensor, _: Sequence[Sampling], noise: torch.Tensor) -> torch.Tensor:
    return (shares / noise).argmax(-1)


def _pick_cut(
    shares: torch.Tensor, settings: Sequence[Sampling], noise: torch.Tensor
) -> torch.Tensor:
    """Draw like `_pick` from the tokens that top_k, top_p and min_p keep."""
    size = shares.shape[-1]
    cuts = torch.tensor(
        [[s.top_k or size, s.top_p, s.min_p] for s in settings], device=shares.device
    )
    ordered, order = shares.topk(min(size, HEAD), dim=-1)
    index = (_cut(ordered, cuts, size) / noise.gather(-1, order)).argmax(-1)
    tokens = order.gather(-1, index[:, None]).squeeze(-1)
    # When the cut falls after the head, all tokens of the row have to be sorted.
    top_k, top_p, min_p = cuts.unbind(-1)
    falls = (top_k <= HEAD) | ((top_k >= size) & (ordered.sum(-1) >= top_p) & (top_p < 1.0))
    falls |= (top_k >= size) & (ordered[:, -1] < min_p * ordered[:, 0])
    rest = (~falls).nonzero().squeeze(-1)
    if size > HEAD and len(rest):
        ordered, order = shares[rest].sort(dim=-1, descending=True, stable=True)
        index = (_cut(ordered, cuts[rest], size) / noise[rest].gather(-1, order)).argmax(-1)
        tokens[rest] = order.gather(-1, index[:, None]).squeeze(-1)
    return tokens


def _cut(ordered: torch.Tensor, cuts: torch.Tensor, size: int) -> torch.Tensor:
    """The shares (rows, likeliest first), zeroed where top_k, top_p and min_p cut them off."""
    top_k, top_p, min_p = cuts[:, :, None].unbind(1)
    ordered = ordered * (torch.arange(ordered.shape[-1], device=ordered.device) < top_k)
    # top_p is a share of the sum that top_k keeps.
    total = torch.where(top_k < size, ordered.sum(-1, keepdim=True), 1.0)
    # Keep the smallest set that reaches top_p: a token stays while those before it fall short.
    kept = ordered * (ordered.cumsum(-1) - ordered < top_p * total)
    return kept * (kept >= min_p * kept[:, :1])
