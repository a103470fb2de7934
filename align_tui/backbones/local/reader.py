"""Sequences that occupy a slot of the batch: tokens to read, and the logits that are needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(eq=False, kw_only=True)
class Reader:
    """A sequence whose first `read` tokens are in its slot; the others are still to be read.

    A reply in progress and a new prompt differ only in how many tokens are pending. A reader that
    loses its slot starts again from 0 and loses nothing else. Any thread may set `stop_requested`.
    A higher `priority` is served first; readers of one `group` make one decision together.
    `is_suspect`: a step with it failed, so it is read alone to find out whether it is at fault;
    `trials` counts such steps.
    """

    ids: list[int]
    priority: int = 0
    group: int = 0
    read: int = 0
    stop_requested: bool = False
    is_fresh: bool = True
    is_suspect: bool = False
    trials: int = 0

    @property
    def pending(self) -> int:
        """How many tokens are still to be read."""
        return len(self.ids) - self.read

    def begin(self) -> None:
        """Note that the model begins to read it; it may begin again after it lost its slot."""

    @property
    def wanted(self) -> int:
        """The first position whose logits are needed."""
        return len(self.ids) - 1

    @property
    def growth(self) -> int:
        """How many tokens it may still write."""
        return 0

    @property
    def expected(self) -> int:
        """How many tokens it is likely to write."""
        return self.growth


@dataclass(eq=False, kw_only=True)
class Probe(Reader):
    """A sequence to read for its logits from position `first` on; they collect in `logits`."""

    first: int
    logits: list[torch.Tensor] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """The first position whose logits are needed."""
        return self.first
