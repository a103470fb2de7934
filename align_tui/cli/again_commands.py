"""The commands that repeat a run or what was made of it: rescore, bundle, verify, rerun."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from typing import Annotated

import typer

from align_tui.cli.shared_options import Database, Rule, examples


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


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `app`, in the order of --help."""
    app.command(
        epilog=examples(
            "align-tui rescore k3f9 --scoring naacl",
            "align-tui rescore k3f9 --only-positive",
            "align-tui rescore k3f9 --alignment squared_distance",
        )
    )(rescore)
