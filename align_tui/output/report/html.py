"""A report as one HTML page that loads nothing: plots are inline, all text is escaped."""

from __future__ import annotations

import re
import time
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from align_tui.core.answers import letter
from align_tui.core.text.display import one_line, plain
from align_tui.output.findings import evidence_words, nothing_found
from align_tui.output.numbers import p_number, point, signed
from align_tui.output.report import plots, position, words
from align_tui.output.report.blocks import TICKS
from align_tui.output.report.data import Accuracy, Report

FIGURES = re.compile(r"[\d\s.,<~–+\-\[\]{}()/qc]*|[\d.]+ to [\d.]+ \([\d.]+\)")
"""A cell of figures alone, which no line break may cut: `< .001`, `.50 [.29, .71]`, `95 q`."""


def html(report: Report, *, page: bool = False) -> str:
    """The whole report; with `page`, the appendix alone, set small for paper."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": plain,
        "line": one_line,
        "point": point,
        "rate": words.rate_words,
        "target": words.target_words,
        "difference": words.difference_words,
        "signed": signed,
        "p": p_number,
        "letter": letter,
        "evidence": evidence_words,
        "when": lambda at: time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(at)),
    }
    environment.tests["figures"] = lambda cell: FIGURES.fullmatch(cell) is not None
    return environment.get_template("page.html.jinja").render(
        report=report,
        words=words,
        position=position,
        page=page,
        ticks=TICKS,
        caveats=words.caveats(report),
        nothing_found=nothing_found(),
        accuracy_plot=_accuracy_plot(report.accuracies),
        agreement_plot=_agreement_plot(report),
    )


def _accuracy_plot(accuracies: tuple[Accuracy, ...]) -> str:
    bars: list[plots.Bar] = []
    before = None
    for each in accuracies:
        if each.targets != before:
            bars.append(plots.Bar(words.target_words(each.targets)))
            before = each.targets
        bars.append(plots.Bar(each.label, each.all, each.all_chance))
        if each.discriminating.scored != each.all.scored:
            chance = each.discriminating_chance
            bars.append(plots.Bar("discriminating", each.discriminating, chance, hollow=True))
    return plots.intervals(bars, "Alignment accuracy with 95 % intervals") if bars else ""


def _agreement_plot(report: Report) -> str:
    if len(report.labels) < 2:
        return ""
    return plots.matrix(report.labels, report.agreements, "Share of equal choices")
