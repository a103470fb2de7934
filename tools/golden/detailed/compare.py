"""Shared by the checks of detailed families: ties both ways, refusals, and draws."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from align_tui.config.profile import Profile
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.attributes import Attributes
from align_tui.core.errors import AlignError, DatasetError
from align_tui.core.targets import TargetKind, Targets
from align_tui.formats.align_system.targets import target_of_table
from align_tui.studies.assemble import check_profile

from ..families.compare import RELATIVE, numbers_differ, sets_differ, values_differ

EXACT_HITS = 1e-6
"""The tolerance where a distance is 0: 1 / (distance + 1e-16) magnifies the last bit."""
TINY = 1e-14
"""Probabilities below this are 0: those beside an exact hit are made of rounding."""


def refusal_differs(call: Callable[[], object]) -> list[str]:
    """The difference if `call` does not raise an error of this program's, with a message."""
    try:
        found = call()
    except AlignError as error:
        return [] if error.message else ["the error has no message"]
    return [f"expected an error, ours {found!r}"]


def no_target_differs(function: str) -> list[str]:
    """The difference if a profile may rank by the function without a target."""
    body = {"name": "golden", "adm": {"kind": "oracle"}, "alignment": {"function": function}}
    profile = Profile.model_validate(body)
    return refusal_differs(lambda: check_profile(profile, Attributes()))


def tied_ranking_differs(
    names: Sequence[str],
    exact: Ranking,
    near: Ranking,
    expected: Mapping[str, Any],
    *,
    relative: float = RELATIVE,
    absolute: float = 0.0,
) -> list[str]:
    """The differences of a function's rankings with exact and with near ties from a case."""
    ours = dict(zip(names, exact.scores, strict=True))
    hit = max(ours.values(), default=0.0) > 1.0 - 1e-9
    tolerance = EXACT_HITS if hit else relative
    probabilities = expected.get("probabilities", ours)
    taken, by_choice = names[exact.taken], expected.get("best_sample_index", {})
    samples = by_choice.get(taken, [exact.sample])
    return [
        *numbers_differ(
            "probability", probabilities, ours, relative=tolerance, absolute=absolute or TINY
        ),
        *sets_differ("best to the last bit", expected["tied_best"], [names[i] for i in exact.best]),
        *sets_differ(
            "best within 1e-9",
            expected.get("tied_best_within_1e-9", expected["tied_best"]),
            [names[i] for i in near.best],
        ),
        *([] if exact.taken in exact.best else ["the taken choice is not among the best"]),
        *(
            []
            if exact.sample in samples
            else [f"sample of {taken}: expected one of {samples}, ours {exact.sample}"]
        ),
    ]


def spread_of_draws_differs(shares: Sequence[float], drawn: Sequence[int]) -> list[str]:
    """The difference if drawn indices are farther from their probabilities than chance allows.

    The bound is five standard deviations of each count.
    """
    counts, draws = Counter(drawn), len(drawn)
    return [
        f"choice {index} was drawn {counts[index]} times of {draws}, with probability {share:.3g}"
        for index, share in enumerate(shares)
        if abs(counts[index] - draws * share) > 5.0 * math.sqrt(draws * share * (1.0 - share)) + 1.0
    ]


def read_targets(given: Sequence[Mapping[str, Any]] | None) -> Targets:
    """Targets from {kdma, value, parameters, kdes} as this program's reader of targets takes them.

    No targets stay none. Raises DatasetError, as the reader does.
    """
    if not given:
        return ()
    table: dict[str, Any] = {"id": "golden", "kdma_values": [dict(each) for each in given]}
    found = target_of_table(table, Path("golden.json"), attributes=Attributes())
    if found.kdes:
        raise DatasetError(found.notes[-1])
    return found.targets


KIND_NAMES: Mapping[TargetKind, str] = {"numbers": "scalar", "distributions": "kde"}


def kind_of_targets(given: Sequence[Mapping[str, Any]], expected: Mapping[str, Any]) -> list[str]:
    """The difference of the reader's kinds of targets from the kind that align-system infers.

    Its kdes are opaque here: the reader must try to read them, which only distributions make it do.
    What it calls mixed, targets of which some have no value, the reader refuses.
    """
    if expected["kind"] == "mixed":
        return refusal_differs(lambda: read_targets(given))
    table: dict[str, Any] = {"id": "golden", "kdma_values": [dict(each) for each in given]}
    kinds, attributes = [], []
    if given:
        found = target_of_table(table, Path("golden.json"), attributes=Attributes())
        kinds = [KIND_NAMES[kind] for target in found.targets for kind in target.kinds]
        kinds += ["kde"] * len(found.kdes)
        attributes = [*(target.attribute for target in found.targets), *found.kdes]
    return [
        *values_differ("kinds", {expected["kind"]}, set(kinds) or {"scalar"}),
        *values_differ("attributes", expected["attributes"], attributes),
    ]
