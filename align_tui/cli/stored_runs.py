"""The commands for runs that the database keeps: list, show, report, power, merge and others."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

from pathlib import Path
from typing import Annotated

import typer

from align_tui.cli.shared_options import Cluster, Database, RunOrNewest, Scale, Targets, examples


def runs(
    limit: Annotated[int | None, typer.Option(min=1, help="List only the newest N runs.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each run.")
    ] = False,
    db: Database = None,
) -> None:
    """List the runs, the newest first."""
    from align_tui.cli.runs import list_runs

    list_runs(db, limit=limit, as_json=json)


def show(
    run: RunOrNewest = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
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
            help="jsonl, csv, csv-targets, parquet, markdown, align-system, inspect, report or "
            "report-html.",
        ),
    ] = "jsonl",
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            "--output",
            help="The file to write (align-system and inspect: a folder; default: stdout).",
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
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="The ids of the runs (default: the newest run)."),
    ] = None,
    format_name: Annotated[str, typer.Option("--format", help="markdown or html.")] = "markdown",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file to write (default: stdout).")
    ] = None,
    title: Annotated[
        str, typer.Option(help="The report's title (default: the names of the runs).")
    ] = "",
    appendix: Annotated[
        bool,
        typer.Option("--appendix", help="Only numbers, methods and checklist: for an appendix."),
    ] = False,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Write a report on one or more runs.

    It has accuracies, paired comparisons, agreement, effects, methods, a checklist, examples and
    provenance.
    """
    from align_tui.cli.option_values import cluster_rule
    from align_tui.cli.runs import report_runs

    rule = cluster_rule(cluster)
    report_runs(names or [], db, format_name, out, title, rule, appendix=appendix)


def table(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="The ids of the runs (default: the newest run)."),
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="text, markdown, latex, csv or json.")
    ] = "text",
    discriminating: Annotated[
        bool,
        typer.Option(
            "--discriminating",
            help="Count only scenarios whose choices differ in their distance to the target.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file to write (default: stdout).")
    ] = None,
    cluster: Cluster = None,
    db: Database = None,
) -> None:
    """Print the table of a paper: methods and models in rows, attributes in columns.

    Several runs make one table; decisions of the same method, model and target are pooled.
    """
    from align_tui.cli.method_table import print_table
    from align_tui.cli.option_values import cluster_rule

    print_table(
        names or [], db, format_name, out, cluster_rule(cluster), discriminating=discriminating
    )


def power(
    run: Annotated[
        str | None,
        typer.Argument(help="A pilot run (default: the newest run, unless there is --accuracy)."),
    ] = None,
    columns: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two columns, by name or number (default: every two)."),
    ] = None,
    difference: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="The difference of accuracies to detect.")
    ] = 0.1,
    chance: Annotated[
        float, typer.Option("--power", min=0.5, max=0.99, help="How surely to detect it.")
    ] = 0.8,
    accuracy: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="The accuracy to expect of one column: no pilot."),
    ] = None,
    questions: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="The number of questions.")
    ] = None,
    clusters: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="In how many families (default: all alone)."),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, max=1_000, help="How often each question is asked.")
    ] = None,
    icc: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="How alike the differences of one family are (default: 0)."
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help="The share of a decision's variance that is sampling: 0, the default, is greedy.",
        ),
    ] = None,
    correlation: Annotated[
        float | None,
        typer.Option(
            min=-1.0, max=1.0, help="How alike two columns find the questions (default: 0.5)."
        ),
    ] = None,
    cluster: Cluster = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each two columns.")
    ] = False,
    db: Database = None,
) -> None:
    """Say which difference a study can detect, and how many questions detect a given one.

    From a pilot run, or from numbers that you expect. The test compares two columns on the same
    questions at 5 %, two-sided.
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
        typer.Argument(metavar="PATH", help="Bundles, run directories or logs."),
    ],
    target: Targets = None,
    scale: Scale = None,
    db: Database = None,
) -> None:
    """Import bundles, and finished runs of align-system or of Inspect.

    Each bundle, run directory and log becomes a run in the run database. A folder of directories
    or logs is read as well.
    """
    from align_tui.cli.runs import import_runs

    import_runs(folders, db, target, scale)


def merge(
    databases: Annotated[
        list[Path], typer.Argument(metavar="DATABASE", help="The run databases to read.")
    ],
    names: Annotated[
        list[str] | None,
        typer.Option("--run", help="Bring in only the run with this id; repeatable."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each run.")
    ] = False,
    db: Database = None,
) -> None:
    """Bring the runs of other machines' databases into this one.

    Runs keep their ids, so merging again changes nothing, and a run that is in both databases
    becomes one with the results of both. The other databases may be in use, and do not change.

    Exit status: 0 if all runs are here, 1 if a run cannot be merged, 2 if a database cannot be
    read.
    """
    from align_tui.cli.merge_command import merge_databases

    raise typer.Exit(merge_databases(databases, db, names or [], as_json=json))


def cancel(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    db: Database = None,
) -> None:
    """Cancel a run; `run --resume` continues it.

    Models stop within one token, and their samples go back to the queue. The exit status is 1 if
    the code of a decision-maker cannot be stopped before it ends.
    """
    from align_tui.cli.cancel_command import cancel as cancel_by_name

    raise typer.Exit(cancel_by_name(run, db))


def delete(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    db: Database = None,
) -> None:
    """Ask, then delete a run with all its decisions."""
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
