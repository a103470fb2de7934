"""The commands for runs that the database keeps: list, show, report, power, merge and others."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import (
    AsJson,
    AsJsonLines,
    Cluster,
    Database,
    OneRun,
    Out,
    RunOrNewest,
    RunsOrNewest,
    Scale,
    Targets,
    examples,
)


def runs(
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="List only the newest N runs.")
    ] = None,
    json: AsJsonLines = False,
    db: Database = None,
) -> None:
    """List the runs, the newest first."""
    from align_tui.cli.runs import list_runs

    list_runs(db, limit=limit, as_json=json)


def show(
    run: RunOrNewest = None,
    json: AsJson = False,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Show the results, settings and versions of a run."""
    from align_tui.cli.option_values import cluster_rule
    from align_tui.cli.runs import show_run

    show_run(run, db, cluster_rule(cluster), as_json=json)


def export(
    run: RunOrNewest = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Write this format: jsonl, csv, csv-targets, parquet, markdown, align-system, "
            "inspect, report or report-html.",
        ),
    ] = "jsonl",
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            "--output",
            metavar="PATH",
            help="Write to this file, or for align-system and inspect into this folder (default: "
            "stdout).",
        ),
    ] = None,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Export a run to a file, a folder or stdout."""
    from align_tui.cli.option_values import cluster_rule
    from align_tui.cli.runs import export_run

    export_run(run, db, format_name, out, cluster_rule(cluster))


def report(
    names: RunsOrNewest = None,
    format_name: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="Write this format: markdown or html."),
    ] = "markdown",
    out: Out = None,
    title: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="Give the report this title (default: the names of the runs)."
        ),
    ] = "",
    appendix: Annotated[
        bool,
        typer.Option(
            "--appendix", help="Write only the numbers, methods and checklist, for an appendix."
        ),
    ] = False,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Write a report on one or more runs.

    The report has accuracies, paired comparisons, agreement, effects, methods, a checklist,
    examples and provenance.
    """
    from align_tui.cli.option_values import cluster_rule
    from align_tui.cli.runs import report_runs

    rule = cluster_rule(cluster)
    report_runs(names or [], db, format_name, out, title, rule, appendix=appendix)


