"""Install packages with entry points for a test: a module and its metadata on sys.path."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def installed(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    source: str,
    entry_points: Mapping[str, Mapping[str, str]],
) -> Iterator[Path]:
    """Install a package of one module with entry points, by group; the folder that holds it.

    The folder is on the path of this process, and on PYTHONPATH for processes that it starts.
    """
    site = folder / "site"
    info = site / f"{module}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines = [
        line
        for group, points in entry_points.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")
    importlib.invalidate_caches()
    try:
        yield site
    finally:
        sys.modules.pop(module, None)
        sys.path.remove(str(site))
