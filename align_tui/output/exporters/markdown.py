"""Markdown: the results, the settings, and every decision of a run."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.output.decision_json import target_words
from align_tui.output.events import stored_events, summary
from align_tui.output.exporters.base import Exporter
from align_tui.output.markdown_text import md
from align_tui.output.rating_words import event_rating_words
from align_tui.output.tables import CAPTION, percent
from align_tui.store import runs, thinking
from align_tui.store.basis import has_ratings
from align_tui.store.database import Database


def markdown(db: Database, run: str) -> Iterator[str]:
    """The result table, the settings, and every decision."""
    study = runs.load_study(db, run)
    yield f"# {md(study.name)}\n\nRun `{run}`. {CAPTION}\n\n"
    yield "| profile | model | target | all scored | discriminating | failed | open |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for profile, of in zip(summary(db, run, study)["profiles"], study.profiles, strict=True):
        aims = study.scoring_targets(of) or ((),)
        found = profile["scores"] or [{"all": None, "discriminating": None}]
        for score, targets in zip(found, aims, strict=True):
            target = target_words(targets) or "–"
            rates = [percent(score[k]) if score[k] else "–" for k in ("all", "discriminating")]
            yield f"| {md(profile['profile'])} | {md(profile['model'] or '–')} | {md(target)} "
            yield f"| {' | '.join(rates)} "
            yield f"| {profile['failed']} | {profile['pending']} |\n"
    for note in study.notes:
        yield f"\n> {md(note)}\n"
    yield "\n## Versions\n\n"
    for name, version in runs.run_versions(db, run).items():
        yield f"- {md(name)}: {md(version)}\n"
    thought = any(share for _, share in thinking.token_shares(db, run).values())
    rated = has_ratings(db, run)
    header = ["scenario", "profile", "model", "repeat", "choice"]
    header += [*["ratings"] * rated, *["thinking"] * thought, "reasoning"]
    yield f"\n## Decisions\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}\n"
    for event in stored_events(db, run):
        if event["event"] in ("decision", "failed"):
            said = event.get("reasoning") or event.get("error", {}).get("message", "")
            choice = event["answer"]["text"] if event["event"] == "decision" else "failed"
            yield f"| {md(event['scenario'])} | {md(event['profile'])} "
            yield f"| {md(event['model'] or '–')} | {event['repeat']} "
            between = f"| {md(event_rating_words(event))} " if rated else ""
            between += f"| {md(event.get('thinking') or '')} " if thought else ""
            yield f"| {md(choice)} {between}| {md(said)} |\n"


MARKDOWN = Exporter("Markdown: results and every decision", ".md", markdown)
