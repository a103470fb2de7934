"""The command line that starts the application of a browser tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from align_tui.config.options import Options
from align_tui.isolation import own_command


@dataclass(frozen=True, slots=True)
class Opened:
    """What each tab opens: a study, or the run `run` to continue or, with `replay`, to play."""

    options: Options
    run: str | None = None
    replay: bool = False
    low_bandwidth: bool = False
    db: Path | None = None

    def words(self) -> list[str]:
        """The words after `align-tui`. No value among them can be read as an option."""
        asked = self.options
        study: list[tuple[str, str | None]] = [
            *(("--profile", name) for name in asked.profiles),
            *(("--scenarios", name) for name in asked.scenarios),
            *(("--target", target) for target in asked.targets),
            *(("--set", override) for override in asked.overrides),
            *(("--backbone", backbone) for backbone in asked.backbones),
            *(("--scale", scale) for scale in asked.scale),
            ("--study", _text(asked.study)),
            ("--limit", _text(asked.limit)),
            ("--repeat", _text(asked.repeat)),
            ("--order", asked.order),
            ("--scoring", asked.rule),
            ("--cluster", asked.cluster),
            ("--margin", _text(asked.margin)),
            ("--run", self.run),
        ]
        more = ["--scored-only"] if asked.scored_only else []
        more += ["--low-bandwidth"] if self.low_bandwidth else []
        more += _written([("--db", None if self.db is None else str(self.db))])
        if not self.replay:
            return [*_written(study), *more]
        return ["replay", *more, *(("--", self.run) if self.run is not None else ())]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _written(named: Sequence[tuple[str, str | None]]) -> list[str]:
    return [f"{name}={value}" for name, value in named if value is not None]


def command(opened: Opened) -> list[str]:
    """The command line, with this interpreter; no shell reads it."""
    return own_command(*opened.words())
