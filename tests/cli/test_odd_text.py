"""Text that no database accepts, from every source: it is repaired, and nothing fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events

from align_tui.config.library import load_profile
from align_tui.core.errors import ConfigError
from align_tui.formats.library import list_sets
from align_tui.formats.read import read_scenarios
from align_tui.store import results, runs, workers
from align_tui.store.database import open_database
from align_tui.tui.application import Shell
from align_tui.tui.dialogs.questions import InputDialog, TextDialog

ODD = """
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Message

HALF = "half \\ud83d and byte \\udce9"


async def decide(scenario, targets, llm, parameters):
    if parameters["way"] == "raises":
        raise RuntimeError(HALF)
    if parameters["way"] == "asks":
        from align_tui.adms.ask import ask

        reply = await ask(llm, [Message("user", HALF)], scenario.choice_texts)
        return Decision(ChoiceAnswer(reply.choice), HALF, responses=(reply,), notes=(HALF,))
    return Decision(ChoiceAnswer(0), HALF, notes=(HALF,))
"""


@pytest.fixture(autouse=True)
def workers_end() -> Iterator[None]:
    yield
    db = Path(os.environ["ALIGN_TUI_DB"])
    for worker in workers.list_workers(open_database(db)) if db.exists() else ():
        if workers.is_alive(worker):
            os.kill(worker.pid, 9)


def align_tui(*arguments: bytes | str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    made = subprocess.run(command, capture_output=True, timeout=200)
    assert b"Traceback" not in made.stdout + made.stderr
    return made


def test_a_run_with_odd_text_from_decision_makers_arguments_and_file_names(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(ODD)
    for way in ("returns", "raises", "asks"):
        (tmp_path / f"{way}.toml").write_text(
            f'[adm]\nkind = "custom"\nfile = "odd.py"\nway = "{way}"\n'
            f"needs_model = {str(way == 'asks').lower()}\n"
        )
    choice = '{"text": "%s \\ud83d", "labels": {"mercy": %d}}'
    odd_set = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    odd_set.write_text(
        '{"format": "align-tui/scenarios/1"}\n{"id": "a\\udcff", "text": "He \\ud83d\\ude00 waits '
        f'\\ude00.", "choices": [{choice % ("Go", 1)}, {choice % ("Stay", 0)}]}}\n'
    )
    odd_profile = tmp_path / os.fsdecode(b"n\xf6.toml")
    odd_profile.write_text('[adm]\nkind = "random"\n')
    profiles = [
        part
        for path in (*(tmp_path / f"{w}.toml" for w in ("returns", "raises", "asks")), odd_profile)
        for part in ("-p", os.fsencode(path))
    ]
    made = align_tui(
        "run", *profiles, "-s", os.fsencode(odd_set), "--set", b"description=caf\xe9", "--json"
    )
    lines = [json.loads(line) for line in made.stdout.decode().splitlines()]
    kinds = [line["event"] for line in lines]
    assert (made.returncode, kinds.count("decision"), kinds.count("failed")) == (1, 3, 1), made
    [failed] = [line for line in lines if line["event"] == "failed"]
    assert failed["error"]["kind"] == "adm" and "half \ufffd" in failed["error"]["message"]
    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    run = lines[0]["run"]
    study = runs.load_study(db, run)
    assert study.name == "caf\ufffd" and study.profiles[3].name == "n\ufffd"
    assert {profile.description for profile in study.profiles} == {"caf\ufffd"}
    [scenario] = study.scenarios
    assert (scenario.key, scenario.text) == ("a\ufffd", "He 😀 waits \ufffd.")
    assert scenario.choice_texts == ("Go \ufffd", "Stay \ufffd")
    found = {study.profiles[r.profile].name: r for r in results.all_results(db, run)}
    for way in ("returns", "asks"):
        assert found[way].reasoning == "half \ufffd and byte \ufffd"
        assert found[way].notes == ("half \ufffd and byte \ufffd",)
    [asked] = results.responses_of(db, found["asks"].sample)
    assert "half \ufffd and byte \ufffd" in asked.prompt
    db.close()
    # The words of a search are text too.
    for command in ("show", "report", "export"):
        assert align_tui(command, b"\xff").returncode == 2


def test_a_file_that_a_run_could_not_name_again_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "p.toml").write_text('[adm]\nkind = "custom"\nfile = "x.py"\n')
    with pytest.raises(ConfigError, match="is not UTF-8") as caught:
        load_profile(str(folder / "p.toml"))
    assert "Rename" in caught.value.hint
    model = folder / "m.gguf"
    model.write_bytes(b"GGUF")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_profile("baseline", backbone=str(model))


def test_names_of_sets_are_text(tmp_path: Path) -> None:
    from align_tui.config import paths
    from align_tui.config.attributes import load_attributes

    folder = paths.user_scenarios()
    folder.mkdir(parents=True)
    made = (paths.shipped_scenarios() / "demo-triage.toml").read_text()
    path = folder / os.fsdecode(b"caf\xe9.toml")
    path.write_text(made.replace("name =", "was ="))
    assert "caf\ufffd" in {entry.name for entry in list_sets()}
    read_scenarios(path, attributes=load_attributes()).name.encode()


async def test_what_is_typed_and_pasted_into_any_field_is_text() -> None:
    app = Shell()
    async with app.run_test() as pilot:
        answers: list[str | None] = []
        for screen in (InputDialog("a", "", "", False), TextDialog("a", "", False)):
            app.push_screen(screen, answers.append)
            await pilot.pause()
            for character in "a\ud83db":
                app.post_message(events.Key("x", character))
            app.post_message(events.Paste("c\udcff\ud83d\ude00"))
            await pilot.pause()
            await pilot.press("enter" if isinstance(screen, InputDialog) else "ctrl+s")
            await pilot.pause()
        assert answers == ["a\ufffdbc\ufffd😀"] * 2
