"""Write a run to a bundle, and check one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.errors import BundleError
from align_tui.core.text.display import one_line

if TYPE_CHECKING:
    from align_tui.formats.bundle.content import Bundle
    from align_tui.formats.bundle.verify import Check
    from align_tui.store.database import Database


def bundle_of(db: Database, run: str) -> Bundle:
    """The run as a bundle, without API keys and home folders.

    Raises StoreError, ConfigError, and BundleError for a run with values that no bundle may have
    (a damaged database, or one that somebody changed).
    """
    from pydantic import ValidationError

    from align_tui.config.secrets import environment_secrets
    from align_tui.formats.bundle.redaction import Cleaner
    from align_tui.store import runs
    from align_tui.store.bundles import gather

    named = [
        spec.server.api_key_env
        for profile in runs.load_study(db, run).profiles
        for spec in profile.used_models.values()
        if spec.server.api_key_env
    ]
    home = str(Path.home())
    try:
        return gather(db, run, Cleaner(environment_secrets(named), home))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = one_line(".".join(map(str, first["loc"])), 100)
        said = one_line(first["msg"], 200)
        raise BundleError(f"The run {run} cannot be bundled: {where}: {said}") from error


def write_bundle(db: Database, run: str, path: Path) -> None:
    """Write the run's bundle to `path`; equal runs make equal bytes.

    Raises StoreError, ConfigError, OutputError.
    """
    from align_tui import __version__
    from align_tui.files.write import writing
    from align_tui.formats.bundle.archive import write_archive
    from align_tui.formats.bundle.content import written

    bundle = bundle_of(db, run)
    with writing(path) as file:
        write_archive(file, run, __version__, written(bundle))


def verify_bundle(path: Path) -> tuple[Check, ...]:
    """Check a bundle by itself. Raises BundleError for a file that is none."""
    from align_tui.formats.bundle.verify import verify

    return verify(path)


def import_bundle(db: Database, path: Path) -> str:
    """Write a bundle's run into the database, as it was; returns its id.

    Raises BundleError for a bundle that does not agree with itself, and StoreError if the database
    has the run.
    """
    from align_tui.formats.bundle.verify import read_bundle, verify
    from align_tui.store import bundle_import

    for check in verify(path):
        if check.status == "failed":
            raise BundleError(check.problems[0], f"See: align-tui verify {path}")
    return bundle_import.import_bundle(db, read_bundle(path))
