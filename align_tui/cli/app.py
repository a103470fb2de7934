"""The commands, with their options and examples; what they do stands beside."""

# No `from __future__ import annotations`: Typer would evaluate every annotation of every command
# from its text, a tenth of what --help takes.

import os
from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.groups import models_app, profiles_app, scenarios_app, workers_app
from align_tui.cli.parameters import (
    Backbones,
    Database,
    Limit,
    LowBandwidth,
    Overrides,
    Profiles,
    Repeat,
    Rule,
    Scale,
    Scenarios,
    ScoredOnly,
    Targets,
    Trust,
)

app = typer.Typer(
    name="align-tui",
    help="Compare how language models decide when they are told to value an attribute.\n\n"
    "Begin with two commands: `align-tui` opens the demo study on the screen, with a model of its "
    "own; `align-tui doctor` tells what a study with a model of yours would need on this machine.",
    epilog="Any command: --debug shows the traceback of an error. "
    "ALIGN_TUI_DB names the run database.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(profiles_app, name="profiles")
app.add_typer(models_app, name="models")
app.add_typer(workers_app, name="workers")


@app.callback(
    invoke_without_command=True,
    epilog="Examples:  align-tui    align-tui -p baseline -p moral-desert-high -s mine.jsonl    "
    "align-tui --run 20261123-181500-k3f9",
)
def explore(
    context: typer.Context,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    run: Annotated[str | None, typer.Option("--run", help="Open this run.")] = None,
    target: Targets = None,
    backbone: Backbones = None,
    override: Overrides = None,
    limit: Limit = None,
    trust: Trust = False,
    low_bandwidth: LowBandwidth = False,
    theme: Annotated[
        str | None,
        typer.Option(envvar="ALIGN_TUI_THEME", help="dark (default), light or high-contrast."),
    ] = None,
    db: Database = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Compare how language models decide when they are told to value an attribute.

    Without a command: open the explorer, on the demo study when nothing is named.
    """
    if version:
        from align_tui import __version__
        from align_tui.output.terminal import say

        say(__version__)
        raise typer.Exit()
    if theme is not None:
        os.environ["ALIGN_TUI_THEME"] = theme  # for the screen, whichever command opens it
    if context.invoked_subcommand is not None:
        return
    from align_tui.tui import gc_tuning

    gc_tuning.hold()  # the screen lets go
    from align_tui.cli.options import study_options
    from align_tui.cli.screen import open_explorer

    options = study_options(
        None,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
    )
    raise typer.Exit(open_explorer(options, run, db, trust=trust, low_bandwidth=low_bandwidth))


@app.command(
    epilog="Examples:  align-tui run    align-tui run mta.toml --json > out.jsonl    "
    "align-tui run -p baseline -p random -s demo-triage --limit 10    "
    "align-tui run --backbone mistral-7b --backbone llama-3.1-8b    "
    "align-tui run --target moral_desert=1.0 --scored-only    align-tui run --resume k3f9"
)
def run(
    study: Annotated[
        Path | None, typer.Argument(help="A study file, or the name of an example.")
    ] = None,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    limit: Limit = None,
    target: Targets = None,
    scored_only: ScoredOnly = False,
    repeat: Repeat = None,
    backbone: Backbones = None,
    override: Overrides = None,
    scoring: Rule = None,
    scale: Scale = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with that run (failed samples are tried again).")
    ] = None,
    trust: Trust = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Start it, print its id, and leave it running.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON Lines in place of a table.")] = False,
    db: Database = None,
) -> None:
    """Decide a study without a screen: progress on stderr, the result table on stdout.

    Exit status: 0 all decided, 1 some samples failed, 2 a wrong option or configuration (nothing
    was started), 130 interrupted or cancelled (go on with --resume).
    """
    from align_tui.cli.options import study_options
    from align_tui.cli.running import resume_run, start_run

    if resume is not None:
        if any((study, profile, scenarios, limit, target, repeat, backbone, override, scoring)):
            raise typer.BadParameter("--resume goes on with a run as it is; it takes no study")
        raise typer.Exit(resume_run(resume, db, trust=trust, as_json=json, detach=detach))
    options = study_options(
        study,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
        repeat=repeat,
        scored_only=scored_only,
        scoring=scoring,
        scale=scale,
    )
    raise typer.Exit(start_run(options, db, trust=trust, as_json=json, detach=detach))


@app.command(
    epilog="Examples:  align-tui replay    align-tui replay k3f9 --speed 4    "
    "align-tui replay k3f9 --json    align-tui replay k3f9 --speed 16 --record run.cast"
)
def replay(
    run: Annotated[str | None, typer.Argument(help="A run's id; the newest without.")] = None,
    speed: Annotated[float, typer.Option(min=0.25, max=64, help="Times real time.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="Print the stored events instead.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Write an asciinema file instead; needs no terminal.")
    ] = None,
    size: Annotated[str, typer.Option(help="Columns x rows of the recording.")] = "120x40",
    low_bandwidth: LowBandwidth = False,
    db: Database = None,
) -> None:
    """Open a past run and play it as it was."""
    from align_tui.cli.screen import open_replay, print_replay, record_replay

    if record is not None:
        raise typer.Exit(record_replay(run, db, record, speed=speed, size=size))
    if json:
        raise typer.Exit(print_replay(run, db))
    raise typer.Exit(open_replay(run, db, speed=speed, low_bandwidth=low_bandwidth))


@app.command(
    epilog="Examples:  align-tui serve    align-tui serve --port 0 -p baseline -s mine.jsonl    "
    "align-tui serve --run k3f9 --replay"
)
def serve(
    profile: Profiles = None,
    scenarios: Scenarios = None,
    run: Annotated[str | None, typer.Option("--run", help="Open this run.")] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Play the run (the newest without --run).")
    ] = False,
    target: Targets = None,
    backbone: Backbones = None,
    override: Overrides = None,
    limit: Limit = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    trust: Trust = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    low_bandwidth: LowBandwidth = False,
    db: Database = None,
) -> None:
    """Open the explorer in a browser: each tab is an application of its own on the same runs.

    The address that is printed holds a token, without which nobody is let in. Only this machine
    reaches it unless --host says otherwise.
    """
    from align_tui.cli.options import study_options
    from align_tui.cli.serving import serve_explorer
    from align_tui.web.command import Opened

    options = study_options(
        None,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
    )
    opened = Opened(options, run, replay=replay, low_bandwidth=low_bandwidth, db=db)
    raise typer.Exit(serve_explorer(opened, host, port, trust=trust))


@app.command(epilog="Examples:  align-tui browse    align-tui browse k3f9")
def browse(
    run: Annotated[str | None, typer.Argument(help="A run's id; the newest without.")] = None,
    db: Database = None,
) -> None:
    """Open the list of all runs on the screen; nothing is decided."""
    from align_tui.cli.screen import open_browser

    raise typer.Exit(open_browser(run, db))


@app.command(epilog="Examples:  align-tui runs    align-tui runs --limit 5 --json")
def runs(
    limit: Limit = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    db: Database = None,
) -> None:
    """List the runs, the newest first."""
    from align_tui.cli.history import list_runs

    list_runs(db, limit=limit, as_json=json)


@app.command(epilog="Examples:  align-tui show    align-tui show k3f9 --json")
def show(
    run: Annotated[str | None, typer.Argument(help="A run's id; the newest without.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
    db: Database = None,
) -> None:
    """Show one run: its results, settings and versions."""
    from align_tui.cli.history import show_run

    show_run(run, db, as_json=json)


@app.command(
    epilog="Examples:  align-tui export k3f9 --format csv > run.csv    "
    "align-tui export k3f9 --format align-system -o outputs/"
)
def export(
    run: Annotated[str | None, typer.Argument(help="A run's id; the newest without.")] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="jsonl, csv, markdown or align-system.")
    ] = "jsonl",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File (a folder for align-system).")
    ] = None,
    db: Database = None,
) -> None:
    """Write a run out; to stdout unless a file is named."""
    from align_tui.cli.history import export_run

    export_run(run, db, format_name, out)


@app.command(
    epilog="Examples:  align-tui report k3f9 > report.md    "
    "align-tui report k3f9 m2p4 --format html -o report.html"
)
def report(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="Runs' ids; the newest without.")
    ] = None,
    format_name: Annotated[str, typer.Option("--format", help="markdown or html.")] = "markdown",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The file to write.")] = None,
    title: Annotated[str, typer.Option(help="Its title; the runs' names without.")] = "",
    db: Database = None,
) -> None:
    """Write what runs found: accuracies, paired comparisons, agreement, examples, provenance."""
    from align_tui.cli.history import report_runs

    report_runs(names or [], db, format_name, out, title)


@app.command(
    "import",
    epilog="Examples:  align-tui import outputs/2025-07-01/12-00-00    "
    "align-tui import run/input_output.json --target moral_desert=1",
)
def import_command(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Run directories of align-system.")
    ],
    target: Targets = None,
    scale: Scale = None,
    db: Database = None,
) -> None:
    """Read finished runs of align-system, so that they open here like our own."""
    from align_tui.cli.history import import_runs

    import_runs(folders, db, target, scale)


@app.command(epilog="Examples:  align-tui cancel k3f9    align-tui run --resume k3f9")
def cancel(
    run: Annotated[str, typer.Argument(help="A run's id.")],
    db: Database = None,
) -> None:
    """Stop what runs and what waits of a run; `run --resume` goes on with it.

    What models write stops within one token, and these samples go back to the queue. Exit status: 1
    where a sample goes on all the same, since its decision-maker's code does not await.
    """
    from align_tui.cli.stopping import cancel as cancel_by_name

    raise typer.Exit(cancel_by_name(run, db))


@app.command(epilog="Examples:  align-tui delete k3f9    align-tui delete k3f9 --yes")
def delete(
    run: Annotated[str, typer.Argument(help="A run's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Database = None,
) -> None:
    """Remove a run and everything it holds, after confirmation."""
    from align_tui.cli.history import delete_run

    raise typer.Exit(delete_run(run, db, yes=yes))


@app.command(
    epilog="Examples:  align-tui worker    align-tui worker --gpus 0,1    "
    "align-tui worker --unload-after 60"
)
def worker(
    idle_exit: Annotated[
        float | None, typer.Option(help="End after so many seconds without work.")
    ] = None,
    unload_after: Annotated[
        float, typer.Option(help="Unload a model that was idle for so many seconds.")
    ] = 600.0,
    gpus: Annotated[
        str | None, typer.Option(help="The GPUs it may use: 0,1 (all without; none: no GPU).")
    ] = None,
    db: Database = None,
) -> None:
    """Run one engine process in the foreground, as the app starts it for itself.

    Several share a database's queue, each with GPUs of its own.
    """
    from align_tui.cli.options import database_path, pin_gpus

    pinned = pin_gpus(gpus)  # before anything imports torch
    from align_tui.engine.process import serve
    from align_tui.engine.worker import Settings

    path = database_path(db)
    serve(Settings(path, idle_exit_s=idle_exit, unload_idle_s=unload_after, gpus=pinned))


@app.command(epilog="Example:  align-tui keys > ~/.config/align-tui/keys.toml")
def keys() -> None:
    """Print every key of every screen, as a file that you can change and keep."""
    from align_tui.config.paths import user_keymap
    from align_tui.output.terminal import say_data
    from align_tui.tui.keymap_file import read_keymap, table

    say_data([table(read_keymap(user_keymap()))])


@app.command(
    epilog="Examples:  align-tui doctor    align-tui doctor --backbone mistral-7b    "
    "align-tui doctor --repair --db runs.db"
)
def doctor(
    profile: Profiles = None,
    backbone: Backbones = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Save what can be read of a damaged run database.")
    ] = False,
    db: Database = None,
) -> None:
    """Tell what would stop a study on this machine."""
    if repair:
        from align_tui.cli.doctor import repair_database

        raise typer.Exit(repair_database(db))
    from align_tui.cli.doctor import examine

    raise typer.Exit(examine(profile, backbone, db))
