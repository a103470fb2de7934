"""Finding and loading models: what is missing, damaged or too large is said before it hurts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from align_tui.backbones.local import load as loading
from align_tui.backbones.local.files import count_parameters, files_hash, locate
from align_tui.backbones.local.load import load_model, pick_device
from align_tui.config.profile import BackboneSpec
from align_tui.core.errors import BackboneError, OutOfMemory


def quiet(what: str, share: float | None) -> None:
    """Progress that nobody watches."""


def spec(model: str, **more: object) -> BackboneSpec:
    return BackboneSpec.model_validate({"kind": "transformers", "model": model} | more)


def test_a_hub_model_that_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(BackboneError) as caught:
        load_model(spec("nobody/no-such-model"), quiet)
    assert "not on this machine" in caught.value.message
    assert "hf download nobody/no-such-model" in caught.value.hint


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "justaname"])
def test_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(BackboneError, match="There is no model at"):
        locate(spec(name), quiet)


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(BackboneError, match="no safetensors") as caught:
        load_model(spec(str(tmp_path)), quiet)
    assert "Pickled" in caught.value.hint


def test_damaged_weights(tiny_model: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(BackboneError):
        load_model(spec(str(tmp_path)), quiet)
    whole = (tiny_model / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackboneError):
        load_model(spec(str(tmp_path)), quiet)


def test_memory_is_asked_for_before_the_weights(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "free_memory", lambda device: 1000)
    with pytest.raises(OutOfMemory, match=r"has 0\.0 GB free"):
        load_model(spec(str(tiny_model)), quiet)


def test_what_is_loaded_is_told(tiny_model: Path) -> None:
    loaded = load_model(spec(str(tiny_model)), quiet)
    assert loaded.info.identity == files_hash(tiny_model)
    assert loaded.info.dtype == "float32" and loaded.info.device == "cpu"
    assert loaded.info.parameters == count_parameters(tiny_model)[0] > 100_000
    half = load_model(spec(str(tiny_model), dtype="bfloat16"), quiet)
    assert next(half.model.parameters()).dtype is torch.bfloat16


def test_an_index_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "../../etc/passwd"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BackboneError, match="cannot be read"):
        count_parameters(tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(BackboneError, match="sees no GPU"):
        pick_device("cuda:0")
    with pytest.raises(BackboneError, match="no device"):
        pick_device("nonsense")
