"""Runs that are decided in this process: by labels, and by a model that draws its replies."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import time
from collections.abc import Sequence

from align_tui.backbones.base import ChoiceScoringRequest, ModelInfo, OnText, Request
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.decisions import ChoiceProbabilities, Generation
from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import derive_seed
from align_tui.engine.llm import OpenModel, SampleLlm
from align_tui.engine.sample import RunContext, decide
from align_tui.store import queue, runs, workers
from align_tui.store.database import Database
from align_tui.store.outcomes import Decided, Failed, end_all
from align_tui.store.run_inputs import read_inputs

HIGH = [{"attribute": "moral_desert", "value": 1.0}]


class DrawingBackbone:
    """Writes replies that its request's seed draws: the same request has the same reply.

    `salt` makes it another model, and its replies have the fingerprints `marks` in turn.
    """

    info = ModelInfo("drawing", "sha256:drawing", "cpu", "float32", 1)

    def __init__(self, salt: str = "", marks: Sequence[str] = ("",)) -> None:
        self.salt = salt
        self._marks = itertools.cycle(marks)

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        said = "".join(turn.content for turn in request.messages)
        drawn = random.Random(derive_seed(self.salt, said, request.sampling.seed))
        reply = self._reply(request.schema, drawn)
        text = json.dumps(reply)
        on_text(0.0, text)
        mark = next(self._marks)
        return Generation(text, said, 3, 9, "stop", 0.0, 0.1, ((0.0, len(text)),), fingerprint=mark)

    def _reply(self, schema: object, drawn: random.Random) -> object:
        assert isinstance(schema, dict)
        if "enum" in schema:
            return drawn.choice(schema["enum"])
        if schema.get("type") == "object":
            return {key: self._reply(each, drawn) for key, each in schema["properties"].items()}
        if schema.get("type") in ("integer", "number"):
            return drawn.randint(int(schema.get("minimum", 0)), int(schema.get("maximum", 10)))
        return f"Because of {drawn.randint(0, 99)}."

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities:
        return ChoiceProbabilities((1.0,) + (0.0,) * (len(request.replies) - 1))

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        found = []
        for each in statements:
            drawn = random.Random(derive_seed(self.salt, action, each.text))
            supports = drawn.randint(0, 8) / 8
            found.append(StatementRating(drawn.randint(0, 8) / 8, supports, 1 - supports, 0.0))
        return tuple(found)

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        found = []
        for text in texts:
            angle = random.Random(derive_seed(self.salt, text)).random()
            found.append((math.cos(angle), math.sin(angle)))
        return tuple(found)

    def tokens_generated(self) -> int:
        return 0

    def close(self) -> None:
        pass


def scenarios(n: int, seed: int = 3) -> tuple[Scenario, ...]:
    """Scenarios of two or three choices with drawn labels, some of which are missing."""
    drawn = random.Random(seed)

    def labels(index: int) -> dict[str, float]:
        found = {"moral_desert": drawn.randint(0, 4) / 4, "fairness": drawn.randint(0, 4) / 4}
        return {} if index == 2 and drawn.random() < 0.5 else found

    return tuple(
        Scenario(
            f"s{i}",
            f"Scenario {i}: who is first?",
            tuple(Choice(f"Treat {name}", labels(k)) for k, name in enumerate("ABC"[: 2 + i % 2])),
        )
        for i in range(n)
    )


def profile(name: str, kind: str, **more: object) -> Profile:
    """A profile whose `[adm]` table is `adm` with that kind."""
    adm = more.pop("adm", {})
    assert isinstance(adm, dict)
    body = {"name": name, "adm": {"kind": kind, **adm}, "target": HIGH, **more}
    return Profile.model_validate(body)


def decide_all(db: Database, run: str, salt: str = "", marks: Sequence[str] = ("",)) -> None:
    """Decide every pending sample of a run, one after the other."""
    study = runs.load_study(db, run)
    context = RunContext(study, runs.day(db, run), read_inputs(db, run).seed_rule)
    worker, backbone = workers.register(db), DrawingBackbone(salt, marks)
    while batch := queue.claim(db, worker, 16):
        for claimed in batch:
            history, notes = context.histories.of(db, claimed)
            llm = SampleLlm(
                backbone,
                context.profile(claimed).decoding,
                context.seed(claimed),
                lambda stream, text: None,
                time.monotonic(),
                history=history,
                models={
                    role: OpenModel(backbone, spec.decoding)
                    for role, spec in context.profile(claimed).models.items()
                },
            )
            try:
                made = asyncio.run(decide(context, claimed, llm, notes))
            except AlignError as error:
                outcome = Failed(claimed, error.kind, error.message, 0.1)
                end_all(db, worker, [outcome])
                continue
            text = context.text_of(claimed, made.decision.answer)
            end_all(db, worker, [Decided(claimed, made.decision, text, made.scores, 0.5)])


def decided(db: Database, study: Study, salt: str = "") -> str:
    """A run of the study with all of its decisions."""
    run = runs.create_run(db, study, {"align-tui": "test"})
    decide_all(db, run, salt)
    return run
