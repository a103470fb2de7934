"""Targets in a few signs, and the target that each profile is scored against."""

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


def sign(value: float | None, glyphs: Glyphs) -> str:
    """▲ for 1, ▼ for 0, a bar of that height in between, and ◆ for a target without a number."""
    if value is None:
        return glyphs.target
    if value >= 1.0:
        return glyphs.high
    if value <= 0.0:
        return glyphs.low
    return glyphs.levels[min(len(glyphs.levels) - 1, int(value * len(glyphs.levels)))]


def signs(targets: Targets, glyphs: Glyphs) -> str:
    """One sign for each target."""
    return "".join(sign(target.point, glyphs) for target in targets)


def words(name: str) -> str:
    """An attribute's id with blanks for underscores, safe to show on one line."""
    return one_line(name.replace("_", " "))


def in_words(targets: Targets, glyphs: Glyphs) -> str:
    """`moral desert ▲`; several targets are joined by commas."""
    return ", ".join(f"{words(t.attribute)} {sign(t.point, glyphs)}" for t in targets)


def profile_name(profile: Profile) -> str:
    """The profile's name, safe to show on one line."""
    return one_line(profile.name)


def heading(profile: Profile, glyphs: Glyphs, width: int = 0, among: Sequence[str] = ()) -> str:
    """The profile's name and targets; attributes are named unless the name has them already.

    If this is wider than `width` (0 for any), it leaves the attributes out, then cuts the name to
    what differs from the names `among` which it stands; the signs of the targets always stay.
    """
    name, targets = profile_name(profile), profile.target
    if not targets:
        return fit_name(name, "", width, glyphs.more, among) if width else name
    tail = f" {signs(targets, glyphs)}"
    if not all(fold(target.attribute) in fold(name) for target in targets):
        full = f"{name} {glyphs.sep} {in_words(targets, glyphs)}"
        if not width or cell_len(full) <= width:
            return full
    return fit_name(name, tail, width, glyphs.more, among) if width else name + tail


def compared(study: Study, index: int) -> tuple[str | None, ...]:
    """For each profile the id of the target that it is scored against.

    That is its own; a profile without one is scored against the `index`-th target of the others.
    """
    out: list[str | None] = []
    for profile in study.profiles:
        choices: Sequence[Targets] = study.scoring_targets(profile)
        out.append(target_id(choices[index % len(choices)]) if choices else None)
    return tuple(out)


def baseline_of(study: Study, index: int) -> int | None:
    """The number of the profile without a target that this one is compared with.

    One that asks the same model comes first. None for a profile without a target, and if there is
    no other.
    """
    mine = study.profiles[index]
    if not mine.target:
        return None
    found = [n for n, profile in enumerate(study.profiles) if not profile.target]
    same = [n for n in found if study.profiles[n].model_label == mine.model_label]
    return next(iter([*same, *found]), None)


def comparison(study: Study, index: int) -> Targets:
    """The targets that profiles without their own are compared with; empty if there are none."""
    for profile in study.profiles:
        if not profile.target:
            choices = study.scoring_targets(profile)
            return choices[index % len(choices)] if choices else ()
    return ()


def comparison_words(study: Study, index: int, glyphs: Glyphs) -> str:
    """A notice about the target that profiles without their own are now scored against."""
    chosen = comparison(study, index)
    if not chosen:
        return "no other profile has a target to compare with"
    names = [profile_name(p) for p in study.profiles if not p.target]
    verb = "is" if len(names) == 1 else "are"
    target = f"{in_words(chosen, glyphs)} ({words(target_id(chosen))})"
    return f"{', '.join(names)} {verb} scored against {target}"
