"""Which parts an appendix has, in order. A new part is one function, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Collection

from align_tui.output.report.blocks import Block
from align_tui.output.report.methods import methods_paragraph, references
from align_tui.output.report.sections.beside import beside_accuracy
from align_tui.output.report.sections.checklist import checklist
from align_tui.output.report.sections.comparing import comparison_methods
from align_tui.output.report.sections.gathered import Gathered
from align_tui.output.report.sections.means import means_over_attributes
from align_tui.output.report.sections.steering import steering

SECTIONS: tuple[Callable[[Gathered], Block | None], ...] = (
    steering,
    means_over_attributes,
    beside_accuracy,
    comparison_methods,
    checklist,
)
"""Each returns None where the runs have nothing of its kind."""


def appendix(gathered: Gathered) -> tuple[Block, ...]:
    """All parts that the runs have, with the methods that were used before the checklist.

    A part without a title adds methods alone.
    """
    found = [block for section in SECTIONS if (block := section(gathered)) is not None]
    used = {name for block in found for name in block.uses}
    shown = [block for block in found if block.title]
    ticks = [block for block in shown if block.ticks]
    return (*(block for block in shown if not block.ticks), *_methods(used), *ticks)


def _methods(used: Collection[str]) -> tuple[Block, ...]:
    if not used:
        return ()
    cited = tuple(f"[{place}] {text}" for place, text in enumerate(references(used), start=1))
    return (Block("Methods", (methods_paragraph(used), *cited)),)
