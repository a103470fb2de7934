"""No text can command the terminal that shows it; files and pipes keep the text unchanged."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from align_tui import cli
from align_tui.cli.app import app
from align_tui.output.csv_cells import unguarded
from align_tui.store.database import Database
from align_tui.store.runs import load_study
from tests import hostile
from tests.calling import Stream


def leaves(command: Any, name: str = "") -> Iterator[str]:
    """Every command that the program has, and the program without one."""
    if isinstance(command, click.Group) or hasattr(command, "commands"):
        if command.invoke_without_command:
            yield name
        for word, each in command.commands.items():
            yield from leaves(each, f"{name} {word}".strip())
    else:
        yield name


# The arguments of each command; the test makes FILE, RUN, SET, OUT and BAD.
CALLS: dict[str, list[list[str]]] = {
    "": [["--version"], ["--run", "BAD"], ["-p", "BAD"], ["-s", "BAD"], ["--theme", "BAD", "runs"]],
    "run": [
        ["--resume", "WHOLE"], ["--resume", "WHOLE", "--json"], ["--resume", "BAD"], ["BAD"],
        ["-p", "BAD"], ["-s", "BAD"], ["--set", "BAD"], ["--target", "BAD=1"], ["--BAD"],
        ["--scale", "BAD=2"], ["--limit", "BAD"], ["--backbone", "BAD"],
    ],
    "replay": [["RUN", "--json"], ["BAD"], ["RUN", "--record", "OUT", "--size", "BAD"]],
    "serve": [["--run", "BAD"], ["--host", "BAD"]],
    "browse": [[], ["BAD"]],
    "runs": [[], ["--json"]],
    "show": [["RUN"], ["RUN", "--json"], ["BAD"]],
    "export": [
        *(["RUN", "--format", name] for name in ("jsonl", "csv", "markdown")),
        ["RUN", "--format", "align-system", "-o", "OUT"], ["RUN", "--format", "BAD"],
        ["RUN", "--format", "csv", "-o", "OUT/x"], ["RUN", "-o", "/dev/stdout"],
    ],
    "report": [["RUN"], ["RUN", "--format", "html"], ["RUN", "--title", "BAD"], ["BAD"],
               ["RUN", "--format", "BAD"], ["RUN", "-o", "OUT/x"]],
    "table": [
        *(["RUN", "--format", name] for name in ("text", "markdown", "latex", "csv", "json")),
        ["RUN", "--format", "BAD"], ["BAD"], ["RUN", "-o", "OUT/x"],
    ],
    "import": [["OUT"], ["BAD"]],
    "rescore": [["RUN", "--scoring", "naacl"], ["RUN", "--scoring", "naacl", "--json"],
                ["BAD", "--scoring", "naacl"], ["RUN", "--alignment", "BAD"],
                ["RUN", "--alignment", "kde_js", "--set", "BAD"]],
    "merge": [["OTHER"], ["OTHER", "--json"], ["BAD"], ["FILE"], ["OTHER", "--run", "BAD"]],
    "power": [["RUN"], ["RUN", "--json"], ["BAD"], ["RUN", "--columns", "BAD", "BAD"]],
    "bundle": [["RUN", "-o", "OUT"], ["BAD"], ["RUN", "-o", "OUT/x"]],
    "verify": [["BAD"], ["FILE"]],
    "rerun": [["BAD"], ["FILE"]],
    "cancel": [["BAD"], ["RUN"], ["WHOLE"]],
    "delete": [["BAD", "--yes"], ["RUN"], ["WHOLE", "--yes"]],
    "worker": [["--gpus", "BAD"], ["--db", "FILE"]],
    "keys": [[]],
    "doctor": [["-p", "random"], ["-p", "BAD"]],
    "scenarios list": [[]],
    "scenarios show": [["FILE"], ["FILE", "--json"], ["BAD"], ["SET"]],
    "scenarios import": [["FILE", "--name", "kept"], ["FILE"], ["BAD"], ["FILE", "--name", "BAD"]],
    "scenarios export": [["FILE", "-o", "OUT"], ["FILE", "-o", "OUT", "--format", "BAD"],
                         ["FILE", "-o", "/dev/stdout", "--format", "toml"]],
    "studies list": [[], ["--json"], ["BAD"]],
    "profiles list": [[]],
    "profiles show": [["PROFILE"], ["BAD"]],
    "profiles check": [[], ["BAD"]],
    "profiles new": [["BAD"], ["OUT.toml", "--extends", "BAD"], ["OUT.toml"]],
    "targets convert": [
        ["TARGET"], ["TARGET", "--json"], ["TARGET", "-o", "OUT.toml"], ["TARGET", "-o", "OUT"],
        ["TARGET", "--norm", "BAD"], ["OPAQUE"], ["FILE"], ["BAD"],
    ],
    "models list": [[], ["--json"]],
    "models show": [["BAD"], ["MODEL"], ["MODEL", "--json"]],
    "workers list": [[]],
    "workers stop": [["BAD"]],
}  # fmt: skip


class Called:
    """A call of the program in this process, and its streams afterwards."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, terminal: bool
    ) -> None:
        out, err = Stream(terminal=terminal), Stream(terminal=terminal)
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            patched.setattr(sys, "stdin", io.StringIO())
            self.status = cli.run(arguments)
        self.out, self.err = out.text(), err.text()


