"""Split a study's samples into parts that several machines decide, each one in its own database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.core.text.plurals import counted
from align_tui.studies.turns import Place, turns

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """Part `number` (from 1) of `of` parts."""

    number: int
    of: int


def parse_part(text: str) -> Part:
    """Parse `3/8`. Raises ConfigError."""
    found = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text.strip())
    part = Part(int(found[1]), int(found[2])) if found else Part(0, 0)
    if not 1 <= part.number <= part.of <= MOST:
        raise ConfigError(
            f"--part {text!r} is not K/N, with K from 1 to N", "For example: --part 3/8"
        )
    return part


def places_of(study: Study, part: Part) -> list[Place]:
    """The samples of one part: every sample of the study is in exactly one. Raises ConfigError.

    All profiles on a scenario are in one part, and so are samples that need each other's
    decisions. Which part it is depends on the study alone, so each machine finds it by itself.
    """
    contexts = {
        (scenario, profile): turn.context
        for profile in range(len(study.profiles))
        for scenario, turn in enumerate(turns(study, profile) or ())
    }
    of_scenario: dict[int, str] = {}
    for (scenario, _), context in contexts.items():
        of_scenario.setdefault(scenario, context)
    groups: dict[tuple[object, int], int] = {}
    found = []
    for place in study.pairs():
        scenario, profile, repeat = place
        # A profile without history follows the others, so that prompts are read once for all.
        own = contexts.get((scenario, profile), of_scenario.get(scenario))
        group = groups.setdefault((scenario if own is None else own, repeat), len(groups))
        if group % part.of == part.number - 1:
            found.append(place)
    if not found:
        raise ConfigError(
            f"Part {part.number}/{part.of} has no sample: the study has only "
            f"{counted(len(groups), 'group')} of samples",
            f"Split the study into at most {counted(len(groups), 'part')}.",
        )
    return found
