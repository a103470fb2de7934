"""The commands of the groups studies, scenarios, profiles, targets, models and workers."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import (
    AsJson,
    AsJsonLines,
    Backbone,
    Database,
    Overrides,
    Profile,
    Scale,
    ScenarioSet,
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
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A target of align-system: YAML or JSON.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Write to this .toml or .json (default: stdout)."
        ),
    ] = None,
    norm: Annotated[
        str | None,
        typer.Option(
            metavar="NORM",
            help="Read this estimate of a distribution: rawscores, globalnorm, localnorm, or "
            "priornorm, which is rawscores divided by the prior (default: the first that the file "
            "has).",
        ),
    ] = None,
    prior_factor: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Correct this share of the density, with --norm priornorm.",
        ),
    ] = 0.5,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
) -> None:
    """Convert a target of align-system for a profile.

    The command writes the [[target]] tables of a profile. It reads distributions, which
    align-system stores as pickles, without unpickling them.
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
        str | None,
        typer.Argument(
            metavar="WORKER", help="The first characters of a worker's id (default: all workers)."
        ),
    ] = None,
    db: Database = None,
) -> None:
    """Stop workers; their undecided samples go back to the queue."""
    from align_tui.cli.workers import stop_workers

    raise typer.Exit(stop_workers(worker, db))


@studies_app.command(
    "list", epilog=examples("align-tui studies list", "align-tui studies list studies/ --json")
)
def studies_list(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="A folder of studies (default: this folder)."),
    ] = None,
    json: AsJsonLines = False,
) -> None:
    """List the shipped studies and those of a folder.

    The list also tells whether this machine has the models of each study. To open a study on the
    screen: align-tui NAME. To run it without the screen: align-tui run NAME.
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
    name: ScenarioSet,
    json: AsJsonLines = False,
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
        typer.Argument(
            metavar="FILE", help="A file of scenarios, in any known format; several become one set."
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Give the set this name (default: the file's name)."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the set that has this name already.")
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
    name: ScenarioSet,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Write to this file.")],
    format_name: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="Write this format: jsonl, toml or align-system."
        ),
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
    name: Profile,
    backbone: Backbone = None,
) -> None:
    """Show all settings of a profile, and its first prompt.

    The settings include those that the profile inherits with `extends`.
    """
    from align_tui.cli.profiles import show_profile

    show_profile(name, backbone)


@profiles_app.command("check", epilog=examples("align-tui profiles check mine.toml"))
def profiles_check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROFILE", help="A profile: a name or a file (default: all profiles)."
        ),
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
    name: Annotated[
        str,
        typer.Argument(
            metavar="PROFILE", help="The new profile: a name, or the TOML file to write."
        ),
    ],
    extends: Annotated[
        str, typer.Option(metavar="PROFILE", help="Extend this profile: a name or a file.")
    ] = "baseline",
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
    json: AsJsonLines = False,
) -> None:
    """List the named backbones and the models in the hub's cache.

    The list also tells each model's size, and whether its files are complete.
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
            metavar="MODEL", help="A model: a backbone's name, hub id, folder or GGUF file."
        ),
    ],
    json: AsJson = False,
) -> None:
    """Describe a model, and check it without loading its weights.

    The command downloads nothing.

    Exit status: 0 if the model can decide scenarios, 1 if not.
    """
    from align_tui.cli.models import show_model

    raise typer.Exit(show_model(name, as_json=json))
