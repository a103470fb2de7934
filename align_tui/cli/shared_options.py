"""Arguments and options that several commands share."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

import os
from pathlib import Path
from typing import Annotated

import typer


def examples(*command_lines: str) -> str:
    """The end of a help text: the command lines, one on each line."""
    title = "Example:" if len(command_lines) == 1 else "Examples:"
    return "\n".join(("\b", title, *(f"  {line}" for line in command_lines)))


Database = Annotated[
    Path | None,
    typer.Option(
        "--db", help="The run database (default: ALIGN_TUI_DB, else a file in your data folder)."
    ),
]
RunOrNewest = Annotated[str | None, typer.Argument(help="The run's id (default: the newest run).")]
STUDY = "A study file, or the name of a shipped study (default: the demo)."
StudyFile = Annotated[Path | None, typer.Argument(help=STUDY)]
# The group of commands fills it (study_group.py): a group with an argument takes no command.
GroupStudy = Annotated[Path | None, typer.Option("--study", hidden=True, help=STUDY)]
Profiles = Annotated[
    list[str] | None,
    typer.Option("-p", "--profile", help="A profile: a name or a TOML file; repeatable."),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option("-s", "--scenarios", help="A scenario set: a name or a file; repeatable."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(help="A target, attribute=value, in place of the profiles' own; repeatable."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a setting of the profiles: key=value; repeatable."),
]
Backbone = Annotated[
    str | None,
    typer.Option(
        help="The model: a backbone's name (mistral-7b), hub id, folder, GGUF file or URL."
    ),
]
Backbones = Annotated[
    list[str] | None,
    typer.Option(
        "--backbone",
        help="The model for every profile: a backbone's name (mistral-7b), hub id, folder, GGUF "
        "file or URL; repeat it to compare models.",
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Use only the first N scenarios.")]
ScoredOnly = Annotated[
    bool, typer.Option("--scored-only", help="Use only scenarios with labels for the targets.")
]
Repeat = Annotated[int | None, typer.Option(min=1, help="Decide each scenario N times.")]
Order = Annotated[
    str | None,
    typer.Option(
        help="The order in which choices are shown: given, shuffled (by seed), or both (asked in "
        "the given and the reversed order, and averaged)."
    ),
]
Rule = Annotated[
    str | None,
    typer.Option(
        "--scoring",
        help="The scorer: distance (ALIGN's, the default), naacl or, for shares of groups, "
        "jensen_shannon, wasserstein or total_variation.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        help="Which decisions are taken as dependent: those of a family of questions, of a "
        "question, or none (default: the study's `cluster`, else family)."
    ),
]
Scale = Annotated[
    list[str] | None,
    typer.Option(
        help="attribute=MAXIMUM: the largest value that the file's labels can have, if align-tui "
        "guesses it wrong; repeatable."
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        min=0.001, max=0.999, help="Two columns are tied if their difference is surely inside it."
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        envvar="ALIGN_TUI_TRUST",
        help="Run the own code of profiles and models without asking, and remember its hash.",
    ),
]
WaitForServer = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=86_400,
        metavar="SECONDS",
        envvar="ALIGN_TUI_WAIT_FOR_SERVER",
        help="Wait so long for a server that still loads its model, instead of refusing the run.",
    ),
]
LowBandwidth = Annotated[
    bool,
    typer.Option("--low-bandwidth", help="Paint streaming text less often, for a slow connection."),
]


def set_wait(seconds: float | None) -> None:
    """Let this process, and the screens of its browser tabs, wait so long for servers."""
    if seconds is not None:
        os.environ["ALIGN_TUI_WAIT_FOR_SERVER"] = str(seconds)
