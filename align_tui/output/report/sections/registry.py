"""Which parts an appendix has, in order. A new part is one function, and one line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from align_tui.output.report.blocks import Block
from align_tui.output.report.methods import methods_paragraph, references
from align_tui.output.report.sections.beside import beside_accuracy
from align_tui.output.report.sections.checklist import checklist
from align_tui.output.report.sections.comparing import comparison_methods
from align_tui.output.report.sections.design import design
from align_tui.output.report.sections.gathered import Gathered
from align_tui.output.report.sections.means import means_over_attributes
from align_tui.output.report.sections.position import position_methods
from align_tui.output.report.sections.power import power
from align_tui.output.report.sections.steering import steering

SECTIONS: tuple[Callable[[Gathered], Block | None], ...] = (
    steering,
    means_over_attributes,
    beside_accuracy,
    power,
    design,
    position_methods,
    comparison_methods,
    checklist,
)
"""Each returns None where the runs have nothing of its kind."""


def appendix(gathered: Gathered) -> tuple[Block, ...]:
    """All parts that the runs have, with the methods that were used before the checklist.

    A part without a title only adds methods, and its sentences open the paragraph on methods.
    """
    found = [block for section in SECTIONS if (block := section(gathered)) is not None]
    used = {name for block in found for name in block.uses}
    shown = [block for block in found if block.title]
    ticks = [block for block in shown if block.ticks]
    opening = [sentence for block in found if not block.title for sentence in block.sentences]
    return (*(block for block in shown if not block.ticks), *_methods(opening, used), *ticks)


def _methods(opening: Sequence[str], used: Collection[str]) -> tuple[Block, ...]:
    if not used and not opening:
        return ()
    paragraph = " ".join(filter(None, [*opening, methods_paragraph(used)]))
    cited = tuple(f"[{place}] {text}" for place, text in enumerate(references(used), start=1))
    return (Block("Methods", (paragraph,), cited=cited),)
