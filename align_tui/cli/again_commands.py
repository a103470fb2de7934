"""The commands that repeat a run or what was made of it: rescore, bundle, verify, rerun."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import (
    AsJson,
    Database,
    OneRun,
    Rule,
    RunOrNewest,
    Trust,
    examples,
)


def rescore(
    run: OneRun,
    scoring: Rule = None,
    only_positive: Annotated[
        bool | None,
        typer.Option(
            "--only-positive/--all-votes",
            help="Count the stored votes anew. Only choices of positive samples can win, or all "
            "choices.",
        ),
    ] = None,
    alignment: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="Rank the stored predictions anew with this alignment function.",
        ),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="alignment.KEY=VALUE",
            help="Change this parameter of the alignment function. Repeatable.",
        ),
    ] = None,
    json: AsJson = False,
    db: Database = None,
) -> None:
    """Score, vote or rank a run anew, without a model.

    The result is a new run that names the old one as its parent. The new run has decisions and
    scores of its own, and the replies, predictions and times of the old one.
    """
    from align_tui.cli.again import rescore_run

    rescore_run(
        run,
        db,
        scoring=scoring,
        only_positive=only_positive,
        alignment=alignment,
        overrides=override or [],
        as_json=json,
    )


def bundle(
    run: RunOrNewest = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Write to this file (default: RUN.zip)."),
    ] = None,
    db: Database = None,
) -> None:
    """Write a run with everything that it was made of to one file.

    The file is a zip archive of JSON texts: the study, profiles, scenarios, definitions, sources,
    hashes, versions, seeds, replies, decisions, scores and annotations. It has no API keys.
    """
    from align_tui.cli.again import bundle_run

    bundle_run(run, db, out)


def verify(
    file: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A file that `align-tui bundle` wrote.")
    ],
    json: AsJson = False,
) -> None:
    """Check the hashes, scores and tallies of a bundle.

    The command needs no run database. It computes the scores anew from decisions and labels.

    Exit status: 0 if everything is as the bundle says, 1 if not.
    """
    from align_tui.cli.again import verify_file

    raise typer.Exit(verify_file(file, as_json=json))


def rerun(
    source: Annotated[
        str, typer.Argument(metavar="BUNDLE|RUN", help="A bundle's file, or a run's id.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW",
            help="Use your copy of a model, or another model. OLD is the model as the run names "
            "it, or the last part of its path; NEW is a folder, GGUF file, hub id, backbone or "
            "URL. Repeatable.",
        ),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Use this model in every profile, with the prompts of the run.",
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Go on with a run that repeats it already, and compare that one."
        ),
    ] = None,
    trust: Trust = False,
    json: AsJson = False,
    db: Database = None,
) -> None:
    """Decide a run again, and compare the decisions.

    The new run has the old one's definitions, settings and seeds, and asks the models again. With
    --trust it asks the servers that a bundle names without a question. The command names files of
    your models that are not those that decided.

    Exit status: 0 if all decisions are equal, 1 if not.
    """
    from align_tui.cli.rerun_command import rerun_source

    status = rerun_source(
        source,
        db,
        models=model or [],
        backbone=backbone,
        resume=resume,
        trust=trust,
        as_json=json,
    )
    raise typer.Exit(status)


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `app`, in the order of --help."""
    app.command(
        epilog=examples(
            "align-tui rescore k3f9 --scoring naacl",
            "align-tui rescore k3f9 --only-positive",
            "align-tui rescore k3f9 --alignment squared_distance",
        )
    )(rescore)
    app.command(epilog=examples("align-tui bundle", "align-tui bundle k3f9 -o paper.zip"))(bundle)
    app.command(epilog=examples("align-tui verify paper.zip", "align-tui verify paper.zip --json"))(
        verify
    )
    app.command(
        epilog=examples(
            "align-tui rerun paper.zip",
            "align-tui rerun k3f9 --db fresh.db",
            "align-tui rerun paper.zip --model SmolLM2-135M=/models/smollm2",
        )
    )(rerun)
