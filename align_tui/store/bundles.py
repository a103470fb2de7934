"""Gather a run with everything that it was made of, as a bundle holds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from align_tui.core.alignment.ranking_json import ranking_to_json
from align_tui.core.attributes import attributes_to_json
from align_tui.core.families import rule_named
from align_tui.core.seeds import sample_seed, seed_hash
from align_tui.core.targets import targets_to_json
from align_tui.core.types import canonical, content_hash
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.content import Bundle, with_paths
from align_tui.formats.bundle.redaction import Cleaner
from align_tui.formats.bundle.verify import profile_hashes, tallied
from align_tui.store import runs
from align_tui.store.basis import NOTHING, Basis, bases_of
from align_tui.store.database import Database, Row
from align_tui.store.results import Result, StoredResponse, responses_of, result_of, scores_of
from align_tui.store.run_annotations import NOTHING as NO_ANNOTATION
from align_tui.store.run_annotations import Annotation, annotations_in, note_of
from align_tui.store.run_inputs import read_inputs, stored_targets
from align_tui.store.run_sources import sources_of_profile

PAGE = 200
CHILD_OF = "child of run"
"""Among a run's versions: its parent's id, where a bundle brought a child in without its parent."""


def gather(db: Database, run: str, clean: Cleaner) -> Bundle:
    """The run as a bundle, without secrets and, where nothing depends on it, without home folders.

    Raises StoreError, ConfigError.
    """
    with db.snapshot():
        return _Gathered(db, run, clean).bundle()


class _Gathered:
    """What a bundle of one run holds. `texts` are collected as samples name them."""

    def __init__(self, db: Database, run: str, clean: Cleaner) -> None:
        self._db, self._run, self._clean = db, run, clean
        self._study = runs.load_study(db, run)
        self._inputs = read_inputs(db, run)
        self._texts: dict[str, str] = {}

    def bundle(self) -> Bundle:
        """All of it."""
        db, run, clean = self._db, self._run, self._clean
        samples = list(self._samples())
        attributes = self._inputs.attributes
        return Bundle(
            run=self._head(),
            profiles=list(self._profiles()),
            scenarios=list(self._scenarios()),
            attributes=clean.secrets(attributes_to_json(attributes)) if attributes else None,
            targets=clean.secrets(
                {key: targets_to_json(each) for key, each in stored_targets(db, run).items()}
            ),
            examples=list(self._examples()),
            sources=list(self._sources()),
            models=list(self._models()),
            texts=self._texts,
            samples=samples,
            tallies=tallied(samples),
        )

    def _head(self) -> p.RunPart:
        row = self._db.one("SELECT * FROM runs WHERE id=?", (self._run,))
        assert row is not None  # its study was read
        tags = self._db.read("SELECT tag FROM run_tags WHERE run=? ORDER BY tag", (self._run,))
        study, clean = self._study, self._clean
        versions = runs.stored_versions(self._db, self._run)
        parent = versions.pop(CHILD_OF, None)
        return p.RunPart(
            id=self._run,
            name=clean.all(study.name),
            created=row["created"],
            day=runs.day(self._db, self._run),
            parent=row["parent"] or parent,
            repeat=study.repeat,
            scoring=study.rule,
            scored_only=study.scored_only,
            is_demo=study.is_demo,
            cluster=rule_named(row["cluster"]),
            margin=study.margin,
            seed_rule=self._inputs.seed_rule,
            notes=clean.all(list(study.notes)),
            versions=clean.all(versions),
            tags=[str(each["tag"]) for each in tags],
            note=clean.all(note_of(self._db, self._run)),
        )

    def _profiles(self) -> Iterator[p.ProfilePart]:
        sql = "SELECT * FROM run_profiles WHERE run=? ORDER BY idx"
        for row in self._db.read(sql, (self._run,)):
            before = json.loads(row["body"])
            body = self._clean.settings(with_paths(before, self._clean.home))
            is_known = row["hash"] in profile_hashes(body)
            yield p.ProfilePart(
                name=row["name"],
                hash=row["hash"],
                sha256=content_hash(body),
                changed=body != before or not is_known,
                body=body,
                model=self._clean.all(row["model"]),
                identity=row["identity"] if self._has_all(row["idx"]) else None,
            )

    def _has_all(self, profile: int) -> bool:
        """Are the texts of the profile's identity in the bundle as they are, without a secret?"""
        attributes = attributes_to_json(self._inputs.attributes or ())
        texts = [each.text for each in sources_of_profile(self._db, self._run, profile)]
        return self._clean.secrets([attributes, texts]) == [attributes, texts]

    def _scenarios(self) -> Iterator[p.HashedPart]:
        sql = (
            "SELECT s.body FROM run_scenarios r JOIN scenarios s ON s.hash=r.hash WHERE r.run=?"
            " ORDER BY r.idx"
        )
        for row in self._db.read(sql, (self._run,)):
            yield self._hashed(json.loads(row["body"]))

    def _examples(self) -> Iterator[p.HashedPart]:
        sql = (
            "SELECT s.body FROM run_example_sets r JOIN example_sets s ON s.hash=r.hash"
            " WHERE r.run=? ORDER BY s.hash"
        )
        for row in self._db.read(sql, (self._run,)):
            yield self._hashed(json.loads(row["body"]))

    def _sources(self) -> Iterator[p.SourcePart]:
        """Templates and code, each once; definitions and examples have parts of their own."""
        clean = self._clean
        rows = self._db.read(
            "SELECT r.kind, r.name, s.hash, s.body, group_concat(r.profile) AS profiles"
            " FROM run_sources r JOIN sources s ON s.hash=r.hash WHERE r.run=?"
            " GROUP BY r.kind, r.name, s.hash ORDER BY r.kind, r.name, s.hash",
            (self._run,),
        )
        for row in rows:
            kind, before = row["kind"], str(row["body"])
            text = (clean.all if kind == "program" else clean.secrets)(before)
            yield p.SourcePart(
                kind=kind,
                name=clean.all(row["name"]),
                sha256=row["hash"] if text == before else _sha256(text),
                text=text,
                profiles=sorted(map(int, row["profiles"].split(","))),
            )

    def _models(self) -> Iterator[p.ModelPart]:
        rows = self._db.read(
            "SELECT r.profile, r.role, r.found, m.hash, m.body FROM run_models r JOIN models m"
            " ON m.hash=r.hash WHERE r.run=? ORDER BY r.profile, r.role, m.hash",
            (self._run,),
        )
        for row in rows:
            before = str(row["body"])
            body = self._clean.all(json.loads(before))
            yield p.ModelPart(
                profile=row["profile"],
                role=row["role"],
                hash=row["hash"] if canonical(body) == before else content_hash(canonical(body)),
                body=body,
                found=row["found"],
            )

    def _hashed(self, body: Any) -> p.HashedPart:
        body = self._clean.secrets(body)
        return p.HashedPart(hash=content_hash(canonical(body)), body=body)

    def _text(self, text: str) -> str:
        """Keep a text; returns its hash."""
        text = self._clean.secrets(text)
        digest = content_hash(text)
        self._texts[digest] = text
        return digest

    def _samples(self) -> Iterator[p.SamplePart]:
        rows = self._db.read(
            "SELECT id, scenario, profile, repeat, status FROM samples WHERE run=?"
            " ORDER BY repeat, scenario, profile",
            (self._run,),
        )
        annotations = annotations_in(self._db, self._run)
        for start in range(0, len(rows), PAGE):
            page = rows[start : start + PAGE]
            ids = [int(row["id"]) for row in page]
            bases, scores = bases_of(self._db, ids), scores_of(self._db, ids)
            for row in page:
                sample = int(row["id"])
                yield self._sample(
                    row,
                    result_of(self._db, sample),
                    bases.get(sample, NOTHING),
                    {
                        target: p.ScorePart(
                            correct=score.correct,
                            distance=score.distance,
                            discriminating=score.discriminating,
                        )
                        for target, score in sorted(scores[sample].items())
                    },
                    annotations.get(sample, NO_ANNOTATION),
                )

    def _sample(
        self,
        row: Row,
        result: Result | None,
        basis: Basis,
        scores: Mapping[str, p.ScorePart],
        annotation: Annotation,
    ) -> p.SamplePart:
        sample, clean = int(row["id"]), self._clean
        profile = self._study.profiles[row["profile"]]
        seen = seed_hash(self._study.scenarios[row["scenario"]], self._inputs.seed_rule)
        return p.SamplePart(
            scenario=row["scenario"],
            profile=row["profile"],
            repeat=row["repeat"],
            seed=sample_seed(profile.decoding.seed, seen, row["repeat"]),
            status=row["status"],
            result=self._result(sample, result) if result is not None else None,
            scores=dict(scores),
            responses=[self._response(each) for each in responses_of(self._db, sample)],
            bookmarked=annotation.bookmarked,
            verdict=annotation.verdict,
            **clean.secrets(_basis_json(basis, self._text)),
        )

    def _result(self, sample: int, result: Result) -> p.ResultPart:
        row = self._db.one("SELECT traceback, halves FROM results WHERE sample=?", (sample,))
        clean = self._clean
        return p.ResultPart(
            started=result.started,
            finished=result.finished,
            choice=result.choice,
            choice_text=clean.secrets(result.choice_text),
            reasoning=clean.secrets(result.reasoning),
            probabilities=list(result.probabilities) if result.probabilities else None,
            votes=list(result.votes) if result.votes else None,
            notes=clean.all(list(result.notes)),
            shown=[p.ShownPart(order=list(one.order), choice=one.choice) for one in result.shown],
            latency_s=result.latency_s,
            first_token_s=result.first_token_s,
            tokens=result.tokens,
            error_kind=result.error_kind,
            error_message=clean.all(result.error_message),
            traceback=clean.all(row["traceback"]) if row is not None else None,
            halves=_halves(clean, row["halves"]) if row is not None else [],
            waited_s=result.waited_s,
        )

    def _response(self, each: StoredResponse) -> p.ResponsePart:
        clean = self._clean
        return p.ResponsePart(
            role=each.role,
            choice=each.choice,
            reasoning=clean.secrets(each.reasoning),
            raw=clean.secrets(each.raw),
            prompt=self._text(each.prompt),
            messages=self._text(canonical(list(each.messages))),
            schema_hash=self._text(json.dumps(each.schema, ensure_ascii=False)),
            sampling=dict(each.sampling),
            prompt_tokens=each.prompt_tokens,
            tokens=each.tokens,
            thinking_tokens=each.thinking_tokens,
            first_token_s=each.first_token_s,
            total_s=each.total_s,
            finish=each.finish,
            retried=each.retried,
            order=list(each.order) if each.order is not None else None,
            timeline=[list(pair) for pair in each.timeline],
            fingerprint=clean.secrets(each.fingerprint),
        )


def _halves(clean: Cleaner, text: str | None) -> list[dict[str, Any]]:
    """The stored halves of a decision; none for a text that a damaged page garbled."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return clean.secrets(found) if isinstance(found, list) else []


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _basis_json(basis: Basis, text: Callable[[str], str]) -> dict[str, Any]:
    """What a decision was made of, as JSON; `text` keeps a text and returns its hash."""
    ranking, relevance = basis.ranking, basis.relevance
    return {
        "predictions": [
            {
                name: {"samples": list(one.samples), "reasons": list(one.reasons),
                       "rater": one.rater}
                for name, one in row.items()
            }
            for row in basis.predictions
        ]
        if basis.predictions is not None
        else None,
        "relevance": {
            "rater": relevance.rater, "by_choice": [dict(row) for row in relevance.by_choice],
        }
        if relevance is not None
        else None,
        "ranking": ranking_to_json(ranking) if ranking is not None else None,
        "steps": [{"name": step.name, "seconds": step.seconds} for step in basis.steps],
        "examples": [
            {
                "example": one.example, "similarity": one.similarity, "attribute": one.attribute,
                "prompt": text(one.prompt), "response": one.response,
            }
            for one in basis.examples
        ],
    }  # fmt: skip
