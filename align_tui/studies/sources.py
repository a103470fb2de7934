"""Collect the sources of a study, beside its profiles, that its run stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from align_tui.config.adm_params import UsesRecords
from align_tui.config.profile import Profile
from align_tui.config.sources import (
    alignment_of,
    files_of,
    plugin_files,
    plugins_of,
    scorer_plugin,
    templates_of,
)
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes
from align_tui.core.errors import AlignError
from align_tui.core.records import records_text
from align_tui.core.sources import Source, of_text
from align_tui.core.types import canonical
from align_tui.studies.records import read_sets


@dataclass(frozen=True, slots=True)
class StudySources:
    """The sources of each profile of a study, and those of the whole study."""

    profiles: tuple[tuple[Source, ...], ...]
    study: tuple[Source, ...] = ()


def sources_of_study(
    study: Study, attributes: Attributes, versions: Mapping[str, str]
) -> StudySources:
    """Read all sources of a study anew, from the disk. What cannot be read is left out.

    `versions` are those of the program and its packages.
    """
    plugins = {
        reference: plugin_files(reference)
        for reference in dict.fromkeys(each for p in study.profiles for each in plugins_of(p))
    }
    found = []
    for profile in study.profiles:
        own = [*templates_of(profile), *alignment_of(profile), *files_of(profile)]
        own += _records_of(profile, attributes)
        own += [each for reference in plugins_of(profile) for each in plugins[reference]]
        found.append(_each_once(own))
    whole = [of_text("program", "versions", canonical(dict(versions)))] if versions else []
    whole += plugin_files(reference) if (reference := scorer_plugin(study.rule)) else ()
    return StudySources(tuple(found), _each_once(whole))


def _records_of(profile: Profile, attributes: Attributes) -> Iterator[Source]:
    """The labelled scenarios from which the decision-maker learns, as one text."""
    adm = profile.adm
    if not isinstance(adm, UsesRecords) or not adm.records:
        return
    try:
        sets = read_sets(adm, attributes)
    except AlignError:
        return  # a run of another machine, whose sets are not here
    yield of_text("records", ", ".join(adm.records), records_text(sets))


def _each_once(sources: list[Source]) -> tuple[Source, ...]:
    return tuple({(each.kind, each.name): each for each in sources}.values())
