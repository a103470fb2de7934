"""Hostile model folders: the program refuses what would hang transformers or use up memory."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from align_tui.backbones.local.files import locate
from align_tui.backbones.local.inventory import glance_at
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.gguf_header import read_header
from align_tui.config.model_files.weights import header_of
from align_tui.core.errors import BackboneError
from tests.fuzzing.nasty import FILES


def refused(folder: Path) -> str:
    with pytest.raises(BackboneError) as caught:
        locate(BackboneSpec(kind="transformers", model=str(folder)), lambda what, share: None)
    return caught.value.message


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.mark.parametrize("name", ["generation_config.json", "chat_template.jinja", "added.txt"])
def test_a_pipe_among_the_small_files_hangs_nothing(name: str, folder: Path) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert "not a regular file" in refused(folder)


def test_a_file_without_an_end_is_refused(folder: Path) -> None:
    with (folder / "tokenizer_config.json").open("r+b") as file:
        file.truncate(10**11)
    assert "larger than" in refused(folder)


@pytest.mark.parametrize("key", ["num_hidden_layers", "num_local_experts", "num_labels"])
def test_a_config_that_counts_too_much_is_refused(key: str, folder: Path) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: 10**9}))
    assert f"{key} is 1,000,000,000" in refused(folder)


def test_json_of_any_shape_is_told(folder: Path) -> None:
    spec = BackboneSpec(kind="transformers", model=str(folder))
    for content in (b"[]", b'{"a":' * 50_000, b"\xff\xfe", b"", b'{"a": ' + b"9" * 10**6 + b"}"):
        (folder / "config.json").write_bytes(content)
        assert "config.json" in refused(folder)
        assert glance_at(spec).model


@pytest.mark.parametrize("kind", ["gguf", "safetensors"])
def test_headers_that_claim_too_much_are_refused_at_once(kind: str, tmp_path: Path) -> None:
    for name, make in FILES[kind].items():
        if name == "many arrays":
            continue  # long, but valid
        path = tmp_path / f"x.{kind}"
        path.write_bytes(make(50_000))
        began = time.thread_time()
        with pytest.raises(BackboneError):
            (read_header if kind == "gguf" else header_of)(path)
        assert time.thread_time() - began < 3
