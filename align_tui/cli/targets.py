"""`align-tui targets convert`: the field's target files as targets of this program."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from align_tui.config.attributes import load_attributes
from align_tui.config.targets import MAX_SAMPLES, target_tables
from align_tui.core.errors import ConfigError, TargetFileError
from align_tui.core.targets import targets_to_json
from align_tui.core.text.display import one_line
from align_tui.files.write import write_text
from align_tui.formats.align_system.target_values import KdeOptions, norm_of
from align_tui.formats.align_system.targets import AlignmentTarget, read_target
from align_tui.output.json_text import json_text
from align_tui.output.terminal import say, say_data, say_json


def convert_target(
    path: Path, out: Path | None, norm: str | None, prior_factor: float, *, as_json: bool
) -> None:
    """Write the targets of a file of align-system's as `[[target]]` tables, or as JSON.

    Without `out` they are printed. `norm` names the estimate of a distribution that is read. Raises
    TargetFileError if a distribution cannot be read; nothing is written then.
    """
    if out is not None and out.suffix not in (".toml", ".json"):
        raise ConfigError(
            f"{out} is neither a .toml nor a .json file", "Give the file one of these endings."
        )
    options = KdeOptions(norm_of(norm) if norm is not None else None, prior_factor)
    found = read_target(path, attributes=load_attributes(), options=options)
    for note in found.notes:
        say(f"note: {one_line(note)}", error=True)
    if found.kdes:
        names = ", ".join(one_line(name, 60) for name in list(found.kdes)[:8])
        raise TargetFileError(
            f"{path}: the distributions of {names} cannot be read",
            "align-tui reads pickles of scikit-learn's KernelDensity with one column of samples in "
            f"0..1 (up to {MAX_SAMPLES:,}), and runs no code of theirs.",
        )
    body = {"id": found.id, "targets": targets_to_json(found.targets)}
    if out is not None:
        as_json = out.suffix == ".json"
        write_text(out, json_text(body) + "\n" if as_json else _toml(found))
        say(str(out), error=True)
    elif as_json:
        say_json(body)
    else:
        say_data([_toml(found)])


def _toml(found: AlignmentTarget) -> str:
    tables = {"target": target_tables(found.targets)}
    return f"# {one_line(found.id)}\n{tomli_w.dumps(tables)}"
