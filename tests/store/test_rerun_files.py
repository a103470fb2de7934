"""A bundle is decided again on another machine: with its own records, and copies of its models."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.cli.model_copies import model_notes
from align_tui.config import paths
from align_tui.config.adm_params import UsesRecords
from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.errors import BackboneError, ConfigError
from align_tui.formats.bundle.verify import read_bundle, verify
from align_tui.formats.library import find_set
from align_tui.services import rerunning
from align_tui.services.bundling import bundle_of, write_bundle
from align_tui.services.repeat_files import require_files
from align_tui.store import run_models, runs
from align_tui.store.database import Database, open_database
from align_tui.studies.other_models import on_models
from align_tui.studies.records import with_records
from tests import again


def learning(*sets: Path) -> Study:
    """A study whose decision-maker learns from these files of records."""
    adm = {"records": [str(each) for each in sets]}
    models = {"embedding": {"kind": "demo-embedding"}}
    profile = again.profile("h", "hybrid_regression", adm=adm, models=models)
    return Study("s", (with_records(profile, load_attributes()),), again.scenarios(3))


def record_files(folder: Path, count: int) -> list[Path]:
    found = [folder / f"records{number}.jsonl" for number in range(count)]
    for path in found:
        shutil.copy(find_set("demo-triage"), path)
    return found


@pytest.mark.parametrize("count", [1, 2])
def test_records_come_with_the_bundle(database: Database, tmp_path: Path, count: int) -> None:
    files = record_files(tmp_path, count)
    study = learning(*files)
    run = again.decided(database, study)
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    assert not [check for check in verify(path) if check.status == "failed"]
    for file in files:
        file.unlink()  # the other machine has none of them
    with closing(open_database(tmp_path / "fresh.db")) as db:
        bundle = read_bundle(path)
        made = rerunning.study_to_repeat(bundle)
        require_files(made, bundle)
        new = rerunning.start(db, bundle, made, {})
        again.decide_all(db, new)
        assert rerunning.compared(db, bundle, new).is_equal
        # The new run stores the records too, so that its own bundle has them.
        same = bundle_of(db, new)
        assert [e for e in same.sources if e.kind == "records"] == [
            e for e in bundle.sources if e.kind == "records"
        ]


def test_other_records_are_no_records_of_the_run(database: Database, tmp_path: Path) -> None:
    files = record_files(tmp_path, 1)
    run = again.decided(database, learning(*files))
    bundle = bundle_of(database, run)
    text = next(each.text for each in bundle.sources if each.kind == "records")
    changed = text.replace("moral_desert", "fairness", 1)
    sources = [
        e.model_copy(update={"text": changed}) if e.kind == "records" else e for e in bundle.sources
    ]
    adm = replace(bundle, sources=sources).study().profiles[0].adm
    assert isinstance(adm, UsesRecords) and adm.loaded is None
    files[0].unlink()
    bare = replace(bundle, sources=[])
    with pytest.raises(ConfigError, match=r"does not have the records .*records0.jsonl \(hash"):
        require_files(rerunning.study_to_repeat(bare), bare)
    with pytest.raises(ConfigError, match=adm.records_sha256[:16]):
        require_files(rerunning.study_to_repeat(bare), bare)


def asking(model: Path, other: Path) -> Study:
    """A study of two columns on one model, and a third one on another."""
    of = {"kind": "transformers", "model": str(model), "dtype": "float32"}
    profiles = [again.profile(name, "baseline", backbone=of, target=[]) for name in ("one", "two")]
    third = again.profile("three", "baseline", backbone=of | {"model": str(other)}, target=[])
    return Study("s", (*profiles, third), again.scenarios(2))


def decided_on(db: Database, model: Path, other: Path) -> str:
    run = again.decided(db, asking(model, other))
    study = runs.load_study(db, run)
    for index, profile in enumerate(study.profiles):
        files = {"config.json": "1" * 64, "model.safetensors": "2" * 64}
        if profile.backbone.model == str(model):
            from align_tui.backbones.local.deciding_files import deciding_files
            from align_tui.backbones.local.files import ModelFiles
            from align_tui.files.hashes import hashes_of

            named = deciding_files(ModelFiles(model, ""))
            hashes = hashes_of(named.values(), paths.cache_dir())
            files = {name: hashes[path] for name, path in named.items()}
        run_models.record(db, run, run_models.RunModel(index, "", "m", "sha256:1", files))
    return run


def test_a_model_that_lies_elsewhere_is_named_and_replaced(
    database: Database, tmp_path: Path
) -> None:
    there, other = tmp_path / "there" / "smol", tmp_path / "there" / "large"
    shutil.copytree(paths.demo_model(), there)
    shutil.copytree(paths.demo_model(), other)
    bundle = bundle_of(database, decided_on(database, there, other))
    here = tmp_path / "my copy=of it"
    there.rename(here)
    other.rename(tmp_path / "large")
    study = rerunning.study_to_repeat(bundle)
    with pytest.raises(ConfigError) as missing:
        require_files(study, bundle)
    said = missing.value.message
    assert f"folder {there} (" in said and "needed by one, two" in said and "2" * 64 in said
    assert f"--model {other}=" in (missing.value.hint or "")
    made = on_models(study, [f"smol={here}", f"{other}={tmp_path / 'large'}"])
    require_files(made, bundle)
    assert made.profiles[0].backbone.dtype == "float32"
    assert [each.backbone.model for each in made.profiles] == [
        str(here), str(here), str(tmp_path / "large"),
    ]  # fmt: skip
    told = list(model_notes(made, bundle))
    assert [is_same for is_same, _ in told] == [True, False]
    assert "has the files that decided" in told[0][1]
    assert "model.safetensors (SHA-256 222222222222… then" in told[1][1]
    (here / "config.json").write_text((here / "config.json").read_text() + "\n")
    [first, _] = model_notes(made, bundle)
    assert not first[0] and "config.json (SHA-256" in first[1] and "model.saf" not in first[1]
    for text, words in (
        ("nope=x", "replaces no model"), (str(here), "replaces no model"), ("", "replaces no"),
        (f"smol={tmp_path / 'none'}", "no folder"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=words):
            on_models(study, [text])


def test_another_backbone_takes_the_place_of_every_main_model(database: Database) -> None:
    study = asking(Path("/models/a"), Path("/models/b"))
    made = on_models(study, [], "demo")
    assert {each.backbone.kind for each in made.profiles} == {"demo"}
    url = on_models(study, ["a=http://localhost:1/v1"])
    kinds = [each.backbone.kind for each in url.profiles]
    assert kinds == ["openai", "openai", "transformers"]
    assert rerunning.servers_of(url)[0][0] == "http://localhost:1/v1"


def test_a_folder_without_a_whole_model_is_refused_before_anything_runs(
    database: Database, tmp_path: Path
) -> None:
    there = tmp_path / "smol"
    shutil.copytree(paths.demo_model(), there)
    bundle = bundle_of(database, decided_on(database, there, there))
    (there / "model.safetensors").unlink()
    study = rerunning.study_to_repeat(bundle)
    require_files(study, bundle)
    with pytest.raises(BackboneError):
        list(model_notes(study, bundle))
