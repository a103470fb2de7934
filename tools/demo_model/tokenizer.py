"""The tokenizer: byte-level BPE over whole words and single marks, with the chat template."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

PAD, END, SYSTEM, USER, ASSISTANT = SPECIAL = (
    "<|pad|>",
    "<|end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
)
# Words keep the space before them. Digits, marks and line breaks are tokens of their own, so that a
# forced piece of JSON has the same tokens as inside a whole answer.
PIECES = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]|\s"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] | trim + '<|end|>' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def train_tokenizer(texts: Iterable[str], size: int) -> Tokenizer:
    """Train a tokenizer of `size` entries on the texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[AddedToken(text, special=True) for text in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    for letter in "ABC":
        assert len(tokenizer.encode(f" {letter}").ids) == 1, letter
    return tokenizer


def special_id(tokenizer: Tokenizer, text: str) -> int:
    """The id of a special token."""
    found = tokenizer.token_to_id(text)
    if found is None:
        raise KeyError(text)
    return int(found)


def chat(system: str, user: str) -> str:
    """Render a prompt with the chat template and the generation prompt."""
    head = f"{SYSTEM}{system.strip()}{END}" if system else ""
    return f"{head}{USER}{user.strip()}{END}{ASSISTANT}"


def files(tokenizer: Tokenizer) -> dict[str, str]:
    """The tokenizer's files by name, as transformers reads them."""
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 2048,
        "clean_up_tokenization_spaces": False,
        "add_bos_token": False,
        "add_eos_token": False,
        "eos_token": END,
        "pad_token": PAD,
        "padding_side": "left",
        "chat_template": CHAT_TEMPLATE,
    }
    return {
        "tokenizer.json": tokenizer.to_str(pretty=False) + "\n",
        "tokenizer_config.json": json.dumps(config, indent=2) + "\n",
        "chat_template.jinja": CHAT_TEMPLATE,
    }
