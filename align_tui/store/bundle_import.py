"""Write the run of a bundle into a database, as it was: same id, hashes, times and annotations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from align_tui.core.alignment.ranking_json import ranking_from_json
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.errors import StoreError
from align_tui.core.families import DEFAULT_RULE
from align_tui.core.types import canonical
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.content import Bundle
from align_tui.formats.bundle.decisions import decision_of
from align_tui.store.basis import basis_rows
from align_tui.store.bundles import CHILD_OF
from align_tui.store.database import Database
from align_tui.store.domain_tables import keep_targets
from align_tui.store.turns import turn_columns
from align_tui.store.waits import asked_at


def import_bundle(db: Database, bundle: Bundle) -> str:
    """Write the bundle's run and its ended samples; returns its id.

    Samples that had not ended are left out, so that nothing asks a model. Raises StoreError if the
    database has the run; then nothing is written.
    """
    run = bundle.run
    study = bundle.study()
    with db.write() as connection:
        if connection.execute("SELECT 1 FROM runs WHERE id=?", (run.id,)).fetchone():
            raise StoreError(f"The run {run.id} is in this database already", "See: align-tui runs")
        _write_run(connection, bundle)
        keep_targets(connection, run.id, bundle.stated_targets().values())
        connection.executemany("INSERT OR IGNORE INTO texts VALUES (?,?)", bundle.texts.items())
        turns = turn_columns(study)
        keys = [profile.backbone_key for profile in study.profiles]
        for each in bundle.samples:
            if each.result is not None:
                place = (each.scenario, each.profile)
                sample = connection.execute(
                    "INSERT INTO samples (run, scenario, profile, repeat, backbone, status,"
                    " started, asked, context, turn) VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
                    (run.id, *place, each.repeat, keys[each.profile], each.status,
                     each.result.started, asked_at(each.result.started, each.result.waited_s),
                     *turns.get(place, (None, None))),
                ).fetchone()[0]  # fmt: skip
                _write_sample(connection, run.id, sample, each, each.result, bundle.texts)
        _adopt(connection, run.id)
    return run.id


def _adopt(connection: sqlite3.Connection, run: str) -> None:
    """Make the run the parent of its children that came before it, unless it descends from them."""
    children = connection.execute(
        "SELECT id FROM runs WHERE parent IS NULL AND json_extract(versions, ?)=?",
        (f'$."{CHILD_OF}"', run),
    ).fetchall()
    above: set[str] = set()
    at: str | None = run
    while at is not None and at not in above:
        above.add(at)
        row = connection.execute("SELECT parent FROM runs WHERE id=?", (at,)).fetchone()
        at = row[0] if row is not None else None
    connection.executemany(
        "UPDATE runs SET parent=? WHERE id=?",
        [(run, child[0]) for child in children if child[0] not in above],
    )


def _write_run(connection: sqlite3.Connection, bundle: Bundle) -> None:
    run = bundle.run
    parent = connection.execute("SELECT id FROM runs WHERE id=?", (run.parent,)).fetchone()
    versions = {key: value for key, value in run.versions.items() if key != CHILD_OF}
    if run.parent is not None and parent is None:
        versions[CHILD_OF] = run.parent
    attributes = canonical(list(bundle.attributes)) if bundle.attributes is not None else None
    connection.execute(
        "INSERT INTO runs (id, name, created, parent, repeat, rule, scored_only, is_demo,"
        " versions, notes, day, seed_rule, attributes, cluster, margin)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            run.id,
            run.name,
            run.created,
            parent[0] if parent is not None else None,
            run.repeat,
            run.scoring,
            int(run.scored_only),
            int(run.is_demo),
            canonical(versions),
            json.dumps(run.notes),
            run.day,
            run.seed_rule,
            attributes,
            run.cluster if run.cluster != DEFAULT_RULE else None,
            run.margin,
        ),
    )
    for idx, row in enumerate(bundle.scenarios):
        body = canonical(row.body)
        connection.execute("INSERT OR IGNORE INTO scenarios VALUES (?,?)", (row.hash, body))
        key = bundle.scenario(idx).key
        connection.execute(
            "INSERT INTO run_scenarios VALUES (?,?,?,?)", (run.id, idx, key, row.hash)
        )
    for idx, profile in enumerate(bundle.profiles):
        connection.execute(
            "INSERT INTO run_profiles (run, idx, name, hash, body, model, identity)"
            " VALUES (?,?,?,?,?,?,?)",
            (run.id, idx, profile.name, profile.hash, canonical(profile.body), profile.model,
             profile.identity),
        )  # fmt: skip
    for each in bundle.examples:
        pair = (each.hash, canonical(each.body))
        connection.execute("INSERT OR IGNORE INTO example_sets VALUES (?,?)", pair)
        connection.execute("INSERT INTO run_example_sets VALUES (?,?)", (run.id, each.hash))
    for source in bundle.sources:
        connection.execute(
            "INSERT OR IGNORE INTO sources VALUES (?,?)", (source.sha256, source.text)
        )
        connection.executemany(
            "INSERT OR IGNORE INTO run_sources VALUES (?,?,?,?,?)",
            [(run.id, at, source.kind, source.name, source.sha256) for at in source.profiles],
        )
    for model in bundle.models:
        pair = (model.hash, canonical(model.body))
        connection.execute("INSERT OR IGNORE INTO models VALUES (?,?)", pair)
        connection.execute(
            "INSERT OR IGNORE INTO run_models VALUES (?,?,?,?,?)",
            (run.id, model.profile, model.role, model.hash, model.found),
        )
    connection.executemany(
        "INSERT INTO run_tags VALUES (?,?)", [(run.id, tag) for tag in dict.fromkeys(run.tags)]
    )
    if run.note:
        connection.execute("INSERT INTO run_notes VALUES (?,?,?)", (run.id, run.note, run.created))


def _write_sample(
    connection: sqlite3.Connection,
    run: str,
    sample: int,
    each: p.SamplePart,
    result: p.ResultPart,
    texts: Mapping[str, str],
) -> None:
    seq = connection.execute(
        "INSERT INTO results (sample, finished, started, choice, choice_text, reasoning,"
        " probabilities, votes, notes, latency_s, first_token_s, tokens, error_kind,"
        " error_message, traceback, shown, halves)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING seq",
        (
            sample,
            result.finished,
            result.started,
            result.choice,
            result.choice_text if result.error_kind is None else None,
            result.reasoning,
            json.dumps(result.probabilities) if result.probabilities else None,
            json.dumps(result.votes) if result.votes else None,
            json.dumps(result.notes),
            result.latency_s,
            result.first_token_s,
            result.tokens,
            result.error_kind,
            result.error_message,
            result.traceback,
            json.dumps([[one.order, one.choice] for one in result.shown]) if result.shown else None,
            json.dumps(result.halves, ensure_ascii=False) if result.halves else None,
        ),
    ).fetchone()[0]
    for idx, response in enumerate(each.responses):
        connection.execute(
            "INSERT INTO responses (sample, idx, role, choice, reasoning, raw, prompt, messages,"
            " schema, sampling, prompt_tokens, tokens, first_token_s, total_s, finish, retried,"
            " timeline, thinking_tokens, choice_order, fingerprint)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                sample,
                idx,
                response.role,
                response.choice,
                response.reasoning,
                response.raw,
                response.prompt,
                response.messages,
                response.schema_hash,
                canonical(response.sampling),
                response.prompt_tokens,
                response.tokens,
                response.first_token_s,
                response.total_s,
                response.finish,
                int(response.retried),
                json.dumps(response.timeline),
                response.thinking_tokens,
                json.dumps(response.order) if response.order is not None else None,
                response.fingerprint or None,
            ),
        )
    decision = decision_of(each)
    if decision is not None:
        for statement, values in basis_rows(sample, _with_basis(decision, each, texts)):
            connection.execute(statement, values)
    connection.executemany(
        "INSERT INTO scores VALUES (?,?,?,?,?,?,?)",
        [
            (
                sample,
                run,
                each.profile,
                target,
                None if score.correct is None else int(score.correct),
                int(score.discriminating),
                score.distance,
            )
            for target, score in each.scores.items()
        ],
    )
    if each.bookmarked:
        connection.execute("INSERT INTO bookmarks VALUES (?,?)", (seq, result.finished))
    if each.verdict is not None:
        values = (seq, each.verdict, result.finished)
        connection.execute("INSERT INTO verdicts VALUES (?,?,?)", values)


def _with_basis(decision: Decision, each: p.SamplePart, texts: Mapping[str, str]) -> Decision:
    """The decision with its ranking, steps and examples."""
    ranking = each.ranking
    return replace(
        decision,
        ranking=ranking_from_json(ranking.model_dump()) if ranking is not None else None,
        steps=tuple(Step(step.name, step.seconds) for step in each.steps),
        examples=tuple(
            UsedExample(one.example, one.similarity, one.attribute, texts[one.prompt], one.response)
            for one in each.examples
        ),
    )
