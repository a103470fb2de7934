"""Describe a model from its files: config, tokenizer and headers, never its weights.

Each part is read by itself, so that a broken part hides no other part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from align_tui.backbones.local import hub
from align_tui.backbones.local.bounds import positions_of
from align_tui.backbones.local.chat import ChatFormat, fold_system
from align_tui.backbones.local.files import ModelFiles, locate
from align_tui.backbones.local.grammar import Grammars
from align_tui.backbones.local.literal_text import bracketed
from align_tui.backbones.local.load import (
    check_fit,
    check_room,
    free_memory,
    loading_errors,
    pick_device,
    pick_dtype,
    quieten,
    read_config,
    read_tokenizer,
    reading,
)
from align_tui.backbones.local.model_code import only_trusted
from align_tui.backbones.local.thinking import Thinking
from align_tui.backbones.local.windows import Windows, windows_of_config
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.model_files.gguf_header import read_header
from align_tui.config.model_files.small_files import object_in
from align_tui.config.model_files.weights import (
    ADAPTER,
    ADAPTER_CONFIG,
    DEEPEST,
    Size,
    adapter_base,
    base_spec,
    has_tokenizer,
    header_of,
    is_adapter,
    size_in,
    weight_files,
)
from align_tui.core.decisions import Message, Rendering
from align_tui.core.errors import AlignError, BackboneError
from align_tui.core.text.plurals import counted, plural

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

T = TypeVar("T")
TURNS = (Message("system", "The rules of the ward hold."), Message("user", "Who is first?"))
DAYS = ("2001-02-03", "2012-11-10")
NO_DRAWS = frozenset(
    {"transformers_version", "_from_model_config", "do_sample", "max_length", "max_new_tokens"}
    | {"use_cache", "cache_implementation", "return_dict_in_generate", "output_scores"}
    | {"output_attentions", "output_hidden_states", "trust_remote_code", "chat_format"}
)
"""Keys of a generation_config.json that do not change which tokens are drawn."""


@dataclass(frozen=True, slots=True)
class ModelFault:
    """A sentence about what would go wrong. `stops`: the model cannot decide until it is mended."""

    said: str
    hint: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class ChatTemplateFacts:
    """Does a chat template write the date, and does it keep a system turn?"""

    writes_date: bool
    keeps_system: bool


@dataclass(frozen=True, slots=True)
class Adapted:
    """An adapter: its folder, the base that its config names, its kind and its size."""

    folder: str
    base: str
    method: str = ""
    rank: int | None = None
    layers: tuple[str, ...] = ()
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """Facts about a model. A fact that cannot be read is None or empty, and `troubles` say why.

    `stored`, `needed` and `free` are bytes: `needed` is what the weights take as `dtype`, which
    loading would pick on `device`. `positions` is also None for a model without a limit; `windows`
    is empty without a config.
    """

    name: str
    kind: str
    place: str = ""
    identity: str = ""
    architecture: str = ""
    layers: int | None = None
    parameters: int | None = None
    stored: int | None = None
    needed: int | None = None
    dtype: str = ""
    device: str = ""
    free: int | None = None
    vocabulary: int | None = None
    tokenizer: int | None = None
    positions: int | None = None
    windows: str = ""
    batched: bool | None = None
    has_template: bool = False
    template: ChatTemplateFacts | None = None
    thinking: Thinking | None = None
    adapted: tuple[Adapted, ...] = ()
    troubles: tuple[ModelFault, ...] = ()

    @property
    def loads(self) -> bool:
        """Would the model load here, and could it decide?"""
        return not any(fault.stops for fault in self.troubles)


@dataclass
class _Findings:
    """The description so far; an error in one part becomes a fault."""

    spec: BackboneSpec
    description: Description
    faults: list[ModelFault] = field(default_factory=list)

    def update(self, **values: Any) -> None:
        self.description = replace(self.description, **values)

    def add_fault(self, said: str, hint: str = "", *, stops: bool = False) -> None:
        if said not in {each.said for each in self.faults}:
            self.faults.append(ModelFault(said, hint, stops))

    def part(self, read: Callable[..., T], *of: Any) -> T | None:
        """The result of `read(*of)` for one part; an error becomes a fault, and gives None."""
        try:
            with loading_errors(self.spec, torch.device("meta")):
                return read(*of)
        except AlignError as error:
            self.add_fault(error.message, error.hint, stops=True)
        return None


def describe(spec: BackboneSpec, name: str = "") -> Description:
    """The description of the model that `spec` names; fetches nothing and raises nothing."""
    quieten()
    spec, asked = only_trusted(spec), spec
    findings = _Findings(spec, Description(name or spec.label, "hub model"))
    whole = findings.part(lambda: locate(spec, lambda what, share: None, fetch=False))
    files = whole or findings.part(_as_far_as_here, spec)
    if files is not None:
        _describe_files(findings, files, whole is not None)
    if asked.trust_remote_code and not spec.trust_remote_code:
        findings.add_fault(
            "This check does not run the model's code, which this account does not trust yet.",
            "A run with this model asks whether to trust it.",
        )
    return replace(findings.description, troubles=tuple(findings.faults))


def _as_far_as_here(spec: BackboneSpec, depth: int = 0) -> ModelFiles | None:
    """The unchecked files of a model that `locate` refuses; None when there are none."""
    path = Path(spec.model).expanduser()
    if spec.kind == "demo" or path.is_file():
        return ModelFiles(path.parent, "", gguf=path) if path.suffix.lower() == ".gguf" else None
    folder = path if path.is_dir() else hub.cached_snapshot(spec)
    if folder is None or not is_adapter(folder):
        return None if folder is None else ModelFiles(folder, "")
    under = _as_far_as_here(base_spec(spec, folder), depth + 1) if depth < DEEPEST else None
    under = under or ModelFiles(folder, "")
    return replace(under, adapters=(*under.adapters, folder))


def _describe_files(findings: _Findings, files: ModelFiles, is_whole: bool) -> None:
    place = files.adapters[-1] if files.adapters else files.gguf or files.folder
    findings.update(kind=_kind(findings.spec, files), place=str(place), identity=files.identity)
    for folder in files.adapters:
        findings.part(_describe_adapter, findings, folder)
    size = findings.part(files.size) if is_whole or _has_weights(files) else None
    if size is not None:
        findings.update(parameters=size.parameters, stored=size.stored)
    findings.part(_describe_room, findings, size)
    if files.gguf is not None and size is not None:
        findings.part(_describe_header, findings, files.gguf)
    config = tokenizer = None
    with reading(files):
        # The header of a refused GGUF file has given all facts that it can.
        is_folder = files.gguf is None
        if is_folder and (files.folder / "config.json").is_file():
            has_config = findings.part(_describe_raw_config, findings, files.folder) is not None
        else:
            has_config = is_whole
        if has_config:
            config = findings.part(read_config, files, findings.spec)
        if has_config and (is_whole or (is_folder and has_tokenizer(files.folder))):
            tokenizer = findings.part(read_tokenizer, files, findings.spec)
        elif is_folder and (files.folder / "tokenizer.json").is_file():
            tokenizer = findings.part(_tokenizer_without_config, files.folder)
    if config is not None:
        findings.part(_describe_config, findings, config)
    if tokenizer is not None:
        findings.part(_describe_tokenizer, findings, tokenizer)
    if is_whole and size is not None and config is not None and tokenizer is not None:
        findings.part(check_fit, findings.spec, files)
    if is_folder:
        findings.part(_describe_draws, findings, files.folder)


def _has_weights(files: ModelFiles) -> bool:
    weights = weight_files(files.folder) if files.gguf is None else [files.gguf]
    return bool(weights) and all(path.is_file() for path in weights)


def _kind(spec: BackboneSpec, files: ModelFiles) -> str:
    if spec.kind == "demo":
        return "demo model, ships inside"
    if files.adapters:
        return "adapter"
    if files.gguf is not None:
        return "GGUF file"
    return "folder" if Path(spec.model).expanduser().is_dir() else "hub snapshot"


def _describe_adapter(findings: _Findings, folder: Path) -> None:
    config = object_in(folder / ADAPTER_CONFIG)
    rank, targets = config.get("r"), config.get("target_modules")
    weights = folder / ADAPTER
    adapted = Adapted(
        folder=str(folder),
        base=adapter_base(folder),
        method=str(config.get("peft_type") or ""),
        rank=rank if isinstance(rank, int) else None,
        layers=tuple(sorted(map(str, targets))) if isinstance(targets, list) else (),
        parameters=size_in(header_of(weights)).parameters if weights.is_file() else None,
    )
    findings.update(adapted=(*findings.description.adapted, adapted))


def _describe_room(findings: _Findings, size: Size | None) -> None:
    device = pick_device(findings.spec.device)
    dtype = pick_dtype(findings.spec, device)
    name = str(dtype).removeprefix("torch.")
    findings.update(device=str(device), dtype=name, free=free_memory(device))
    if size is not None:
        findings.update(needed=size.parameters * torch.empty((), dtype=dtype).element_size())
        check_room(findings.spec, size)


def _describe_header(findings: _Findings, path: Path) -> None:
    """Facts from a GGUF file's header; its config, when it can be made, adds more."""
    header = read_header(path)
    layers, positions = (header.of_architecture(k) for k in ("block_count", "context_length"))
    findings.update(
        architecture=header.architecture,
        layers=layers if isinstance(layers, int) else None,
        positions=positions if isinstance(positions, int) else None,
    )