@pytest.fixture
def places(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The values of the words in CALLS."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    study = hostile.study()
    whole = hostile.decided_run(database, study, failures=False)
    run = hostile.decided_run(database, study)
    other = tmp_path / f"other{hostile.FILE_NAME}"
    database.checkpoint()
    shutil.copy(database.path, other)
    file = hostile.library(tmp_path)
    for name, value in (("target", {"value": 1}), ("opaque", {"kdes": {hostile.TEXT: 1}})):
        entry = {"kdma": f"a{hostile.TEXT}", **value}
        target = {"id": f"t{hostile.TEXT}", "kdma_values": [entry]}
        (tmp_path / f"{name}.json").write_text(json.dumps(target), encoding="utf-8")
    model = tmp_path / f"model{hostile.FILE_NAME[:-1]}"  # a file that is not UTF-8 is refused
    model.mkdir()
    body = {"architectures": [hostile.TEXT], "model_type": hostile.TEXT}
    (model / "config.json").write_text(json.dumps(body), encoding="utf-8")
    cached = f"models--org--{hostile.FILE_NAME}"
    (Path(os.environ["HF_HOME"]) / "hub" / cached / "refs").mkdir(parents=True)
    return {
        "TARGET": str(tmp_path / "target.json"), "OPAQUE": str(tmp_path / "opaque.json"),
        "OTHER": str(other), "FILE": str(file), "RUN": run, "WHOLE": whole, "MODEL": str(model),
        "SET": f"good{hostile.FILE_NAME}", "PROFILE": f"good{hostile.FILE_NAME}",
        "OUT": str(tmp_path / f"out{hostile.FILE_NAME}"), "BAD": hostile.TEXT.replace("\x00", ""),
    }  # fmt: skip


def filled(arguments: list[str], places: dict[str, str]) -> list[str]:
    for word, stands_for in places.items():
        arguments = [each.replace(word, stands_for) for each in arguments]
    return arguments


def test_every_command_is_walked() -> None:
    assert set(CALLS) == set(leaves(typer.main.get_command(app)))


@pytest.mark.parametrize("command", CALLS)
def test_no_text_commands_a_terminal(
    command: str, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in CALLS[command]:
        words = [*command.split(), *filled(arguments, places)]
        called = Called(monkeypatch, words, terminal=True)
        for seen in (called.out, called.err):
            # Rich's progress bar returns to the start of its line.
            found = hostile.commands_in(seen, moves=True, ends="\n\r")
            assert not found, (arguments, found, seen)
        assert "\r" not in called.out
        assert "unexpected error" not in called.err, called.err
        assert called.status in (0, 1, 2), (arguments, called.err)


@pytest.mark.parametrize("command", [c for c in CALLS if any("--json" in a for a in CALLS[c])])
def test_json_is_escaped_whole_and_the_same_text(
    command: str, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (a for a in CALLS[command] if "--json" in a):
        words = [*command.split(), *filled(arguments, places)]
        called = Called(monkeypatch, words, terminal=False)
        assert called.out and not hostile.commands_in(called.out), (arguments, called.err)
        lines = [json.loads(line) for line in called.out.splitlines()]
        if command in ("runs", "scenarios show", "replay"):
            assert hostile.NAME in "".join(map(repr_free, lines))


def repr_free(value: Any) -> str:
    """All the texts in a value, one after the other."""
    if isinstance(value, dict):
        return "".join(repr_free(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return "".join(map(repr_free, value))
    return value if isinstance(value, str) else ""


def test_a_pipe_and_a_file_keep_the_text(
    places: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = load_study(database, places["RUN"])
    keys = {scenario.key for scenario in said.scenarios}
    out = tmp_path / "run.csv"
    call = ["export", places["RUN"], "--format", "csv"]
    piped = Called(monkeypatch, call, terminal=False).out
    assert Called(monkeypatch, [*call, "-o", str(out)], terminal=True).status == 0
    assert out.read_bytes().decode() == piped
    rows = list(csv.DictReader(io.StringIO(piped, newline="")))
    assert {unguarded(row["scenario"]) for row in rows} == keys
    for name in ("jsonl", "csv"):
        call = ["export", places["RUN"], "--format", name, "-o", str(tmp_path / name)]
        assert Called(monkeypatch, call, terminal=True).status == 0


def test_no_module_of_the_command_line_writes_past_the_writer() -> None:
    import ast

    folder = Path(cli.__file__).parent
    for path in [*folder.glob("*.py"), *(folder.parent / "tui").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                past = {"print", "input", "typer.echo", "click.echo", "json.dumps", "Console"}
                past |= {"sys.stdout.write", "sys.stderr.write"}
                if path.name in ("asciicast.py", "failure.py"):  # files, not terminals
                    past -= {"json.dumps", "Console"}
                assert called not in past, f"{path.name}:{node.lineno}"
