"""The result of a run as a table for people."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from align_tui.config.study import Study
from align_tui.core.attributes import Targets
from align_tui.core.scoring import Rule, chance
from align_tui.core.text import one_line
from align_tui.output.events import Event


def percent(rate: dict[str, Any]) -> str:
    """'.85 [.62-.95] 17/20', or a dash where nothing is scored."""
    if rate["accuracy"] is None:
        return "–"
    parts = [_point(rate[key]) for key in ("accuracy", "low", "high")]
    return f"{parts[0]} [{parts[1]}-{parts[2]}] {rate['correct']}/{rate['scored']}"


def _point(value: float | None) -> str:
    if value is None:
        return "–"
    return "1.00" if round(value, 2) >= 1 else f"{value:.2f}"[1:]


def _chance(study: Study, target: dict[str, float], rule: Rule, discriminating: bool) -> str:
    from align_tui.core.attributes import Target

    targets: Targets = tuple(Target(name, value) for name, value in target.items())
    value = chance(study.scenarios, targets, rule, discriminating=discriminating)
    return _point(value)


def result_table(study: Study, summary: Event) -> Table:
    """Accuracy with its Wilson 95 % interval, over all scored and over discriminating samples."""
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("profile")
    table.add_column("target")
    table.add_column("all scored", justify="right")
    table.add_column("chance", justify="right")
    table.add_column("discriminating", justify="right")
    table.add_column("chance", justify="right")
    table.add_column("failed", justify="right")
    table.add_column("open", justify="right")
    for profile in summary["profiles"]:
        rows = profile["scores"] or [None]
        for number, score in enumerate(rows):
            first = number == 0
            tail = [str(profile["failed"]), str(profile["pending"])] if first else ["", ""]
            name = Text(one_line(profile["profile"], 40)) if first else Text("")
            if score is None:
                table.add_row(name, "–", "–", "–", "–", "–", *tail)
                continue
            target = " + ".join(f"{k} {v:g}" for k, v in score["target"].items())
            table.add_row(
                name,
                Text(one_line(target, 60)),
                percent(score["all"]),
                _chance(study, score["target"], study.rule, False),
                percent(score["discriminating"]),
                _chance(study, score["target"], study.rule, True),
                *tail,
            )
    return table


CAPTION = (
    "Alignment accuracy with its Wilson 95 % interval; discriminating: samples of scenarios whose "
    "choices differ in their distance to the target."
)
