"""Write the pages of a site: a list of runs, and a page for each run with its data inside.

The pages load nothing. A content policy names the hashes of their one style and one script and
forbids everything else; a run's data stand in a block that no browser executes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from align_tui import __version__
from align_tui.config.reading.files import exists, read_text
from align_tui.core.errors import ConfigError, OutputError
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject
from align_tui.files.write import make_folder, write_text
from align_tui.formats.files import shown
from align_tui.formats.values import finite
from align_tui.output.site.data import run_data
from align_tui.store.database import Database

HERE = Path(__file__).parent
INDEX, RUNS = "index.html", "runs"
MARK = '<meta name="generator" content="align-tui'
_MOST = 50_000_000  # bytes of an index.html that is looked at before it is replaced


def write_site(db: Database, names: Sequence[str], folder: Path) -> list[Path]:
    """Write the pages of these runs into a folder; returns the paths, the list of runs first.

    Pages that the folder has of other runs stay, so that links to them hold. Raises StoreError,
    OutputError, and ConfigError if the folder has an index.html of another program.
    """
    index = folder / INDEX
    if exists(index) and MARK not in read_text(index, _MOST, ConfigError)[:4_000]:
        raise ConfigError(
            f"{shown(index)} is not a page of align-tui", "Name another folder: --site FOLDER"
        )
    make_folder(folder / RUNS)
    listed: list[JsonObject] = []
    written = [index]
    for run in dict.fromkeys(names):
        data = run_data(db, run)
        path = folder / RUNS / f"{run}.html"
        write_text(path, run_page(data))
        written.append(path)
        listed.append({key: value for key, value in data.items() if key != "decisions"})
    write_text(index, index_page(listed))
    return written


def run_page(data: JsonObject) -> str:
    """The page of a run, from the values of `run_data`."""
    return _render("run.html.jinja", data=data, block=_block(data), script=_part("run.js"))


def index_page(listed: Sequence[JsonObject]) -> str:
    """The list of runs, the newest first; it needs no script."""
    newest = sorted(listed, key=lambda data: str(data["run"]), reverse=True)
    return _render("index.html.jinja", runs=newest, folder=RUNS, script="")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = one_line
    return environment


def _render(name: str, *, script: str, **values: object) -> str:
    style = _part("site.css")
    return (
        _templates()
        .get_template(name)
        .render(
            version=__version__, style=style, script=script, policy=policy(style, script), **values
        )
    )


def policy(style: str, script: str) -> str:
    """The content policy of a page with this style and this script, and nothing else."""
    parts = ["default-src 'none'", f"style-src '{_hash(style)}'"]
    if script:
        parts.append(f"script-src '{_hash(script)}'")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _part(name: str) -> str:
    try:
        text = (HERE / name).read_text(encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{name} of align-tui cannot be read: {error}") from error
    return f"\n{text}"


def _block(data: JsonObject) -> str:
    """The data as JSON in which no sign can end the block that holds it."""
    text = json.dumps(finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
