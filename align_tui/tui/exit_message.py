"""What is said on the terminal after the screen is gone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExitMessage:
    """How the run stood when the user left."""

    run: str | None = None
    state: str = ""
    ended: int = 0
    total: int = 0
    go_on: str = ""  # the key that does, if one does

    def farewell(self) -> str:
        """What is left to do, and by which command; empty when nothing is."""
        if self.run is None or self.ended >= self.total:
            return ""
        how = f"align-tui --run {self.run}"
        then = f", then {self.go_on}" if self.go_on else ""
        so_far = f"{self.ended} of {self.total} decided"
        if self.state == "active":
            return f"Run {self.run} goes on ({so_far}). Look at it: {how}"
        return f"Run {self.run} is {self.state} ({so_far}). Go on: {how}{then}"
