"""The engine on a GPU: the promises of the CPU, and what only a GPU does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Request
from align_tui.backbones.local.backbone import LocalBackbone
from align_tui.backbones.registry import open_backbone
from align_tui.config.attributes import load_attributes
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.library import load_profile
from align_tui.core.decisions import Generation, Message, Sampling
from align_tui.core.errors import NotFinite
from align_tui.core.replies import decision_schema, read_reply
from align_tui.core.scenarios import Scenario
from align_tui.engine.llm import SampleLlm
from align_tui.formats.library import find_scenarios
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
    """A tiny model of each kind in float32, without TF32, in which the order of sums matters."""
    folder = make_tiny_model(tmp_path / "m", config=request.param, spread=0.15)
    made = load(folder, dtype="float32")
    assert made.info.device == "cuda:0" and made.info.notes == ()
    yield made
    made.close()


def test_batched_is_alone_in_float32(backbone: LocalBackbone) -> None:
    together = write(backbone, 24)
    backbone._thread.batch.prefix_cache.clear()
    assert [write_one(backbone, i) for i in range(24)] == together
    assert write(backbone, 6, engine="generate") == together[:6]


def write_one(backbone: LocalBackbone, i: int) -> str:
    return asyncio.run(ask(backbone, i)).text


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_graphs_are_eager(backbone: LocalBackbone, temperature: float) -> None:
    graphs = backbone._thread.batch._graphs
    assert graphs is not None
    recorded = write(backbone, 12, temperature=temperature)
    # A mixture of experts reads from the device which experts to run, so its steps run without
    # recording. Greedy replies of some of these models have no step with only single tokens.
    is_mixture = "expert" in str(backbone._loaded.model)
    assert graphs.is_capturing is not is_mixture
    assert graphs._steps or temperature == 0.0
    backbone._thread.batch.prefix_cache.clear()
    backbone._thread.batch._graphs = None
    assert write(backbone, 12, temperature=temperature) == recorded


def test_bfloat16_decides_mostly_the_same() -> None:
    """The order of sums changes their last bits, so a few decisions may differ."""
    scenarios = find_scenarios("demo-triage", load_attributes()).scenarios
    chosen = [asyncio.run(demo_choices(dtype, scenarios)) for dtype in ("float32", "bfloat16")]
    same = sum(a == b for a, b in zip(*chosen, strict=True))
    assert same >= 0.9 * len(scenarios)


async def demo_choices(dtype: str, scenarios: Sequence[Scenario]) -> list[int]:
    profile = load_profile("moral-desert-high", backbone="demo")
    made = open_backbone(
        profile.backbone.model_copy(update={"dtype": dtype, "device": "cuda:0"}),
        lambda what, share: None,
    )
    adm = make_adm(profile, load_attributes())

    async def decide(i: int, scenario: Scenario) -> int:
        llm = SampleLlm(made, profile.decoding, i, lambda stream, text: None, 0.0)
        choice = (await adm(scenario, profile.target, llm)).choice
        assert choice is not None
        return choice

    found = await asyncio.gather(*(decide(i, each) for i, each in enumerate(scenarios)))
    made.close()
    return found


def test_running_out_of_memory_is_recovered_from(tmp_path: Path) -> None:
    """A real lack of memory: the process may use little more than the model itself."""
    folder = make_tiny_model(tmp_path / "m", hidden_size=512, num_hidden_layers=8)
    made = load(folder, dtype="float32")
    expected = write(made, 40)
    made._thread.batch.clear()
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
