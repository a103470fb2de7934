"""A ranking as JSON: in `--json`, in exports and bundles, and in the halves of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from align_tui.core.alignment.ranking import Ranking, TieBreak
from align_tui.core.types import Json


def ranking_to_json(ranking: Ranking) -> dict[str, Json]:
    """The ranking as JSON."""
    return {
        "function": ranking.function,
        "parameters": dict(ranking.parameters),
        "measure": ranking.measure,
        "scores": list(ranking.scores),
        "best": list(ranking.best),
        "taken": ranking.taken,
        "tie_break": ranking.tie_break,
        "sample": ranking.sample,
        "details": dict(ranking.details),
        "notes": list(ranking.notes),
    }


def ranking_from_json(body: Mapping[str, Any]) -> Ranking:
    """Inverse of `ranking_to_json`; raises ValueError, TypeError or LookupError for other JSON."""
    sample = body["sample"]
    return Ranking(
        str(body["function"]),
        str(body["measure"]),
        tuple(float(each) for each in body["scores"]),
        tuple(int(each) for each in body["best"]),
        int(body["taken"]),
        cast(TieBreak, str(body["tie_break"])),
        dict(body["parameters"]),
        tuple(str(each) for each in body["notes"]),
        int(sample) if sample is not None else None,
        dict(body["details"]),
    )
