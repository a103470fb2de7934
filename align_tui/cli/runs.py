"""Commands on past runs: list, show, export, import, report and delete."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from align_tui.cli.option_values import database_path
from align_tui.config.attributes import load_attributes
from align_tui.core.column_names import with_model
from align_tui.core.errors import ConfigError, DatasetError, NoTerminal, RunFileError
from align_tui.core.families import CLUSTER_RULES, ClusterRule
from align_tui.core.seeds import SEED_RULES
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.plurals import counted
from align_tui.files.write import write_text, writing
from align_tui.formats.bundle.archive import is_archive
from align_tui.formats.read_runs import read_runs
from align_tui.monitor.effects import read_effects
from align_tui.monitor.findings import read_findings
from align_tui.monitor.positions import column_positions
from align_tui.output import events
from align_tui.output.detected import detected, detected_json, detected_lines
from align_tui.output.effects import BESIDE, beside_table, effect_lines
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.output.findings import finding_lines
from align_tui.output.positions import always_of, position_lines
from align_tui.output.tables import (
    CAPTION,
    console,
    loose_ends,
    quiet_table,
    result_table,
    similarity_lines,
    thinking_lines,
    waiting,
)
from align_tui.output.terminal import ask, say, say_data, say_json
from align_tui.services.bundling import import_bundle
from align_tui.services.runs import import_run, remove_run
from align_tui.store import results, runs
from align_tui.store.clusters import clustering_of
from align_tui.store.database import Database, open_database
from align_tui.store.rescored import MADE_FROM
from align_tui.store.run_inputs import read_inputs
from align_tui.store.run_sources import identities
from align_tui.store.thinking import token_shares
from align_tui.studies.assemble import parse_scale, parse_targets

STOP_S = 30.0
REPORTS = ("markdown", "html")


def _open(db_path: Path | None, cluster: ClusterRule | None = None) -> Database:
    db = open_database(database_path(db_path), create=False)
    db.cluster = cluster
    return db


def list_runs(db_path: Path | None, *, limit: int | None, as_json: bool) -> None:
    """Print a table of the runs, the newest first."""
    path = database_path(db_path)
    rows = runs.list_runs(_open(db_path), limit) if path.exists() else []
    if as_json:
        for row in rows:
            say_json({name: getattr(row, name) for name in row.__slots__})
        return
    if not rows:
        say("There is no run yet. Start one: align-tui run", error=True)
        return
    table = quiet_table("run", "study", "started", "state", "decided", "failed", "open")
    for row in rows:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
        state = "finished" if row.finished else row.state
        table.add_row(
            row.id,
            Text(one_line(row.name, 40)),
            when,
            state,
            f"{row.done}/{row.samples}",
            str(row.failed),
            str(row.pending + row.running),
        )
    console().print(table)


def show_run(
    name: str | None, db_path: Path | None, cluster: ClusterRule | None = None, *, as_json: bool
) -> None:
    """Print the results, settings, versions and failures of a run."""
    db = _open(db_path, cluster)
    run = runs.resolve(db, name)
    study = runs.load_study(db, run)
    row = runs.get_run(db, run)
    findings, effects = read_findings(db, run, study), read_effects(db, run)
    summary = {**events.summary(db, run, study, findings, effects), "parent": row.parent}
    if as_json:
        failures = list(events.failed_samples(db, run, study))
        could = [detected_json(each) for each in detected(db, run)]
        say_json(summary | {"failures": failures, "detectable": could})
        return
    out = console()
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row.created))
    out.print(f"{one_line(study.name)}  run {run}  {when}", style="bold")
    if MADE_FROM in runs.stored_versions(db, run):
        out.print(f"made without a model from the replies of run {row.parent or 'unknown'}")
    elif row.parent:
        out.print(f"made from run {row.parent}, which has the samples that this run leaves out")
        out.print(f"report on both: align-tui report {row.parent} {run}", style="dim")
    out.print(
        f"{counted(len(study.profiles), 'profile')} x {counted(len(study.scenarios), 'scenario')} "
        f"x {counted(study.repeat, 'repeat')}; "
        f"{row.done} decided, {row.failed} failed, {row.pending + row.running} open; "
        f"scorer: {study.rule}{', only scored scenarios' if study.scored_only else ''}\n"
    )
    out.print(result_table(study, summary))
    could_detect = detected_lines(detected(db, run))
    for line in [*similarity_lines(study, summary), *loose_ends(summary), *could_detect]:
        out.print(line)
    out.print(CAPTION, style="dim")
    for line in finding_lines(findings):
        out.print(line)
    for line in effect_lines(effects):
        out.print(line)
    if (beside := beside_table(effects)) is not None:
        out.print()
        out.print(beside)
        out.print(BESIDE, style="dim")
    names = [with_model(each.name, each.model_label) for each in study.profiles]
    positions = column_positions(db, run, study)
    for line in position_lines(names, positions, always_of(study)):
        out.print(line)
    rule = SEED_RULES[read_inputs(db, run).seed_rule]
    clusters = counted(clustering_of(db, run).clusters, "cluster")
    rule_words = CLUSTER_RULES[study.cluster]
    out.print(f"Counted as independent: {clusters} ({rule_words}).", style="dim")
    out.print(f"Seeds come from each scenario's {rule}.", style="dim")
    for line in thinking_lines(study, token_shares(db, run)):
        out.print(line)
    for note in study.notes:
        out.print(f"note: {plain(note)}")
    out.print()
    for profile, identity in zip(study.profiles, identities(db, run), strict=True):
        model = profile.model_label or "no model"
        whole = f", identity {identity[:12]}" if identity else ""
        out.print(
            f"{one_line(profile.name)}: {profile.adm.kind}, {one_line(model)}, "
            f"{profile.hash[:12]}{whole}"
        )
    for key, value in runs.run_versions(db, run).items():
        out.print(f"{one_line(key)}: {one_line(value)}", style="dim")
    for result in results.all_results(db, run):
        if result.error_kind:
            where = (study.profiles[result.profile].name, study.scenarios[result.scenario].key)
            message = one_line(result.error_message or "", 300)
            out.print(f"failed: {one_line(' on '.join(where))}: {message}", style="red")


def export_run(
    name: str | None,
    db_path: Path | None,
    format_name: str,
    out: Path | None,
    cluster: ClusterRule | None = None,
) -> None:
    """Write a run to `out`, or to stdout, in one of the formats of EXPORTERS."""
    exporter = EXPORTERS.get(format_name)
    db = _open(db_path, cluster)
    run = runs.resolve(db, name)
    if exporter.folder is not None:
        if out is None:
            raise ConfigError(
                f"The format {format_name} needs a folder to write to", "Name one: -o outputs/"
            )
        for path in exporter.folder(db, run, out):
            say(str(path), error=True)
        return
    if exporter.data is not None:
        if out is None:
            raise ConfigError(
                f"The format {format_name} is not text, so it needs a file to write to",
                f"Name one: -o {run}{exporter.suffix}",
            )
        with writing(out, devices=True) as file:
            exporter.data(db, run, file)
        say(str(out), error=True)
        return
    assert exporter.text is not None
    pieces = exporter.text(db, run)
    if out is None:
        say_data(pieces)
        return
    write_text(out, "".join(pieces), devices=True)
    say(str(out), error=True)


def import_runs(
    folders: Sequence[Path],
    db_path: Path | None,
    targets: Sequence[str] | None,
    scale: Sequence[str] | None,
) -> None:
    """Import every bundle and every run of other programs at these paths; print the runs' ids."""
    attributes = load_attributes()
    aims, scales = parse_targets(targets or (), attributes), parse_scale(scale or ())
    # Read all of them before writing any: an error then leaves the database as it was.
    found = []
    bundles = [path for path in folders if is_archive(path)]
    for folder in folders:
        if folder in bundles:
            continue
        with waiting(f"reading {folder}"):
            try:
                found += read_runs(folder, attributes, scales)
            except DatasetError as error:
                raise RunFileError(error.message, error.hint) from error
    db = open_database(database_path(db_path))
    for path in bundles:
        with waiting("writing the run"):
            run = import_bundle(db, path)
        say(run)
    for each in found:
        for note in each.notes:
            say(f"note: {note}", error=True)
        with waiting("writing the run"):
            run = import_run(db, each, aims)
        say(run)


