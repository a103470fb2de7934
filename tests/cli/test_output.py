"""Standard output that is full, closed or not UTF-8: a sentence says so, and data stays whole."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from align_tui.store.database import Database
from tests import hostile
from tests.conftest import make_study
from tests.tui import fakes

COMMANDS = [["export"], ["show"], ["runs", "--json"], ["--help"]]


@pytest.fixture
def run(database: Database) -> str:
    study = fakes.study(2)
    return hostile.decided_run(database, study, failures=False)


def called(arguments: list[str], **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    more.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run(command, stderr=subprocess.PIPE, timeout=200, **more)
    assert b"Traceback" not in done.stderr and b"unexpected error" not in done.stderr, done.stderr
    assert b"Exception ignored" not in done.stderr
    return done


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_and_ends_with_1(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = called(arguments, stdout=full)
    assert done.returncode == 1
    assert b"cannot be written" in done.stderr and b"No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.usefixtures("run")
def test_a_named_output_that_is_full_is_told(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    done = called(["report", "-o", str(tmp_path / "full")])
    assert done.returncode == 1 and b"No space left on device" in done.stderr
    assert (tmp_path / "full").is_symlink() and Path("/dev/full").is_char_device()


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
from align_tui.cli import run
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.usefixtures("run")
def test_a_file_that_cannot_grow_leaves_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "report.md"
    out.write_text("old", encoding="utf-8")
    command = [sys.executable, "-c", LIMITED, "report", "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 1 and "cannot be written" in done.stderr, done.stderr
    assert out.read_text(encoding="utf-8") == "old"
    assert not list(tmp_path.glob(".align-tui-*"))


@pytest.mark.usefixtures("run")
def test_a_closed_output_and_a_reader_that_leaves_are_no_tracebacks() -> None:
    program = f"{sys.executable} -m align_tui"
    for line in (f"{program} show >&-", f"{program} export 2>&- >/dev/null", f"{program} keys | :"):
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=200)
        assert b"Traceback" not in done.stderr and done.returncode == 0, (line, done.stderr)


def test_standard_output_by_its_names_is_written_to_and_stays(run: str) -> None:
    expected = called(["export", run, "--format", "csv"]).stdout
    assert called(["export", run, "--format", "csv", "-o", "/dev/stdout"]).stdout == expected
    assert Path("/dev/stdout").is_symlink()


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
LOCALES = [ASCII, {"PYTHONIOENCODING": "latin-1"}]


@pytest.mark.parametrize("locale", LOCALES, ids=["ascii", "latin-1"])
def test_tables_have_like_signs_and_data_is_utf8(database: Database, locale: Any) -> None:
    study = make_study(2)
    object.__setattr__(study, "name", "Zürich – 医師 ✓")
    hostile.decided_run(database, study, failures=False)
    environment = {**os.environ, **locale}
    table = called(["runs"], env=environment)
    encoding = "latin-1" if "latin" in str(locale) else "ascii"
    said = table.stdout.decode(encoding)
    assert table.returncode == 0 and "rich - ???? +" in said
    assert table.stderr.count(b"replaced some characters") == 1
    data = called(["runs", "--json"], env=environment)
    assert json.loads(data.stdout.decode("utf-8"))["name"] == study.name and not data.stderr
    done = called(["report"], env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Zürich – 医師 ✓" in done.stdout.decode("utf-8")


def test_what_is_made_for_the_user_is_the_users_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        home = tmp_path / "data" / "align-tui"
        environment = {**os.environ, "ALIGN_TUI_DB": str(home / "runs.db")}
        call = ["run", "-p", "random", "-s", "demo-triage", "--limit", "2"]
        assert called(call, env=environment).returncode == 0
        rows = tmp_path / "rows.jsonl"
        call = ["scenarios", "export", "demo-triage", "-o", str(rows)]
        assert called(call).returncode == 0
        assert called(["scenarios", "import", str(rows), "--name", "x"]).returncode == 0
        assert called(["profiles", "new", "mine"]).returncode == 0
    finally:
        os.umask(before)
    made = {p: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*") if p != rows}
    files = {p.name: mode for p, mode in made.items() if p.is_file()}
    assert {"runs.db", "x.jsonl", "mine.toml"} <= set(files)
    assert any(name.endswith(".log") for name in files)  # a worker's process
    ours = {p: mode for p, mode in made.items() if "align-tui" in str(p.relative_to(tmp_path))}
    assert {p: oct(m) for p, m in ours.items() if m & 0o077} == {}
    assert stat.S_IMODE(rows.stat().st_mode) == 0o644
