"""`[backbone]` and `[models.ROLE]`: the model, how to load it and how to draw its tokens."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.config.backbone_kinds import kind_of
from align_tui.config.reading.toml import Strict
from align_tui.config.server import JsonTable, ServerSpec
from align_tui.config.value_types import Sha256, without_code
from align_tui.core.decisions import ThinkingMode
from align_tui.core.types import content_hash

UNUSED: dict[str, set[str]] = {
    "demo": {"server"},
    "transformers": {"server"},
    "seq2seq": {"server"},
    "embedding": {"server"},
    "demo-embedding": {"server"},
    "openai": {"revision", "dtype", "device", "load"},
}
"""For each kind, the keys that do not change which model is loaded."""
FROM_HUB = frozenset({"transformers", "seq2seq", "embedding"})
"""The kinds whose model is a hub id or a folder, which may bring code of its own."""
NOT_OF_THE_MODEL = {"decoding", "chat_template"}
"""Keys of `[models.ROLE]` that say how to ask a loaded model."""


class BackboneSpec(Strict):
    """`[backbone]`: the model and how to load it.

    `kind` is one of config/backbone_kinds.py. A stored profile may have a kind that is not
    installed, so `check_model` checks it only when a profile is read from a file.
    `load` is passed to `from_pretrained` (quantisation, attention implementation, ...). The reader
    of the profile sets `code_sha256` to the hash of the code that trust_remote_code runs.
    `server` replaces all of these if the kind is `openai`.
    """

    kind: str = Field("demo", min_length=1, max_length=80)
    model: str = ""
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    trust_remote_code: bool = False
    code_sha256: Sha256 = ""
    load: JsonTable = Field(default_factory=dict)
    server: ServerSpec = ServerSpec()

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_code(dump(self))

    @property
    def is_local(self) -> bool:
        """Does the model run in the worker's own process?"""
        kind = kind_of(self.kind)
        return kind is None or kind.runs_here

    @property
    def may_be_missing(self) -> bool:
        """True if this machine may lack a file, a package, a key or a server of the model."""
        return self.kind == "openai" or self.kind in FROM_HUB

    @property
    def key(self) -> str:
        """A key that is equal for profiles that can share one loaded model."""
        unused = UNUSED.get(self.kind, set()) | NOT_OF_THE_MODEL
        return content_hash(self.model_dump(mode="json", exclude=unused))[:16]

    @property
    def label(self) -> str:
        """A short name for panes and tables."""
        if self.kind in ("demo", "demo-embedding"):
            return self.kind
        if not self.model and self.server.base_urls:
            return urlsplit(self.server.base_urls[0]).netloc
        return self.model.rstrip("/").rsplit("/", 1)[-1] or self.model


class DecodingSpec(Strict):
    """`[decoding]`: how to draw tokens; temperature 0 is greedy.

    `thinking` is for models that can think before they reply, up to `max_thinking_tokens`.
    """

    temperature: float = Field(0.0, ge=0.0, le=10.0, allow_inf_nan=False)
    top_p: float = Field(1.0, gt=0.0, le=1.0)
    top_k: int = Field(0, ge=0)
    min_p: float = Field(0.0, ge=0.0, le=1.0)
    max_tokens: int = Field(512, ge=1, le=100_000)
    seed: int = Field(0, ge=0, le=2**62)
    engine: Literal["batched", "generate"] = "batched"
    thinking: ThinkingMode = "off"
    max_thinking_tokens: int = Field(1024, ge=1, le=100_000)


class RoleModel(BackboneSpec):
    """`[models.ROLE]`: a model beside the main one, with its own decoding.

    `chat_template` holds values for variables of the model's own chat template.
    """

    decoding: DecodingSpec = DecodingSpec()
    chat_template: JsonTable = Field(default_factory=dict)
