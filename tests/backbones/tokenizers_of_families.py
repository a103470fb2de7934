"""Small tokenizers of the common model families, each with a typical chat template."""

from __future__ import annotations

from typing import Any

TEXT = ['the patient is treated who is first {"reasoning":"","choice":"Treat Patient A"}'] * 3
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA2 = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}"
    "{{ raise_exception('no system role') }}{% endif %}[INST] {{ m.content | trim }} [/INST]"
    "{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content | trim }}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
CONTROL = {
    "byte": ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>"],
    "metaspace": ["<s>", "</s>", "<unk>", "[INST]", "[/INST]"],
    "unigram": ["<bos>", "<eos>", "<unk>", "<start_of_turn>", "<end_of_turn>", "<pad>"],
    "normalised": ["<s>", "</s>", "[inst]", "[/inst]"],
}
PLAIN = {"<think>", "</think>"}
"""Tokens that are added to the vocabulary without being special, as in Qwen3."""


def make(family: str) -> Any:
    """A tokenizer of the family, from real parts: normaliser, pre-tokenizer and model."""
    from tokenizers import (
        AddedToken,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    control = CONTROL[family]
    first = [token for token in control if token not in PLAIN]
    alphabet = [chr(number) for number in range(33, 127)]
    if family == "byte":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        trainer: Any = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=first,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
    elif family == "metaspace":
        made = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        made.decoder = decoders.Metaspace()
        trainer = trainers.BpeTrainer(
            vocab_size=300, special_tokens=first, initial_alphabet=alphabet
        )
    elif family == "unigram":
        made = Tokenizer(models.Unigram())
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        made.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=200, special_tokens=first, unk_token="<unk>", initial_alphabet=alphabet
        )
    else:
        made = Tokenizer(models.BPE())
        made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
    made.train_from_iterator(TEXT, trainer)
    if family == "normalised":
        made.add_special_tokens(
            [AddedToken(t, special=True, normalized=True) for t in ("[inst]", "[/inst]")]
        )
    made.add_tokens([AddedToken(t, special=False, normalized=False) for t in control if t in PLAIN])
    names = {"byte": ("<|im_start|>", "<|im_end|>"), "unigram": ("<bos>", "<eos>")}
    bos, eos = names.get(family, ("<s>", "</s>"))
    unknown = {"unk_token": "<unk>"} if "<unk>" in control else {}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=bos, eos_token=eos, **unknown
    )
    templates = {"byte": CHATML, "unigram": GEMMA}
    tokenizer.chat_template = templates.get(family, LLAMA2)
    return tokenizer
