"""Each test that docs/reliability.md names for a promise exists."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conftest import REPO

DOCUMENT = REPO / "docs" / "reliability.md"
ROWS = re.findall(r"^\| (?!promise|---)(.+?) \| `(tests/[^`]+)` \|$", DOCUMENT.read_text(), re.M)


def test_there_are_promises() -> None:
    assert len(ROWS) > 40
    assert len({promise for promise, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize("named", sorted({test for _, test in ROWS}))
def test_the_test_of_a_promise_exists(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((REPO / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}
