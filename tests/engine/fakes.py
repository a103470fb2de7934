"""A fake backbone that writes slowly or not at all, for tests of the worker."""

from __future__ import annotations

import asyncio
import json

from align_tui.backbones.base import ChoiceScoringRequest, ModelInfo, OnProgress, OnText, Request
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import ChoiceProbabilities, Generation
from align_tui.core.errors import BackboneError, OutOfMemory


class FakeBackbone:
    """Streams a reply that picks the first choice; `gate` holds every reply until it is set."""

    info = ModelInfo("fake", "sha256:fake", "cpu", "float32", 1)

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.cancelled = 0
        self.begun = 0
        self.closed = False
        self.most = 0
        self.now = 0
        self.first, self.pick = 10, 0  # characters before the gate; the number of the choice
        self.cut: str | None = None  # the text that it writes instead of a whole reply

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        self.begun += 1
        self.now += 1
        self.most = max(self.most, self.now)
        properties = request.schema["properties"]
        choice = properties["choice"]["enum"][self.pick]  # type: ignore[index,call-overload]
        text = json.dumps({"reasoning": "So it is.", "choice": choice}, separators=(",", ":"))
        if self.cut is not None:
            self.now -= 1
            return Generation(self.cut, "prompt", 3, 9, "length", 0.0, 0.1, ((0.1, len(self.cut)),))
        try:
            on_text(0.0, text[: self.first])
            await self.gate.wait()
            await asyncio.sleep(0)
            on_text(0.1, text[self.first :])
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1
        return Generation(
            text, "prompt", 3, 9, "stop", 0.0, 0.1, ((0.0, self.first), (0.1, len(text)))
        )

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities:
        return ChoiceProbabilities((1.0,) + (0.0,) * (len(request.replies) - 1))

    def tokens_generated(self) -> int:
        return 9 * self.begun

    def close(self) -> None:
        self.closed = True


class Opener:
    """Opens fake backbones and remembers them; raises `failing` if it is set."""

    def __init__(self, failing: BackboneError | None = None, room: int = 9) -> None:
        self.opened: list[tuple[str, FakeBackbone]] = []
        self.failing = failing
        self.room = room

    def __call__(self, spec: BackboneSpec, progress: OnProgress) -> FakeBackbone:
        progress("loading", 0.5)
        if self.failing is not None:
            raise self.failing
        if sum(not backbone.closed for _, backbone in self.opened) >= self.room:
            raise OutOfMemory("no room")
        backbone = FakeBackbone()
        self.opened.append((spec.model, backbone))
        return backbone
