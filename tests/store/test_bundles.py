"""A bundle has the same bytes for the same run, all of it, and no secret."""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import BundleError, StoreError
from align_tui.core.scenarios import Choice
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import read_archive
from align_tui.formats.bundle.content import written
from align_tui.formats.bundle.verify import read_bundle, verify
from align_tui.output.report.data import gather
from align_tui.services import rerunning
from align_tui.services.bundling import bundle_of, import_bundle, write_bundle
from align_tui.services.rescoring import rescore
from align_tui.store import results, run_annotations, runs, search
from align_tui.store.database import Database, open_database
from align_tui.store.stored_decisions import decisions_of
from align_tui.studies.rescoring import Rescoring
from tests import again
from tests.store.bundle_changes import (
    failed,
    other_tally,
    rewritten,
    study,
)

OLD = Path(__file__).parent.parent / "data" / "v0_1"


@pytest.fixture
def whole(database: Database, tmp_path: Path) -> tuple[str, Path]:
    run = again.decided(database, study())
    first = next(iter(runs_samples(database, run)))
    run_annotations.set_verdict(database, first, "agree")
    run_annotations.toggle_bookmark(database, first)
    run_annotations.set_tags(database, run, ["paper"])
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    return run, path


def runs_samples(db: Database, run: str) -> list[int]:
    return [row[0] for row in db.read("SELECT id FROM samples WHERE run=? ORDER BY id", (run,))]


def test_the_same_run_has_the_same_bytes_and_holds_all_of_it(
    database: Database, tmp_path: Path, whole: tuple[str, Path]
) -> None:
    run, path = whole
    write_bundle(database, run, tmp_path / "second.zip")
    assert path.read_bytes() == (tmp_path / "second.zip").read_bytes()
    assert all(check.status == "ok" for check in verify(path)), verify(path)
    bundle = read_bundle(path)
    assert bundle == bundle_of(database, run) and dict(written(bundle)) == dict(
        read_archive(path).parts
    )
    assert bundle.run.tags == ["paper"] and bundle.samples[0].verdict == "agree"
    assert bundle.samples[0].bookmarked and bundle.samples[0].responses[0].raw
    assert bundle.study() == runs.load_study(database, run)
    shown = bundle.study().profiles[1].examples
    assert shown is not None and shown.loaded.examples
    assert bundle.examples and bundle.attributes and bundle.tallies
    assert {each.kind for each in bundle.sources} >= {"template", "alignment"}
    with zipfile.ZipFile(path) as archive:  # any program reads it
        lines = archive.read(p.SAMPLES).decode().splitlines()
        assert len(lines) == 12 and json.loads(lines[0])["result"]["choice"] in (0, 1, 2)
        assert "sha256sum" in archive.read(p.README).decode()


