"""The commands that decide a study or open a screen: run, replay, serve, browse."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from align_tui.cli.shared_options import (
    Database,
    LowBandwidth,
    OpenedRun,
    RunOrNewest,
    Trust,
    WaitForServer,
    examples,
    set_wait,
)
from align_tui.cli.study_options import takes_study

if TYPE_CHECKING:
    from align_tui.config.options import Options


@takes_study()
def run(
    options: "Options",
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Continue the run with this id, and retry its failed samples."
        ),
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Give the run this id (default: a new one). If a run has it already, continue "
            "that run.",
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="Decide only part K of N. Other machines decide the rest, with the same --run-id.",
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
    from align_tui.cli.run_command import Begin, resume_run, start_run
    from align_tui.core.errors import ConfigError

    set_wait(wait_for_server)
    if resume is not None:
        if not options.is_demo or run_id is not None or part is not None:
            raise ConfigError(
                "--resume continues a run as it is", "Leave out the study and its options."
            )
        raise typer.Exit(resume_run(resume, db, trust=trust, as_json=json, detach=detach))
    begin = Begin(run_id, part)
    raise typer.Exit(start_run(options, db, begin, trust=trust, as_json=json, detach=detach))


def replay(
    run: RunOrNewest = None,
    speed: Annotated[
        float,
        typer.Option(
            min=0.25, max=64, metavar="FACTOR", help="Play this many times as fast as the run was."
        ),
    ] = 1.0,
    json: Annotated[
        bool, typer.Option("--json", help="Print the run's events as JSON Lines instead.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Record the replay to this asciinema file instead (needs no terminal).",
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="COLUMNSxROWS", help="Give the recording this size, in character cells."
        ),
    ] = "120x40",
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


@takes_study()
def serve(
    options: "Options",
    run: OpenedRun = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Replay the run of --run (default: the newest run).")
    ] = False,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen on this address.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="Listen on this port; 0 means any free port."
        ),
    ] = 8000,
    trust: Trust = False,
    low_bandwidth: LowBandwidth = False,
    db: Database = None,
) -> None:
    """Serve the explorer to a browser.

    Each tab is a separate explorer on the same runs. The command prints an address with a token,
    and the server refuses requests without it. Only this machine reaches the server, unless --host
    names another address.
    """
    from align_tui.cli.serve_command import serve_explorer
    from align_tui.web.command import Opened

    opened = Opened(options, run, replay=replay, low_bandwidth=low_bandwidth, db=db)
    raise typer.Exit(serve_explorer(opened, host, port, trust=trust))


def browse(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN", help="The run behind the list; with --site the runs of the pages."
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write the runs (default: all) as pages into this folder instead. A browser "
            "opens them without a server.",
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
        from align_tui.core.errors import ConfigError

        raise ConfigError(
            "The screen opens one run", "Name one run, or write pages of several with --site."
        )
    raise typer.Exit(open_browser(names[0] if names else None, db))


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `app`, in the order of --help."""
    app.command(
        epilog=examples(
            "align-tui run",
            "align-tui run mta.toml --json > out.jsonl",
            "align-tui run -p baseline -p random -s demo-triage --limit 10",
            "align-tui run --backbone mistral-7b --backbone llama-3.1-8b",
            "align-tui run --target moral_desert=1.0 --scored-only",
            "align-tui run --resume k3f9",
            "align-tui run mta.toml --run-id 20261127-mta --part 3/8 --db part-3.db",
        )
    )(run)
    app.command(
        epilog=examples(
            "align-tui replay",
            "align-tui replay k3f9 --speed 4",
            "align-tui replay k3f9 --json",
            "align-tui replay k3f9 --speed 16 --record run.cast",
        )
    )(replay)
    app.command(
        epilog=examples(
            "align-tui serve",
            "align-tui serve mine.toml --repeat 5",
            "align-tui serve --port 0 -p baseline -s mine.jsonl",
            "align-tui serve --run k3f9 --replay",
        )
    )(serve)
    app.command(
        epilog=examples(
            "align-tui browse", "align-tui browse k3f9", "align-tui browse --site public/ k3f9 m2p4"
        )
    )(browse)
