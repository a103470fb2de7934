"""The files of a model that decide, by name; without torch, so that a command can hash them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from align_tui.backbones.local.files import ModelFiles
from align_tui.config.model_files.weights import ADAPTER, weight_files

SMALL = (".json", ".jinja", ".model", ".txt", ".tiktoken", ".py")
FOLDERS = ("additional_chat_templates", "1_Pooling")
NO_MATTER = ("readme", "license", "licence", "notice", "trainer_state", "all_results",
             "train_results", "eval_results", "use_policy")  # fmt: skip


def deciding_files(files: ModelFiles) -> dict[str, Path]:
    """The files from which the model decides, by a name that does not depend on its folder.

    They are config, generation config, tokenizer, chat templates, the model's own code and its
    weights; a GGUF file holds all of them. The files of adapters are named `adapter 1/...`.
    """
    found: dict[str, Path] = {}
    if files.gguf is not None:
        found[files.gguf.name] = files.gguf
    else:
        found |= _small_files(files.folder)
        found |= {path.name: path for path in weight_files(files.folder)}
    for number, folder in enumerate(files.adapters, start=1):
        own = {**_small_files(folder), ADAPTER: folder / ADAPTER}
        found |= {f"adapter {number}/{name}": path for name, path in own.items()}
    return found


def _small_files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in _listed(folder)}


def _listed(folder: Path) -> Iterator[Path]:
    for place in (folder, *(folder / name for name in FOLDERS)):
        if not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            name = path.name.lower()
            if name.endswith(SMALL) and not name.startswith(NO_MATTER) and path.is_file():
                yield path
