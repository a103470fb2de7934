"""The decode loop: rows join at any step, each under its own grammar, and leave when done.

transformers' own continuous batching takes no logits processor a request, so it cannot constrain.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel

from align_tui.backbones.local.cache import BatchCache, Layers, PrefixStore, from_cache, to_cache
from align_tui.backbones.local.grammar import allowed_mask
from align_tui.backbones.local.row import Row
from align_tui.backbones.local.sampling import draw
from align_tui.core.errors import AlignError

PREFILL_CHUNK = 2048
PREFIX_BUDGET = 256 << 20


class DecodeBatch:
    """Rows of one model that decode together. Driven by one thread."""

    def __init__(self, model: PreTrainedModel, device: torch.device) -> None:
        self.model = model
        self.device = device
        self.rows: list[Row] = []
        self.prefixes = PrefixStore(PREFIX_BUDGET)
        self._cache = BatchCache(device)

    def read(self, ids: Sequence[int]) -> tuple[torch.Tensor, Layers]:
        """(logits after the last of `ids`, shape (vocabulary,); the cache of all of them).

        What another prompt began with is not read again.
        """
        known, layers = self.prefixes.longest(ids)
        logits = torch.empty(0)
        for start in range(known, len(ids), PREFILL_CHUNK):
            part = torch.tensor([list(ids[start : start + PREFILL_CHUNK])], device=self.device)
            cache = to_cache(layers)
            positions = torch.arange(start, start + part.shape[1], device=self.device)[None]
            out = self.model(
                input_ids=part,
                past_key_values=cache,
                position_ids=positions,
                use_cache=True,
                logits_to_keep=1,
            )
            logits, layers = out.logits[0, -1], from_cache(out.past_key_values)
        self.prefixes.put(ids, layers)
        return logits, layers

    def join(self, row: Row) -> None:
        """Read the row's prompt, draw its first token, and let it decode with the others."""
        row.open_forced()
        logits, layers = self.read(row.ids)
        self._draw(row, logits)
        if row.finish is None:
            self._cache.join(layers, len(row.ids))
            self.rows.append(row)

    def step(self) -> list[Row]:
        """One forward pass for all rows; those that ended leave and are returned."""
        done = [row for row in self.rows if row.stop_requested]
        for row in done:
            row.finish = "cancelled"
        self._leave(done)
        if not self.rows:
            return done
        logits = self._forward()
        for row, scores in zip(self.rows, logits, strict=True):
            self._draw(row, scores)
        ended = [row for row in self.rows if row.finish is not None]
        self._leave(ended)
        return done + ended

    def _forward(self) -> torch.Tensor:
        """Logits (rows, vocabulary) after each row's `feed`, which joins its cache."""
        width = max(len(row.feed) for row in self.rows)
        cache = self._cache
        ids, mask, positions = [], [], []
        for row in self.rows:
            gap = width - len(row.feed)
            start = len(row.ids)
            ids.append([0] * gap + row.feed)
            mask.append([0] * gap + [1] * len(row.feed))
            positions.append([0] * gap + list(range(start, start + len(row.feed))))
            row.ids.extend(row.feed)
        fresh = torch.tensor(mask, device=self.device)
        cache.mask = torch.cat([cache.mask, fresh], dim=1)
        out = self.model(
            input_ids=torch.tensor(ids, device=self.device),
            attention_mask=cache.mask,
            position_ids=torch.tensor(positions, device=self.device),
            past_key_values=to_cache(cache.layers),
            use_cache=True,
            logits_to_keep=1,
        )
        cache.layers = from_cache(out.past_key_values)
        logits: torch.Tensor = out.logits[:, -1]
        return logits

    def _draw(self, row: Row, logits: torch.Tensor) -> None:
        """Draw the row's next token; a grammar's failure ends this row and no other."""
        assert row.matcher is not None
        try:
            allowed = allowed_mask(row.matcher, logits.shape[-1], logits.device)
            row.take(draw(logits, allowed, row.request.sampling, row.stream))
        except AlignError as error:
            row.finish = "cancelled"
            row.on_done(error)

    def _leave(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        for row in rows:
            # The reply is about to be scored from here: its cache saves reading it again.
            if row.finish == "stop":
                index = self.rows.index(row)
                self.prefixes.put(row.ids, self._cache.row(index))
        keep = [i for i, row in enumerate(self.rows) if row not in rows]
        self._cache.keep(keep)
        self.rows = [self.rows[i] for i in keep]

    def clear(self) -> list[Row]:
        """Drop every row (after a failure of the device); the rows that were dropped."""
        dropped, self.rows = self.rows, []
        self._cache = BatchCache(self.device)
        self.prefixes.clear()
        return dropped

    def branch_logits(
        self, layers: Layers, length: int, tails: Sequence[Sequence[int]]
    ) -> torch.Tensor:
        """Logits (tails, longest, vocabulary) of several continuations of one cached prefix."""
        width = max(len(tail) for tail in tails)
        ids = torch.tensor([[*tail, *[0] * (width - len(tail))] for tail in tails])
        mask = torch.tensor([[1] * len(tail) + [0] * (width - len(tail)) for tail in tails])
        repeated = [
            (k.expand(len(tails), -1, -1, -1), v.expand(len(tails), -1, -1, -1)) for k, v in layers
        ]
        positions = torch.arange(length, length + width).expand(len(tails), -1)
        out = self.model(
            input_ids=ids.to(self.device),
            attention_mask=pad(mask, (length, 0), value=1).to(self.device),
            position_ids=positions.to(self.device),
            past_key_values=to_cache(repeated),
            use_cache=True,
        )
        logits: torch.Tensor = out.logits
        return logits
