"""The screen's process does not import torch, and --help imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch", "transformers", "outlines", "textual", "sqlite_utils", "pydantic", "jinja2", "numpy",
)  # fmt: skip


# These are small, but together they take a tenth of the time of --help.
SMALL = ("json", "secrets", "random", "hashlib", "hmac", "unicodedata")


def loaded_after(code: str, names: tuple[str, ...] = HEAVY) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(m for m in {names!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=200
    )
    return set(done.stdout.splitlines()[-1].split() if done.stdout.strip() else [])


@pytest.mark.parametrize(
    "module", ["app", "startup", "screens.study.screen", "screens.study.replay"]
)
def test_the_screen_imports_no_model(module: str) -> None:
    found = loaded_after(f"import align_tui.tui.{module}")
    assert found.isdisjoint({"torch", "transformers", "outlines", "numpy"})


def test_the_first_frame_waits_for_nothing_that_a_study_needs() -> None:
    found = loaded_after("import align_tui.cli.screen, align_tui.tui.startup")
    assert found == {"textual"}


def test_help_imports_nothing_heavy() -> None:
    code = "from align_tui.cli import run\nassert run(['--help']) == 0"
    assert loaded_after(code, (*HEAVY, *SMALL)) == set()


def test_a_run_is_followed_without_torch() -> None:
    found = loaded_after("import align_tui.cli.run_command, align_tui.cli.runs")
    assert found.isdisjoint({"torch", "transformers", "outlines", "textual"})
