"""The wheel has all that a new machine needs: model, scenarios, attributes, style sheets."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPO


@pytest.mark.slow
def test_the_wheel_is_complete(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPO,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        total = sum(entry.file_size for entry in archive.infolist())
    wanted = {
        "py.typed", "demo/model/model.safetensors", "demo/model/config.json",
        "demo/model/tokenizer.json", "demo/scenarios/demo-triage.toml",
        "demo/scenarios/demo-survey.toml", "demo/attributes/medical.toml",
        "demo/attributes/opinionqa.toml", "demo/personas/emergency-workers.toml",
        "demo/scenarios/demo-tagging.toml", "profiles/baseline.toml",
        "profiles/backbones/mistral-7b.toml", "examples/mta-moral-desert.toml",
        "examples/custom_adm.py", "formats/scenarios.schema.json", "output/site/run.js",
        "output/site/site.css", "output/site/run.html.jinja", "output/site/index.html.jinja",
    }  # fmt: skip
    assert {f"align_tui/{name}" for name in wanted} <= names
    sheets = {str(path.relative_to(REPO)) for path in (REPO / "align_tui").rglob("*.tcss")}
    assert sheets and sheets <= names
    assert not any(name.startswith(("tests/", "tools/")) for name in names)
    assert total < 40e6
