"""A bundle or a run is decided again, and compared decision by decision."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.cli import run as command
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import BundleError, ConfigError
from align_tui.formats.bundle.verify import read_bundle
from align_tui.services import rerunning
from align_tui.services.bundling import bundle_of, write_bundle
from align_tui.services.rescoring import rescore
from align_tui.store import runs
from align_tui.store.database import Database, open_database
from align_tui.studies.rescoring import Rescoring
from tests import again
from tests.conftest import make_study
from tests.store.bundle_changes import (
    failed,
    flipped_score,
    other_body,
    other_choice,
    other_definition,
    other_profile,
    other_source,
    other_tally,
    rewritten,
    study,
)


def test_a_fresh_database_decides_it_again_alike(database: Database, tmp_path: Path) -> None:
    run, path = again.decided(database, study()), tmp_path / "run.zip"
    write_bundle(database, run, path)
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        bundle, is_file = rerunning.read_source(None, str(path))
        made = rerunning.study_to_repeat(bundle)
        new = rerunning.start(db, bundle, made, {"align-tui": "test"})
        row = runs.get_run(db, new)
        assert is_file and row.parent is None and row.pending == 12
        assert runs.run_versions(db, new)["repeats run"] == run
        again.decide_all(db, new)
        found = rerunning.compared(db, bundle, new)
        assert found.is_equal and found.same_texts == len(found.samples) == 12, found
        # The bundle of the new run is that of the old one, but for its name and its times.
        same = bundle_of(db, new)
        assert same.profiles == bundle.profiles and same.texts == bundle.texts
        assert [each.seed for each in same.samples] == [each.seed for each in bundle.samples]
        # Another model decides otherwise, and the comparison says where.
        other = rerunning.start(db, bundle, made, {"align-tui": "test"})
        again.decide_all(db, other, salt="another model")
        found = rerunning.compared(db, bundle, other)
        assert not found.is_equal and found.count("differs") and found.same_texts >= 3
        # A run of the database is repeated as well as a bundle; what is open differs.
        source, is_file = rerunning.read_source(db, new)
        third = rerunning.start(db, source, rerunning.study_to_repeat(source), {})
        assert not is_file and rerunning.compared(db, source, third).count("missing") == 12


def test_a_rescored_run_is_bundled_and_decided_again(database: Database, tmp_path: Path) -> None:
    run = again.decided(database, study())
    child = rescore(database, run, Rescoring(scoring="naacl", alignment="squared_distance")).run
    path = tmp_path / "child.zip"
    write_bundle(database, child, path)
    assert failed(path) == []
    bundle = read_bundle(path)
    before = bundle_of(database, run)
    assert bundle.run.parent == run and bundle.texts == before.texts
    templates = [each for each in before.sources if each.kind == "template"]
    assert [each for each in bundle.sources if each.kind == "template"] == templates
    new = rerunning.start(database, bundle, rerunning.study_to_repeat(bundle), {})
    again.decide_all(database, new)
    assert rerunning.compared(database, bundle, new).is_equal


def test_what_cannot_be_decided_again_is_refused(database: Database, tmp_path: Path) -> None:
    imported = Profile.model_validate({"name": "i", "adm": {"kind": "imported", "adm": "x"}})
    run = runs.create_run(database, replace(make_study(), profiles=(imported,)), {})
    with pytest.raises(ConfigError, match="cannot decide again"):
        rerunning.study_to_repeat(bundle_of(database, run))
    with pytest.raises(BundleError, match="no bundle or run"):
        rerunning.read_source(database, str(tmp_path / "none.zip"))
    empty = bundle_of(database, runs.create_run(database, make_study(), {}))
    with pytest.raises(BundleError, match="no decision"):
        rerunning.start(database, empty, empty.study(), {})


CODE = "async def decide(scenario, targets, llm, parameters):\n    return 0\n"


def test_code_in_a_bundle_runs_only_when_it_is_trusted(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from align_tui.config.code import with_hashes

    file = tmp_path / "mine.py"
    file.write_text(CODE)
    adm = {"kind": "custom", "file": str(file), "needs_model": False}
    custom = with_hashes(Profile.model_validate({"name": "c", "adm": adm}))
    run = again.decided(database, Study("s", (custom,), again.scenarios(2)))
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    file.write_text("raise SystemExit")  # this machine's file is another one now
    monkeypatch.delenv("ALIGN_TUI_TRUST")
    fresh = str(tmp_path / "fresh.db")
    assert command(["rerun", str(path), "--db", fresh]) == 2
    assert "cannot ask you" in capsys.readouterr().err and not Path(fresh).exists()
    [profile] = rerunning.study_to_repeat(read_bundle(path)).profiles
    stored = Path(profile.adm.file)  # type: ignore[attr-defined]
    assert stored.read_text() == CODE and stored != file
    bundle = other_source(read_bundle(path), "file")
    with pytest.raises(BundleError, match="not the code that decided"):
        rerunning.study_to_repeat(bundle)
    bundle = replace(read_bundle(path), sources=[])
    with pytest.raises(ConfigError, match="does not contain it"):
        rerunning.study_to_repeat(bundle)


def test_the_commands(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = again.decided(database, make_study())
    db, path = str(tmp_path / "runs.db"), tmp_path / "run.zip"
    assert command(["bundle", run, "-o", str(path), "--db", db]) == 0
    capsys.readouterr()
    assert command(["verify", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] and {each["name"] for each in said["checks"]} >= {"parts", "scores"}
    changed = rewritten(other_tally(read_bundle(path)), tmp_path / "changed.zip")
    assert command(["verify", str(changed)]) == 1
    assert "the tally is not that of its scores" in capsys.readouterr().out
    assert command(["rerun", str(path), "--db", str(tmp_path / "new.db"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["equal"] and said["same_decision"] == 6 and said["repeats"] == run
    more = ["--db", str(tmp_path / "new.db")]
    assert command(["rerun", str(path), "--resume", said["run"], "--json", *more]) == 0
    assert json.loads(capsys.readouterr().out) == said
    assert command(["rerun", str(path), "--resume", run, "--db", db]) == 2
    assert "does not repeat run" in capsys.readouterr().err
    assert command(["rerun", str(path), "--resume", "x", "--model", "a=b", *more]) == 2
    assert "do not fit" in " ".join(capsys.readouterr().err.split())
    other = rewritten(other_choice(read_bundle(path)), tmp_path / "other.zip")
    assert command(["rerun", str(other), "--db", str(tmp_path / "new.db")]) == 1
    assert "another decision" in capsys.readouterr().out


def test_servers_of_a_bundle_are_asked_only_after_a_yes(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = {"base_urls": ["http://localhost:1/v1"], "api_key_env": "MY_KEY"}
    backbone = {"kind": "openai", "model": "m", "server": server}
    asked = Profile.model_validate({"name": "a", "adm": {"kind": "baseline"}, "backbone": backbone})
    run = again.decided(database, Study("s", (asked,), again.scenarios(1)))
    path, fresh = tmp_path / "run.zip", tmp_path / "fresh.db"
    write_bundle(database, run, path)
    monkeypatch.delenv("ALIGN_TUI_TRUST")
    assert command(["rerun", str(path), "--db", str(fresh)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "http://localhost:1/v1 (with the key in MY_KEY)" in said and not fresh.exists()


def test_a_bundle_whose_study_was_changed_is_not_repeated(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "run.zip"
    write_bundle(database, again.decided(database, study()), path)
    for change in (other_definition, other_profile, other_body):
        changed = rewritten(change(read_bundle(path)), tmp_path / "changed.zip")
        with pytest.raises(BundleError) as refused:
            rerunning.read_source(None, str(changed))
        assert "align-tui verify" in (refused.value.hint or "")
    scored = rewritten(flipped_score(read_bundle(path)), tmp_path / "scored.zip")
    assert rerunning.read_source(None, str(scored))[1]  # scores are computed anew
