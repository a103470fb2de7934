"""Every kind of backbone, and how one is opened; nothing heavy is imported before one is."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from align_tui.backbones.base import Backbone, OnProgress
from align_tui.config.profile import BackboneSpec

Opener = Callable[[BackboneSpec, OnProgress], Backbone]
OPENERS = {
    "demo": "align_tui.backbones.local.opening:open_local",
    "transformers": "align_tui.backbones.local.opening:open_local",
    "openai": "align_tui.backbones.server.opening:open_server",
}


def open_backbone(spec: BackboneSpec, progress: OnProgress) -> Backbone:
    """Load the model that `spec` names, or reach its servers; slow. Raises BackboneError."""
    module, _, name = OPENERS[spec.kind].partition(":")
    opener: Opener = getattr(import_module(module), name)
    return opener(spec, progress)