def report_runs(
    names: Sequence[str],
    db_path: Path | None,
    format_name: str,
    out: Path | None,
    title: str,
    cluster: ClusterRule | None = None,
    *,
    appendix: bool = False,
) -> None:
    """Write a report on runs in one of the formats of `REPORTS`, or only its appendix."""
    from align_tui.output.report.data import gather

    if format_name not in REPORTS:
        raise ConfigError(
            f"There is no report format {format_name!r}", f"Known formats: {', '.join(REPORTS)}."
        )
    db = _open(db_path, cluster)
    with waiting("reading the runs"):
        report = gather(db, [runs.resolve(db, name) for name in names or (None,)], title=title)
    if format_name == "html":
        from align_tui.output.report.html import html as made
    else:
        from align_tui.output.report.markdown import markdown as made
    if out is None:
        say_data([made(report, page=appendix)])
        return
    write_text(out, made(report, page=appendix), devices=True)
    say(str(out), error=True)


def delete_run(name: str, db_path: Path | None, *, yes: bool) -> int:
    """Ask, then delete a run; the exit status is 1 if the user says no."""
    db = _open(db_path)
    run = runs.resolve(db, name)
    row = runs.get_run(db, run)
    if not yes:
        if not sys.stdin.isatty():
            raise NoTerminal(
                "align-tui cannot ask you without a terminal", "Add --yes to delete without asking."
            )
        decisions = counted(row.done, "decision")
        question = f"Delete run {run} ({one_line(row.name, 40)}, {decisions})? [y/N] "
        if ask(question).lower() not in ("y", "yes"):
            say("Nothing was deleted.", error=True)
            return 1
    with waiting(f"deleting {run}"):
        remove_run(db, run)
    say(f"Deleted {run}.", error=True)
    return 0
