"""The engine on a GPU: what was promised of the CPU, and what only a GPU does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from align_tui.backbones.base import Request, open_backbone
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.config.profile import BackboneSpec
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import NotFinite
from align_tui.core.replies import decision_schema, read_reply
from tests.models import make_tiny_model

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

CHOICES = ("Treat Patient A", "Leave Patient B")
SCHEMA = decision_schema(CHOICES, "before", 80)
CONFIGS = ["LlamaConfig", "Gemma2Config", "Gemma3TextConfig", "GptOssConfig"]


def load(folder: Path, **more: object) -> LocalBackbone:
    values = {"kind": "transformers", "model": str(folder), "device": "cuda:0"} | more
    backbone = open_backbone(BackboneSpec.model_validate(values), lambda what, share: None)
    assert isinstance(backbone, LocalBackbone)
    return backbone


async def ask(
    backbone: LocalBackbone, i: int, engine: Any = "batched", temperature: float = 0.0
) -> Generation:
    messages = (Message("user", f"Scenario {i}: who is treated first, and who has to wait?"),)
    sampling = Sampling(temperature=temperature, seed=i)
    made = await backbone.generate(
        Request(messages, SCHEMA, sampling, engine=engine), lambda _, text: None
    )
    read_reply(made.text, CHOICES, "before")
    return made


def write(backbone: LocalBackbone, n: int, **more: Any) -> list[str]:
    async def all_of_them() -> list[str]:
        made = await asyncio.gather(*(ask(backbone, i, **more) for i in range(n)))
        return [each.text for each in made]

    return asyncio.run(all_of_them())


@pytest.fixture(params=CONFIGS)
def backbone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalBackbone]:
    """A tiny model of each kind in float32; TF32 would make sums of another order differ."""
    folder = make_tiny_model(tmp_path / "m", config=request.param, spread=0.15)
    made = load(folder, dtype="float32")
    assert made.info.device == "cuda:0" and made.info.notes == ()
    yield made
    made.close()


def test_batched_is_alone_in_float32(backbone: LocalBackbone) -> None:
    together = write(backbone, 24)
    backbone._batch.prefixes.clear()
    assert [write_one(backbone, i) for i in range(24)] == together
    assert write(backbone, 6, engine="generate") == together[:6]


def write_one(backbone: LocalBackbone, i: int) -> str:
    return asyncio.run(ask(backbone, i)).text


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_graphs_are_eager(backbone: LocalBackbone, temperature: float) -> None:
    graphs = backbone._batch._graphs
    assert graphs is not None
    recorded = write(backbone, 12, temperature=temperature)
    assert graphs._steps and graphs.is_capturing  # some were recorded, and none refused
    backbone._batch.prefixes.clear()
    backbone._batch._graphs = None
    assert write(backbone, 12, temperature=temperature) == recorded


def test_bfloat16_decides_mostly_the_same(tmp_path: Path) -> None:
    """Sums of another order differ in their last bits, so a share of decisions may."""
    folder = make_tiny_model(tmp_path / "m", spread=0.15)
    choices: dict[str, list[int]] = {}
    for dtype in ("float32", "bfloat16"):
        made = load(folder, dtype=dtype)
        choices[dtype] = [read_reply(t, CHOICES, "before")[0] for t in write(made, 60)]
        made.close()
    same = sum(a == b for a, b in zip(*choices.values(), strict=True))
    assert same >= 0.8 * 60


def test_running_out_of_memory_is_recovered_from(tmp_path: Path) -> None:
    """A real lack of memory: the process may take little more than the model itself."""
    folder = make_tiny_model(tmp_path / "m", hidden_size=512, num_hidden_layers=8)
    made = load(folder, dtype="float32")
    expected = write(made, 40)
    made._batch.clear()
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    used = torch.cuda.memory_reserved(0)
    torch.cuda.set_per_process_memory_fraction((used + 24e6) / total)
    try:
        assert write(made, 40) == expected
        assert any("out of memory" in note for note in made.info.notes)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        made.close()


def test_float16_that_overflows_is_told(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "m", spread=0.15)
    made = load(folder, dtype="float16")
    model: Any = made._loaded.model
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.mul_(60000)
        model.model.layers[0].mlp.up_proj.weight.mul_(60000)
    with pytest.raises(NotFinite, match="in float16"):
        asyncio.run(ask(made, 0))
    made.close()


SCRIPT = """
import asyncio, json, sys
from pathlib import Path
from tests.backbones.test_cuda import load, write
made = load(Path(sys.argv[1]), dtype="float32")
print("RESULT" + json.dumps(write(made, 30)))
made.close()
"""


def test_two_processes_share_a_card(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "m", spread=0.15)
    alone = load(folder, dtype="float32")
    expected = write(alone, 30)
    alone.close()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        out, _ = process.communicate(timeout=200)
        line = next(line for line in out.splitlines() if line.startswith("RESULT"))
        assert json.loads(line.removeprefix("RESULT")) == expected
