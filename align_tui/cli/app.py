"""The application `align-tui`: its groups of commands, and the screen that it opens without one."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from align_tui.cli import again_commands, machine_commands, stored_runs, study_commands
from align_tui.cli.command_groups import (
    models_app,
    profiles_app,
    scenarios_app,
    studies_app,
    targets_app,
    workers_app,
)
from align_tui.cli.shared_options import (
    Database,
    GroupStudy,
    LowBandwidth,
    OpenedRun,
    Trust,
    WaitForServer,
    examples,
    set_wait,
)
from align_tui.cli.study_group import METAVAR, StudyGroup, command_names
from align_tui.cli.study_options import takes_study

if TYPE_CHECKING:
    from align_tui.config.options import Options

app = typer.Typer(
    name="align-tui",
    cls=StudyGroup,
    subcommand_metavar=METAVAR,
    help="Compare how language models decide when you ask them to value an attribute.\n\n"
    "Begin with two commands. `align-tui` opens the demo study, which brings a small model. "
    "`align-tui doctor` checks whether this machine can run your own model. "
    "`align-tui STUDY` opens a study file, or a study that `align-tui studies list` shows.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
study_commands.add_commands(app)
stored_runs.add_commands(app)
again_commands.add_commands(app)
machine_commands.add_commands(app)
app.add_typer(studies_app, name="studies")
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(profiles_app, name="profiles")
app.add_typer(targets_app, name="targets")
app.add_typer(models_app, name="models")
app.add_typer(workers_app, name="workers")


@app.callback(
    invoke_without_command=True,
    epilog="Every command takes --debug, which shows the traceback of an error. "
    "The environment variable ALIGN_TUI_DB names the run database.\n\n"
    + examples(
        "align-tui",
        "align-tui mta-moral-desert --backbone llama-3.1-8b --limit 20",
        "align-tui mine.toml --repeat 5 --scored-only",
        "align-tui -p baseline -p moral-desert-high -s mine.jsonl",
        "align-tui --run 20261123-181500-k3f9",
    ),
)
@takes_study(GroupStudy)
def explore(
    context: typer.Context,
    options: "Options",
    run: OpenedRun = None,
    trust: Trust = False,
    low_bandwidth: LowBandwidth = False,
    wait_for_server: WaitForServer = None,
    theme: Annotated[
        str | None,
        typer.Option(
            envvar="ALIGN_TUI_THEME",
            metavar="THEME",
            help="Use these colours on the screen: dark, light or high-contrast (default: dark).",
        ),
    ] = None,
    db: Database = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compare how language models decide when you ask them to value an attribute.

    Without a command, align-tui opens the explorer on the screen: on a study, or on a run. Without
    a study, a profile, a scenario set or a run, the explorer shows the demo study.
    """
    if version:
        from align_tui import __version__
        from align_tui.output.terminal import say

        say(__version__)
        raise typer.Exit()
    if theme is not None:
        os.environ["ALIGN_TUI_THEME"] = theme  # for the screen, whichever command opens it
    set_wait(wait_for_server)
    if context.invoked_subcommand is not None:
        if not options.is_demo or run is not None or db is not None:
            command = context.invoked_subcommand
            context.fail(f"Give the options after the command: align-tui {command} OPTIONS.")
        return
    from align_tui.tui import gc_tuning

    gc_tuning.hold()  # the screen lets go
    from align_tui.cli.screen import open_explorer

    if options.study is not None and not options.study.is_file():
        from align_tui.studies.library import find_study

        options = replace(options, study=find_study(options.study, command_names(context)))
    raise typer.Exit(open_explorer(options, run, db, trust=trust, low_bandwidth=low_bandwidth))
