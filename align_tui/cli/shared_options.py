"""Arguments and options that several commands share.

The help of an option begins with a verb and ends with a full stop; that of an argument names it.
"""

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


NEWEST = "The run's id, or its first or last characters (default: the newest run)."
Database = Annotated[
    Path | None,
    typer.Option(
        "--db",
        metavar="FILE",
        help="Use this run database (default: ALIGN_TUI_DB, else a file in your data folder).",
    ),
]
RunOrNewest = Annotated[str | None, typer.Argument(metavar="RUN", help=NEWEST)]
RunsOrNewest = Annotated[
    list[str] | None,
    typer.Argument(metavar="RUN", help="The ids of the runs (default: the newest run)."),
]
OneRun = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's id, or its first or last characters.")
]
OpenedRun = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Open the run with this id.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and no text.")]
AsJsonLines = Annotated[
    bool, typer.Option("--json", help="Print JSON Lines, one object for each row, and no table.")
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", metavar="FILE", help="Write to this file (default: stdout)."),
]
Profile = Annotated[str, typer.Argument(metavar="PROFILE", help="A profile: a name or a file.")]
ScenarioSet = Annotated[
    str, typer.Argument(metavar="SET", help="A scenario set: a name or a file.")
]
STUDY = "A study: a file, or the name of a shipped study (default: the demo study)."
StudyFile = Annotated[Path | None, typer.Argument(metavar="STUDY", help=STUDY)]
# The group of commands fills it (study_group.py): a group with an argument takes no command.
GroupStudy = Annotated[Path | None, typer.Option("--study", hidden=True, help=STUDY)]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "-p", "--profile", metavar="PROFILE", help="Use this profile: a name or a file. Repeatable."
    ),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--scenarios",
        metavar="SET",
        help="Use this scenario set: a name or a file. Repeatable.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="ATTRIBUTE=VALUE",
        help="Steer the profiles to this target, in place of their own. Repeatable.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change this setting in every profile. Repeatable.",
    ),
]
MODEL = "a backbone's name (mistral-7b), hub id, folder, GGUF file or URL"
Backbone = Annotated[
    str | None, typer.Option("--backbone", metavar="MODEL", help=f"Use this model: {MODEL}.")
]
Backbones = Annotated[
    list[str] | None,
    typer.Option(
        "--backbone",
        metavar="MODEL",
        help=f"Use this model in every profile: {MODEL}. Repeat it to compare models.",
    ),
]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Use only the first N scenarios.")
]
ScoredOnly = Annotated[
    bool,
    typer.Option("--scored-only", help="Use only scenarios that have labels for the targets."),
]
Repeat = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Decide each scenario N times (default: the study's `repeat`, else 1).",
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        metavar="ORDER",
        help="Show the choices in this order: given, shuffled (by seed), or both, which asks in "
        "the given and in the reversed order and averages (default: the profile's `order`).",
    ),
]
Rule = Annotated[
    str | None,
    typer.Option(
        "--scoring",
        metavar="SCORER",
        help="Score decisions with this scorer: distance (ALIGN's) or naacl; for shares of groups "
        "jensen_shannon, wasserstein or total_variation (default: the study's, else distance).",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="RULE",
        help="Count decisions as dependent by this rule: family (of questions), question, or none "
        "(default: the study's `cluster`, else family).",
    ),
]
Scale = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ATTRIBUTE=MAX",
        help="Read the labels of this attribute on a scale from 0 to MAX, if align-tui guesses "
        "the scale wrong. Repeatable.",
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        max=0.999,
        metavar="SHARE",
        help="Call two columns tied if their accuracies surely differ by less than this share "
        "(default: the study's `margin`).",
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        envvar="ALIGN_TUI_TRUST",
        help="Run the code that profiles and models bring without asking, and remember its hash.",
    ),
]
WaitForServer = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=86_400,
        metavar="SECONDS",
        envvar="ALIGN_TUI_WAIT_FOR_SERVER",
        help="Wait this long for a server that still loads its model (default: refuse the run).",
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
