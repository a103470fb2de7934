"""The commands for this machine: worker, keys, doctor."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from typing import Annotated

import typer

from align_tui.cli.shared_options import Backbones, Database, Profiles, examples


def worker(
    idle_exit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="End after this many seconds without work (default: never)."
        ),
    ] = None,
    unload_after: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Unload a model after this many seconds without use."),
    ] = 600.0,
    gpus: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Use only these GPUs: numbers (0,1), UUIDs, or none (default: all).",
        ),
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


def keys() -> None:
    """Print the keys of every screen as a file that you can edit."""
    from align_tui.config.paths import user_keymap
    from align_tui.output.terminal import say_data
    from align_tui.tui.keymap_file import read_keymap, table

    say_data([table(read_keymap(user_keymap()))])


def doctor(
    profile: Profiles = None,
    backbone: Backbones = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Save what is readable of a damaged run database, and end."),
    ] = False,
    db: Database = None,
) -> None:
    """Check whether this machine can run a study."""
    if repair:
        from align_tui.cli.doctor import repair_database

        raise typer.Exit(repair_database(db))
    from align_tui.cli.doctor import examine

    raise typer.Exit(examine(profile, backbone, db))


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `app`, in the order of --help."""
    app.command(
        epilog=examples(
            "align-tui worker", "align-tui worker --gpus 0,1", "align-tui worker --unload-after 60"
        )
    )(worker)
    app.command(epilog=examples("align-tui keys > ~/.config/align-tui/keys.toml"))(keys)
    app.command(
        epilog=examples(
            "align-tui doctor",
            "align-tui doctor --backbone mistral-7b",
            "align-tui doctor --repair --db runs.db",
        )
    )(doctor)
