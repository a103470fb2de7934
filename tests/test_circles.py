"""No module of the package imports itself through others, lazy imports and annotations included.

A reader of one module of a circle must read all of them, and the program breaks if somebody moves
one of their imports from a function to the top of the file.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import align_tui

ROOT = Path(align_tui.__file__).parent
Graph = Mapping[str, frozenset[str]]


def names_in(source: str, package: str) -> Iterator[str]:
    """All names that a module of `package` imports anywhere: modules, and names in them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(sources: Mapping[str, str], packages: Iterable[str] = ()) -> Graph:
    """The modules among `sources` that each module imports, with their packages."""
    known, inits = set(sources), set(packages)
    found: dict[str, frozenset[str]] = {}
    for module, source in sources.items():
        package = module if module in inits else module.rpartition(".")[0]
        wanted: set[str] = set()
        for name in names_in(source, package):
            parts = name.split(".")  # an import of a.b.c runs the packages a and a.b too
            wanted |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        # A module's own packages have run already when it is imported.
        above = {module[:at] for at, char in enumerate(module) if char == "."}
        found[module] = frozenset((wanted & known) - above - {module})
    return found


def circle(graph: Graph) -> list[str]:
    """The shortest path from any module back to itself; empty if there is none."""
    best: list[str] = []
    for start in sorted(graph):
        before: dict[str, str] = {}
        queue = deque([start])
        while queue and start not in before:
            module = queue.popleft()
            for after in sorted(graph[module]):
                if after not in before:
                    before[after] = module
                    queue.append(after)
        if start not in before:
            continue
        path = [start]
        while len(path) == 1 or path[-1] != start:
            path.append(before[path[-1]])
        if not best or len(path) < len(best):
            best = path[::-1]
    return best


def test_no_module_imports_itself_through_others() -> None:
    sources, packages = {}, []
    for path in ROOT.rglob("*.py"):
        parts = [ROOT.name, *path.relative_to(ROOT).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
            packages.append(".".join(parts))
        sources[".".join(parts)] = path.read_text(encoding="utf-8")
    assert len(sources) > 300  # it found the whole package
    found = circle(imports(sources, packages))
    assert not found, "A circle of imports: " + " -> ".join(found)


def test_lazy_imports_and_those_for_annotations_count() -> None:
    sources = {
        "p": "",
        "p.a": "from p import b",
        "p.b": "if TYPE_CHECKING:\n    from p.c import thing",
        "p.c": "def lazy():\n    import p.d.e",
        "p.d": "",
        "p.d.e": "from ..a import other",
    }
    packages = ["p", "p.d"]
    assert circle(imports(sources, packages)) == ["p.a", "p.b", "p.c", "p.d.e", "p.a"]
    sources["p.c"] = "import os"
    assert circle(imports(sources, packages)) == []
    sources["p.c"], sources["p.d"] = "import p.d.e", "from p import b"  # p.d.e runs it
    assert circle(imports(sources, packages)) == ["p.b", "p.c", "p.d", "p.b"]
