"""No process imports a module of its working folder: real processes in a folder of traps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from align_tui.cli.app import app
from align_tui.isolation import own_command
from align_tui.store import workers
from align_tui.store.database import Database
from align_tui.store.launch import ensure_worker
from tests.conftest import REPO

# Without modules that Python itself imports for `-m` before any line of the program. Because of
# those, users start the command align-tui, and the program starts processes with -P.
TRAPS = (
    "pydantic", "textual", "typing", "json", "typer", "click", "rich", "torch", "sqlite_utils",
    "tomllib", "platformdirs", "psutil", "signal", "logging", "datetime", "random", "asyncio",
    "subprocess", "socket", "aiohttp", "textual_serve", "code", "transformers", "jinja2", "runpy",
    "dataclasses", "pathlib", "sitecustomize", "usercustomize", "align_tui_custom",
)  # fmt: skip


@pytest.fixture
def trapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose modules leave a marker when they are imported."""
    folder = tmp_path / "trapped"
    folder.mkdir()
    for name in TRAPS:
        line = f"open({str(folder / 'ran')!r}, 'a').write({name!r} + chr(10))\n"
        (folder / f"{name}.py").write_text(line)
    monkeypatch.chdir(folder)
    return folder


def nothing_ran(folder: Path) -> bool:
    marker = folder / "ran"
    assert not marker.exists(), marker.read_text()
    return True


def commands() -> list[tuple[str, ...]]:
    """The words of every command, those of groups included."""
    group = typer.main.get_command(app)
    found: list[tuple[str, ...]] = []

    def walk(command: object, words: tuple[str, ...]) -> None:
        for name, each in getattr(command, "commands", {}).items():
            walk(each, (*words, name))
        if not getattr(command, "commands", {}):
            found.append(words)

    walk(group, ())
    assert len(found) > 20
    return found


SCRIPT = """
import sys
sys.path.insert(0, sys.argv.pop(1))  # as python -m has it
from align_tui.isolation import leave_working_folder
leave_working_folder(as_module=True)
from align_tui.cli import run
from pathlib import Path
for line in sys.stdin.read().splitlines():
    try:
        run(line.split())
    except SystemExit:
        pass
"""


def test_no_command_imports_what_lies_where_it_is_started(trapped: Path, tmp_path: Path) -> None:
    """One process runs all commands, since each imports other modules."""
    lines = [" ".join((*words, "--help")) for words in commands()]
    lines += [
        "run -p random -s demo-triage --limit 1 --detach", "show", "export", "report", "runs",
        "replay --json", "profiles list", "profiles show baseline", "scenarios list", "keys",
        "workers list", "workers stop", "profiles check random", "scenarios show demo-triage",
        "serve --run nobody", "--run nobody", "browse", "import nowhere", "delete nobody --yes",
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(trapped)],
        input="\n".join(lines), text=True, capture_output=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "random" in done.stdout and "Traceback" not in done.stderr
    assert nothing_ran(trapped)


@pytest.mark.parametrize("entries", ["", ".", "REPO::.", "./x:REPO"])
def test_python_m_by_hand(trapped: Path, entries: str) -> None:
    """Python puts the working folder first on its path, or PYTHONPATH has a relative entry."""
    path = ":".join(filter(None, (str(REPO), entries.replace("REPO", str(REPO)))))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    command = [sys.executable, "-m", "align_tui", "profiles", "list"]
    # Python itself imports sitecustomize from PYTHONPATH, which the user controls.
    (trapped / "sitecustomize.py").unlink()
    (trapped / "usercustomize.py").unlink()
    done = subprocess.run(
        command,
        env={**environment, "PYTHONPATH": path},
        capture_output=True,
        timeout=200,
        text=True,
    )
    assert done.returncode == 0 and "moral-desert-high" in done.stdout, done.stderr
    assert nothing_ran(trapped)


def test_what_is_started_is_started_deaf_to_the_folder(
    trapped: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is isolated even if home is the trap and its parent set no variable."""
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("HOME", str(trapped))
    monkeypatch.setenv("ALIGN_TUI_IDLE_EXIT", "0.1")
    process = ensure_worker(database)
    assert process is not None and process.wait(60) == 0
    assert nothing_ran(trapped)
    assert workers.living(database) == []
    done = subprocess.run(own_command("--version"), capture_output=True, timeout=200)
    assert done.returncode == 0 and nothing_ran(trapped)
