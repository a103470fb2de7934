"""The methods of the part on position, whose tables stand before the appendix."""

from __future__ import annotations

from align_tui.output.report.blocks import Block
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered


def position_methods(gathered: Gathered) -> Block | None:
    """A block without a title, which only says how positions were measured."""
    uses: list[MethodName] = []
    for _, found in gathered.position.columns:
        if found.first is not None:
            uses.append("position")
            uses.append("wilson" if found.first.method == "wilson" else "clusters")
    if gathered.position.always:
        uses.append("always")
    return Block("", uses=tuple(dict.fromkeys(uses))) if uses else None
