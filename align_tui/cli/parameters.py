"""Options that several commands share."""

# No `from __future__ import annotations`: Typer would evaluate every annotation of every command
# from its text, a tenth of what --help takes.

from pathlib import Path
from typing import Annotated

import typer

Database = Annotated[
    Path | None, typer.Option("--db", help="Run database (default: ALIGN_TUI_DB, or XDG's).")
]
Profiles = Annotated[
    list[str] | None,
    typer.Option("-p", "--profile", help="A profile: TOML file or name; repeatable."),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option("-s", "--scenarios", help="A scenario set: file or name; repeatable."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(help="attribute=value in place of every profile's targets; repeatable."),
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="key=value of every profile; repeatable.")
]
Backbone = Annotated[
    str | None, typer.Option(help="Its model: a name (mistral-7b), hub id, folder, GGUF file, URL.")
]
Backbones = Annotated[
    list[str] | None,
    typer.Option(
        "--backbone",
        help="Model of every profile: a name (mistral-7b), hub id, folder, GGUF file or URL; "
        "several run side by side.",
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N scenarios.")]
ScoredOnly = Annotated[
    bool, typer.Option("--scored-only", help="Leave out scenarios without labels for the targets.")
]
Repeat = Annotated[int | None, typer.Option(min=1, help="Decide everything N times.")]
Rule = Annotated[
    str | None, typer.Option("--scoring", help="A scorer: distance (ALIGN's, default), naacl.")
]
Scale = Annotated[
    list[str] | None,
    typer.Option(help="attribute=maximum of its labels, where the guess is wrong; repeatable."),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        envvar="ALIGN_TUI_TRUST",
        help="Run code that a profile or model brings, without asking; remembered by its hash.",
    ),
]
LowBandwidth = Annotated[
    bool, typer.Option("--low-bandwidth", help="Paint streaming text less often: a slow line.")
]
