"""What a model's identity covers: every file that decides, and the machine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from align_tui.backbones.local.deciding_files import deciding_files
from align_tui.backbones.local.files import ModelFiles, locate
from align_tui.backbones.local.identity import FileHashes, machine_facts
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.files import hashes


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def hashed(files: ModelFiles) -> Mapping[str, str]:
    found = FileHashes(files).wait(30)
    assert found is not None
    return found


def spec(folder: Path) -> BackboneSpec:
    return BackboneSpec(kind="transformers", model=str(folder))


def test_a_chat_template_and_a_config_are_part_of_it(folder: Path) -> None:
    files = locate(spec(folder), lambda what, share: None)
    before = hashed(files)
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= before.keys()
    (folder / "chat_template.jinja").write_text("{{ messages[0].content }}!")
    (folder / "generation_config.json").write_text('{"temperature": 0.1}')
    (folder / "README.md").write_text("# no matter")
    (folder / "LICENSE.txt").write_text("no matter")
    after = hashed(files)
    differ = {name for name in before.keys() | after if before.get(name) != after.get(name)}
    assert differ == {"chat_template.jinja", "generation_config.json"}
    assert locate(spec(folder), lambda what, share: None).identity != files.identity


def test_an_adapter_is_part_of_it(folder: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "adapter_model.safetensors").write_bytes(b"one")
    files = ModelFiles(folder, "", adapters=(adapter,))
    before = hashed(files)
    (adapter / "adapter_model.safetensors").write_bytes(b"two")
    after = hashed(files)
    differ = [name for name in before if before[name] != after[name]]
    assert differ == ["adapter 1/adapter_model.safetensors"]
    assert "adapter 1/adapter_config.json" in before


def test_a_gguf_file_is_all_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"x")
    (tmp_path / "other.json").write_text("{}")
    assert list(deciding_files(ModelFiles(tmp_path, "", gguf=tmp_path / "m.gguf"))) == ["m.gguf"]


def test_unchanged_files_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = locate(spec(folder), lambda what, share: None)
    first = hashed(files)
    monkeypatch.setattr(hashes, "_sha256", lambda path, stopped: pytest.fail(f"{path} was read"))
    assert hashed(files) == first


def test_files_that_are_gone_are_told_and_cost_nothing(tmp_path: Path) -> None:
    found = FileHashes(ModelFiles(tmp_path, "", gguf=tmp_path / "gone.gguf"))
    assert found.wait(30) is None and "cannot be hashed" in found.trouble


def test_the_machine_is_named() -> None:
    facts = machine_facts(torch.device("cpu"))
    assert facts["device"] == "cpu" and torch.__version__.startswith(facts["torch"][:4])
    assert facts["processor"].endswith("cores") and int(facts["threads"]) >= 1
