"""What a run decides with is stored with it, and is in the identity of its profiles."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.prompts import styles
from align_tui.config.study import Study
from align_tui.core.sources import Source, of_bytes
from align_tui.store import inheritance, run_models, run_sources, runs
from align_tui.store.database import Database
from align_tui.store.run_models import HASHING, RunModel, model_changes
from tests.conftest import HIGH, make_profile, make_scenarios, make_study
from tests.store.test_run_inputs import define


def asking(**more: object) -> Study:
    profile = make_profile("p", "prompt_aligned", target=HIGH, **more)
    return Study("asking", (profile,), make_scenarios(1))


def by_name(db: Database, run: str) -> dict[tuple[str, str], Source]:
    return {(each.kind, each.name): each for each in run_sources.sources_of(db, run)}


def test_templates_definitions_functions_and_versions_are_stored(database: Database) -> None:
    study = asking(prompt={"user": "Say: {{ scenario.text }}"})
    run = runs.create_run(database, study, {"align-tui": "1", "commit": "abc"})
    found = by_name(database, run)
    assert found["template", "prompt.user"].text == "Say: {{ scenario.text }}"
    assert found["template", "style default: aligned"].text == styles.DEFAULT.aligned
    assert ("template", "style default: user") not in found  # the profile's own replaces it
    assert '"commit":"abc"' in found["program", "versions"].text
    assert "moral_desert" in found["attribute", "moral_desert"].text
    assert all(each.is_whole for each in found.values())
    ranked = by_name(database, runs.create_run(database, make_study(1), {}))
    assert '"epsilon"' in ranked["alignment", "average_distance"].text
    runs.delete_run(database, run)
    assert {row[0] for row in database.read("SELECT hash FROM sources")} == {
        row[0] for row in database.read("SELECT hash FROM run_sources")
    }


def test_a_custom_file_is_stored_as_it_was(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("async def decide(*given):\n    return 0\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    adm = {"kind": "custom", "file": str(file), "needs_model": False, "code_sha256": digest}
    profile = Profile.model_validate({"name": "p", "adm": adm})
    study = Study("custom", (profile,), make_scenarios(1))
    first = runs.create_run(database, study, {})
    before = by_name(database, first)["file", str(file)]
    file.write_text("raise SystemExit\n")
    child = runs.create_run(database, study, {}, parent=first)
    assert by_name(database, child)["file", str(file)] == before  # what its profile pins
    assert before.sha256 == digest and "return 0" in before.text
    file.unlink()
    assert by_name(database, runs.create_run(database, study, {}))["file", str(file)] == before


@pytest.mark.parametrize("data", [b"x = 1\n", "ü = 1".encode(), b"\xff\xfe\x00", b"a\x00b", b""])
def test_a_file_of_any_bytes_is_whole(data: bytes) -> None:
    found = of_bytes("file", "f", data)
    assert found.is_whole and found.sha256 == hashlib.sha256(data).hexdigest()
    assert not replace(found, text=found.text + "!").is_whole


def test_an_edited_pack_or_template_is_another_identity(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so a child run does not inherit, while a run that stores no sources does."""
    define("As it was.")
    study = asking()

    def child_of(parent: str) -> int:
        child = runs.create_run(database, study, {}, parent=parent, enqueue=False)
        return len(inheritance.inherited(database, child, study))

    run = runs.create_run(database, study, {})
    decided(database, run)
    same = runs.create_run(database, study, {})
    assert run_sources.identities(database, run) == run_sources.identities(database, same)
    assert child_of(run) == 1
    define("As it is now.")
    edited = runs.create_run(database, study, {})
    assert run_sources.identities(database, edited) != run_sources.identities(database, run)
    assert child_of(run) == 0
    define("As it was.")
    other = replace(styles.DEFAULT, user="Other: {{ scenario.text }}")
    monkeypatch.setattr(styles, "DEFAULT", other)
    assert child_of(run) == 0
    with database.write() as connection:
        connection.execute("UPDATE run_profiles SET identity=NULL WHERE run=?", (run,))
    assert child_of(run) == 1


def decided(db: Database, run: str) -> None:
    with db.write() as connection:
        connection.execute("UPDATE samples SET status='done' WHERE run=?", (run,))
        connection.execute(
            "INSERT INTO results (sample, finished, started, choice, latency_s)"
            " SELECT id, 1, 0, 0, 1 FROM samples WHERE run=?",
            (run,),
        )


def model(files: dict[str, str] | None, state: str = "") -> RunModel:
    return RunModel(0, "", "m", "sha256:m", files, {"device": "cpu"}, state)


def test_a_model_is_known_once_its_files_are_hashed(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    run_models.record(database, run, model(None, HASHING))
    assert "files: hashing" in runs.run_versions(database, run)[f"identity of {first_name()}"]
    files = {"config.json": "a" * 64, "chat_template.jinja": "b" * 64}
    run_models.record(database, run, model(files))
    run_models.record(database, run, model(files))
    [found] = run_models.models_of(database, run)
    assert found.files == files and found.state == ""
    assert "2 files, SHA-256" in runs.run_versions(database, run)[f"identity of {first_name()}"]
    other = model({**files, "chat_template.jinja": "c" * 64})
    assert model_changes([found], [other]) == ("chat_template.jinja",)
    assert model_changes([found], [model(None, HASHING)]) == ()


def first_name() -> str:
    return make_study(1).profiles[0].name


def test_decisions_of_another_model_are_not_inherited(database: Database) -> None:
    study = asking()
    run = runs.create_run(database, study, {})
    decided(database, run)
    run_models.record(database, run, model({"a": "1" * 64}))
    child = runs.create_run(database, study, {}, parent=run, enqueue=False)
    assert len(inheritance.inherited(database, child, study)) == 1  # its model is not known yet
    before = inheritance.fingerprint(database, child)
    run_models.record(database, child, model({"a": "2" * 64}))
    assert inheritance.inherited(database, child, study) == {}
    assert inheritance.fingerprint(database, child) != before


def test_models_of_one_name_with_other_files_are_told(database: Database) -> None:
    from align_tui.output.report.data import gather
    from align_tui.output.report.markdown import markdown

    made = []
    for sign in "12":
        run = runs.create_run(database, asking(), {})
        decided(database, run)
        run_models.record(database, run, model({"config.json": "0", "chat_template.jinja": sign}))
        made.append(run)
    text = markdown(gather(database, made))
    assert "differ: chat_template.jinja." in text.replace("\\", "")
    assert "config.json." not in text