def table(
    names: RunsOrNewest = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Print this format: text, markdown, latex, csv or json.",
        ),
    ] = "text",
    discriminating: Annotated[
        bool,
        typer.Option(
            "--discriminating",
            help="Count only scenarios whose choices differ in their distance to the target.",
        ),
    ] = False,
    out: Out = None,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Print the methods of runs as the table of a paper.

    The rows are methods and models, the columns attributes. Several runs make one table, which
    pools the decisions of the same method, model and target.
    """
    from align_tui.cli.method_table import print_table
    from align_tui.cli.option_values import cluster_rule

    print_table(
        names or [], db, format_name, out, cluster_rule(cluster), discriminating=discriminating
    )


def power(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A pilot run's id (default: the newest run; with --accuracy no run).",
        ),
    ] = None,
    columns: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="Compare these columns, by name or number (default: every two)."
        ),
    ] = None,
    difference: Annotated[
        float,
        typer.Option(
            min=0.001, max=1.0, metavar="SHARE", help="Detect this difference of two accuracies."
        ),
    ] = 0.1,
    chance: Annotated[
        float,
        typer.Option(
            "--power",
            min=0.5,
            max=0.99,
            metavar="P",
            help="Detect the difference with this probability.",
        ),
    ] = 0.8,
    accuracy: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Plan without a pilot run, and expect this accuracy of one column.",
        ),
    ] = None,
    questions: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="N",
            help="Plan for N questions (default: those of the pilot run).",
        ),
    ] = None,
    clusters: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="N",
            help="Plan for N families of questions (default: each question is its own family).",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, max=1_000, metavar="N", help="Plan to ask each question N times."),
    ] = None,
    icc: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="R",
            help="Expect this correlation of the differences within a family (default: 0).",
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Expect that sampling makes this share of a decision's variance (default: 0, "
            "greedy decoding).",
        ),
    ] = None,
    correlation: Annotated[
        float | None,
        typer.Option(
            min=-1.0,
            max=1.0,
            metavar="R",
            help="Expect this correlation of two columns over the questions (default: 0.5).",
        ),
    ] = None,
    cluster: Cluster = None,
    json: AsJsonLines = False,
    db: Database = None,
) -> None:
    """Estimate how many questions a study needs.

    The command tells which difference a study can detect, and how many questions detect a given
    difference. It reads a pilot run, or takes numbers that you expect. The test compares two
    columns on the same questions at 5 %, two-sided.
    """
    from align_tui.cli.option_values import cluster_rule
    from align_tui.cli.power_command import Numbers, plan_from_numbers, plan_from_run

    numbers = Numbers(
        difference, chance, accuracy, questions, clusters, repeats, icc, within, correlation
    )
    if run is None and accuracy is not None:
        plan_from_numbers(numbers, as_json=json)
    else:
        plan_from_run(run, db, numbers, columns, cluster_rule(cluster), as_json=json)


def import_command(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="A bundle, a run directory, a log, or a folder of these."
        ),
    ],
    target: Targets = None,
    scale: Scale = None,
    db: Database = None,
) -> None:
    """Import bundles, and runs of align-system or Inspect.

    Each bundle, run directory and log becomes a run in the run database. For a folder, the command
    imports every run directory and log in it.
    """
    from align_tui.cli.runs import import_runs

    import_runs(folders, db, target, scale)


def merge(
    databases: Annotated[
        list[Path], typer.Argument(metavar="DATABASE", help="The run database to merge from.")
    ],
    names: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="RUN", help="Merge only the run with this id. Repeatable."),
    ] = None,
    json: AsJsonLines = False,
    db: Database = None,
) -> None:
    """Merge the runs of other run databases into this one.

    Runs keep their ids, so a second merge changes nothing. A run that is in both databases becomes
    one run with the results of both. Workers may use the other databases meanwhile, and the merge
    does not change them.

    Exit status: 0 if this database has all runs, 1 if a run cannot be merged, 2 if a database
    cannot be read.
    """
    from align_tui.cli.merge_command import merge_databases

    raise typer.Exit(merge_databases(databases, db, names or [], as_json=json))


def cancel(
    run: OneRun,
    db: Database = None,
) -> None:
    """Cancel a run; `run --resume` continues it.

    Models stop within one token, and their samples go back to the queue.

    Exit status: 0 if all samples are back in the queue, 1 if a decision-maker's own code still
    runs, which align-tui cannot stop.
    """
    from align_tui.cli.cancel_command import cancel as cancel_by_name

    raise typer.Exit(cancel_by_name(run, db))


def delete(
    run: OneRun,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    db: Database = None,
) -> None:
    """Delete a run with all its decisions, after a question."""
    from align_tui.cli.runs import delete_run

    raise typer.Exit(delete_run(run, db, yes=yes))


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `app`, in the order of --help."""
    app.command(epilog=examples("align-tui runs", "align-tui runs --limit 5 --json"))(runs)
    app.command(epilog=examples("align-tui show", "align-tui show k3f9 --json"))(show)
    app.command(
        epilog=examples(
            "align-tui export k3f9 --format csv > run.csv",
            "align-tui export k3f9 --format align-system -o outputs/",
        )
    )(export)
    app.command(
        epilog=examples(
            "align-tui report k3f9 > report.md",
            "align-tui report k3f9 m2p4 --format html -o report.html",
            "align-tui report k3f9 --appendix --format html -o appendix.html",
        )
    )(report)
    app.command(
        epilog=examples(
            "align-tui table",
            "align-tui table k3f9 m2p4 --format latex -o table.tex",
            "align-tui table --discriminating --format csv > table.csv",
        )
    )(table)
    app.command(
        epilog=examples(
            "align-tui power k3f9 --difference .1",
            "align-tui power k3f9 --columns 1 2 --questions 200 --repeats 5",
            "align-tui power --accuracy .6 --questions 62 --clusters 20 --icc .2 --within .3",
        )
    )(power)
    app.command(
        "import",
        epilog=examples(
            "align-tui import paper.zip",
            "align-tui import outputs/2025-07-01/12-00-00",
            "align-tui import run/input_output.json --target moral_desert=1",
            "align-tui import logs/2026-11-27T15-00-00_mmlu_x7.eval",
        ),
    )(import_command)
    app.command(
        epilog=examples(
            "align-tui merge node7.db", "align-tui merge --db all.db part-*.db --run mta-5512"
        )
    )(merge)
    app.command(epilog=examples("align-tui cancel k3f9", "align-tui run --resume k3f9"))(cancel)
    app.command(epilog=examples("align-tui delete k3f9", "align-tui delete k3f9 --yes"))(delete)
