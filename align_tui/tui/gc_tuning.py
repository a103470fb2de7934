"""Tune Python's garbage collection: a full collection delays a key by tens of milliseconds."""

from __future__ import annotations

import gc

# How often each of the three generations is collected. With the defaults (700, 10, 10) a full
# collection of 40 ms ran every two seconds while 16 panes streamed.
THRESHOLDS = (2_000, 5, 200)


def hold() -> None:
    """Collect nothing during the start, which makes hardly any garbage."""
    gc.disable()


def settle() -> None:
    """After `hold`: exclude the objects made so far, and collect the others less often."""
    if not gc.isenabled():
        gc.set_threshold(*THRESHOLDS)
        gc.freeze()
        gc.enable()
