"""The methods of the comparisons and of agreement, whose tables stand before the appendix."""

from __future__ import annotations

from align_tui.output.report.blocks import Block
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered
from align_tui.output.report.sections.steering import difference_uses


def comparison_methods(gathered: Gathered) -> Block | None:
    """A block without a title, which only says how the columns were compared."""
    uses: list[MethodName] = ["agreement"] if len(gathered.labels) > 1 else []
    for each in gathered.comparisons:
        if each.found.difference is not None:
            uses += difference_uses(each.found.difference)
    if len(gathered.comparisons) > 1:
        uses.append("holm")
    return Block("", uses=tuple(dict.fromkeys(uses))) if uses else None
