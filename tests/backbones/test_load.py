"""Find and load models: report missing, damaged and too large ones before they do harm."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import torch

from align_tui.backbones.base import Request
from align_tui.backbones.local import load as loading
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.local.files import locate
from align_tui.backbones.local.load import load_model, pick_device
from align_tui.backbones.local.selfcheck import unbatchable
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.weights import count_parameters, files_hash
from align_tui.core.decisions import Message, Sampling
from align_tui.core.errors import BackboneError, OutOfMemory
from align_tui.core.replies import decision_schema


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


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
    assert loaded.info.parameters == count_parameters(tiny_model).parameters > 100_000
    half = load_model(spec(str(tiny_model), dtype="bfloat16"), quiet)
    assert next(half.model.parameters()).dtype is torch.bfloat16


def test_an_index_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "../../etc/passwd"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BackboneError, match="No such file"):
        count_parameters(tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(BackboneError, match="sees no GPU"):
        pick_device("cuda:0")
    with pytest.raises(BackboneError, match="no device"):
        pick_device("nonsense")


def write_one(folder: Path, **load: object) -> tuple[str, LocalBackbone]:
    backbone = open_backbone(spec(str(folder), load=load), quiet)
    assert isinstance(backbone, LocalBackbone)
    schema = decision_schema(("A", "B"), "before", 20)
    request = Request((Message("user", "Who?"),), schema, Sampling())
    made = asyncio.run(backbone.generate(request, lambda _, text: None))
    backbone.close()
    return made.text, backbone


def test_load_arguments_are_passed_on(tiny_model: Path) -> None:
    plain, backbone = write_one(tiny_model)
    assert backbone.info.notes == ()
    # accelerate places the layers, as it does over several GPUs.
    placed, backbone = write_one(tiny_model, device_map={"model": "cpu", "lm_head": "cpu"})
    assert placed == plain and backbone.info.notes == ()
    # The program keeps the user's attention, and does not batch.
    eager, backbone = write_one(tiny_model, attn_implementation="eager")
    assert eager == plain
    assert backbone.info.notes == (
        "attn_implementation=eager cannot be batched: one reply at a time",
    )


def test_a_load_argument_that_is_none_says_so(tiny_model: Path) -> None:
    with pytest.raises(BackboneError, match="cannot be loaded"):
        open_backbone(spec(str(tiny_model), load={"attn_implementation": "nonsense"}), quiet)


def test_what_cannot_be_batched_is_found_out(tiny_model: Path) -> None:
    model = load_model(spec(str(tiny_model)), quiet).model
    assert unbatchable(model) == ()
    # A flash kernel computes the same as the batched attention, so asking for one keeps batching.
    model = load_model(spec(str(tiny_model)), quiet).model
    model.config._attn_implementation = "flash_attention_2"
    assert unbatchable(model) == ()
    model = load_model(spec(str(tiny_model)), quiet).model
    scale = model.model.layers[0].self_attn
    # The check detects an attention that computes more than its interface receives.
    original = scale.forward

    def biased(hidden_states: torch.Tensor, *args: object, **more: object) -> object:
        out, weights = original(hidden_states, *args, **more)
        return out + 5 * hidden_states.cumsum(1), weights

    scale.forward = biased
    [note] = unbatchable(model)
    assert "something else in a batch than alone" in note
    assert model.config._attn_implementation == "sdpa"
