"""What an encoder-decoder model computes for a batch of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import PreTrainedModel, StoppingCriteria

from align_tui.backbones.seq2seq.jobs import Search


def padded(
    texts: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """(ids, mask): texts padded on the right to the longest, and 1 where there is a token."""
    longest = max(map(len, texts))
    ids = torch.full((len(texts), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(texts), longest), dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(list(text))
        mask[row, : len(text)] = 1
    return ids.to(device), mask.to(device)


def pad_of(model: PreTrainedModel) -> int:
    """The token that texts are padded with; a mask hides it."""
    config: Any = model.config
    return int(config.pad_token_id if config.pad_token_id is not None else 0)


def answer_logits(model: PreTrainedModel, texts: Sequence[Sequence[int]]) -> torch.Tensor:
    """The logits (texts, vocabulary) of the token that answers each text, in float32.

    The decoder reads its start token and a pad, and the logits behind the pad answer: Kaleido was
    trained so, and align-system reads it so.
    """
    config: Any = model.config
    pad = pad_of(model)
    ids, mask = padded(texts, pad, model.device)
    start = config.decoder_start_token_id
    begun = torch.tensor([[pad if start is None else start, pad]] * len(texts))
    found: Any = model(
        input_ids=ids,
        attention_mask=mask,
        decoder_input_ids=begun.to(model.device),
        use_cache=False,
    )
    logits: torch.Tensor = found.logits[:, -1].float()
    return logits


def probabilities(logits: torch.Tensor, tokens: Sequence[int]) -> tuple[float, ...]:
    """The probabilities of a few tokens (they sum to 1) from the logits (vocabulary) of one text.

    A softmax over all tokens that is then divided by the sum of these is the same.
    """
    chosen = logits[torch.tensor(list(tokens), device=logits.device)]
    return tuple(chosen.float().softmax(-1).tolist())


class _Until(StoppingCriteria):
    """Ends the texts of a batch that nobody waits for."""

    def __init__(self, wanted: Sequence[Callable[[], bool]]) -> None:
        self._wanted = wanted

    def __call__(
        self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any
    ) -> torch.Tensor:
        each = input_ids.shape[0] // len(self._wanted)  # a search has several rows for its text
        done = [not wanted() for wanted in self._wanted for _ in range(each)]
        return torch.tensor(done, dtype=torch.bool, device=input_ids.device)


def write(
    model: PreTrainedModel,
    texts: Sequence[Sequence[int]],
    most_tokens: int,
    wanted: Sequence[Callable[[], bool]],
) -> list[list[int]]:
    """The tokens that the model writes greedily for each text, without start and padding.

    `wanted` says of each text, at every token, whether anybody still waits for it.
    """
    ids, mask = padded(texts, pad_of(model), model.device)
    return _generate(model, ids, mask, most_tokens, wanted)


def search(model: PreTrainedModel, row: Search, wanted: Callable[[], bool]) -> list[list[int]]:
    """The tokens of `row.count` texts, the likeliest first: from as many beams, or drawn.

    What is drawn depends on `row.seed` alone.
    """
    ids, mask = padded([row.ids], pad_of(model), model.device)
    if row.seed is None:
        how: dict[str, Any] = {"num_beams": row.count, "num_return_sequences": row.count}
        return _generate(model, ids, mask, row.most_tokens, [wanted], **how)
    how = {"do_sample": True, "top_k": 0, "num_return_sequences": row.count}
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(row.seed % 2**63)
        return _generate(model, ids, mask, row.most_tokens, [wanted], **how)


def _generate(
    model: PreTrainedModel,
    ids: torch.Tensor,
    mask: torch.Tensor,
    most_tokens: int,
    wanted: Sequence[Callable[[], bool]],
    **how: Any,
) -> list[list[int]]:
    generate: Any = model.generate
    made = generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=most_tokens,
        stopping_criteria=[_Until(wanted)],
        **{"do_sample": False, "num_beams": 1, **how},  # a model's own settings may search
    )
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends]) | {pad_of(model)}
    texts = []
    for row in made.tolist():
        body = row[1:]  # behind the decoder's start token
        cut = next((i for i, token in enumerate(body) if token in ends), len(body))
        texts.append(body[:cut])
    return texts
