"""Only `store/` has SQL: other modules call its named functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPO

PACKAGE = REPO / "align_tui"
STORE = PACKAGE / "store"
SQL = re.compile(
    r"\s*(SELECT\s.*|(INSERT|REPLACE)\s+(OR\s+\w+\s+)?INTO\s.*|UPDATE\s+\w+\s+SET\s.*"
    r"|DELETE\s+FROM\s.*|WITH\s+\w+\s+AS\s.*|(CREATE|DROP|ALTER)\s+(TEMP\s+|VIRTUAL\s+|UNIQUE\s+)?"
    r"(TABLE|INDEX|TRIGGER|VIEW)\s.*|PRAGMA\s+\w+.*|BEGIN\s+IMMEDIATE.*|VACUUM(\s.*)?)",
    re.S,
)
OF_A_DATABASE = {"one", "read", "write", "explained", "connection"}
OF_A_CONNECTION = {"execute", "executemany", "executescript"}
DATABASES = re.compile(r"_*(db|database|run_database)")


def sql_in(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of everything that only the store may do; docstrings do not count."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in prose and SQL.fullmatch(node.value):
                yield node.lineno, "it holds SQL"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if "sqlite3" in (*names, getattr(node, "module", None)):
                yield node.lineno, "it imports sqlite3"
        elif isinstance(node, ast.Attribute):
            if node.attr in OF_A_CONNECTION:
                yield node.lineno, f"it calls .{node.attr}()"
            elif node.attr in OF_A_DATABASE and DATABASES.fullmatch(_name(node.value)):
                yield node.lineno, f"it uses {_name(node.value)}.{node.attr}"


def _name(node: ast.expr) -> str:
    """`db` of `db`, of `self.db` and of `self._open_db()`."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def outside() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if STORE not in path.parents:
            yield path


def test_only_the_store_writes_sql() -> None:
    found = [
        f"{path.relative_to(REPO)}:{line}: {what}: make it a function of align_tui/store/"
        for path in outside()
        for line, what in sql_in(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_store_has_what_the_others_may_not_have() -> None:
    files = list(STORE.glob("*.py"))
    assert sum(1 for path in files for _ in sql_in(path.read_text(encoding="utf-8"))) > 200


@pytest.mark.parametrize(
    "line",
    [
        'rows = db.read("whatever")',
        "with self.db.write() as connection: pass",
        "row = self._db.one(query)",
        "made = self._database().read(query)",
        "db.connection.commit()",
        "cursor.execute(query)",
        "import sqlite3",
        "from sqlite3 import Row",
        'WHICH = "SELECT id FROM runs"',
        'WHICH = f"DELETE FROM {table} WHERE x=1"',
        'WHICH = "INSERT OR IGNORE INTO texts VALUES (?)"',
        'WHICH = "pragma data_version".upper() + "PRAGMA data_version"',
    ],
)
def test_it_is_noticed(line: str) -> None:
    assert [number for number, _ in sql_in(f"\n{line}\n")]


@pytest.mark.parametrize(
    "line",
    [
        "data = file.read(4)",
        'title = "Select a profile"',
        'said = "Update the profile, then ask again"',
        '"""SELECT a FROM b: what this function is about."""',
        "sys.stdout.write(text)",
    ],
)
def test_prose_and_files_are_left_alone(line: str) -> None:
    assert list(sql_in(line)) == []


LEFT_BEHIND = {"mkdtemp", "mkstemp"}


def test_tests_and_tools_leave_nothing_in_the_folder_for_temporary_files() -> None:
    """Folders are those of tmp_path, or of a `with` that removes them."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for folder in ("tests", "tools")
        for path in sorted((REPO / folder).rglob("*.py"))
    }
    found = [
        f"{path.relative_to(REPO)}:{node.lineno}: {node.attr} leaves its folder behind"
        for path, text in texts.items()
        if any(name in text for name in LEFT_BEHIND)  # parsing every file would take seconds
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in LEFT_BEHIND
    ]
    assert not found, "\n".join(found)
