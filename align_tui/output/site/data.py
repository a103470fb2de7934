"""What a run's page shows, as JSON: the study, the decisions, and what they were made of.

All text is made safe to show: no control characters, and none that turn the direction of a line.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Scenario
from align_tui.core.settings import flatten
from align_tui.core.targets import target_id
from align_tui.core.text.display import plain
from align_tui.core.types import Json, JsonObject
from align_tui.output.decision_json import target_words
from align_tui.output.events import Event, page_events, summary
from align_tui.store import results, runs
from align_tui.store.database import Database

NAMED_SETTINGS = ("order", "adm", "alignment", "decoding", "prompt")
LEFT_OUT = ("event", "run", "profile", "model", "scenario", "choice", "choice_text")


def run_data(db: Database, run: str) -> JsonObject:
    """Everything that the page of a run shows. Raises StoreError."""
    study, row = runs.load_study(db, run), runs.get_run(db, run)
    told = summary(db, run, study)["profiles"]
    body: JsonObject = {
        "run": run,
        "study": study.name,
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
        "state": "finished" if row.finished else row.state,
        "decided": row.done,
        "failed": row.failed,
        "open": row.pending + row.running,
        "rule": study.rule,
        "repeat": study.repeat,
        "notes": list(study.notes),
        "versions": dict(runs.run_versions(db, run)),
        "profiles": [
            _profile(study, profile, each)
            for profile, each in zip(study.profiles, told, strict=True)
        ],
        "scenarios": [_scenario(scenario) for scenario in study.scenarios],
        "decisions": list(_decisions(db, run, study)),
    }
    shown = safe(body)
    assert isinstance(shown, Mapping)
    return shown


def _profile(study: Study, profile: Profile, told: Event) -> JsonObject:
    """A column. The settings leave out the model's address and whatever else is not the method."""
    settings = {key: value for key, value in profile.body().items() if key in NAMED_SETTINGS}
    return {
        "name": profile.name,
        "model": profile.model_label,
        "kind": profile.adm.kind,
        "description": profile.description,
        "target": target_words(profile.target),
        "points": {target.attribute: target.point for target in profile.target},
        "settings": dict(flatten(settings)),
        "failed": told["failed"],
        "open": told["pending"],
        "scores": [
            {
                "target": target_words(targets),
                "id": target_id(targets),
                "all": score["all"],
                "discriminating": score["discriminating"],
                "chance": score["chance"],
            }
            for targets, score in zip(
                study.scoring_targets(profile) or (), told["scores"], strict=True
            )
        ],
    }


def _scenario(scenario: Scenario) -> JsonObject:
    return {
        "key": scenario.key,
        "title": scenario.title,
        "text": scenario.text,
        "asks": scenario.asks,
        "choices": [
            {"text": choice.text, "labels": dict(choice.labels)} for choice in scenario.choices
        ],
        "characters": [
            {"name": each.name or each.id, "text": each.text} for each in scenario.characters
        ],
        "supplies": list(scenario.supplies),
    }


def _decisions(db: Database, run: str, study: Study) -> Iterator[JsonObject]:
    """Each ended sample as its event, with the indices of profile and scenario."""
    last = 0
    while page := results.results_after(db, run, last):
        for result, event in zip(page, page_events(db, run, study, page), strict=True):
            kept = {key: value for key, value in event.items() if key not in LEFT_OUT}
            yield {
                "profile": result.profile,
                "scenario": result.scenario,
                **{key: value for key, value in kept.items() if value not in (None, "", [])},
                "notes": list(result.notes),
                "votes": list(result.votes or ()),
            }
        last = page[-1].seq


def safe(value: Json) -> Json:
    """The value with every text made safe to show, keys too."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {plain(key): safe(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [safe(each) for each in value]
    return value
