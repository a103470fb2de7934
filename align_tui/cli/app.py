"""The commands with their options and examples. Other modules of this folder do their work."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

import os
from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli import again_commands
from align_tui.cli.command_groups import (
    models_app,
    profiles_app,
    scenarios_app,
    studies_app,
    targets_app,
    workers_app,
)
from align_tui.cli.shared_options import (
    Backbones,
    Cluster,
    Database,
    GroupStudy,
    Limit,
    LowBandwidth,
    Margin,
    Order,
    Overrides,
    Profiles,
    Repeat,
    Rule,
    RunOrNewest,
    Scale,
    Scenarios,
    ScoredOnly,
    StudyFile,
    Targets,
    Trust,
    WaitForServer,
    examples,
    set_wait,
)
from align_tui.cli.stored_runs import add_commands
from align_tui.cli.study_group import METAVAR, StudyGroup, command_names

app = typer.Typer(
    name="align-tui",
    cls=StudyGroup,
    subcommand_metavar=METAVAR,
    help="Compare how language models decide when you ask them to value an attribute.\n\n"
    "Begin with two commands. `align-tui` opens the demo study, which brings a small model. "
    "`align-tui doctor` checks whether this machine can run your own model. "
    "`align-tui STUDY` opens a study file, or a study of `align-tui studies list`.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
def explore(
    context: typer.Context,
    study: GroupStudy = None,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Open this run, given by its id.")
    ] = None,
    target: Targets = None,
    backbone: Backbones = None,
    override: Overrides = None,
    limit: Limit = None,
    scored_only: ScoredOnly = False,
    repeat: Repeat = None,
    order: Order = None,
    scoring: Rule = None,
    cluster: Cluster = None,
    scale: Scale = None,
    margin: Margin = None,
    trust: Trust = False,
    low_bandwidth: LowBandwidth = False,
    wait_for_server: WaitForServer = None,
    theme: Annotated[
        str | None,
        typer.Option(
            envvar="ALIGN_TUI_THEME",
            help="Colours of the screen: dark (default), light or high-contrast.",
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
        return
    from align_tui.tui import gc_tuning

    gc_tuning.hold()  # the screen lets go
    from align_tui.cli.option_values import study_options
    from align_tui.cli.screen import open_explorer

    if study is not None and not study.is_file():
        from align_tui.studies.library import find_study

        study = find_study(study, command_names(context))
    options = study_options(
        study,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
        repeat=repeat,
        order=order,
        scored_only=scored_only,
        scoring=scoring,
        cluster=cluster,
        scale=scale,
        margin=margin,
    )
    raise typer.Exit(open_explorer(options, run, db, trust=trust, low_bandwidth=low_bandwidth))


@app.command(
    epilog=examples(
        "align-tui run",
        "align-tui run mta.toml --json > out.jsonl",
        "align-tui run -p baseline -p random -s demo-triage --limit 10",
        "align-tui run --backbone mistral-7b --backbone llama-3.1-8b",
        "align-tui run --target moral_desert=1.0 --scored-only",
        "align-tui run --resume k3f9",
        "align-tui run mta.toml --run-id 20261127-mta --part 3/8 --db part-3.db",
    )
)
def run(
    study: StudyFile = None,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    limit: Limit = None,
    target: Targets = None,
    scored_only: ScoredOnly = False,
    repeat: Repeat = None,
    order: Order = None,
    backbone: Backbones = None,
    override: Overrides = None,
    scoring: Rule = None,
    cluster: Cluster = None,
    scale: Scale = None,
    margin: Margin = None,
    resume: Annotated[
        str | None,
        typer.Option(help="Continue the run with this id, and try its failed samples again."),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(
            help="The run's id, instead of one that is made up; a run that has it is continued."
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="Decide only part K of N; several machines, with one --run-id, decide the rest.",
        ),
    ] = None,
    trust: Trust = False,
    wait_for_server: WaitForServer = None,
    detach: Annotated[
        bool,
        typer.Option("--detach", help="Start the run, print its id, and leave it to a worker."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines instead of a table.")
    ] = False,
    db: Database = None,
) -> None:
    """Run a study without the screen.

    The progress goes to stderr and the result table to stdout.

    Exit status: 0 if every sample was decided, 1 if samples failed, 2 if an option or a file is
    wrong (then nothing started), 130 if somebody interrupted or cancelled the run (--resume
    continues it).
    """
    from align_tui.cli.option_values import study_options
    from align_tui.cli.run_command import Begin, resume_run, start_run

    set_wait(wait_for_server)
    if resume is not None:
        given = (study, profile, scenarios, limit, target, repeat, order, backbone)
        if any((*given, override, scoring, cluster, margin, run_id, part)):
            raise typer.BadParameter(
                "--resume continues a run as it is: leave out the study and its options"
            )
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
        order=order,
        scored_only=scored_only,
        scoring=scoring,
        cluster=cluster,
        scale=scale,
        margin=margin,
    )
    begin = Begin(run_id, part)
    raise typer.Exit(start_run(options, db, begin, trust=trust, as_json=json, detach=detach))


@app.command(
    epilog=examples(
        "align-tui replay",
        "align-tui replay k3f9 --speed 4",
        "align-tui replay k3f9 --json",
        "align-tui replay k3f9 --speed 16 --record run.cast",
    )
)
def replay(
    run: RunOrNewest = None,
    speed: Annotated[
        float, typer.Option(min=0.25, max=64, help="How many times faster than it was.")
    ] = 1.0,
    json: Annotated[
        bool, typer.Option("--json", help="Print the run's events as JSON Lines instead.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(help="Record the replay to this asciinema file instead (needs no terminal)."),
    ] = None,
    size: Annotated[str, typer.Option(help="Size of the recording in columns x rows.")] = "120x40",
    low_bandwidth: LowBandwidth = False,
    db: Database = None,
) -> None:
    """Play a past run on the screen, as it happened."""
    from align_tui.cli.screen import open_replay, print_replay, record_replay

    if record is not None:
        raise typer.Exit(record_replay(run, db, record, speed=speed, size=size))
    if json:
        raise typer.Exit(print_replay(run, db))
    raise typer.Exit(open_replay(run, db, speed=speed, low_bandwidth=low_bandwidth))


@app.command(
    epilog=examples(
        "align-tui serve",
        "align-tui serve mine.toml --repeat 5",
        "align-tui serve --port 0 -p baseline -s mine.jsonl",
        "align-tui serve --run k3f9 --replay",
    )
)
def serve(
    study: StudyFile = None,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    run: Annotated[
        str | None, typer.Option("--run", help="Open this run, given by its id.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Replay the run (default: the newest).")
    ] = False,
    target: Targets = None,
    backbone: Backbones = None,
    override: Overrides = None,
    limit: Limit = None,
    scored_only: ScoredOnly = False,
    repeat: Repeat = None,
    order: Order = None,
    scoring: Rule = None,
    cluster: Cluster = None,
    scale: Scale = None,
    margin: Margin = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    trust: Trust = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes any free port.")
    ] = 8000,
    low_bandwidth: LowBandwidth = False,
    db: Database = None,
) -> None:
    """Serve the explorer to a browser.

    Each tab is a separate explorer on the same runs. The command prints an address with a token,
    and the server refuses requests without it. Only this machine reaches the server, unless --host
    names another address.
    """
    from align_tui.cli.option_values import study_options
    from align_tui.cli.serve_command import serve_explorer
    from align_tui.web.command import Opened

    options = study_options(
        study,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
        repeat=repeat,
        order=order,
        scored_only=scored_only,
        scoring=scoring,
        cluster=cluster,
        scale=scale,
        margin=margin,
    )
    opened = Opened(options, run, replay=replay, low_bandwidth=low_bandwidth, db=db)
    raise typer.Exit(serve_explorer(opened, host, port, trust=trust))


@app.command(
    epilog=examples(
        "align-tui browse", "align-tui browse k3f9", "align-tui browse --site public/ k3f9 m2p4"
    )
)
def browse(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="The run's id (default: the newest run)."),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Write these runs (default: all) as pages into this folder instead. A browser "
            "opens them without a server."
        ),
    ] = None,
    db: Database = None,
) -> None:
    """Open the list of all runs on the screen, and start no run."""
    if site is not None:
        from align_tui.cli.browse_command import write_pages

        raise typer.Exit(write_pages(names or [], db, site))
    from align_tui.cli.screen import open_browser

    if names and len(names) > 1:
        raise typer.BadParameter("the screen opens one run: name one, or write pages with --site")
    raise typer.Exit(open_browser(names[0] if names else None, db))


add_commands(app)
again_commands.add_commands(app)


@app.command(
    epilog=examples(
        "align-tui worker", "align-tui worker --gpus 0,1", "align-tui worker --unload-after 60"
    )
)
def worker(
    idle_exit: Annotated[
        float | None,
        typer.Option(help="End after this many seconds without work (default: never)."),
    ] = None,
    unload_after: Annotated[
        float, typer.Option(help="Unload a model after it was idle for this many seconds.")
    ] = 600.0,
    gpus: Annotated[
        str | None, typer.Option(help="The GPUs to use, such as 0,1, or none (default: all).")
    ] = None,
    db: Database = None,
) -> None:
    """Run a worker in the foreground.

    Other commands start a worker in the background when they need one. Start workers yourself to
    give each one GPUs of its own: all workers of a database share its queue.
    """
    from align_tui.cli.option_values import database_path, pin_gpus

    pinned = pin_gpus(gpus)  # before anything imports torch
    from align_tui.engine.process import serve
    from align_tui.engine.worker import Settings

    path = database_path(db)
    serve(Settings(path, idle_exit_s=idle_exit, unload_idle_s=unload_after, gpus=pinned))


@app.command(epilog=examples("align-tui keys > ~/.config/align-tui/keys.toml"))
def keys() -> None:
    """Print the keys of every screen as a file that you can edit."""
    from align_tui.config.paths import user_keymap
    from align_tui.output.terminal import say_data
    from align_tui.tui.keymap_file import read_keymap, table

    say_data([table(read_keymap(user_keymap()))])


@app.command(
    epilog=examples(
        "align-tui doctor",
        "align-tui doctor --backbone mistral-7b",
        "align-tui doctor --repair --db runs.db",
    )
)
def doctor(
    profile: Profiles = None,
    backbone: Backbones = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Save what is readable of a damaged run database.")
    ] = False,
    db: Database = None,
) -> None:
    """Check whether a study can run on this machine."""
    if repair:
        from align_tui.cli.doctor import repair_database

        raise typer.Exit(repair_database(db))
    from align_tui.cli.doctor import examine

    raise typer.Exit(examine(profile, backbone, db))
