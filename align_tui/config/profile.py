"""A profile: one decision-maker, its targets, its backbone, its decoding and its prompts."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import AdmParams, MissingParams
from align_tui.config.alignment import AlignmentTable
from align_tui.config.reading.by_name import STORED, ClassByName
from align_tui.config.reading.toml import Strict
from align_tui.config.server import JsonTable, ServerSpec
from align_tui.config.targets import TargetSpec
from align_tui.config.value_types import Sha256, without_code
from align_tui.core.decisions import ThinkingMode
from align_tui.core.targets import Targets
from align_tui.core.types import Json, content_hash

AdmTable = Annotated[
    AdmParams,
    ClassByName("kind", ADM_KINDS, lambda kind: kind.params, AdmParams, MissingParams),
]


OUR_TEMPLATE_VALUES = frozenset(
    {
        "messages",
        "conversation",
        "chat_template",
        "tokenize",
        "add_generation_prompt",
        "strftime_now",
    }
    | {"continue_final_message", "return_tensors", "return_dict", "tools", "documents"}
    | {"padding", "truncation", "max_length", "tokenizer_kwargs", "return_assistant_tokens_mask"}
)
"""What the program itself passes on to a chat template, or must not be passed on by a profile."""


class BackboneSpec(Strict):
    """`[backbone]`: which model, and how it is loaded.

    `load` is passed on to `from_pretrained` (quantisation, attention implementation, ...);
    `code_sha256` is filled in when the profile is read: the hash of what trust_remote_code runs.
    `server` stands for all of it where the kind is `openai`.
    """

    kind: Literal["demo", "transformers", "openai"] = "demo"
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
        return self.kind != "openai"

    @property
    def key(self) -> str:
        """Equal for profiles that can share one loaded model."""
        unused = {"server"} if self.is_local else {"revision", "dtype", "device", "load"}
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


class PromptSpec(Strict):
    """`[prompt]`: Jinja templates (sandboxed) in place of the default system and user texts.

    `chat_template` holds values for variables of the model's own chat template (`date_string`,
    `reasoning_effort`, ...).
    """

    system: str | None = Field(None, max_length=50_000)
    user: str | None = Field(None, max_length=50_000)
    chat_template: JsonTable = Field(default_factory=dict)

    @field_validator("chat_template")
    @classmethod
    def _ours_stay_ours(cls, values: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(OUR_TEMPLATE_VALUES & set(values))
        if taken:
            raise ValueError(
                f"{', '.join(taken)} cannot be set: the program gives it to the template"
            )
        return values


class Profile(Strict):
    """A whole profile, after `extends`, `--set` and aliases have been worked in."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    description: str = ""
    adm: AdmTable
    targets: tuple[TargetSpec, ...] = Field(default=(), alias="target")
    alignment: AlignmentTable = None
    backbone: BackboneSpec = BackboneSpec()
    decoding: DecodingSpec = DecodingSpec()
    prompt: PromptSpec = PromptSpec()

    @field_validator("targets")
    @classmethod
    def _each_once(cls, targets: tuple[TargetSpec, ...]) -> tuple[TargetSpec, ...]:
        names = [target.attribute for target in targets]
        if len(set(names)) < len(names):
            raise ValueError("an attribute has two targets")
        return targets

    @model_serializer(mode="wrap")
    def _as_it_was(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Tables that are absent leave no key, so that a profile keeps the hash it always had."""
        dumped: dict[str, Any] = dump(self)
        return {key: each for key, each in dumped.items() if key != "alignment" or each}

    @property
    def target(self) -> Targets:
        """The targets as core values."""
        return tuple(spec.target for spec in self.targets)

    @property
    def needs_model(self) -> bool:
        """Does deciding take a backbone?"""
        return self.adm.traits.needs_model

    @property
    def reads_labels(self) -> bool:
        """May what it decides depend on a scenario's labels?"""
        return self.adm.traits.reads_labels

    @property
    def model_label(self) -> str:
        """A short name of the model that decides; empty where none does, or none is known."""
        is_known = not self.adm.traits.can_decide and bool(self.backbone.model)
        return self.backbone.label if self.needs_model or is_known else ""

    @property
    def backbone_key(self) -> str:
        """Which loaded model it shares; empty for a profile that needs none."""
        return self.backbone.key if self.needs_model else ""

    def body(self) -> dict[str, Json]:
        """The profile as JSON; `Profile.from_body` reads it back equal."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_body(cls, body: object) -> Profile:
        """A profile that was stored, also where its kind of decision-maker is not installed here.

        Raises pydantic's ValidationError for what is no profile.
        """
        return cls.model_validate(body, context=STORED)

    @property
    def hash(self) -> str:
        """SHA-256 of everything but the name and the description."""
        return content_hash(self.model_dump(mode="json", exclude={"name", "description"}))
