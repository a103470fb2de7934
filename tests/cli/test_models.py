"""Models described from their files: each part by itself, without loading weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from align_tui.backbones.local import describe as describing
from align_tui.cli import run
from align_tui.config import paths
from tests.models import DROPS_SYSTEM, TEMPLATE, make_tiny_model, smollm2_gguf

THINKS = TEMPLATE.replace(
    "[assistant]", "[assistant]{% if enable_thinking is not false %}<think>{% endif %}"
).replace("{{ bos_token }}", "{# </think> #}{{ bos_token }}{{ strftime_now('%d %b %Y') }}")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may damage."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    from huggingface_hub import constants

    (tmp_path / "hub").mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache: Path, name: str, folder: Path) -> Path:
    """Copy a folder into the cache in the layout of the hub's own client."""
    repository = cache / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "blobs").mkdir()
    (repository / "refs/main").write_text("a" * 40)
    return Path(shutil.copytree(folder, repository / "snapshots" / ("a" * 40)))


def show(capsys: Capture, model: object, status: int = 0) -> dict[str, Any]:
    assert run(["models", "show", str(model), "--json"]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["loads"] is (status == 0)
    return found


def shown(capsys: Capture, model: object, status: int = 0) -> str:
    """The text that people see, with line breaks folded."""
    assert run(["models", "show", str(model)]) == status
    return " ".join(capsys.readouterr().out.split())


def listed(capsys: Capture) -> dict[str, dict[str, Any]]:
    assert run(["models", "list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({row["backbone"] or row["model"] for row in rows}) == len(rows)
    return {row["backbone"] or row["model"]: row for row in rows}


def troubles(found: dict[str, Any]) -> str:
    return " | ".join(trouble["said"] for trouble in found["troubles"])


def configure(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_whole_folder(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "free_memory", lambda device: 5_000_000_000)
    found = show(capsys, folder)
    header = {name: t.numel() for name, t in load_file(folder / "model.safetensors").items()}
    assert found["parameters"] == sum(header.values())
    assert found["stored"] == found["needed"] == 4 * sum(header.values())
    assert (found["architecture"], found["layers"]) == ("LlamaForCausalLM", 2)
    assert found["vocabulary"] == found["tokenizer"] and found["positions"] == 2048
    assert found["template"] == {"writes_date": False, "keeps_system": True}
    assert found["batched"] is True and found["thinking"] is None and found["adapted"] == []
    assert found["identity"].startswith("sha256:") and found["kind"] == "folder"
    said = shown(capsys, folder)
    assert "LlamaForCausalLM, 2 layers" in said and "which has 5 GB free" in said
    assert "every layer sees all" in said and "[assistant]" not in said


def test_no_weights_are_loaded(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    real: Any = AutoModelForCausalLM.from_pretrained

    def loaded(*arguments: Any, **named: Any) -> Any:
        made.append(real(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", loaded)
    show(capsys, folder)
    show(capsys, smollm2_gguf())
    [(model, _)] = made  # only for the folder: a GGUF file would be unpacked
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}


@pytest.mark.parametrize(
    ("config", "window", "batched"),
    [
        ("Gemma3TextConfig", "the last 32 tokens in 1 of 2 layers", True),
        ("Llama4TextConfig", "chunks of 32 tokens in 2 of 2 layers", True),
        ("MambaConfig", "some layers keep a state", False),
    ],
)
def test_windows_are_told_from_the_config(
    tmp_path: Path, capsys: Capture, config: str, window: str, batched: bool
) -> None:
    found = show(capsys, make_tiny_model(tmp_path / "m", config=config))
    assert window in found["windows"] and found["batched"] is batched
    assert ("one reply at a time" in shown(capsys, tmp_path / "m")) is not batched


def test_a_template_that_thinks_dates_and_has_no_system_role(
    tmp_path: Path, capsys: Capture
) -> None:
    model = make_tiny_model(tmp_path / "thinks", template=THINKS)
    found = show(capsys, model)
    assert found["template"] == {"writes_date": True, "keeps_system": True}
    assert found["thinking"]["by_itself"] is True
    assert found["thinking"]["switches"] == ["enable_thinking"]
    said = shown(capsys, model)
    assert "by itself (decoding.thinking), between <think> and </think>; switched by" in said
    assert "writes the day of the run" in said
    other = make_tiny_model(tmp_path / "folds", template=DROPS_SYSTEM)
    assert show(capsys, other)["template"] == {"writes_date": False, "keeps_system": False}
    assert "before the first user turn" in shown(capsys, other)
    plain = make_tiny_model(tmp_path / "plain", template=None)
    assert show(capsys, plain)["has_template"] is False
    assert "none: the prompt is plain text" in shown(capsys, plain)


def test_a_template_that_cannot_be_used_stops(tmp_path: Path, capsys: Capture) -> None:
    model = make_tiny_model(tmp_path / "m", template="{{ raise_exception('never') }}")
    found = show(capsys, model, 1)
    assert "chat template failed: never" in troubles(found)
    assert found["parameters"] > 100_000 and found["positions"] == 2048
    assert "the model has one, but it cannot be used" in shown(capsys, model, 1)


def test_marks_that_are_ordinary_text_are_said(tmp_path: Path, capsys: Capture) -> None:
    model = make_tiny_model(tmp_path / "m", template=TEMPLATE.replace("[{{ m.role }}]", "[INST]"))
    found = show(capsys, model)
    assert "writes [INST] as ordinary text" in troubles(found)


def test_tokens_without_weights_are_named(tmp_path: Path, capsys: Capture) -> None:
    found = show(capsys, make_tiny_model(tmp_path / "m", vocab_size=270))
    orphans = found["tokenizer"] - 270
    said = f"tokenizer has {orphans} tokens without weights in the model"
    assert orphans > 0 and said in troubles(found)
    said = shown(capsys, tmp_path / "m")
    assert f"270 in the model, {found['tokenizer']:,} in the tokenizer" in said


def test_settings_that_are_not_applied_are_named(folder: Path, capsys: Capture) -> None:
    path = folder / "generation_config.json"
    told = {"repetition_penalty": 1.8, "temperature": 1.0, "top_k": 1, "do_sample": True}
    path.write_text(json.dumps(told | {"eos_token_id": 1}))
    found = show(capsys, folder)
    assert "sets repetition_penalty 1.8, top_k 1: the program ignores" in troubles(found)
    path.write_text("{")
    assert "generation_config.json cannot be read" in troubles(show(capsys, folder))


def test_code_of_its_own_is_said_and_not_run(folder: Path, capsys: Capture) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    configure(folder, auto_map={"AutoConfig": "own.Config"})
    found = show(capsys, folder)
    assert "code of its own (own.py), which does not run" in troubles(found)
    assert not (folder / "ran").exists()
    configure(folder, model_type="nobody-knows", architectures=["OwnForCausalLM"])
    found = show(capsys, folder, 1)
    assert found["architecture"] == "OwnForCausalLM" and found["tokenizer"]
    assert "trust_remote_code" in troubles(found) and not (folder / "ran").exists()


def test_a_broken_part_hides_no_other(folder: Path, capsys: Capture) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = show(capsys, folder, 1)
    assert "only a part of a model; missing: model-2.safetensors" in troubles(found)
    assert found["architecture"] == "LlamaForCausalLM" and found["template"]["keeps_system"]
    assert found["parameters"] is None and found["identity"] == ""
    (folder / "config.json").write_text("[")
    found = show(capsys, folder, 1)
    assert "missing: model-2.safetensors" in troubles(found) and found["tokenizer"] > 256
    assert len(found["troubles"]) == 2


def test_foreign_weights_and_a_missing_tokenizer(folder: Path, capsys: Capture) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    save_file({f"x.{name}": t for name, t in tensors.items()}, path, {"format": "pt"})
    found = show(capsys, folder, 1)
    assert "not those that its config.json describes" in troubles(found)
    assert found["parameters"] == sum(t.numel() for t in tensors.values())
    (folder / "tokenizer.json").unlink()
    found = show(capsys, folder, 1)
    assert "missing: the tokenizer's files" in troubles(found)
    assert found["parameters"] and found["tokenizer"] is None and found["vocabulary"]


def test_too_large_for_the_memory_hides_nothing(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "model.safetensors"
    save_file({"other": torch.zeros(2)} | load_file(path), path, {"format": "pt"})
    monkeypatch.setattr("align_tui.backbones.local.load.free_memory", lambda device: 1000)
    found = show(capsys, folder, 1)
    assert "The model needs" in troubles(found) and "adds 1 tensor (other)" in troubles(found)
    assert found["template"] is not None


def test_a_gguf_file(capsys: Capture) -> None:
    found = show(capsys, smollm2_gguf())
    assert (found["kind"], found["architecture"]) == ("GGUF file", "LlamaForCausalLM")
    assert (found["layers"], found["vocabulary"], found["positions"]) == (30, 49152, 8192)
    assert found["stored"] < found["parameters"] < found["needed"]
    assert found["template"]["keeps_system"] and found["troubles"] == []


def test_a_gguf_file_of_an_unknown_architecture(tmp_path: Path, capsys: Capture) -> None:
    from tests.servers.gguf_file import write_gguf

    path = write_gguf(paths.demo_model(), tmp_path / "demo.gguf")
    path.write_bytes(path.read_bytes().replace(b"llama", b"llamo"))
    found = show(capsys, path, 1)
    assert (found["architecture"], found["layers"], found["positions"]) == ("llamo", 5, 1024)
    assert len(found["troubles"]) == 1 and "'llamo'" in troubles(found)
    path.write_bytes(path.read_bytes()[:1000])
    found = show(capsys, path, 1)
    assert "is not a readable GGUF file" in troubles(found) and len(found["troubles"]) == 1


@pytest.fixture
def adapter(tiny_model: Path, tmp_path: Path) -> Path:
    """A LoRA adapter of the tiny model."""
    from peft import LoraConfig, get_peft_model

    base: Any = AutoModelForCausalLM.from_pretrained(tiny_model)
    over = get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))
    over.save_pretrained(str(tmp_path / "adapter"))
    return tmp_path / "adapter"


def test_an_adapter_names_what_it_adapts(
    adapter: Path, tiny_model: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = show(capsys, adapter)
    [adapted] = found["adapted"]
    assert (adapted["base"], adapted["folder"]) == (str(tiny_model), str(adapter))
    assert (adapted["method"], adapted["rank"]) == ("LORA", 2)
    assert adapted["layers"] == ["q_proj", "v_proj"] and 0 < adapted["parameters"] < 5000
    assert found["kind"] == "adapter" and found["architecture"] == "LlamaForCausalLM"
    assert f"{tiny_model} (LORA, rank 2, on q_proj, v_proj" in shown(capsys, adapter)
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"target_modules": ["q_proj", "v_proj", "o_proj"]}))
    assert "does not fit its base: it lacks 4 tensors" in troubles(show(capsys, adapter, 1))
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    found = show(capsys, adapter, 1)
    assert "loading adapters needs the package peft" in troubles(found)
    assert found["adapted"][0]["rank"] == 2 and found["positions"] == 2048
    path.write_text(json.dumps(config | {"base_model_name_or_path": str(adapter)}))
    assert show(capsys, adapter, 1)["adapted"]


def test_names_and_what_is_none(folder: Path, capsys: Capture) -> None:
    assert show(capsys, "demo")["kind"].startswith("demo model")
    file = paths.user_backbones() / "mine.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"backbone = {{ model = {str(folder)!r} }}\n")
    found = show(capsys, "mine")
    assert (found["name"], found["place"]) == ("mine", str(folder))
    for name in ("nobody", "./nowhere", "llama-3.3-70b-vllm", "http://localhost:1/v1"):
        assert run(["models", "show", name]) == 2
        assert capsys.readouterr().out == ""


def test_a_hub_model_is_not_fetched(cache: Path, folder: Path, capsys: Capture) -> None:
    found = show(capsys, "org/name", 1)
    assert found["troubles"][0]["hint"] == "hf download org/name"
    snapshot = put(cache, "org/name", folder)
    found = show(capsys, "org/name")
    assert found["kind"] == "hub snapshot" and found["identity"] == f"org/name@{'a' * 40}"
    (snapshot / "model.safetensors").unlink()
    found = show(capsys, "org/name", 1)
    assert "only partly on this machine" in troubles(found) and found["positions"] == 2048


def test_hostile_text_stays_text(folder: Path, capsys: Capture) -> None:
    configure(folder, architectures=["Evil\x1b[2J[bold]\u202eX"])
    for arguments in (["models", "show", str(folder)], ["models", "show", str(folder), "--json"]):
        run(arguments)
        out = capsys.readouterr().out
        assert "\x1b" not in out and "\u202e" not in out
        assert "[bold]" in out


def test_the_list_has_backbones_and_the_cache(
    cache: Path, folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    put(cache, "mistralai/Mistral-7B-Instruct-v0.3", folder)
    (put(cache, "org/part", folder) / "model.safetensors").unlink()
    (put(cache, "org/cut", folder) / "model.safetensors").write_bytes(b"\0" * 9)
    (tmp_path / "gguf").mkdir()
    (tmp_path / "gguf/x.gguf").symlink_to(smollm2_gguf())
    put(cache, "org/packed", tmp_path / "gguf")
    (cache / "datasets--org--data").mkdir()
    rows = listed(capsys)
    mistral = rows["mistral-7b"]
    assert mistral["here"] == "whole" and mistral["parameters"] > 100_000
    assert mistral["model"] == "mistralai/Mistral-7B-Instruct-v0.3"
    assert mistral["model"] not in rows
    assert rows["llama-3.1-8b"]["here"] == "not here"
    assert rows["llama-3.3-70b-vllm"]["here"] == "server"
    assert (rows["demo"]["here"], rows["demo"]["stored"]) == ("whole", 6000768)
    part = rows["org/part"]
    assert (part["here"], part["lacks"]) == ("in part", "model.safetensors")
    assert part["architecture"] == "LlamaForCausalLM" and part["backbone"] is None
    assert rows["org/cut"]["here"] == "damaged"
    assert rows["org/packed:x.gguf"]["parameters"] > 134_000_000
    assert run(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert "\norg/part: lacks model.safetensors\n" in out and "\norg/cut: " in out
    assert "org/packed" not in rows and not any("data" in name for name in rows)


def test_the_list_for_people_fits_80_columns(
    cache: Path, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, "organisation/a-model-of-a-long-name-2", folder)
    monkeypatch.setattr("align_tui.output.tables.PIPED_WIDTH", 80)
    assert run(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    [line] = [line for line in lines if "organisation" in line]
    assert "Llama" in line and "whole" in line
    assert any(line.strip() == "mistralai/Mistral-7B-Instruct-v0.3" for line in lines)
