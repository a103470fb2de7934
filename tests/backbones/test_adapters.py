"""Adapters: peft merges them into their base, or loading refuses them; none is ignored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from align_tui.backbones.local.load import load_model
from align_tui.backbones.local.selfcheck import unbatchable
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError, MissingPackage

IDS = torch.tensor([[5, 9, 7, 3]])


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def spec(model: object) -> BackboneSpec:
    return BackboneSpec(kind="transformers", model=str(model))


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(IDS).logits
    return found


@pytest.fixture
def adapter(tiny_model: Path, tmp_path: Path) -> Path:
    """A LoRA adapter of the tiny model, with weights that change its replies."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    base: Any = load_model(spec(tiny_model), quiet).model
    over = get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))
    for name, parameter in over.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    over.eval()
    over.save_pretrained(str(tmp_path / "adapter"))
    torch.save(logits(over), tmp_path / "wanted.pt")
    return tmp_path / "adapter"


def test_an_adapter_is_loaded_on_its_base(adapter: Path, tiny_model: Path, tmp_path: Path) -> None:
    loaded = load_model(spec(adapter), quiet)
    wanted = torch.load(tmp_path / "wanted.pt", weights_only=True)
    torch.testing.assert_close(logits(loaded.model), wanted, rtol=1e-4, atol=1e-4)
    base = load_model(spec(tiny_model), quiet)
    assert not torch.allclose(logits(base.model), wanted, atol=1e-2)
    # Merged, it is an ordinary model, under another name than its base.
    assert unbatchable(loaded.model) == ()
    assert loaded.info.identity.startswith(f"{base.info.identity} + adapter sha256:")


def test_without_peft_an_adapter_is_refused(
    adapter: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(MissingPackage, match=f"is an adapter of {tiny_model}") as caught:
        load_model(spec(adapter), quiet)
    assert "align-tui[peft]" in caught.value.hint


def test_whole_weights_with_an_adapter_beside_them_are_refused(
    adapter: Path, tiny_model: Path, tmp_path: Path
) -> None:
    both = Path(shutil.copytree(tiny_model, tmp_path / "both"))
    for path in adapter.iterdir():
        shutil.copy(path, both / path.name)
    with pytest.raises(BackboneError, match="has whole weights and an adapter"):
        load_model(spec(both), quiet)


def test_an_adapter_that_does_not_fit_is_refused(adapter: Path) -> None:
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"target_modules": ["q_proj", "v_proj", "o_proj"]}))
    with pytest.raises(BackboneError, match="does not fit its base: it lacks 4 tensors"):
        load_model(spec(adapter), quiet)
    path.write_text(json.dumps(config | {"base_model_name_or_path": "nobody/nowhere"}))
    with pytest.raises(BackboneError, match="nobody/nowhere is not on this machine"):
        load_model(spec(adapter), quiet)
    path.write_text(json.dumps(config | {"base_model_name_or_path": str(adapter)}))
    with pytest.raises(BackboneError, match="more than 4 adapters adapt one another"):
        load_model(spec(adapter), quiet)
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(BackboneError, match=r"adapter_model\.safetensors is missing"):
        load_model(spec(adapter), quiet)
