"""The message that the program prints after the screen has closed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExitMessage:
    """The state of the run when the user left; `ended` of `total` samples have ended.

    Of those, `failed` have no decision.
    """

    run: str | None = None
    state: str = ""
    ended: int = 0
    total: int = 0
    failed: int = 0
    go_on: str = ""  # the key that resumes the run, if there is one

    def farewell(self) -> str:
        """What is left to do, and the command for it; empty when nothing is left."""
        if self.run is None or self.ended >= self.total:
            return ""
        how = f"align-tui --run {self.run}"
        then = f", then {self.go_on}" if self.go_on else ""
        so_far = f"{self.ended - self.failed} of {self.total} decided"
        so_far += f", {self.failed} failed" if self.failed else ""
        if self.state == "active":
            return f"Run {self.run} continues ({so_far}). To watch it: {how}"
        return f"Run {self.run} is {self.state} ({so_far}). To resume it: {how}{then}"
