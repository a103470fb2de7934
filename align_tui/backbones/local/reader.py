"""What occupies a slot of the batch: tokens that are to be read, and what is wanted of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch


@dataclass(eq=False, kw_only=True)
class Reader:
    """A sequence whose first `read` tokens lie in its slot; the others are to be read.

    A reply that is being written and a prompt that is read for the first time differ in nothing
    but how many tokens are pending. One that loses its slot starts again from 0 and loses nothing
    else. `stop_requested` may be set from any thread. A higher `priority` is served first; those of
    one `group` make one decision together. `is_suspect`: a step with it failed, so it is read alone
    to see whether it is at fault; `trials` counts such steps.
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

    @property
    def wanted(self) -> int:
        """The first position whose logits are wanted."""
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
    """A sequence read for its logits, from position `first` on: they gather in `logits`."""

    first: int
    logits: list[torch.Tensor] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """The first position whose logits are wanted."""
        return self.first
