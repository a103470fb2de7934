"""The models that this worker holds: it loads them when needed and unloads idle ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from align_tui.backbones.base import Backbone, OnProgress
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import AlignError, BackboneError, OutOfMemory

FAILED_FOR_S = 10.0
Open = Callable[[BackboneSpec, OnProgress], Backbone]


@dataclass(eq=False)
class _Slot:
    backbone: Backbone | None = None
    load: asyncio.Task[None] | None = None
    users: int = 0
    used: float = field(default_factory=time.monotonic)
    failed: AlignError | None = None
    failed_at: float = 0.0


def _once_more(error: AlignError) -> AlignError:
    """A copy of the error for another sample, since an error raised twice mixes tracebacks."""
    same = type(error)(error.message, error.hint)
    same.unforeseen = error.unforeseen
    return same


class Models:
    """Backbones by key. It loads one at a time, and waits before it repeats a failed load."""

    def __init__(self, progress: OnProgress, opener: Open = open_backbone) -> None:
        self._progress = progress
        self._open = opener
        self._slots: dict[str, _Slot] = {}
        self._loading = asyncio.Lock()

    @property
    def loaded(self) -> dict[str, Backbone]:
        """The loaded backbones, by key."""
        return {k: s.backbone for k, s in self._slots.items() if s.backbone is not None}

    @asynccontextmanager
    async def use(self, spec: BackboneSpec) -> AsyncIterator[Backbone]:
        """Load the backbone of `spec` if need be, and keep it loaded inside this context.

        Raises BackboneError if it cannot be loaded.
        """
        slot = self._slots.setdefault(spec.key, _Slot())
        slot.users += 1
        try:
            if slot.backbone is None:
                if slot.failed is not None and time.monotonic() - slot.failed_at < FAILED_FOR_S:
                    raise _once_more(slot.failed) from slot.failed.__cause__
                if slot.load is None:
                    slot.load = asyncio.create_task(self._load(spec, slot))
                # Shielded, so that a cancelled sample does not cancel the load for the others.
                await asyncio.shield(slot.load)
            if slot.backbone is None:
                raise BackboneError(f"{spec.label} was unloaded while a sample waited for it")
            yield slot.backbone
        finally:
            slot.users -= 1
            slot.used = time.monotonic()

    @asynccontextmanager
    async def use_all(
        self, specs: Mapping[str, BackboneSpec]
    ) -> AsyncIterator[dict[str, Backbone]]:
        """Load the backbones of several specs, by role, and keep all of them in this context.

        Raises BackboneError if one cannot be loaded beside the others.
        """
        async with AsyncExitStack() as stack:
            yield {
                role: await stack.enter_async_context(self.use(spec))
                for role, spec in specs.items()
            }

    async def _load(self, spec: BackboneSpec, slot: _Slot) -> None:
        try:
            async with self._loading:
                slot.backbone = await self._open_with_room(spec)
            slot.failed = None
        except AlignError as error:
            slot.failed, slot.failed_at = error, time.monotonic()
            raise
        finally:
            slot.load = None
            self._progress("", None)

    async def _open_with_room(self, spec: BackboneSpec) -> Backbone:
        self._progress(f"loading {spec.label}", None)  # before the slow import of torch
        try:
            return await asyncio.to_thread(self._open, spec, self._progress)
        except OutOfMemory:
            if not await self.unload_idle(0.0):
                raise
            return await asyncio.to_thread(self._open, spec, self._progress)

    async def unload_idle(self, idle_s: float) -> int:
        """Unload the backbones that no sample has used for `idle_s` seconds; how many."""
        now = time.monotonic()
        gone = [
            slot
            for slot in self._slots.values()
            if slot.backbone is not None and slot.users == 0 and now - slot.used >= idle_s
        ]
        for slot in gone:
            backbone, slot.backbone = slot.backbone, None
            if backbone is not None:
                await asyncio.to_thread(backbone.close)
        return len(gone)

    async def close(self) -> None:
        """Wait for a load in progress, then unload all backbones."""
        loads = [slot.load for slot in self._slots.values() if slot.load is not None]
        await asyncio.gather(*loads, return_exceptions=True)
        for slot in self._slots.values():
            backbone, slot.backbone = slot.backbone, None
            if backbone is not None:
                await asyncio.to_thread(backbone.close)
