"""Open a backbone that runs in this process."""

from __future__ import annotations

from align_tui.backbones.base import OnProgress
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.load import load_model
from align_tui.config.backbone_spec import BackboneSpec


def open_local(spec: BackboneSpec, progress: OnProgress) -> LocalBackbone:
    """Load the model that `spec` names into this process; slow. Raises BackboneError."""
    return LocalBackbone(load_model(spec, progress))
