"""`align-tui rerun`: decide a bundle or a run again, and compare decision by decision."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from align_tui.cli.cancel_command import STOPPED
from align_tui.cli.model_copies import model_notes
from align_tui.cli.option_values import database_path, versions
from align_tui.cli.run_command import follow
from align_tui.cli.trust import require_trust
from align_tui.config.ready import wait_until_ready
from align_tui.config.study import Study
from align_tui.config.trust import everything_is_trusted
from align_tui.core.column_names import cut_to
from align_tui.core.errors import CodeRefused, ConfigError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.formats.bundle.compare import Compared, Comparison
from align_tui.formats.bundle.parts import ResultPart
from align_tui.output.tables import console, quiet_table, waiting
from align_tui.output.terminal import ask, say, say_json
from align_tui.services import rerunning
from align_tui.services.queueing import resume_run
from align_tui.services.repeat_files import require_files
from align_tui.store import runs
from align_tui.store.database import open_database
from align_tui.studies.other_models import on_models

MOST_SHOWN = 20
SAID = {
    "differs": "another decision",
    "failed": "failed now",
    "failed_before": "failed then, decided now",
    "missing": "not decided",
}


def rerun_source(
    source: str,
    db_path: Path | None,
    *,
    models: Sequence[str] = (),
    backbone: str | None = None,
    resume: str | None = None,
    trust: bool,
    as_json: bool,
) -> int:
    """Repeat the run and print the comparison; 0 if all decisions are equal, else 1.

    `models` (OLD=NEW) and `backbone` replace models of the run. `resume` is a run that repeats it
    already: it goes on, with the models that it has. Nothing runs where a file is missing: the
    error names it.
    """
    if resume is not None and (models or backbone):
        raise ConfigError(
            "--resume goes on with the models that the run has, so --model and --backbone do not "
            "fit",
            "Start a new run: leave out --resume.",
        )
    path = database_path(db_path)
    db = open_database(path, create=resume is None) if resume or path.exists() else None
    with waiting("reading"):
        bundle, is_file = rerunning.read_source(db, source)
        if db is not None and resume is not None:
            run = rerunning.repeating(db, bundle, resume)
            study = runs.load_study(db, run)
        else:
            study = on_models(rerunning.study_to_repeat(bundle), models, backbone)
            require_files(study, bundle)
    with waiting("comparing the models' files"):
        copies = list(model_notes(study, bundle))
    for _, sentence in copies:
        say(f"note: {sentence}", error=True)
    if is_file:
        _require_servers(study, trust=trust)
    require_trust(study, trust=trust)
    with waiting("looking for the models"):
        wait_until_ready(study.profiles, lambda text: say(text, error=True))
    db = db or open_database(path)
    if resume is None:
        with waiting("writing the run"):
            run = rerunning.start(db, bundle, study, versions())
    else:
        resume_run(db, run)
    say(f"run {run} repeats run {bundle.run.id}", error=True)
    if not follow(db, run, study, as_json=False):
        again = f"align-tui rerun {shlex.quote(source)} --resume {run}"
        say(f"  To continue and compare: {again}", error=True)
        return STOPPED
    with waiting("comparing"):
        found = rerunning.compared(db, bundle, run)
        differ = [sentence for is_same, sentence in copies if not is_same]
        found = replace(found, notes=(*differ, *found.notes))
    if as_json:
        say_json(comparison_json(run, bundle.run.id, found))
    else:
        _print(run, bundle.run.id, found)
    return 0 if found.is_equal else 1


def _require_servers(study: Study, *, trust: bool) -> None:
    """Ask before a bundle's prompts, and a key of this account, go to servers that it names."""
    servers = rerunning.servers_of(study)
    if not servers or trust or everything_is_trusted():
        return
    said = "; ".join(
        one_line(url, 200) + (f" (with the key in {variable})" if variable else "")
        for url, variable in servers
    )
    question = f"This bundle sends its prompts to {said}."
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CodeRefused(
            f"{question} align-tui cannot ask you without a terminal",
            "If these are the servers that you want to ask, add --trust.",
        )
    say(question, error=True)
    if ask("Ask them? [y/N] ").lower() not in ("y", "yes"):
        raise CodeRefused("You did not want to ask the servers", "Nothing was started.")


def comparison_json(run: str, repeats: str, found: Comparison) -> Mapping[str, object]:
    """The comparison as one object; samples that differ in decision or text are listed."""
    return {
        "run": run,
        "repeats": repeats,
        "equal": found.is_equal,
        "samples": len(found.samples),
        "same_decision": found.count("same"),
        "same_text": found.same_texts,
        "differ": found.count("differs"),
        "failed_now": found.count("failed"),
        "failed_before": found.count("failed_before"),
        "failed_both": found.count("failed_both"),
        "missing": found.count("missing"),
        "notes": list(found.notes),
        "differing": [
            {
                "profile": each.profile,
                "scenario": each.scenario,
                "repeat": each.repeat,
                "kind": each.kind,
                "same_text": each.same_text,
                "before": _result(each.before),
                "after": _result(each.after),
            }
            for each in found.samples
            if not (each.same_text and each.kind in ("same", "failed_both"))
        ],
    }


def _result(result: ResultPart | None) -> Mapping[str, object] | None:
    if result is None:
        return None
    return {
        "choice": result.choice,
        "answer": result.choice_text if result.error_kind is None else None,
        "reasoning": result.reasoning,
        "error": result.error_message,
    }


def _print(run: str, repeats: str, found: Comparison) -> None:
    out = console()
    table = quiet_table("profile", "samples", "same decision", "same text", "differ", "failed")
    for name in dict.fromkeys(each.profile for each in found.samples):
        own = Comparison(tuple(each for each in found.samples if each.profile == name))
        failed = own.count("failed", "failed_before", "failed_both", "missing")
        table.add_row(
            one_line(name, 40),
            str(len(own.samples)),
            str(own.count("same")),
            str(own.same_texts),
            str(own.count("differs")),
            str(failed),
        )
    out.print(table)
    differing = [each for each in found.samples if each.kind in SAID]
    for each in differing[:MOST_SHOWN]:
        _print_one(each)
    if len(differing) > MOST_SHOWN:
        say(f"and {len(differing) - MOST_SHOWN} more; --json lists them all")
    for note in found.notes:
        say(f"note: {note}")
    both = found.count("failed_both")
    if both:
        say(f"Failed then and now: {counted(both, 'sample')}.")
    verdict = "All decisions are equal." if found.is_equal else "Not all decisions are equal."
    out.print(f"{verdict} Run {run} repeats run {repeats}.", style="dim")


def _print_one(each: Compared) -> None:
    where = f"{one_line(each.profile, 40)} on {one_line(each.scenario, 60)}"
    say(f"{where}, repeat {each.repeat + 1}: {SAID[each.kind]}")
    for when, result in (("then", each.before), ("now", each.after)):
        if result is None:
            continue
        if result.error_kind is not None:
            say(f"  {when}: failed: {one_line(result.error_message or '', 200)}")
        else:
            why = cut_to(one_line(result.reasoning, 200), 120)
            say(f"  {when}: {one_line(result.choice_text, 80)}" + (f" ({why})" if why else ""))
