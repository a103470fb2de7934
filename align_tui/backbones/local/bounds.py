"""What a model can be given: how many positions it has, and which tokens it has weights for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedModel

from align_tui.core.errors import BackboneError, PromptTooLong

LONGEST_POSITIONS = 10_000_000
"""Above this a config means that there is no limit."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The `positions` that a model reads at most (None: no limit), and its embedding's `rows`."""

    name: str
    positions: int | None
    rows: int

    def check(self, ids: Sequence[int], prompt: int) -> None:
        """Raise PromptTooLong or BackboneError for tokens that the model cannot read.

        The first `prompt` of them are the prompt; the others are its reply.
        """
        error = self.problem(ids, prompt)
        if error is not None:
            raise error

    def problem(self, ids: Sequence[int], prompt: int, known: int = 0) -> BackboneError | None:
        """What is wrong with the tokens, or None; the first `known` of them have been looked at."""
        if self.positions is not None and len(ids) > self.positions:
            shorter = "Take a model with a longer context, shorten the scenario"
            if prompt >= self.positions:
                return PromptTooLong(
                    f"The prompt has {prompt} tokens and {self.name} reads at most "
                    f"{self.positions}",
                    f"{shorter}.",
                )
            return PromptTooLong(
                f"The prompt has {prompt} tokens, and its reply does not fit into the "
                f"{self.positions - prompt} that are left of the {self.positions} which "
                f"{self.name} reads at most",
                f"{shorter}, or lower adm.max_reasoning_chars.",
            )
        foreign = next((token for token in ids[known:] if token >= self.rows), None)
        if foreign is not None:
            return BackboneError(
                f"The tokenizer of {self.name} makes token {foreign} of the text, and the model "
                f"has weights for {self.rows} tokens only",
                "Model and tokenizer do not belong together, or tokens were added to one of them.",
            )
        return None


def bounds_of(model: PreTrainedModel, name: str) -> Bounds:
    """The bounds of a loaded model."""
    embedding: Any = model.get_input_embeddings()
    rows = getattr(embedding, "num_embeddings", None)
    config = model.config.get_text_config()
    return Bounds(name, positions_of(config), int(rows or embedding.weight.shape[0]))


def positions_of(config: Any) -> int | None:
    """How many positions a config says that its model reads; None where it has no limit.

    A factor by which positions are stretched counts where the limit is that of before (YaRN in
    Qwen2.5's way); a limit that has it in already is left as it is.
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
