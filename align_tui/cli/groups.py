"""The commands of groups: scenarios, profiles, models, workers."""

# No `from __future__ import annotations`: Typer would evaluate every annotation of every command
# from its text, a tenth of what --help takes.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.parameters import (
    Backbone,
    Database,
    Overrides,
    Scale,
    Targets,
)

scenarios_app = typer.Typer(
    help="The scenario library: list, show, import, export.", no_args_is_help=True
)
profiles_app = typer.Typer(
    help="The profile library: list, show, check, new.", no_args_is_help=True
)
models_app = typer.Typer(help="The models of this machine: list, show.", no_args_is_help=True)
workers_app = typer.Typer(help="The engine processes: list, stop.", no_args_is_help=True)


@workers_app.command("list", epilog="Example:  align-tui workers list")
def workers_list(db: Database = None) -> None:
    """List the workers of the database."""
    from align_tui.cli.history import list_workers

    list_workers(db)


@workers_app.command(
    "stop", epilog="Examples:  align-tui workers stop    align-tui workers stop 3fa"
)
def workers_stop(
    worker: Annotated[str | None, typer.Argument(help="Start of its id; all without.")] = None,
    db: Database = None,
) -> None:
    """Ask workers to end; what they have not decided goes back to the queue."""
    from align_tui.cli.history import stop_workers

    raise typer.Exit(stop_workers(worker, db))


@scenarios_app.command("list", epilog="Example:  align-tui scenarios list")
def scenarios_list() -> None:
    """List the scenario sets."""
    from align_tui.cli.libraries import list_scenarios

    list_scenarios()


@scenarios_app.command(
    "show",
    epilog="Examples:  align-tui scenarios show demo-triage    "
    "align-tui scenarios show input_output.json --json",
)
def scenarios_show(
    name: Annotated[str, typer.Argument(help="A set: name or file.")],
    json: Annotated[bool, typer.Option("--json", help="One line a scenario.")] = False,
    scale: Scale = None,
) -> None:
    """Show a scenario set."""
    from align_tui.cli.libraries import show_scenarios

    show_scenarios(name, scale, as_json=json)


@scenarios_app.command(
    "import", epilog="Example:  align-tui scenarios import paper-dataset.json --name mta"
)
def scenarios_import(
    path: Annotated[Path, typer.Argument(help="A file of any known format.")],
    name: Annotated[str | None, typer.Option(help="What it is to be called.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Over a set of that name.")] = False,
    scale: Scale = None,
) -> None:
    """Read a file, whatever its format, and keep it in the library."""
    from align_tui.cli.libraries import import_scenarios

    import_scenarios(path, name, scale, replace=replace)


@scenarios_app.command(
    "export", epilog="Example:  align-tui scenarios export mta -o io.json --format align-system"
)
def scenarios_export(
    name: Annotated[str, typer.Argument(help="A set: name or file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")],
    format_name: Annotated[
        str, typer.Option("--format", help="jsonl, toml or align-system.")
    ] = "jsonl",
) -> None:
    """Write a scenario set as a file."""
    from align_tui.cli.libraries import export_scenarios

    export_scenarios(name, out, format_name)


@profiles_app.command("list", epilog="Example:  align-tui profiles list")
def profiles_list() -> None:
    """List the profiles, and the backbones that can be named."""
    from align_tui.cli.libraries import list_profiles

    list_profiles()


@profiles_app.command(
    "show",
    epilog="Examples:  align-tui profiles show moral-desert-high    "
    "align-tui profiles show baseline --backbone mistral-7b",
)
def profiles_show(
    name: Annotated[str, typer.Argument(help="A profile: name or file.")],
    backbone: Backbone = None,
) -> None:
    """Show a profile as it is after `extends`, and what its model would be told."""
    from align_tui.cli.libraries import show_profile

    show_profile(name, backbone)


@profiles_app.command("check", epilog="Example:  align-tui profiles check mine.toml")
def profiles_check(
    names: Annotated[list[str] | None, typer.Argument(help="Profiles; all without.")] = None,
) -> None:
    """Check profiles without running them."""
    from align_tui.cli.libraries import check_profiles

    raise typer.Exit(check_profiles(names))


@profiles_app.command(
    "new",
    epilog="Example:  align-tui profiles new mine --extends moral-desert-high "
    "--backbone mistral-7b --set decoding.temperature=0.7",
)
def profiles_new(
    name: Annotated[str, typer.Argument(help="Its name, or the file to write.")],
    extends: Annotated[str, typer.Option(help="The profile to start from.")] = "baseline",
    target: Targets = None,
    backbone: Backbone = None,
    override: Overrides = None,
) -> None:
    """Write a profile of your own that starts from another."""
    from align_tui.cli.libraries import new_profile

    new_profile(name, extends, target, backbone, override)


@models_app.command(
    "list", epilog="Examples:  align-tui models list    align-tui models list --json"
)
def models_list(
    json: Annotated[bool, typer.Option("--json", help="One line a model.")] = False,
) -> None:
    """List the named backbones and the models in the hub's cache: how large, and whether whole."""
    from align_tui.cli.models import list_models

    list_models(as_json=json)


@models_app.command(
    "show",
    epilog="Examples:  align-tui models show mistral-7b    align-tui models show ./my-model    "
    "align-tui models show model.Q4_K_M.gguf --json",
)
def models_show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="PATH|ID|NAME", help="A folder, GGUF file, hub id or named backbone."
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Tell what a model is and what would go wrong with it, without loading its weights.

    Nothing is fetched. The exit status is 1 where something would stop the model from deciding.
    """
    from align_tui.cli.models import show_model

    raise typer.Exit(show_model(name, as_json=json))
