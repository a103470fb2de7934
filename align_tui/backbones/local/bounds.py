"""What a model can read: how many positions, and which tokens it has weights for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedModel

from align_tui.core.errors import BackboneError, PromptTooLong
from align_tui.core.text.plurals import counted

LONGEST_POSITIONS = 10_000_000
"""A larger limit in a config means that there is none."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most `positions` that a model reads (None: no limit), and its embedding's `rows`."""

    name: str
    positions: int | None
    rows: int

    def check(self, ids: Sequence[int], prompt: int) -> None:
        """Raise PromptTooLong or BackboneError for tokens that the model cannot read.

        The first `prompt` tokens are the prompt; the others are its reply.
        """
        error = self.problem(ids, prompt)
        if error is not None:
            raise error

    def problem(self, ids: Sequence[int], prompt: int, known: int = 0) -> BackboneError | None:
        """What is wrong with the tokens, or None; the first `known` were checked before."""
        if self.positions is not None and len(ids) > self.positions:
            shorter = "Take a model with a longer context, shorten the scenario"
            if prompt >= self.positions:
                return PromptTooLong(
                    f"The prompt has {counted(prompt, 'token')}, but {self.name} reads at most "
                    f"{self.positions}",
                    f"{shorter}.",
                )
            return PromptTooLong(
                f"The prompt has {counted(prompt, 'token')}, and {self.name} reads at most "
                f"{self.positions}: the {self.positions - prompt} that are left are too few for "
                "the reply",
                f"{shorter}, or lower adm.max_reasoning_chars.",
            )
        foreign = next((token for token in ids[known:] if token >= self.rows), None)
        if foreign is not None:
            return BackboneError(
                f"The tokenizer of {self.name} turns the text into token {foreign}, but the model "
                f"has weights for only {counted(self.rows, 'token')}",
                "Use the tokenizer that belongs to the model. Tokens may have been added to it.",
            )
        return None


def bounds_of(model: PreTrainedModel, name: str) -> Bounds:
    """The bounds of a loaded model."""
    embedding: Any = model.get_input_embeddings()
    rows = getattr(embedding, "num_embeddings", None)
    config = model.config.get_text_config()
    return Bounds(name, positions_of(config), int(rows or embedding.weight.shape[0]))


def positions_of(config: Any) -> int | None:
    """How many positions a model reads according to its config; None for no limit.

    A factor that stretches positions multiplies a limit that was given without it (YaRN as in
    Qwen2.5). A limit that includes the factor stays as it is.
    """
    limit = getattr(config, "max_position_embeddings", None)
    if not isinstance(limit, int) or not 0 < limit <= LONGEST_POSITIONS:
        return None
    scaling = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None)
    if isinstance(scaling, dict):
        factor = scaling.get("factor")
        original = scaling.get("original_max_position_embeddings", limit)
        if isinstance(factor, int | float) and isinstance(original, int) and original > 0:
            limit = max(limit, int(original * factor))
    return limit
