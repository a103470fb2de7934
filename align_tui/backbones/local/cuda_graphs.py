"""Steps of fixed shape, captured once as CUDA graphs: one launch in place of a model's thousands.

A small batch on a GPU would otherwise wait for Python to launch kernels, and not for memory.
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
ATTEMPTS = 3  # recordings that may run out of memory before no more are made


class StaticStep:
    """One token for each of the first `rows` slots, read from buffers whose place never changes."""

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
        """Logits (rows, vocabulary) of what the buffers hold."""
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

        It runs a few times before: the buffers must hold what is to be read, as it writes keys and
        values of that.
        """
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch does not type it
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # what is set up at a first run must not be recorded
            for _ in range(2):
                self.forward()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Other threads may ask their own things of the GPU meanwhile.
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            self.logits = self.forward()
        self._graph = graph

    def fill(self, ids: Sequence[int], positions: Sequence[int]) -> None:
        """Put tokens and their positions into the buffers.

        Slots beyond the tokens given are free: what a spare row writes there, nobody reads.
        """
        spare = [0] * (self.rows - len(ids))
        self.ids.copy_(torch.tensor([*ids, *spare]))
        self.positions.copy_(torch.tensor([*positions, *spare]))

    def run(self) -> torch.Tensor:
        """Logits (rows, vocabulary) of what the buffers hold; good until the next run."""
        if self._graph is not None:
            self._graph.replay()
        else:
            self.logits = self.forward()
        return self.logits


class DecodeGraphs:
    """Static steps by (rows, width), made when first needed; new ones when the slots have moved.

    `recorded` counts the recordings, `steps_run` the steps; `refusal` is why a model cannot be
    recorded. `capture` False runs the same steps without a graph (as on a CPU, where tests compare
    them).
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
            # torch gives a pool up with its last graph, and records into no such pool again.
            self._pool = self._pool or torch.cuda.graph_pool_handle()
            step.capture(self._pool)
        except torch.OutOfMemoryError:
            # A recording keeps memory of its own, which the step needs more.
            self.clear()
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            self._attempts -= 1
            if self._attempts <= 0:
                self._refuse("the memory is too small for recordings")
        except RuntimeError as error:
            # It asks the device something in mid-step.
            self._refuse(one_line(str(error), 120))
            torch.cuda.synchronize()

    def _refuse(self, why: str) -> None:
        """Run all steps as they are from now on."""
        self.is_capturing = False
        self.refusal = why

    def clear(self) -> None:
        """Drop what was recorded."""
        self._steps.clear()
        self._pool = None
