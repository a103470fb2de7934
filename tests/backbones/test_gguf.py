"""GGUF files: the program loads and identifies them, and refuses damaged ones."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from align_tui.backbones.base import Generates, Request
from align_tui.backbones.local.load import check_loadable, load_model
from align_tui.backbones.registry import open_backbone
from align_tui.config import paths
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.gguf_header import read_header
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import BackboneError, MissingPackage
from align_tui.core.replies import decision_schema, read_reply
from tests.models import smollm2_gguf
from tests.servers.gguf_file import write_gguf

CHOICES = ("Treat Patient A", "Treat Patient B")


def quiet(what: str, share: float | None) -> None:
    """Progress that is ignored."""


def spec(model: object, **more: object) -> BackboneSpec:
    return BackboneSpec.model_validate({"kind": "transformers", "model": str(model)} | more)


def write(model: object) -> Generation:
    backbone = open_backbone(spec(model), quiet)
    assert isinstance(backbone, Generates)
    schema = decision_schema(CHOICES, "before", 40)
    request = Request((Message("user", "Who is first?"),), schema, Sampling())
    made = asyncio.run(backbone.generate(request, lambda _, text: None))
    backbone.close()
    read_reply(made.text, CHOICES, "before")
    return made


@pytest.fixture(scope="module")
def demo_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(paths.demo_model(), tmp_path_factory.mktemp("gguf") / "demo.gguf")


def test_a_gguf_file_is_the_model_that_it_was_made_of(demo_gguf: Path) -> None:
    one = load_model(spec(paths.demo_model()), quiet)
    other = load_model(spec(demo_gguf), quiet)
    assert other.info.identity == "sha256:" + hashlib.sha256(demo_gguf.read_bytes()).hexdigest()
    assert other.info.parameters == read_header(demo_gguf).size.parameters
    text = "A patient waits at the gate."
    ids = one.tokenizer(text)["input_ids"]
    assert other.tokenizer(text)["input_ids"] == ids
    with torch.inference_mode():
        found = [m.model(torch.tensor([ids])).logits for m in (one, other)]
    torch.testing.assert_close(found[0], found[1], rtol=1e-3, atol=1e-3)


def test_a_real_gguf_file_has_its_own_template_and_decides(smollm2: Path) -> None:
    """`smollm2` is this file, loaded and saved again (tests/models.py)."""
    made = write(smollm2)
    assert made.prompt.startswith("<|im_start|>system\n")
    assert made.prompt.endswith("<|im_start|>assistant\n")
    assert check_loadable(spec(smollm2_gguf())).gguf == smollm2_gguf()
    assert check_loadable(spec(smollm2)).size().parameters > 134_000_000


def test_damaged_gguf_files_are_refused_in_a_sentence(demo_gguf: Path, tmp_path: Path) -> None:
    whole = demo_gguf.read_bytes()
    path = tmp_path / "bad.gguf"
    for content, said in (
        (whole[: len(whole) // 2], "cut short"),
        (whole[:1000], "not a readable GGUF file"),
        (b"GGUF" + b"\xff" * 64, "not a readable GGUF file"),
        (b"<html>not found</html>", "does not begin with GGUF"),
        (whole.replace(b"llama", b"llamo"), "'llamo', which transformers does not read"),
    ):
        path.write_bytes(content)
        with pytest.raises(BackboneError, match=said):
            load_model(spec(path), quiet)
    with pytest.raises(BackboneError, match="is not a file that the program can load"):
        load_model(spec(shutil.copy(demo_gguf, tmp_path / "model.bin")), quiet)


@given(st.binary(max_size=200))
def test_bytes_at_random_are_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0" + tail)
    try:
        read_header(path)
    except BackboneError as error:
        assert "not a readable GGUF file" in error.message or "cut short" in error.message


def test_a_folder_of_gguf_files_says_to_name_one(demo_gguf: Path) -> None:
    with pytest.raises(BackboneError) as caught:
        load_model(spec(demo_gguf.parent), quiet)
    assert str(demo_gguf) in caught.value.hint


def test_without_its_package_a_gguf_file_says_what_to_install(
    demo_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gguf", None)
    with pytest.raises(MissingPackage) as caught:
        load_model(spec(demo_gguf), quiet)
    assert "align-tui[gguf]" in caught.value.hint


def test_a_gguf_file_of_the_hub_that_is_not_here_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BackboneError) as caught:
        load_model(spec("org/name:model.q4.gguf"), quiet)
    assert "hf download org/name model.q4.gguf" in caught.value.hint
