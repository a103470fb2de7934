"""`[backbone]` and `[models.ROLE]`: which model, how it is loaded and how its tokens are drawn."""

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
    "openai": {"revision", "dtype", "device", "load"},
}
"""By kind, the keys that make no difference to which model is loaded."""
NOT_OF_THE_MODEL = {"decoding", "chat_template"}
"""Keys of `[models.ROLE]` that say how a loaded model is asked."""


class BackboneSpec(Strict):
    """`[backbone]`: which model, and how it is loaded.

    `kind` is one of config/backbone_kinds.py. A stored profile may have one that is not installed
    here, so the kind is checked where a profile is read from a file (`check_model`).
    `load` is passed on to `from_pretrained` (quantisation, attention implementation, ...);
    `code_sha256` is filled in when the profile is read: the hash of what trust_remote_code runs.
    `server` stands for all of it where the kind is `openai`.
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
    def key(self) -> str:
        """Equal for profiles that can share one loaded model."""
        unused = UNUSED.get(self.kind, set()) | NOT_OF_THE_MODEL
        return content_hash(self.model_dump(mode="json", exclude=unused))[:16]

    @property
    def label(self) -> str:
        """A short name for panes and tables."""
        if self.kind == "demo":
            return "demo"
        if not self.model and self.server.base_urls:
            return urlsplit(self.server.base_urls[0]).netloc
        return self.model.rstrip("/").rsplit("/", 1)[-1] or self.model


class DecodingSpec(Strict):
    """`[decoding]`: how tokens are drawn; temperature 0 is greedy.

    `thinking` is for models that can think before they reply: `max_thinking_tokens` caps that.
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
    """`[models.ROLE]`: a model beside the main one, with how its tokens are drawn.

    `chat_template` holds values for variables of the model's own chat template.
    """

    decoding: DecodingSpec = DecodingSpec()
    chat_template: JsonTable = Field(default_factory=dict)
