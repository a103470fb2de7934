"""Wrong weights never run: missing, foreign, duplicate or truncated ones stop the load."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from align_tui.backbones.local import hub
from align_tui.backbones.local.load import check_loadable, load_model
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.weights import (
    HASH_LIMIT,
    count_parameters,
    files_hash,
    hash_of,
    missing_parts,
    weight_files,
)
from align_tui.core.errors import BackboneError

Tensors = dict[str, torch.Tensor]


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def spec(model: object, **more: object) -> BackboneSpec:
    return BackboneSpec.model_validate({"kind": "transformers", "model": str(model)} | more)


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may damage."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    tensors = change(load_file(folder / "model.safetensors"))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def configure(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def without_head(tensors: Tensors) -> Tensors:
    return {k: v for k, v in tensors.items() if k != "lm_head.weight"}


def renamed(tensors: Tensors) -> Tensors:
    return {k.replace("model.", "transformer."): v for k, v in tensors.items()}


def halved(tensors: Tensors) -> Tensors:
    return tensors | {"model.norm.weight": tensors["model.norm.weight"][:32].clone()}


@pytest.mark.parametrize("check", [load_model, lambda spec, progress: check_loadable(spec)])
@pytest.mark.parametrize(
    ("change", "config", "said"),
    [
        (without_head, {}, r"lacks 1 tensor \(lm_head\.weight\)"),
        (renamed, {}, r"lacks 20 tensors .*, \.\.\.\); it adds 20 tensors \(transformer"),
        (dict, {"num_hidden_layers": 4}, r"lacks 18 tensors \(model\.layers\.2"),
        (dict, {"num_hidden_layers": 1}, r"adds 9 tensors \(model\.layers\.1"),
        (halved, {}, r"has other shapes for 1 tensor \(model\.norm\.weight\)"),
    ],
)
def test_weights_that_are_not_the_configs_are_refused_by_name(
    folder: Path,
    change: Callable[[Tensors], Tensors],
    config: dict[str, Any],
    said: str,
    check: Callable[..., object],
) -> None:
    rewrite(folder, change)
    configure(folder, **config)
    with pytest.raises(BackboneError, match=said):
        check(spec(folder), quiet)


def test_a_head_that_is_tied_is_not_missed(folder: Path) -> None:
    rewrite(folder, without_head)
    configure(folder, tie_word_embeddings=True)
    loaded = load_model(spec(folder), quiet)
    head: Any = loaded.model.get_output_embeddings()
    assert head.weight is loaded.model.get_input_embeddings().weight


def test_the_same_weights_in_other_forms_are_not_counted(folder: Path) -> None:
    alone, hashed = count_parameters(folder), files_hash(folder)
    for name in ("consolidated.safetensors", "original/model.safetensors", "extra.safetensors"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / "model.safetensors", folder / name)
    assert weight_files(folder) == [folder / "model.safetensors"]
    assert (count_parameters(folder), files_hash(folder)) == (alone, hashed)


def hub_files(name: str) -> bool:
    """Does the hub's client fetch a file of a repository, by its filter?"""
    from huggingface_hub.utils._paths import filter_repo_objects

    return list(
        filter_repo_objects([name], allow_patterns=hub.WANTED, ignore_patterns=hub.BESIDE)
    ) == [name]


@pytest.mark.parametrize(
    ("name", "fetched"),
    [
        ("model.safetensors", True),
        ("model-00001-of-00003.safetensors", True),
        ("model.safetensors.index.json", True),
        ("tokenizer.model", True),
        ("chat_template.jinja", True),
        ("adapter_model.safetensors", True),
        # Mistral-7B-Instruct-v0.3 has all of its 14.5 GB a second time in this file.
        ("consolidated.safetensors", False),
        ("original/consolidated.00.safetensors", False),
        ("original/model.safetensors", False),
        ("onnx/model.safetensors", False),
        ("onnx/config.json", False),
        ("pytorch_model.bin", False),
    ],
)
def test_only_what_is_loaded_is_fetched(name: str, fetched: bool) -> None:
    assert hub_files(name) is fetched


def shard(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    half = len(names) // 2
    parts = {"model-00001-of-00002.safetensors": names[:half]}
    parts["model-00002-of-00002.safetensors"] = names[half:]
    for file, those in parts.items():
        save_file({n: tensors[n] for n in those}, folder / file, {"format": "pt"})
    placed = {n: file for file, those in parts.items() for n in those}
    index = {"metadata": {}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        ("model-00002-of-00002.safetensors", "model-00002-of-00002.safetensors"),
        ("model.safetensors.index.json", "model.safetensors.index.json"),
        ("tokenizer.json", "the tokenizer's files"),
    ],
)
def test_a_part_of_a_model_is_told_as_a_part(folder: Path, gone: str, missing: str) -> None:
    shard(folder)
    assert missing_parts(folder) == []
    assert load_model(spec(folder), quiet).info.parameters > 100_000
    (folder / gone).unlink()
    [said] = missing_parts(folder)
    assert said.startswith(missing)
    with pytest.raises(BackboneError):
        load_model(spec(folder), quiet)


@pytest.mark.parametrize("offline", [True, False])
def test_a_partial_download_is_no_model_and_is_said_to_be_partial(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    from huggingface_hub import constants

    shard(folder)
    repository = tmp_path / "hub/models--org--name"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs/main").write_text("a" * 40)
    snapshot = repository / "snapshots" / ("a" * 40)
    shutil.copytree(folder, snapshot)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    assert load_model(spec("org/name"), quiet).info.identity == f"org/name@{'a' * 40}"
    (snapshot / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(BackboneError, match=r"only partly on this machine \(model-00002"):
        load_model(spec("org/name"), quiet)


def test_cut_and_stand_in_files_are_told_apart(folder: Path) -> None:
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 100])
    with pytest.raises(BackboneError, match="cut short"):
        load_model(spec(folder), quiet)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n")
    with pytest.raises(BackboneError, match="Git LFS pointer"):
        load_model(spec(folder), quiet)


def test_a_message_of_transformers_is_passed_on_whole(folder: Path) -> None:
    configure(folder, model_type="nobody-knows")
    with pytest.raises(BackboneError) as caught:
        load_model(spec(folder), quiet)
    # The last of several lines says what to do.
    assert "nobody-knows" in caught.value.message and "pip install" in caught.value.message
    assert "\n" not in caught.value.message


def test_large_models_that_differ_in_a_number_have_two_identities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align_tui.config.model_files.weights.HASH_LIMIT", 1 << 20)
    assert HASH_LIMIT > 1 << 20
    path = tmp_path / "large.gguf"
    path.write_bytes(bytes(40 << 20))
    before = hash_of([path])
    with path.open("r+b") as file:
        file.seek(20 << 20)
        file.write(b"\1" * (1 << 20))
    assert hash_of([path]) != before


def test_generation_settings_of_a_models_files_change_nothing(folder: Path) -> None:
    (folder / "generation_config.json").write_text(
        json.dumps(
            {
                "repetition_penalty": 1.8,
                "no_repeat_ngram_size": 2,
                "num_beams": 3,
                "suppress_tokens": [5, 6],
                "temperature": 0.2,
                "do_sample": True,
                "eos_token_id": [1, 7],
            }
        )
    )
    kept = load_model(spec(folder), quiet).model.generation_config
    assert kept is not None and kept.eos_token_id == [1, 7]
    told = {k: v for k, v in kept.to_diff_dict().items() if v is not None}
    assert set(told) <= {"eos_token_id", "bos_token_id", "transformers_version"}
