"""A class with many methods has several purposes, unless a reason is written beside it."""

from __future__ import annotations

import ast
from pathlib import Path

import align_tui

ROOT = Path(align_tui.__file__).parent
MOST = 20
REASON = "Many methods:"  # in the docstring, or in a comment right above the class


def too_large(source: str) -> list[tuple[str, int]]:
    """(class, number of its own methods) of classes with more than `MOST` and no reason."""
    lines = source.splitlines()
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        count = sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
        top = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 2
        while top >= 0 and lines[top].lstrip().startswith("#") and REASON not in lines[top]:
            top -= 1
        commented = top >= 0 and lines[top].lstrip().startswith(f"# {REASON}")
        if count > MOST and not commented and REASON not in (ast.get_docstring(node) or ""):
            found.append((node.name, count))
    return found


def test_a_class_with_many_methods_says_why() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name} has {count}"
        for path in sorted(ROOT.rglob("*.py"))
        for name, count in too_large(path.read_text(encoding="utf-8"))
    ]
    assert not found, f"More than {MOST} methods and no {REASON!r} beside it: {found}"


def test_the_reason_is_looked_for_beside_the_class() -> None:
    body = "".join(f"    def m{n}(self): ...\n" for n in range(MOST + 1))
    assert too_large(f"class A:\n{body}") == [("A", MOST + 1)]
    assert too_large("class A:\n" + body.replace(f"    def m{MOST}(self): ...\n", "")) == []
    assert too_large(f"# {REASON} a protocol\n# of many\n@final\nclass A:\n{body}") == []
    assert too_large(f'class A:\n    """A.\n\n    {REASON} so.\n    """\n{body}') == []
    assert too_large(f"# {REASON} of another\nx = 1\nclass A:\n{body}") == [("A", MOST + 1)]