def _describe_raw_config(findings: _Findings, folder: Path) -> bool:
    """Facts from config.json without transformers, which may not know the architecture."""
    path = folder / "config.json"
    try:
        config = object_in(path)
    except ValueError as error:
        raise BackboneError(f"{path} cannot be read: {error}") from error
    named = config.get("architectures") or [config.get("model_type") or ""]
    findings.update(architecture=str(named[0] if isinstance(named, list) else named))
    code = sorted(path.name for path in folder.glob("*.py"))
    if config.get("auto_map") or code:
        does = "runs when it is loaded" if findings.spec.trust_remote_code else "does not run"
        findings.add_fault(
            f"The model brings code of its own ({', '.join(code[:3]) or 'auto_map'}), which {does}."
        )
    return True


def _tokenizer_without_config(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer from its own file, since transformers would read the unreadable config."""
    from transformers import PreTrainedTokenizerFast

    made: PreTrainedTokenizerBase = PreTrainedTokenizerFast.from_pretrained(
        folder, local_files_only=True
    )
    return made


def _describe_config(findings: _Findings, config: PreTrainedConfig) -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as KNOWN

    text: Any = config.get_text_config()
    named = config.architectures[0] if config.architectures else KNOWN.get(config.model_type)
    windows = windows_of_config(config)
    findings.update(
        architecture=str(named or findings.description.architecture),
        layers=getattr(text, "num_hidden_layers", None),
        vocabulary=getattr(text, "vocab_size", None),
        positions=positions_of(text),
        windows=windows_in_words(windows),
        batched=windows is not None,
    )


def windows_in_words(windows: Windows | None) -> str:
    """A few words on which earlier tokens the layers see."""
    if windows is None:
        return "some layers keep a state, or share another's keys and values"
    counts = Counter(window for window in windows if window is not None)
    parts = [
        f"{'chunks of' if window.chunked else 'the last'} {window.size:,} "
        f"{plural(window.size, 'token')} in {count} of {counted(len(windows), 'layer')}"
        for window, count in counts.items()
    ]
    return "; ".join(parts) or "none: every layer sees all earlier tokens"


def _describe_tokenizer(findings: _Findings, tokenizer: PreTrainedTokenizerBase) -> None:
    findings.update(tokenizer=len(tokenizer))
    rows = findings.description.vocabulary
    if rows is not None:
        orphans = [text for text, number in tokenizer.get_vocab().items() if number >= rows]
        if orphans:
            shown = ", ".join(repr(text) for text in sorted(orphans)[:3])
            findings.add_fault(
                f"The tokenizer has {counted(len(orphans), 'token')} without weights in the model "
                f"({shown}{', ...' if len(orphans) > 3 else ''}): a text with one of them fails."
            )
    chat = ChatFormat(tokenizer)
    findings.update(thinking=chat.thinking, has_template=bool(chat.template))
    if chat.template:
        findings.part(_describe_template, findings, chat)
    try:
        Grammars(chat.encoder, rows or len(tokenizer))
    except (ValueError, RuntimeError) as error:
        findings.update(batched=False)
        findings.add_fault(
            f"llguidance does not know the tokenizer ({error}): the model writes one reply at a "
            "time."
        )


def _describe_template(findings: _Findings, chat: ChatFormat) -> None:
    text, later = (chat.render(TURNS, Rendering(date=day)).text for day in DAYS)
    folded = chat.render(fold_system(TURNS), Rendering(date=DAYS[0])).text
    findings.update(
        template=ChatTemplateFacts(writes_date=text != later, keeps_system=text != folded)
    )
    marks = [m for m in bracketed(chat.template) if m in text and chat.encoder.guard(m) == m]
    if marks:
        findings.add_fault(
            f"The chat template writes {', '.join(marks[:4])} as ordinary text: the model cannot "
            "tell such a mark from the same text in a scenario."
        )


def _describe_draws(findings: _Findings, folder: Path) -> None:
    """Name the settings of a generation_config.json that loading leaves out."""
    path = folder / "generation_config.json"
    if not path.is_file():
        return
    try:
        settings = object_in(path).items()
    except ValueError as error:
        findings.add_fault(f"{path.name} cannot be read: {error}")
        return
    unused = [
        f"{key} {value}"
        for key, value in sorted(settings)
        if not key.endswith("_token_id") and key not in NO_DRAWS and not _is_neutral(key, value)
    ]
    if unused:
        findings.add_fault(
            f"The model's generation_config.json sets {', '.join(unused)}: the program "
            "ignores this and draws tokens as a profile's [decoding] says."
        )


def _is_neutral(key: str, value: object) -> bool:
    """Does the setting change nothing? (1 means no temperature, no penalty, and one beam.)"""
    return not value or (value == 1 and key != "top_k")
