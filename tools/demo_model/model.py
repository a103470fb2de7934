"""The network: a small Llama in plain PyTorch, exported for transformers."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ModelShape:
    """Sizes of the network."""

    vocab: int
    hidden: int = 192
    layers: int = 5
    heads: int = 6
    mlp: int = 512
    rope_theta: float = 1000.0
    eps: float = 1e-5
    context: int = 1024
    tap: int = 3
    judgements: int = 15
    patients: int = 3

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Block(nn.Module):
    """A block of attention and a gated MLP, each after an RMS norm, as in Llama."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.norm_attn = nn.Parameter(torch.ones(shape.hidden))
        self.norm_mlp = nn.Parameter(torch.ones(shape.hidden))
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden, bias=False)
        self.out = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.gate_up = nn.Linear(shape.hidden, 2 * shape.mlp, bias=False)
        self.down = nn.Linear(shape.mlp, shape.hidden, bias=False)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, hidden_from: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The block's output, and the first head's scores [rows, from, at] before the softmax."""
        rows, length, hidden = x.shape
        shape = self.shape
        qkv = self.qkv(F.rms_norm(x, (hidden,), self.norm_attn, shape.eps))
        qkv = qkv.view(rows, length, 3, shape.heads, shape.head_dim)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        # Written out, since at this size it trains twice as fast as the fused kernel, whose
        # backward pass in bfloat16 took 39 % of a step.
        q, k = _rotate(q, cos, sin).to(v.dtype), _rotate(k, cos, sin).to(v.dtype)
        scores = (q @ k.transpose(-1, -2)).float() * shape.head_dim**-0.5 + hidden_from
        mixed = torch.softmax(scores, -1).to(v.dtype) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(rows, length, hidden))
        gate, up = self.gate_up(F.rms_norm(x, (hidden,), self.norm_mlp, shape.eps)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), scores[:, 0]


class TinyLlama(nn.Module):
    """A decoder whose forward returns the normed hidden states; `logits` applies the tied head.

    `judge` reads the states after block `tap`. Training teaches it to say what each fact means and
    which patient it is about, so that the lower blocks learn to read before the answer needs it. It
    is not exported. Training also teaches the first head of the next block to look at the fact that
    the answer judges next.
    """

    cos: Tensor
    sin: Tensor
    later: Tensor

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.hidden))
        self.judge = nn.Linear(shape.hidden, shape.judgements + shape.patients)
        steps = torch.arange(0, shape.head_dim, 2).float() / shape.head_dim
        angles = torch.outer(torch.arange(shape.context).float(), shape.rope_theta**-steps)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        later = torch.full((shape.context, shape.context), -1e9).triu(1)
        self.register_buffer("later", later, persistent=False)
        std = shape.hidden**-0.5
        for name, weight in self.named_parameters():
            if weight.dim() < 2:
                continue
            residual = name.endswith(("out.weight", "down.weight"))
            scale = std * (2 * shape.layers) ** -0.5 if residual else std
            nn.init.normal_(weight, std=scale)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(Normed states after the last block, those after block `tap`, scores of the next block.)

        [rows, length, hidden] twice, and [rows, from, at].
        """
        x = tapped = self.embed(ids)
        looking = torch.empty(0)
        length = ids.shape[1]
        cos, sin, later = self.cos[:length], self.sin[:length], self.later[:length, :length]
        size = (self.shape.hidden,)
        for number, block in enumerate(self.blocks, 1):
            x, scores = block(x, cos, sin, later)
            if number == self.shape.tap + 1:
                looking = scores
            if number == self.shape.tap:
                tapped = F.rms_norm(x, size, eps=self.shape.eps)
        return F.rms_norm(x, size, self.norm, self.shape.eps), tapped, looking

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.embed.weight)

    def parameter_count(self) -> int:
        """The number of parameters of the exported model."""
        return sum(p.numel() for n, p in self.named_parameters() if not n.startswith("judge"))


def llama_config(shape: ModelShape, pad: int, end: int) -> dict[str, Any]:
    """The config.json with which transformers builds the same network."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocab,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.mlp,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "head_dim": shape.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.eps,
        "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": None,
        "eos_token_id": end,
        "pad_token_id": pad,
        "initializer_range": round(shape.hidden**-0.5, 6),
        "use_cache": True,
        "dtype": "float16",
    }


def llama_weights(model: TinyLlama, dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """The parameters with the names of transformers' Llama."""
    named: dict[str, Tensor] = {
        "model.embed_tokens.weight": model.embed.weight,
        "model.norm.weight": model.norm,
    }
    for i, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        at = f"model.layers.{i}."
        q, k, v = block.qkv.weight.chunk(3)
        gate, up = block.gate_up.weight.chunk(2)
        named |= {
            at + "self_attn.q_proj.weight": q,
            at + "self_attn.k_proj.weight": k,
            at + "self_attn.v_proj.weight": v,
            at + "self_attn.o_proj.weight": block.out.weight,
            at + "mlp.gate_proj.weight": gate,
            at + "mlp.up_proj.weight": up,
            at + "mlp.down_proj.weight": block.down.weight,
            at + "input_layernorm.weight": block.norm_attn,
            at + "post_attention_layernorm.weight": block.norm_mlp,
        }
    return {k: v.detach().to(dtype).contiguous().clone() for k, v in named.items()}


def export(
    model: TinyLlama, folder: Path, tokenizer_files: Mapping[str, str], pad: int, end: int
) -> None:
    """Write the model folder; it renames each file into place, so that readers see whole files."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as name:
        temp = Path(name)
        generation = {
            "do_sample": False,
            "eos_token_id": end,
            "pad_token_id": pad,
            "max_new_tokens": 256,
        }
        texts = {
            "config.json": json.dumps(llama_config(model.shape, pad, end), indent=2) + "\n",
            "generation_config.json": json.dumps(generation, indent=2) + "\n",
            **tokenizer_files,
        }
        for filename, text in texts.items():
            (temp / filename).write_text(text, encoding="utf-8")
        save_file(llama_weights(model), temp / "model.safetensors", metadata={"format": "pt"})
        for path in sorted(temp.iterdir()):
            path.chmod(0o644)
            path.replace(folder / path.name)


def learning_rate(step: int, total: int, peak: float, warm: int, floor: float = 0.05) -> float:
    """The learning rate: linear warm-up, then a cosine down to `floor` of the peak."""
    if step < warm:
        return peak * (step + 1) / warm
    along = min(1.0, (step - warm) / max(1, total - warm))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * along)))
