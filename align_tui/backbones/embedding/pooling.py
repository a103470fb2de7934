"""How one vector is made of a text's token vectors, as sentence-transformers' folders say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import torch

from align_tui.config.model_files.small_files import object_in
from align_tui.core.errors import BackboneError

Mode = Literal["mean", "cls", "max"]
MODES: Final[dict[str, Mode]] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
}
POOLING: Final = Path("1_Pooling", "config.json")
TRANSFORMER: Final = "sentence_bert_config.json"


@dataclass(frozen=True, slots=True)
class Pooling:
    """The way of pooling; `is_stated` is False where the folder states none (mean is used)."""

    mode: Mode = "mean"
    is_stated: bool = False


def read_pooling(path: Path) -> Pooling:
    """Read a `1_Pooling/config.json`. Raises BackboneError for a way that is not known here."""
    if not path.is_file():
        return Pooling()
    try:
        table = object_in(path)
    except ValueError as error:
        raise BackboneError(f"{path} cannot be read: {error}") from error
    asked = [key for key, value in table.items() if key.startswith("pooling_mode_") and value]
    if len(asked) != 1 or asked[0] not in MODES:
        raise BackboneError(
            f"{path} asks for {' and '.join(asked)[:200] or 'no way of pooling'}",
            f"Choose one of: {', '.join(MODES)}.",
        )
    return Pooling(MODES[asked[0]], is_stated=True)


def longest_of(folder: Path, most: int) -> int:
    """The most tokens of a text: sentence-transformers' limit of the folder, at most `most`."""
    try:
        limit = object_in(folder / TRANSFORMER).get("max_seq_length")
    except (ValueError, OSError):
        return most
    return limit if isinstance(limit, int) and 0 < limit < most else most


def pooled(hidden: torch.Tensor, mask: torch.Tensor, mode: Mode) -> torch.Tensor:
    """Vectors of length 1, one a text.

    `hidden` has the token vectors (texts x tokens x size), `mask` 1 for each token that is none of
    the padding. The mean is that of the tokens of a text; `cls` takes the first token.
    """
    hidden = hidden.float()
    if mode == "cls":
        found = hidden[:, 0]
    else:
        kept = mask.unsqueeze(-1).to(hidden.dtype)
        if mode == "max":
            found = hidden.masked_fill(kept == 0, -torch.inf).amax(dim=1)
        else:
            found = (hidden * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1e-9)
    return torch.nn.functional.normalize(found, dim=1)
