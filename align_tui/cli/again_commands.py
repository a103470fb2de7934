"""The commands that repeat a run or what was made of it: rescore, bundle, verify, rerun."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import Database, Rule, RunOrNewest, Trust, examples


def rescore(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    scoring: Rule = None,
    only_positive: Annotated[
        bool | None,
        typer.Option(
            "--only-positive/--all-votes",
            help="Count the stored votes anew: only a choice that a positive sample took can win, "
            "or any.",
        ),
    ] = None,
    alignment: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="Rank the stored predictions anew by this alignment function.",
        ),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A parameter of the alignment function: alignment.key=value; repeatable.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    db: Database = None,
) -> None:
    """Score, vote or rank the decisions of a run anew, without a model.

    The result is a new run that names this one as its parent. It has its own decisions and scores,
    and the replies, predictions and times of this one.
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
        typer.Option("-o", "--out", help="The file to write (default: RUN.zip)."),
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
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file of `align-tui bundle`.")],
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check a bundle by itself: its hashes, scores and tallies.

    The scores are computed anew from decisions and labels. The exit status is 1 if anything is not
    as the bundle says.
    """
    from align_tui.cli.again import verify_file

    raise typer.Exit(verify_file(file, as_json=json))


def rerun(
    source: Annotated[
        str, typer.Argument(metavar="BUNDLE|RUN", help="A bundle's file, or the id of a run.")
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW",
            help="Your copy of a model, or another one: OLD as the run names it (or the last part "
            "of its path), NEW a folder, GGUF file, hub id, backbone or URL; repeatable.",
        ),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help="Another model for every profile, with the prompts of the run."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Go on with a run that repeats it already, and compare that one."
        ),
    ] = None,
    trust: Trust = False,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    db: Database = None,
) -> None:
    """Decide a bundle or a run again, and compare decision by decision.

    The new run has the old one's definitions, settings and seeds, and asks the models again. The
    exit status is 0 if all decisions are equal, and 1 if not. --trust also lets it ask the servers
    that a bundle names. It says where the files of your model are not those that decided.
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
