"""Importing align-system's run directories as runs, scored like the program's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.errors import AdmError, DatasetError
from align_tui.core.targets import Target
from align_tui.formats.align_system.runs import read_run_directory
from align_tui.output.exporters.align_system import align_system
from align_tui.store import queue, results, run_annotations, runs, search
from align_tui.store.database import Database
from align_tui.store.imports import import_run
from tests.calling import align_tui
from tests.tui import fakes

CONFIG = """
name: old run
adm:
  name: few/shot
  structured_inference_engine: {model_name: some/Model-7B}
alignment_target:
  id: high
  kdma_values: [{kdma: MoralDesert, value: 1.0}]
"""


def record(
    scene: int, output: object, labels: tuple[float, float] = (1.0, 0.0), **more: Any
) -> dict[str, Any]:
    choices = [{"action_id": f"a{i}", "unstructured": f"Treat {i}"} for i in range(2)]
    body: dict[str, Any] = {
        "input": {
            "scenario_id": "s", "state": f"Scene {scene}", "choices": choices,
            "full_state": {"meta_info": {"scene_id": scene}},
        },
        "label": [{"moral_deservingness": value} for value in labels],
    }  # fmt: skip
    return body | ({"output": output} if output is not None else {}) | more


def directory(folder: Path, records: list[Any], config: str | None = CONFIG) -> Path:
    (folder / ".hydra").mkdir(parents=True)
    (folder / "input_output.json").write_text(json.dumps(records), encoding="utf-8")
    if config is not None:
        (folder / ".hydra" / "config.yaml").write_text(config, encoding="utf-8")
    return folder


def read(folder: Path) -> Any:
    return read_run_directory(folder, load_attributes())


def test_a_directory_becomes_a_run(database: Database, tmp_path: Path) -> None:
    why = "because \x1b[31m<b>quokka"
    folder = directory(
        tmp_path / "old",
        [
            record(1, {"choice": 0, "action": {"justification": why}}),
            record(2, [{"choice": 1}, {"choice": 0}]),
            record(3, None),
            record(4, [{"action_id": "a1", "unstructured": "Treat 1"}], (0.0, 10.0)),
        ],
    )
    (folder / "timing.json").write_text('{"raw_times_s": [1.5, 2, 3]}')
    run = import_run(database, read(folder))
    study = runs.load_study(database, run)
    row = runs.get_run(database, run)
    assert (row.name, row.samples, row.done) == ("old run", 3, 3)
    [profile] = study.profiles
    assert (profile.name, profile.backbone.label) == ("few-shot", "Model-7B")
    assert profile.target == (Target("moral_desert", 1.0),) and not profile.needs_model
    found = list(results.all_results(database, run))
    assert [(r.scenario, r.choice, r.latency_s) for r in found] == [
        (0, 0, 1.5), (1, 1, 2.0), (3, 1, 3.0),
    ]  # fmt: skip
    assert found[0].reasoning == why and "first of 2 tied" in " ".join(found[1].notes)
    # One label of 10 says that the file counts to ten: then 1.0 is 0.1.
    [tally] = results.tallies(database, run)
    assert (tally.all.scored, tally.all.correct) == (3, 2)
    assert run_annotations.set_tags(database, run, ["imported"]) == ("imported",)
    assert [hit.run for hit in search.search(database, "quokka")] == [run]
    assert str(folder) in runs.run_versions(database, run)["imported from"]


def test_what_we_exported_comes_back_as_it_was(database: Database, tmp_path: Path) -> None:
    study = fakes.study(8, profiles=2)
    run = runs.create_run(database, study, {})
    worker = fakes.FakeWorker(database, study)
    while batch := worker.claim(8):
        for claimed in batch:
            worker.finish(claimed, took=0.25)
    align_system(database, run, tmp_path / "out")
    again = import_run(database, read(tmp_path / "out" / "moral-desert-high"))
    before = [r for r in results.all_results(database, run) if r.profile == 1]
    after = list(results.all_results(database, again))
    for one, other in zip(sorted(before, key=lambda r: r.scenario), after, strict=True):
        assert (one.choice, one.reasoning, one.probabilities) == (
            other.choice, other.reasoning, other.probabilities,
        )  # fmt: skip
    [old] = [t for t in results.tallies(database, run) if t.profile == 1]
    [new] = results.tallies(database, again)
    assert (new.target, new.all, new.discriminating) == (old.target, old.all, old.discriminating)
    old_study, new_study = runs.load_study(database, run), runs.load_study(database, again)
    assert [s.hash for s in new_study.scenarios] == [s.hash for s in old_study.scenarios]


def test_without_a_configuration_it_is_read_and_said(database: Database, tmp_path: Path) -> None:
    found = read(
        directory(tmp_path / "bare", [record(1, {"choice": 0})], None) / "input_output.json"
    )
    assert found.targets == () and "are unknown" in " ".join(found.notes)
    run = import_run(database, found, (Target("moral_desert", 0.0),))
    [tally] = results.tallies(database, run)
    assert (tally.target, tally.all.correct) == ("moral_desert=0.0", 0)
    other = import_run(database, found)
    assert results.tallies(database, other) == []


@pytest.mark.parametrize(
    ("records", "config", "said"),
    [
        ([record(1, None)], CONFIG, "has no decisions"),
        ([record(1, {"choice": 7})], CONFIG, "names choice 7"),
        ([record(1, {"choice": 0})], "adm: &a [*a]", "aliases"),
        ([record(1, {"choice": 0})], "!!python/object:os.system x", "config.yaml"),
        ([record(1, {"choice": 0})], "- a list", "must be an object"),
    ],
)
def test_what_is_no_run_is_refused_with_its_place(
    tmp_path: Path, records: list[Any], config: str, said: str
) -> None:
    with pytest.raises(DatasetError) as error:
        read(directory(tmp_path / "x", records, config))
    assert said in f"{error.value.message} {error.value.hint}"


def test_scenarios_alone_are_no_run(tmp_path: Path) -> None:
    (tmp_path / "input_output.json").write_text(
        json.dumps([{"id": "i", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}])
    )
    with pytest.raises(DatasetError, match="contains scenarios, not a run"):
        read(tmp_path)
    with pytest.raises(DatasetError):
        read(tmp_path / "nowhere")


def test_a_failure_half_way_leaves_no_run(database: Database, tmp_path: Path) -> None:
    found = read(directory(tmp_path / "x", [record(1, {"choice": 0}), record(2, None)]))
    broken = replace(found.decisions[0], scenario=1, choice=9)
    with pytest.raises(IndexError):
        import_run(database, replace(found, decisions=(*found.decisions, broken)))
    assert runs.list_runs(database) == []


async def test_nobody_can_decide_for_another_program() -> None:
    from align_tui.adms.registry import make_adm
    from align_tui.config.profile import Profile

    profile = Profile.model_validate({"name": "x", "adm": {"kind": "imported", "adm": "y"}})
    decide = make_adm(profile, load_attributes())
    with pytest.raises(AdmError, match="imported"):
        await decide(fakes.scenarios(1)[0], (), None)  # type: ignore[arg-type]


def test_imported_runs_are_no_work(database: Database, tmp_path: Path) -> None:
    import_run(database, read(directory(tmp_path / "x", [record(1, {"choice": 0})])))
    assert queue.claim(database, "w", 9) == []


def test_the_command_reads_all_before_it_writes_any(tmp_path: Path) -> None:
    good = directory(tmp_path / "good", [record(1, {"choice": 0})])
    bad = directory(tmp_path / "bad", [record(1, None)])
    assert align_tui("import", str(good), str(bad)).returncode == 2
    assert align_tui("runs", "--json").stdout == ""
    done = align_tui("import", str(good), "--target", "MoralDesert=0")
    assert done.returncode == 0
    assert "moral_desert 0" in align_tui("show", done.stdout.strip()[-4:]).stdout


def test_a_real_run(database: Database, shared_data: Path) -> None:
    found = read(shared_data / "align_system" / "run_comp_reg_icl")
    run = import_run(database, found)
    assert runs.get_run(database, run).done == len(found.scenarios) == 4
    study: Study = runs.load_study(database, run)
    assert all(r.reasoning for r in results.all_results(database, run))
    assert study.scenarios[0].choices[7].text == "Treat Patient A"