def test_an_imported_bundle_is_the_run_as_it_was(
    tmp_path: Path, whole: tuple[str, Path], database: Database
) -> None:
    run, path = whole
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        assert import_bundle(db, path) == run
        write_bundle(db, run, tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()
        assert results.tallies(db, run) == results.tallies(database, run)
        assert search.search(db, "Because") and gather(db, [run])
        with pytest.raises(StoreError, match="in this database already"):
            import_bundle(db, path)
        other = rewritten(other_tally(read_bundle(path)), tmp_path / "changed.zip")
        with pytest.raises(BundleError, match="tally"):
            import_bundle(db, other)
        runs.delete_run(db, run)
        assert import_bundle(db, path) == run


SECRET = "sk-proj-4f9aVq2LmZ77pQ81xT"  # gitleaks:allow


def test_no_secret_and_no_home_folder_is_in_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "alice"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MY_SERVER_KEY", SECRET)
    monkeypatch.setenv("ODD_NAME", "another-secret-9")
    server = {
        "base_urls": ["http://localhost:1/v1"], "api_key_env": "ODD_NAME",
        "extra": {"headers": {"Authorization": "Bearer hidden-777"}, "max_tokens": 7},
    }  # fmt: skip
    asked = Profile.model_validate(
        {"name": "a", "adm": {"kind": "baseline"},
         "backbone": {"kind": "openai", "model": str(home / "model"), "server": server}}
    )  # fmt: skip
    scenarios = list(again.scenarios(2))
    scenarios[1] = replace(
        scenarios[1], text=f"The key {SECRET}", choices=(Choice(f"{SECRET}"), Choice("b"))
    )
    study = Study("s", (asked,), tuple(scenarios), notes=(f"in {home}/x", SECRET))
    versions = {"from": f"{home}/runs", "key": SECRET}
    run = runs.create_run(database, study, versions)
    again.decide_all(database, run)
    run_annotations.set_note(database, run, f"with {SECRET} at {home}")
    with database.write() as connection:
        connection.execute(
            "UPDATE results SET reasoning=?, notes=?", (SECRET, json.dumps([SECRET]))
        )
        connection.execute("UPDATE responses SET raw=?", (f"{SECRET} another-secret-9",))
        connection.execute("UPDATE run_profiles SET model=?", (f"{home}/model sha256:1",))
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    content = path.read_bytes()
    for hidden in (SECRET, "another-secret-9", "hidden-777", str(home), "alice"):
        assert hidden.encode() not in content, hidden
    bundle = read_bundle(path)
    assert bundle.profiles[0].changed and b"ODD_NAME" in content
    assert bundle.profiles[0].body["backbone"]["server"]["extra"]["max_tokens"] == 7
    assert bundle.profiles[0].body["backbone"]["model"] == "~/model"
    assert not {"parts", "schema", "hashes"} & set(failed(path)), verify(path)
    back = rerunning.study_to_repeat(bundle)
    assert back.profiles[0].backbone.model == str(home / "model")
    assert rerunning.servers_of(back) == (("http://localhost:1/v1", "ODD_NAME"),)


def test_runs_of_version_0_1_are_bundled_and_checked(tmp_path: Path) -> None:
    shutil.copy(OLD / "runs.db", tmp_path / "old.db")
    with contextlib.closing(open_database(tmp_path / "old.db")) as db:
        for number, row in enumerate(runs.list_runs(db)):
            path = tmp_path / f"{number}.zip"
            write_bundle(db, row.id, path)
            assert failed(path) == [], verify(path)
            bundle = read_bundle(path)
            assert bundle.run.seed_rule == "content"
            if row.done and all(e.adm.traits.can_decide for e in bundle.study().profiles):
                new = rerunning.start(db, bundle, rerunning.study_to_repeat(bundle), {})
                assert bundle_of(db, new).run.seed_rule == "content"
                assert bundle_of(db, new).run.day == bundle.run.day


def test_a_child_finds_its_parent_whichever_comes_first(database: Database, tmp_path: Path) -> None:
    run = again.decided(database, study())
    child = rescore(database, run, Rescoring(scoring="naacl")).run
    paths = {name: tmp_path / f"{name}.zip" for name in (run, child)}
    for name, path in paths.items():
        write_bundle(database, name, path)
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        import_bundle(db, paths[child])
        assert runs.get_run(db, child).parent is None
        assert runs.run_versions(db, child)["child of run"] == run
        write_bundle(db, child, tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == paths[child].read_bytes()
        import_bundle(db, paths[run])
        assert runs.get_run(db, child).parent == run
        write_bundle(db, child, tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == paths[child].read_bytes()
    # Two bundles that name each other as their parent do not make a circle.
    odd = read_bundle(paths[run])
    odd = replace(odd, run=odd.run.model_copy(update={"parent": child}))
    with contextlib.closing(open_database(tmp_path / "odd.db")) as db:
        import_bundle(db, rewritten(odd, tmp_path / "odd.zip"))
        import_bundle(db, paths[child])
        assert [runs.get_run(db, each).parent for each in (run, child)] == [None, run]


def test_ratings_keep_the_order_of_their_attributes(database: Database, tmp_path: Path) -> None:
    target = [{"attribute": "moral_desert", "value": 1.0}, {"attribute": "fairness", "value": 0.0}]
    rated = again.profile("r", "comparative_regression", target=target, order="both")
    run = again.decided(database, Study("s", (rated,), again.scenarios(1)))
    write_bundle(database, run, tmp_path / "run.zip")
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        import_bundle(db, tmp_path / "run.zip")
        for each in (database, db):
            [made] = decisions_of(each, list(results.all_results(each, run))).values()
            for part in (made, *made.halves):
                assert part.predictions is not None and len(made.halves) == 2
                assert [*part.predictions[0]] == ["moral_desert", "fairness"]


def test_no_path_of_the_home_folder_is_in_a_setting(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "alice"
    monkeypatch.setenv("HOME", str(home))
    body = {
        "name": "a", "target": again.HIGH,
        "adm": {"kind": "hybrid_regression", "records": [f"{home}/r.jsonl", "demo-triage"]},
        "models": {"embedding": {"kind": "embedding", "model": f"{home}/m"}},
        "examples": {"scenarios": [f"{home}/e.jsonl"]},
    }  # fmt: skip
    study = Study("s", (Profile.model_validate(body),), again.scenarios(1))
    bundle = bundle_of(database, runs.create_run(database, study, {}))
    assert "alice" not in json.dumps(bundle.profiles[0].body)
    back = bundle.study(rerunning.expanded).profiles[0]
    assert back.body() == study.profiles[0].body()
