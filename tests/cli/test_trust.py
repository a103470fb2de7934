"""Code that a file names: the program asks once, remembers its hash, and never runs it unasked."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from align_tui import cli
from align_tui.cli import worker_keeper
from align_tui.cli.trust import require_trust
from align_tui.config import paths, trust
from align_tui.config.code import codes_of
from align_tui.config.options import Options
from align_tui.core.errors import CodeRefused
from align_tui.engine.process import serve
from align_tui.engine.worker import Settings
from align_tui.isolation import own_command
from align_tui.store import runs, workers
from align_tui.store.database import Database, open_database
from align_tui.studies.assemble import load_study
from align_tui.web import serving

CODE = """
from pathlib import Path
Path({marker!r}).open("a").write("ran ")

def decide(scenario, targets, llm, parameters):
    return 0
"""
STUDY = 'profiles = ["theirs.toml"]\nscenarios = ["demo-triage"]\nlimit = 1\n'


@pytest.fixture(autouse=True)
def nobody_said_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIGN_TUI_TRUST")


class Theirs:
    """Somebody else's study, whose decision-maker is code that leaves a marker."""

    def __init__(self, folder: Path, profile: Path | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.code, self.study, self.marker = folder / "code.py", folder / "s.toml", folder / "ran"
        self.code.write_text(CODE.format(marker=str(self.marker)))
        profile = profile or folder / "theirs.toml"
        profile.parent.mkdir(parents=True, exist_ok=True)
        profile.write_text(
            f'[adm]\nkind = "custom"\nfile = {json.dumps(str(self.code))}\nneeds_model = false\n'
        )
        self.study.write_text(STUDY)

    def ran(self) -> bool:
        return self.marker.exists()


@pytest.fixture
def theirs(tmp_path: Path) -> Theirs:
    return Theirs(tmp_path / "theirs")


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


Align = Callable[..., Done]


@pytest.fixture
def align(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Align]:
    """Run a command in this process, without a terminal; its worker is a thread."""
    threads: list[threading.Thread] = []

    def ensure_worker(db: Database) -> None:
        if workers.living(db):
            return
        settings = Settings(db.path, idle_exit_s=0.05)
        threads.append(threading.Thread(target=serve, args=(settings,)))
        threads[-1].start()
        while not workers.living(db) and threads[-1].is_alive():
            time.sleep(0.01)

    def do(*words: str) -> Done:
        capsys.readouterr()
        status = cli.run(list(words))
        return Done(status, *capsys.readouterr())

    monkeypatch.setattr(worker_keeper, "ensure_worker", ensure_worker)
    yield do
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def in_a_process(*words: str) -> Done:
    done = subprocess.run(
        own_command(*words), capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL
    )
    return Done(done.returncode, done.stdout, done.stderr)


def align_in_terminal(answer: str, *words: str) -> tuple[int, str]:
    """(exit status, all output) on a terminal where somebody answers."""
    parent, child = pty.openpty()
    process = subprocess.Popen(own_command(*words), stdin=child, stdout=child, stderr=child)
    os.close(child)
    seen = bytearray()

    def watch() -> None:
        answered = False
        try:
            while data := os.read(parent, 4096):
                seen.extend(data)
                if b"[y/N]" in seen and not answered:
                    answered = True
                    os.write(parent, answer.encode() + b"\n")
        except OSError:
            pass  # it has ended

    watching = threading.Thread(target=watch)
    watching.start()
    status = process.wait(90)
    watching.join(10)
    os.close(parent)
    return status, seen.decode()


def no_run() -> bool:
    path = paths.default_database()
    if not path.exists():
        return True
    db = open_database(path)
    try:
        return runs.list_runs(db) == []
    finally:
        db.close()


def test_without_a_terminal_it_is_refused_before_there_is_a_run(theirs: Theirs) -> None:
    done = in_a_process("run", str(theirs.study))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert str(theirs.code) in done.stderr and "--trust" in done.stderr
    assert not theirs.ran() and no_run()


def test_with_trust_it_runs_and_is_remembered_until_it_changes(
    theirs: Theirs, align: Align
) -> None:
    done = align("run", str(theirs.study), "--trust", "--json")
    assert done.returncode == 0, done.stderr
    assert theirs.ran()
    found = trust.store()
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert "SHA-256" in align("show").stdout and str(theirs.code) in align("show").stdout
    sha256 = hashlib.sha256(theirs.code.read_bytes()).hexdigest()
    summary = json.loads(align("export").stdout.splitlines()[-1])
    assert summary["profiles"][0]["code_sha256"] == {"decision-maker": sha256}
    exported = align("export", "--format", "markdown").stdout
    assert str(theirs.code.name) in exported and "SHA-256" in exported

    assert align("run", str(theirs.study)).returncode == 0, "it is remembered"
    theirs.code.write_text(theirs.code.read_text() + "# changed\n")
    assert align("run", str(theirs.study)).returncode == 2, "and asked about again"


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_is_asked_once(theirs: Theirs, answer: str) -> None:
    status, seen = align_in_terminal(answer, "run", str(theirs.study))
    # A terminal breaks lines with carriage returns, which may cut a path.
    assert str(theirs.code) in seen and "SHA-256" in seen and "runs as you" in seen
    assert (status, theirs.ran()) == ((0, True) if answer == "y" else (2, False)), seen
    if answer == "y":
        status, seen = align_in_terminal("n", "run", str(theirs.study))
        assert status == 0 and "[y/N]" not in seen
    else:
        assert no_run()


def test_what_the_own_configuration_names_is_not_asked_about(tmp_path: Path, align: Align) -> None:
    profile = paths.user_profiles() / "mine.toml"
    mine = Theirs(tmp_path / "code of mine", profile)
    study = tmp_path / "study.toml"
    study.write_text('profiles = ["mine"]\nscenarios = ["demo-triage"]\nlimit = 1\n')
    done = align("run", str(study))
    assert done.returncode == 0, done.stderr
    assert mine.ran()

    # A file of somebody else that changes or extends it is not the user's own configuration.
    mine.code.write_text(mine.code.read_text() + "# so that its hash is new\n")
    study.write_text(study.read_text() + 'set = ["adm.function=\\"decide\\""]\n')
    assert align("run", str(study)).returncode == 2
    extending = tmp_path / "extending.toml"
    extending.write_text('extends = "mine"\n')
    assert align("run", "-p", str(extending), "-s", "demo-triage").returncode == 2


def test_what_ships_and_what_is_linked_into_the_configuration_is_own(tmp_path: Path) -> None:
    study = load_study(Options(study=Path("custom-adm")))
    require_trust(study, trust=False)
    assert trust.remembered() == {code.key for code in codes_of(study.profiles)} != set()

    elsewhere = tmp_path / "dotfiles" / "linked.toml"
    Theirs(tmp_path / "code", elsewhere)
    paths.user_profiles().mkdir(parents=True, exist_ok=True)
    (paths.user_profiles() / "linked.toml").symlink_to(elsewhere)
    require_trust(load_study(Options(profiles=("linked",))), trust=False)
    with pytest.raises(CodeRefused):
        theirs = Theirs(tmp_path / "theirs")
        require_trust(load_study(Options(study=theirs.study)), trust=False)


def test_code_that_changes_after_the_answer_is_not_run(theirs: Theirs, align: Align) -> None:
    """It may change between the answer and the loading, and before a run is resumed."""
    assert align("run", str(theirs.study), "--trust").returncode == 0
    theirs.marker.unlink()
    db = open_database(paths.default_database())
    run = runs.list_runs(db)[0].id
    study = runs.load_study(db, run)
    new = runs.create_run(db, study, {})
    theirs.code.write_text(theirs.code.read_text() + "# changed\n")
    for args in (("--trust",), ()):
        done = align("run", "--resume", new, *args)
        assert done.returncode in (1, 2) and not theirs.ran(), done.stderr
        if args:
            assert done.returncode == 1 and "has changed since" in done.stderr
    assert "has changed since" in align("show", new).stdout
    db.close()


def test_a_database_of_somebody_elses_brings_no_code(theirs: Theirs, align: Align) -> None:
    """Another account trusted the code of its run; here a worker needs its own account's trust."""
    assert align("run", str(theirs.study), "--trust").returncode == 0
    theirs.marker.unlink()
    trust.store().unlink()
    db = open_database(paths.default_database())
    new = runs.create_run(db, runs.load_study(db, runs.list_runs(db)[0].id), {})
    serve(Settings(db.path, idle_exit_s=0.1))
    assert runs.get_run(db, new).failed == 1 and not theirs.ran()
    assert "have not trusted the code" in align("show", new).stdout
    assert align("run", "--resume", new).returncode == 2 and not theirs.ran()
    assert align("run", "--resume", new, "--trust").returncode == 0 and theirs.ran()
    db.close()


def test_nothing_that_only_looks_runs_code(theirs: Theirs, tmp_path: Path, align: Align) -> None:
    assert align("run", str(theirs.study), "--trust").returncode == 0
    theirs.marker.unlink()
    profile = str(theirs.study.parent / "theirs.toml")
    for words in (
        ("show",), ("show", "--json"), ("replay", "--json"), ("export",), ("report",), ("runs",),
        ("export", "--format", "align-system", "-o", str(tmp_path / "out")),
        ("profiles", "show", profile), ("profiles", "check", profile), ("doctor", "-p", profile),
    ):  # fmt: skip
        done = align(*words)
        assert "Traceback" not in done.stderr, done.stderr
    assert not theirs.ran()


def test_what_python_compiled_beside_it_is_not_run_in_its_place(
    theirs: Theirs, align: Align
) -> None:
    """Python's own loader would use a __pycache__ beside the file in place of the file."""
    import py_compile

    source = theirs.code.read_text()
    hostile = theirs.code.with_name("owned")
    theirs.code.write_text(CODE.format(marker=str(hostile)))
    cached = py_compile.compile(
        str(theirs.code), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    assert cached is not None
    theirs.code.write_text(source)
    assert align("run", str(theirs.study), "--trust").returncode == 0
    assert theirs.ran() and not hostile.exists()


def test_neighbours_of_the_file_are_not_imported(theirs: Theirs, align: Align) -> None:
    """They do not hide modules of the standard library in a worker that serves other runs."""
    for name in ("json", "random", "helper"):
        (theirs.code.parent / f"{name}.py").write_text(theirs.code.read_text())
    theirs.code.write_text(
        "import json, random, sys\n"
        "def decide(scenario, targets, llm, parameters):\n"
        "    assert random.random() < 1 and json.dumps(1) == '1'\n"
        "    try:\n        import helper\n    except ImportError:\n        return 0\n"
    )
    done = align("run", str(theirs.study), "--trust")
    assert done.returncode == 0 and not theirs.ran(), done.stderr


def test_a_file_that_others_can_write_to_says_nothing(theirs: Theirs, align: Align) -> None:
    assert align("run", str(theirs.study), "--trust").returncode == 0
    assert trust.remembered()
    trust.store().chmod(0o666)
    assert not trust.remembered()
    assert align("run", str(theirs.study)).returncode == 2
    trust.store().chmod(0o600)
    with trust.store().open("a") as out:
        out.write('{"what": "deci')  # a process was killed
    theirs.code.write_text(theirs.code.read_text() + "# changed\n")
    assert align("run", str(theirs.study), "--trust").returncode == 0
    assert align("run", str(theirs.study)).returncode == 0


@pytest.mark.parametrize("words", [(), ("--trust",)])
def test_serve_remembers_what_it_is_told_to_trust(
    theirs: Theirs, align: Align, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(serving, "serve", lambda *_: None)
    profile = str(theirs.study.parent / "theirs.toml")
    assert align("serve", "--port", "0", "-p", profile, *words).returncode == 0
    assert bool(trust.remembered()) is bool(words)
    assert not theirs.ran()


def test_no_pipe_is_hashed(tmp_path: Path, align: Align) -> None:
    theirs = Theirs(tmp_path / "theirs")
    theirs.code.unlink()
    os.mkfifo(theirs.code)
    done = align("run", str(theirs.study), "--trust")
    assert done.returncode == 2 and "Traceback" not in done.stderr
