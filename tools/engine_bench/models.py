"""Random models that write one token for each character of reasoning, so its length is known.

Every final state of the network has a large component along one direction, so a row of the output
matrix along it acts as a bias. The bias is highest for marks that occur in neither the JSON's frame
nor a choice (the reasoning consists of them). Longer tokens come before shorter ones, so that both
ways write frames and choices in the same few tokens. Blanks and the end come last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

MARKS = "0123456789!#$%&*+<=>?@^_|~"
BOS, EOS = "<s>", "</s>"
COMMON = 2.0  # the embedding's component along the common direction
LIKED, PER_CHARACTER, DISLIKED = 20.0, 0.2, -6.0


@dataclass(frozen=True)
class Shape:
    """Sizes of a Llama model."""

    name: str
    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    mlp: int
    device: str = "cpu"


SHAPES = {
    "30M": Shape("30M/8k", 8192, 512, 8, 8, 2, 1408),
    "40M": Shape("40M/32k", 32768, 448, 6, 7, 1, 1216),
    "1B": Shape("1B/128k", 128256, 2048, 16, 32, 8, 8192, "cuda"),
    "8B": Shape("8B/128k", 128256, 4096, 32, 32, 8, 14336, "cuda"),
}


def words(count: int) -> Iterable[str]:
    """Made-up words that fill a vocabulary of any size."""
    parts = [a + b for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
    for i in range(count):
        number, word = i + len(parts), ""
        while number:
            number, part = divmod(number, len(parts))
            word += parts[part]
        yield word


def make_tokenizer(size: int, texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A byte-level tokenizer of exactly `size` tokens that knows the words of `texts`."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        [text for text in texts for _ in range(3)],
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=[BOS, EOS],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    # Put them into the vocabulary: llguidance takes minutes for a hundred thousand added tokens.
    made = json.loads(bpe.to_str())
    vocabulary = made["model"]["vocab"]
    for word in words(2 * size):
        if len(vocabulary) >= size:
            break
        vocabulary.setdefault(word, len(vocabulary))
    filled = Tokenizer.from_str(json.dumps(made))
    return PreTrainedTokenizerFast(tokenizer_object=filled, bos_token=BOS, eos_token=EOS)


def make_model(shape: Shape, folder: Path, texts: Iterable[str]) -> Path:
    """Write a model and its tokenizer, in float32, or bfloat16 for a GPU."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer(shape.vocabulary, texts)
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=4096,
        bos_token_id=0,
        eos_token_id=1,
        tie_word_embeddings=False,
    )
    dtype = torch.float32 if shape.device == "cpu" else torch.bfloat16
    with torch.device(shape.device):
        model = LlamaForCausalLM(config)
    torch.nn.Module.to(model, dtype)
    _shape_output(model, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@torch.no_grad()
def _shape_output(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    embedding, output = model.model.embed_tokens.weight, model.lm_head.weight
    embedding.add_(COMMON)
    biases = torch.full((output.shape[0],), DISLIKED)
    for token, index in tokenizer.get_vocab().items():
        text = tokenizer.convert_tokens_to_string([token])
        if len(text) == 1 and text in MARKS:
            biases[index] = LIKED
        elif index > 1 and text.strip():
            biases[index] = PER_CHARACTER * len(text)
    # Random parts make the marks differ; in the other rows they would only disturb the order.
    liked = (biases == LIKED).to(output.device)
    output[~liked] = 0
    output[liked] *= 10
    output.add_((biases / output.shape[1]).to(output)[:, None])


def describe(shape: Shape) -> dict[str, Any]:
    """The model's sizes, for the report."""
    return {k: v for k, v in vars(shape).items() if k != "device"}
