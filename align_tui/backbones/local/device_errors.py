"""Tell a lost device from other errors of a model."""

from __future__ import annotations

import torch


def is_lost(error: Exception, device: torch.device) -> bool:
    """Can this process no longer use the GPU (a device assertion, an illegal access)?"""
    lost = getattr(torch, "AcceleratorError", None)
    return device.type == "cuda" and lost is not None and isinstance(error, lost)
