"""When Python looks for garbage: a search of everything holds a key back for tens of ms."""

from __future__ import annotations

import gc

# New objects, and searches of the younger generation, between two searches. The defaults (700, 10,
# 10) went through everything every two seconds while 16 panes streamed, 40 ms each.
THRESHOLDS = (2_000, 5, 200)


def hold() -> None:
    """Search nothing: of what a start makes hardly anything is garbage."""
    gc.disable()


def settle() -> None:
    """Once what stays is there, if it was held: never search that again, the rest less often."""
    if not gc.isenabled():
        gc.set_threshold(*THRESHOLDS)
        gc.freeze()
        gc.enable()
