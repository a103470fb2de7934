"""Repeat a bundle's run in a database, and compare the two decision by decision."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.errors import BundleError, ConfigError, StoreError

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.formats.bundle.compare import Comparison
    from align_tui.formats.bundle.content import Bundle
    from align_tui.store.database import Database


def read_source(db: Database | None, name: str) -> tuple[Bundle, bool]:
    """The bundle in the file `name`, or that of the run `name`; (bundle, is it a file?).

    Raises BundleError, StoreError, ConfigError.
    """
    from align_tui.config.reading.files import as_path, is_file
    from align_tui.formats.bundle.redaction import Cleaner
    from align_tui.formats.bundle.verify import read_bundle
    from align_tui.store import runs
    from align_tui.store.bundles import gather

    path = as_path(name, BundleError)
    if is_file(path):
        _check(path)
        return read_bundle(path), True
    if db is None or path.suffix or os.sep in name:
        raise BundleError(f"There is no bundle or run {name!r}", "See: align-tui runs")
    return gather(db, runs.resolve(db, name), Cleaner()), False


DECIDES = ("schema", "run", "hashes", "samples")
"""The checks of a bundle that look at what a repeated run is made of."""


def _check(path: Path) -> None:
    """Raise BundleError for a bundle whose study does not agree with itself.

    Scores and tallies are not looked at: they are computed anew.
    """
    from align_tui.formats.bundle.verify import verify

    for check in verify(path):
        if check.status == "failed" and check.name in DECIDES:
            raise BundleError(check.problems[0], f"See: align-tui verify {path}")


def study_to_repeat(bundle: Bundle) -> Study:
    """The study of the bundle, with the files of this machine, ready to be decided.

    A decision-maker's file is written from the bundle if this machine does not have it; nothing of
    it runs. Raises BundleError, ConfigError.
    """
    study = bundle.study(expanded)
    cannot = [each.name for each in study.profiles if not each.adm.traits.can_decide]
    if cannot:
        raise ConfigError(
            f"{', '.join(cannot)} cannot decide again: another program made the decisions, or the "
            "kind of decision-maker is not installed here",
            "Install the package that has the kind, if it is missing.",
        )
    profiles = tuple(_with_file(profile, bundle) for profile in study.profiles)
    return replace(study, profiles=profiles)


def expanded(path: str) -> str:
    """The path with this account's home folder in place of `~`."""
    return str(Path(path).expanduser()) if path.startswith("~/") else path


def _with_file(profile: Profile, bundle: Bundle) -> Profile:
    """The profile with the file of its decision-maker, from the bundle if it is not here."""
    from align_tui.config import paths
    from align_tui.config.adm_params import RunsFile
    from align_tui.config.code import read_code, sha256_of
    from align_tui.core.errors import CodeRefused
    from align_tui.files.write import make_folder, writing

    adm = profile.adm
    if not isinstance(adm, RunsFile):
        return profile
    try:
        if sha256_of(read_code(Path(adm.file))) == adm.code_sha256:
            return profile
    except CodeRefused:
        pass  # it is not here
    source = next((e.text for e in bundle.sources if e.sha256 == adm.code_sha256), None)
    if source is None or not adm.code_sha256:
        raise ConfigError(
            f"profile {profile.name}: {adm.file} is missing or has changed, and the bundle does "
            "not contain it",
            f"Its SHA-256 was {adm.code_sha256 or 'not recorded'}.",
        )
    for encoding in ("utf-8", "latin-1"):
        data = source.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace")
        if sha256_of(data) == adm.code_sha256:
            break
    else:
        raise BundleError(
            f"profile {profile.name}: the code in the bundle is not the code that decided",
            "Somebody changed the bundle: see align-tui verify.",
        )
    folder = paths.state_dir() / "code-of-bundles" / adm.code_sha256[:16]
    path = folder / "decision_maker.py"
    make_folder(folder, mine=True)
    with writing(path, mine=True) as file:
        file.write(data)
    return profile.model_copy(update={"adm": adm.model_copy(update={"file": str(path)})})


def servers_of(study: Study) -> tuple[tuple[str, str], ...]:
    """(address, name of the variable with its key or empty) of each server that is asked."""
    return tuple(
        dict.fromkeys(
            (url, spec.server.api_key_env or "")
            for profile in study.profiles
            for spec in profile.used_models.values()
            for url in spec.server.base_urls
        )
    )


def start(db: Database, bundle: Bundle, study: Study, versions: Mapping[str, str]) -> str:
    """Queue a run that repeats the bundle's; returns its id. Raises StoreError, ConfigError."""
    from align_tui.store.repeats import start_repeat

    places = [
        (each.scenario, each.profile, each.repeat)
        for each in bundle.samples
        if each.result is not None
    ]
    if not places:
        parent = bundle.run.parent
        raise BundleError(
            f"The run {bundle.run.id} has no decision that could be repeated",
            f"It inherits those of its parent: rerun {parent}." if parent else "",
        )
    known = len(study.scenarios), len(study.profiles), study.repeat
    if any(index >= most for place in places for index, most in zip(place, known, strict=True)):
        raise BundleError("A sample of the bundle belongs to no scenario or profile of it")
    run = bundle.run
    return start_repeat(db, study, versions, run.id, places, run.seed_rule, run.day)


def repeating(db: Database, bundle: Bundle, name: str) -> str:
    """The id of the run `name`, which must repeat the bundle's. Raises StoreError."""
    from align_tui.store import runs
    from align_tui.store.repeats import REPEATS

    run = runs.resolve(db, name)
    if runs.stored_versions(db, run).get(REPEATS) != bundle.run.id:
        raise StoreError(
            f"The run {run} does not repeat run {bundle.run.id}",
            "Leave out --resume to start one that does.",
        )
    return run


def compared(db: Database, bundle: Bundle, run: str) -> Comparison:
    """Compare the run with the bundle that it repeats. Raises StoreError."""
    from align_tui.formats.bundle.compare import compare
    from align_tui.formats.bundle.redaction import Cleaner
    from align_tui.store.bundles import gather

    return compare(bundle, gather(db, run, Cleaner()))
