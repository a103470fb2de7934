"""The columns of a study: every profile on every backbone, each with a unique name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from align_tui.config.backbones import Backbone, resolve
from align_tui.config.code import readable_code
from align_tui.config.library import load_profile
from align_tui.config.profile import Profile
from align_tui.config.trust import is_own
from align_tui.core.attributes import Attributes
from align_tui.core.column_names import MAX_LABEL, MAX_NAME, as_label, column_name, cut_to, free
from align_tui.core.errors import ConfigError
from align_tui.core.targets import Target, Targets


@dataclass(frozen=True, slots=True)
class Swept:
    """A profile with other targets, under a name of its own."""

    profile: str
    targets: Targets
    name: str


def swept(profile: str, targets: Sequence[Target], taken: Collection[str] = ()) -> list[Swept]:
    """The profile once for each target, called by attribute and value: `fairness high`."""
    found: list[Swept] = []
    for target in targets:
        value = "parameters" if target.point is None else f"{target.point:g}"
        if target.point in (0.0, 1.0):
            value = target.direction
        names = [*taken, *(each.name for each in found)]
        name = free(cut_to(f"{as_label(target.attribute)} {value}", MAX_NAME), names, MAX_NAME)
        found.append(Swept(profile, (target,), name))
    return found


def load_columns(
    names: Sequence[str | Swept],
    backbones: Sequence[str],
    *,
    beside: Path | None = None,
    overrides: Sequence[str] = (),
    targets: Targets | None = None,
    attributes: Attributes | None = None,
    files: Collection[Path] = (),
    own_code: set[str] | None = None,
) -> tuple[Profile, ...]:
    """Load the profiles of those names, each on every one of the backbones.

    A `Swept` one has its own targets and name; `targets` replace those of the others.

    On a single backbone a profile keeps its name. On several it is called `baseline @ mistral-7b`,
    and its columns are side by side. A profile that needs no model runs once. Raises ConfigError.

    The keys of code that the user's own configuration alone names are added to `own_code`; `files`
    are further files that change the profiles.
    """

    def load(column: str | Swept, backbone: str | None) -> Profile:
        made_from = set(files)
        profile = load_profile(
            column if isinstance(column, str) else column.profile,
            beside=beside,
            backbone=backbone,
            overrides=overrides,
            targets=targets if isinstance(column, str) else column.targets,
            attributes=attributes,
            files=made_from,
        )
        if not isinstance(column, str):
            profile = profile.model_copy(update={"name": column.name})
        if own_code is not None and all(map(is_own, made_from)):
            own_code.update(code.key for code in readable_code(profile))
        return profile

    first = [load(name, backbones[0] if backbones else None) for name in names]
    if len(backbones) < 2:
        return tuple(first)
    refuse_namesakes(first)
    rows: list[tuple[Profile, ...]] = []
    for name, profile in zip(names, first, strict=True):
        others = [load(name, each) for each in backbones[1:]] if profile.needs_model else []
        _refuse_twins((profile, *others), backbones)
        rows.append((profile, *others))
    labels = backbone_labels([resolve(backbone) for backbone in backbones])
    alone = {row[0].name for row in rows if len(row) == 1}
    found: list[Profile] = []
    for row in rows:
        if len(row) == 1:
            found += row
            continue
        for profile, label in zip(row, labels, strict=True):
            name = column_name(profile.name, label, alone | {each.name for each in found})
            found.append(profile.model_copy(update={"name": name}))
    return tuple(found)


def refuse_namesakes(profiles: Sequence[Profile]) -> None:
    """Raise ConfigError if two profiles have the same name."""
    names = [profile.name for profile in profiles]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"Two profiles of the study are called {name!r}", "Give each one its own `name`."
            )


def _refuse_twins(row: Sequence[Profile], backbones: Sequence[str]) -> None:
    """Raise ConfigError if two backbones are the same: every sample would be decided twice."""
    known: dict[str, str] = {}
    for profile, backbone in zip(row, backbones, strict=False):
        if profile.hash in known:
            raise ConfigError(
                f"The backbones {known[profile.hash]!r} and {backbone!r} are the same model",
                "Name the model once. To decide each scenario several times, use --repeat.",
            )
        known[profile.hash] = backbone


def backbone_labels(backbones: Sequence[Backbone]) -> list[str]:
    """A unique short label for each backbone: its name, or its model's.

    Models of the same name also get their folder or owner: `step-500 of run-1`.
    """
    short = [each.name or each.spec.label for each in backbones]
    labels: list[str] = []
    for backbone, label in zip(backbones, short, strict=True):
        source = backbone.spec.model.rstrip("/").rpartition("/")[0].rpartition("/")[2]
        if short.count(label) > 1 and source and not backbone.name:
            label = f"{label} of {source}"
        labels.append(free(cut_to(as_label(label), MAX_LABEL), labels, MAX_LABEL))
    return labels
