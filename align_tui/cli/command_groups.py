"""The commands of the groups scenarios, profiles, targets, models and workers."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import (
    Backbone,
    Database,
    Overrides,
    Scale,
    Targets,
    examples,
)

studies_app = typer.Typer(help="List the studies.", no_args_is_help=True)
scenarios_app = typer.Typer(
    help="List, show, import and export scenario sets.", no_args_is_help=True
)
profiles_app = typer.Typer(help="List, show, check and create profiles.", no_args_is_help=True)
targets_app = typer.Typer(help="Convert targets of other programs.", no_args_is_help=True)
models_app = typer.Typer(help="List and show the models on this machine.", no_args_is_help=True)
workers_app = typer.Typer(
    help="List and stop workers, the processes that run models.", no_args_is_help=True
)


@targets_app.command(
    "convert",
    epilog=examples(
        "align-tui targets convert target.yaml",
        "align-tui targets convert target.yaml -o person-7.toml",
        "align-tui targets convert target.json --norm globalnorm --json",
    ),
)
def targets_convert(
    file: Annotated[Path, typer.Argument(help="A target of align-system: YAML or JSON.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write this file: .toml or .json (default: print)."),
    ] = None,
    norm: Annotated[
        str | None,
        typer.Option(
            help="Which estimate of a distribution to read: rawscores, globalnorm, localnorm, or "
            "priornorm (rawscores divided by the prior). Default: the first that is there."
        ),
    ] = None,
    prior_factor: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How much of the density priornorm corrects.")
    ] = 0.5,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
) -> None:
    """Convert a target of align-system to [[target]] tables of a profile.

    Distributions, which are pickles there, are read without unpickling them.
    """
    from align_tui.cli.targets import convert_target

    convert_target(file, out, norm, prior_factor, as_json=json)


@workers_app.command("list", epilog=examples("align-tui workers list"))
def workers_list(db: Database = None) -> None:
    """List the workers of the run database."""
    from align_tui.cli.workers import list_workers

    list_workers(db)


@workers_app.command(
    "stop", epilog=examples("align-tui workers stop", "align-tui workers stop 3fa")
)
def workers_stop(
    worker: Annotated[
        str | None, typer.Argument(help="The beginning of the worker's id (default: all workers).")
    ] = None,
    db: Database = None,
) -> None:
    """Ask workers to end; their undecided samples go back to the queue."""
    from align_tui.cli.workers import stop_workers

    raise typer.Exit(stop_workers(worker, db))


@studies_app.command(
    "list", epilog=examples("align-tui studies list", "align-tui studies list studies/ --json")
)
def studies_list(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of studies (default: this folder).")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each study.")
    ] = False,
) -> None:
    """List the shipped studies and those of a folder, and whether all that they need is here.

    Open one on the screen: align-tui NAME. Run one without it: align-tui run NAME.
    """
    from align_tui.cli.studies import list_studies

    list_studies(folder, as_json=json)


@scenarios_app.command("list", epilog=examples("align-tui scenarios list"))
def scenarios_list() -> None:
    """List the scenario sets."""
    from align_tui.cli.scenarios import list_scenarios

    list_scenarios()


@scenarios_app.command(
    "show",
    epilog=examples(
        "align-tui scenarios show demo-triage", "align-tui scenarios show input_output.json --json"
    ),
)
def scenarios_show(
    name: Annotated[str, typer.Argument(help="A scenario set: a name or a file.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each scenario.")
    ] = False,
    scale: Scale = None,
) -> None:
    """Show a scenario set with its choices and labels."""
    from align_tui.cli.scenarios import show_scenarios

    show_scenarios(name, scale, as_json=json)


@scenarios_app.command(
    "import", epilog=examples("align-tui scenarios import paper-dataset.json --name mta")
)
def scenarios_import(
    files: Annotated[
        list[Path],
        typer.Argument(help="The file to read, in any supported format; several become one set."),
    ],
    name: Annotated[
        str | None, typer.Option(help="The name of the new set (default: the file's name).")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the set that has this name.")
    ] = False,
    scale: Scale = None,
) -> None:
    """Copy the scenarios of a file into your scenario library."""
    from align_tui.cli.scenarios import import_scenarios

    import_scenarios(files, name, scale, replace=replace)


@scenarios_app.command(
    "export", epilog=examples("align-tui scenarios export mta -o io.json --format align-system")
)
def scenarios_export(
    name: Annotated[str, typer.Argument(help="A scenario set: a name or a file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")],
    format_name: Annotated[
        str, typer.Option("--format", help="jsonl, toml or align-system.")
    ] = "jsonl",
) -> None:
    """Write a scenario set to a file."""
    from align_tui.cli.scenarios import export_scenarios

    export_scenarios(name, out, format_name)


@profiles_app.command("list", epilog=examples("align-tui profiles list"))
def profiles_list() -> None:
    """List the profiles and the named backbones."""
    from align_tui.cli.profiles import list_profiles

    list_profiles()


@profiles_app.command(
    "show",
    epilog=examples(
        "align-tui profiles show moral-desert-high",
        "align-tui profiles show baseline --backbone mistral-7b",
    ),
)
def profiles_show(
    name: Annotated[str, typer.Argument(help="A profile: a name or a TOML file.")],
    backbone: Backbone = None,
) -> None:
    """Show all settings of a profile, and the prompt for its model.

    The settings include those that the profile takes over with `extends`.
    """
    from align_tui.cli.profiles import show_profile

    show_profile(name, backbone)


@profiles_app.command("check", epilog=examples("align-tui profiles check mine.toml"))
def profiles_check(
    names: Annotated[
        list[str] | None, typer.Argument(help="The profiles to check (default: all of them).")
    ] = None,
) -> None:
    """Check profiles without running them."""
    from align_tui.cli.profiles import check_profiles

    raise typer.Exit(check_profiles(names))


@profiles_app.command(
    "new",
    epilog=examples(
        "align-tui profiles new mine --extends moral-desert-high",
        "align-tui profiles new hot --backbone mistral-7b --set decoding.temperature=0.7",
    ),
)
def profiles_new(
    name: Annotated[str, typer.Argument(help="The new profile's name, or the TOML file to write.")],
    extends: Annotated[str, typer.Option(help="The profile to extend.")] = "baseline",
    target: Targets = None,
    backbone: Backbone = None,
    override: Overrides = None,
) -> None:
    """Create a profile that extends another one."""
    from align_tui.cli.profiles import new_profile

    new_profile(name, extends, target, backbone, override)


@models_app.command(
    "list", epilog=examples("align-tui models list", "align-tui models list --json")
)
def models_list(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each model.")
    ] = False,
) -> None:
    """List the named backbones and the models in the hub's cache.

    The list has each model's size, and whether its files are complete.
    """
    from align_tui.cli.models import list_models

    list_models(as_json=json)


@models_app.command(
    "show",
    epilog=examples(
        "align-tui models show mistral-7b",
        "align-tui models show ./my-model",
        "align-tui models show model.Q4_K_M.gguf --json",
    ),
)
def models_show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="PATH|ID|NAME", help="A folder, a GGUF file, a hub id or a named backbone."
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Describe a model, and check it without loading its weights.

    The command downloads nothing. The exit status is 1 if the model cannot decide scenarios.
    """
    from align_tui.cli.models import show_model

    raise typer.Exit(show_model(name, as_json=json))
