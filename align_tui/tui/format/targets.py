"""Targets in a few signs, and which of them a profile is marked against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.attributes import fold
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.display import one_line
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import fit_name

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study


def sign(value: float, glyphs: Glyphs) -> str:
    """▲ at the top, ▼ at the bottom, a bar of that height in between."""
    if value >= 1.0:
        return glyphs.high
    if value <= 0.0:
        return glyphs.low
    return glyphs.levels[min(len(glyphs.levels) - 1, int(value * len(glyphs.levels)))]


def signs(targets: Targets, glyphs: Glyphs) -> str:
    """One sign a target."""
    return "".join(sign(target.point, glyphs) for target in targets)


def words(name: str) -> str:
    """An attribute's id as one reads it."""
    return one_line(name.replace("_", " "))


def in_words(targets: Targets, glyphs: Glyphs) -> str:
    """`moral desert ▲`, several joined by commas."""
    return ", ".join(f"{words(t.attribute)} {sign(t.point, glyphs)}" for t in targets)


def profile_name(profile: Profile) -> str:
    """The profile's name, safe on one line."""
    return one_line(profile.name)


def heading(profile: Profile, glyphs: Glyphs, width: int = 0) -> str:
    """Name and targets; the attribute is said unless the name says it.

    Cut to `width`: first the attribute goes, then the name's end, never the target's sign.
    """
    name, targets = profile_name(profile), profile.target
    if not targets:
        return fit_name(name, "", width, glyphs.more) if width else name
    tail = f" {signs(targets, glyphs)}"
    if not all(fold(target.attribute) in fold(name) for target in targets):
        full = f"{name} {glyphs.sep} {in_words(targets, glyphs)}"
        if not width or cell_len(full) <= width:
            return full
    return fit_name(name, tail, width, glyphs.more) if width else name + tail


def compared(study: Study, index: int) -> tuple[str | None, ...]:
    """For each profile the target id it is marked against.

    Its own; one without is marked against the `index`-th that the study's others have.
    """
    out: list[str | None] = []
    for profile in study.profiles:
        choices: Sequence[Targets] = study.scoring_targets(profile)
        out.append(target_id(choices[index % len(choices)]) if choices else None)
    return tuple(out)


def comparison(study: Study, index: int) -> Targets:
    """The targets that profiles without their own are compared against; empty when none has."""
    for profile in study.profiles:
        if not profile.target:
            choices = study.scoring_targets(profile)
            return choices[index % len(choices)] if choices else ()
    return ()


def comparison_words(study: Study, index: int, glyphs: Glyphs) -> str:
    """What the columns without a target are marked against now."""
    chosen = comparison(study, index)
    if not chosen:
        return "no other profile has a target to compare with"
    names = ", ".join(profile_name(p) for p in study.profiles if not p.target)
    return f"{names} is marked against {in_words(chosen, glyphs)} ({words(target_id(chosen))})"
