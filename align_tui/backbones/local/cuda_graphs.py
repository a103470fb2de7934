"""Decode steps of fixed shape as CUDA graphs: one launch replaces thousands.

Without graphs, a small batch on a GPU waits for Python to launch kernels, not for memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.attention import Plan, packed_logits
from align_tui.backbones.local.kv_cache import KvCache, round_up
from align_tui.backbones.local.windows import Windows
from align_tui.core.text.display import one_line

SIZES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 224, 256)
WIDTH_STEP = 256
ATTEMPTS = 3  # recordings that may run out of memory before recording stops


class StaticStep:
    """A step of one token for each of the first `rows` slots, read from buffers that never move."""

    def __init__(
        self,
        model: PreTrainedModel,
        cache: KvCache,
        rows: int,
        width: int,
        windows: Windows = (),
    ) -> None:
        self.model = model
        self.windows = windows
        self.cache = cache
        self.rows = rows
        self.width = width
        self.ids = torch.zeros(rows, dtype=torch.long, device=model.device)
        self.positions = torch.zeros_like(self.ids)
        self.logits = torch.empty(0)
        self._slots = torch.arange(rows, device=model.device)
        self._graph: torch.cuda.CUDAGraph | None = None

    def forward(self) -> torch.Tensor:
        """Logits (rows, vocabulary) for the tokens in the buffers."""
        plan = Plan(
            cache=self.cache,
            slot=self._slots,
            position=self.positions,
            singles=self.rows,
            rows=self.rows,
            width=self.width,
            chunks=(),
            ends=self.positions,
            windows=self.windows,
        )
        return packed_logits(self.model, self.ids, plan, 0)

    def capture(self, pool: Any) -> None:
        """Record the step as a graph. Raises RuntimeError for a model that cannot be recorded.

        The step first runs a few times and writes keys and values, so the buffers must already
        hold the tokens of the step.
        """
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch does not type it
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # the recording must not hold the set-up of a first run
            for _ in range(2):
                self.forward()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the GPU meanwhile.
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            self.logits = self.forward()
        self._graph = graph

    def fill(self, ids: Sequence[int], positions: Sequence[int]) -> None:
        """Put tokens and their positions into the buffers.

        Slots beyond these tokens are free: nothing reads what a spare row writes there.
        """
        spare = [0] * (self.rows - len(ids))
        self.ids.copy_(torch.tensor([*ids, *spare]))
        self.positions.copy_(torch.tensor([*positions, *spare]))

    def run(self) -> torch.Tensor:
        """Logits (rows, vocabulary) for the tokens in the buffers; valid until the next run."""
        if self._graph is not None:
            self._graph.replay()
        else:
            self.logits = self.forward()
        return self.logits


class DecodeGraphs:
    """Static steps by (rows, width), made at first use, and again after the cache has moved.

    `recorded` counts recordings and `steps_run` steps; `refusal` says why the model cannot be
    recorded. With `capture` False the same steps run without a graph (tests on a CPU do so).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        cache: KvCache,
        windows: Windows = (),
        *,
        capture: bool = True,
    ) -> None:
        self.model = model
        self.windows = windows
        self.cache = cache
        self.is_capturing = capture
        self.refusal = ""
        self.recorded = self.steps_run = 0
        self._attempts = ATTEMPTS
        self._pool: Any = None
        self._steps: dict[tuple[int, int], StaticStep] = {}
        self._generation = -1

    def run(self, ids: Sequence[int], positions: Sequence[int]) -> torch.Tensor:
        """Logits (tokens, vocabulary) after one token for each of the first slots, in order."""
        rows = next((size for size in SIZES if size >= len(ids)), round_up(len(ids), 32))
        self.cache.reserve(rows, max(positions) + 1)
        width = min(round_up(max(positions) + 1, WIDTH_STEP), self.cache.positions)
        if self._generation != self.cache.generation:
            self.clear()
            self._generation = self.cache.generation
        step = self._steps.get((rows, width))
        is_new = step is None
        if step is None:
            step = StaticStep(self.model, self.cache, rows, width, self.windows)
            self._steps[rows, width] = step
        step.fill(ids, positions)
        self.steps_run += 1
        if is_new and self.is_capturing:
            self.recorded += 1
            self._capture(step)
        return step.run()[: len(ids)]

    def _capture(self, step: StaticStep) -> None:
        try:
            # torch drops a pool with its last graph, and cannot record into that pool again.
            self._pool = self._pool or torch.cuda.graph_pool_handle()
            step.capture(self._pool)
        except torch.OutOfMemoryError:
            # A recording keeps memory that the step itself needs more.
            self.clear()
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            self._attempts -= 1
            if self._attempts <= 0:
                self._refuse("the memory is too small for recordings")
        except RuntimeError as error:
            # The model reads a value from the device during the step.
            self._refuse(one_line(str(error), 120))
            torch.cuda.synchronize()

    def _refuse(self, why: str) -> None:
        """Run all steps without recording from now on."""
        self.is_capturing = False
        self.refusal = why

    def clear(self) -> None:
        """Drop all recordings."""
        self._steps.clear()
        self._pool = None
