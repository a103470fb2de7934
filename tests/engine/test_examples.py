"""A worker shows examples, with an embedding model beside the one that decides."""

from __future__ import annotations

import json
from pathlib import Path

from align_tui.backbones.base import Backbone, OnProgress
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.options import Options
from align_tui.monitor.decision_detail import read_detail
from align_tui.monitor.snapshot import Shown
from align_tui.output.choice_info import choice_info
from align_tui.output.events import stored_events
from align_tui.output.example_responses import response_json
from align_tui.store import results, runs
from align_tui.store.basis import basis_of
from align_tui.store.database import Database
from align_tui.studies.assemble import load_study
from align_tui.tui.format.decision_detail import sections
from align_tui.tui.format.glyphs import UNICODE
from tests.config.test_examples import records, write
from tests.engine.fakes import FakeBackbone
from tests.engine.test_worker import until, working
from tests.models import make_tiny_bert


def opener(spec: BackboneSpec, progress: OnProgress) -> Backbone:
    return open_backbone(spec, progress) if spec.kind == "embedding" else FakeBackbone()


async def decide(db: Database, run: str) -> None:
    async with working(db.path, opener):
        await until(lambda: runs.get_run(db, run).finished)


async def test_a_run_goes_on_with_its_examples_though_the_file_changed(
    database: Database, tmp_path: Path
) -> None:
    model = f'[models.embedding]\nkind = "embedding"\nmodel = "{make_tiny_bert(tmp_path / "bert")}"'
    table = f'scenarios = "solved.jsonl"\nnumber = 2\nsimilarity = "embedding"\n{model}'
    study = load_study(Options(study=write(tmp_path, table)))
    run = runs.create_run(database, study, {}, enqueue=False)
    runs.enqueue(database, run, study, [(0, 0, 0)])
    await decide(database, run)
    (tmp_path / "solved.jsonl").write_text(records((0, 1), (0, 1), (0, 1), text="New"))
    runs.enqueue(database, run, study, study.pairs())
    await decide(database, run)
    states = results.states(database, run)
    assert [state.status for state in states] == ["done", "done"]
    for state in states:
        shown = basis_of(database, state.id).examples
        assert len(shown) == 2 and all("Scene" in each.prompt for each in shown)
        first, second = (each.similarity for each in shown)
        assert first is not None and second is not None and -1 <= first <= second <= 1
    await look_at(database, run)


async def look_at(database: Database, run: str) -> None:
    """The detail, the events and `choice_info` of a decision have its examples."""
    study = runs.load_study(database, run)
    [state, _] = results.states(database, run)
    basis, result = basis_of(database, state.id), results.result_of(database, state.id)
    assert result is not None
    shown = Shown(0, 0, state.id, "done", result=result, basis=basis)
    detail = read_detail(database, study, study.profiles[0], study.scenarios[0], shown)
    [told] = [part.text for part in sections(detail, UNICODE) if part.title == "examples"]
    last = basis.examples[-1]
    assert last.example in told and f"{last.similarity:.4g}" in told and last.response in told
    # The system prompt's marks of the target stay, though turns stand between it and the question.
    [entered] = detail.entered
    assert entered is not None and len(entered) == 6
    assert any(own for _, own in entered[0]) and not any(own for _, own in entered[1])
    event = next(e for e in stored_events(database, run) if e["event"] == "decision")
    assert event["examples"][-1] == {
        "example": last.example,
        "attribute": "moral_desert",
        "similarity": last.similarity,
        "response": last.response,
    }
    scenario = study.scenarios[0]
    info = choice_info(scenario, scenario.choice_texts, result, basis)
    found = json.loads(json.dumps(info))["icl_example_responses"]["moral_desert"]
    assert found[-1] == {
        "example": last.example,
        "similarity_score": last.similarity,
        "prompt": last.prompt,
        "response": response_json(last.response),
    }
