"""Decision-makers that ask several models: a worker loads them together, each in its role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui import cli
from align_tui.config import paths
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.options import Options
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.engine.worker import Settings, Worker
from align_tui.store import queue, results, runs
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Claimed
from align_tui.studies.assemble import load_study
from tests.conftest import make_scenarios
from tests.engine.fakes import Opener
from tests.engine.test_worker import until, working
from tests.models import TEMPLATE, make_tiny_model
from tests.plugins import installed

TWO = """
from align_tui.adms.ask import ask
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Message

async def decide(scenario, targets, llm, parameters):
    turns, choices = [Message("user", scenario.text)], scenario.choice_texts
    first = await ask(llm.role("proposer"), turns, choices, role="proposer", stream=0)
    turns.append(Message("assistant", first.generation.text))
    turns.append(Message("user", "Is that right?"))
    second = await ask(llm.role("judge"), turns, choices, role="judge", stream=1)
    return Decision(ChoiceAnswer(second.choice), second.reasoning, responses=(first, second))
"""
RATED = """
from align_tui.core.statements import Statement

async def decide(scenario, targets, llm, parameters):
    justice = Statement("value", "Justice")
    found = [await llm.role("rater").rate(text, [justice]) for text in scenario.choice_texts]
    relevances = [rating.relevance for [rating] in found]
    return relevances.index(max(relevances))
"""
KALEIDO = """
from align_tui.backbones.base import ModelInfo
from align_tui.config.backbone_kinds import BackboneKind
from align_tui.core.statements import StatementRating

KIND = BackboneKind("values_plugin:open_it", frozenset({"rates_statements"}))

class Rater:
    info = ModelInfo("kaleido", "sha256:k", "cpu", "float32", 1)

    async def rate(self, action, statements):
        relevance = 0.9 if "B" in action else 0.1
        return tuple(StatementRating(relevance, 0.5, 0.3, 0.2) for _ in statements)

    def tokens_generated(self):
        return 0

    def close(self):
        pass

def open_it(spec, progress):
    return Rater()
"""


@pytest.fixture
def kaleido(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    group = {"align_tui.backbones": {"values": "values_plugin:KIND"}}
    with installed(tmp_path, monkeypatch, "values_plugin", KALEIDO, group):
        BACKBONE_KINDS.refresh()
        yield
    BACKBONE_KINDS.refresh()


@asynccontextmanager
async def real_worker(path: Path) -> AsyncIterator[None]:
    """A worker that loads real models."""
    worker = Worker(open_database(path), Settings(path))
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(task, 20)


def study_file(folder: Path, code: str, more: str) -> Path:
    (folder / "own.py").write_text(code)
    (folder / "p.toml").write_text(
        f'[adm]\nkind = "custom"\nfile = "own.py"\nneeds_model = false\n{more}'
    )
    study = folder / "s.toml"
    study.write_text('profiles = ["p.toml"]\nscenarios = ["demo-triage"]\nlimit = 2\n')
    return study


async def decided(database: Database, study: Study) -> str:
    run = runs.create_run(database, study, {})
    async with real_worker(database.path):
        await until(lambda: runs.get_run(database, run).finished, 60.0)
    return run


async def test_two_models_in_two_roles_make_one_decision(
    tiny_model: Path, database: Database, tmp_path: Path
) -> None:
    other = make_tiny_model(
        tmp_path / "other", seed=5, template=TEMPLATE.replace("[{{ m.role }}]", "<{{ m.role }}>")
    )
    names = '[models]\nproposer = "{}"\n[models.judge]\nmodel = "{}"\n[models.judge.decoding]\n{}'
    decoding = "temperature = 1.0\nseed = 4\n"
    roles = 'roles = {proposer = ["generates"], judge = ["generates", "scores_choices"]}\n'
    more = roles + names.format(tiny_model, other, decoding)
    study = load_study(Options(study=study_file(tmp_path, TWO, more)))
    run = await decided(database, study)
    for result in results.all_results(database, run):
        assert result.error_kind is None, result.error_message
        proposer, judge = results.responses_of(database, result.sample)
        assert (proposer.role, judge.role) == ("proposer", "judge")
        assert "[user]" in proposer.prompt and "<user>" in judge.prompt  # each by its template
        assert (proposer.sampling["temperature"], judge.sampling["temperature"]) == (0.0, 1.0)
        assert proposer.sampling["seed"] != judge.sampling["seed"]
        assert proposer.raw in judge.prompt
    known = runs.run_versions(database, run)["model of p"]
    weights, _, notes = known.partition("; ")
    assert weights.startswith("judge: sha256:") and " + proposer: sha256:" in weights
    assert not notes


async def test_another_packages_model_rates_for_a_decision_maker(
    kaleido: None, database: Database, tmp_path: Path
) -> None:
    more = 'roles = {rater = ["rates_statements"]}\n[models.rater]\nkind = "values"\nmodel = "k"\n'
    study = load_study(Options(study=study_file(tmp_path, RATED, more)))
    study = replace(study, scenarios=make_scenarios(2))
    run = await decided(database, study)
    assert [result.choice for result in results.all_results(database, run)] == [1, 1]


def test_a_model_that_cannot_is_refused_before_a_run_exists(
    kaleido: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = 'roles = {rater = ["embeds"]}\n[models.rater]\nkind = "values"\nmodel = "k"\n'
    assert cli.run(["run", str(study_file(tmp_path, RATED, more))]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "turns texts into vectors" in said and "custom" in said
    assert not paths.default_database().exists()


def of_models(*models: str, code: Path, name: str = "p") -> Profile:
    """A profile whose roles r0, r1, ... have these models."""
    roles = {
        f"r{i}": {"kind": "transformers", "model": f"a/{model}"} for i, model in enumerate(models)
    }
    adm = {"kind": "custom", "file": str(code), "needs_model": False}
    return Profile.model_validate({"name": name, "adm": adm, "models": roles})


ONE_AFTER_THE_OTHER = """
from align_tui.adms.ask import ask
from align_tui.core.decisions import Message

