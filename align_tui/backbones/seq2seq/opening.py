"""Open an encoder-decoder model that runs in this process."""

from __future__ import annotations

from align_tui.backbones.base import OnProgress
from align_tui.backbones.local.load import load_model
from align_tui.backbones.seq2seq.backbone import Seq2SeqBackbone
from align_tui.config.backbone_spec import BackboneSpec


def open_seq2seq(spec: BackboneSpec, progress: OnProgress) -> Seq2SeqBackbone:
    """Load the model that `spec` names into this process; slow. Raises BackboneError."""
    return Seq2SeqBackbone(load_model(spec, progress))