async def decide(scenario, targets, llm, parameters):
    for number in range(parameters.get("most", 2)):
        model = llm.role(f"r{number}")
        await ask(model, [Message("user", "?")], scenario.choice_texts, stream=number)
    return 0
"""


async def test_no_second_model_is_loaded_for_a_sample_while_others_are_decided(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, claim = [], queue.claim

    def counted(*asked: Any, **more: Any) -> list[Claimed]:
        claims.append(claim(*asked, **more))
        return claims[-1]

    monkeypatch.setattr(queue, "claim", counted)
    (code := tmp_path / "own.py").write_text(ONE_AFTER_THE_OTHER.replace('"most", 2', '"most", 1'))
    opener = Opener()
    one, two = of_models("m0", code=code), of_models("m0", "m1", code=code)
    async with working(database.path, opener):
        first = runs.create_run(database, Study("s", (one,), make_scenarios(1)), {})
        await until(lambda: runs.get_run(database, first).finished)
        opener.opened[0][1].gate.clear()
        held = runs.create_run(database, Study("s", (one,), make_scenarios(1)), {})
        await until(lambda: opener.opened[0][1].now)
        both = runs.create_run(database, Study("s", (two,), make_scenarios(2)), {})
        more = runs.create_run(database, Study("s", (one,), make_scenarios(2)), {})
        claims.clear()
        await until(lambda: len(claims) >= 3)
        assert not any(claims) and len(opener.opened) == 1
        opener.opened[0][1].gate.set()
        runs_made = (held, both, more)
        await until(lambda: all(runs.get_run(database, run).finished for run in runs_made))
    assert [model for model, _ in opener.opened] == ["a/m0", "a/m1"]
    assert not any(runs.get_run(database, run).failed for run in runs_made)
    assert all(backbone.closed for _, backbone in opener.opened)


async def test_a_role_that_the_profile_lacks_fails_the_sample_by_name(
    database: Database, tmp_path: Path
) -> None:
    (code := tmp_path / "own.py").write_text(ONE_AFTER_THE_OTHER)
    opener = Opener()
    study = Study("s", (of_models("m0", code=code),), make_scenarios(1))
    async with working(database.path, opener):
        run = runs.create_run(database, study, {})
        await until(lambda: runs.get_run(database, run).finished)
    [result] = results.all_results(database, run)
    assert result.error_kind == "adm"
    assert "in the role 'r1'" in str(result.error_message)
    assert "[models.r1]" in str(result.error_message)
    [attempt] = results.responses_of(database, result.sample)  # the database keeps the reply of r0
    assert attempt.raw
