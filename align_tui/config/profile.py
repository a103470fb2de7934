"""A profile: one decision-maker, its targets, its backbone, its decoding and its prompts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from align_tui.config.reading.bounded_toml import as_json
from align_tui.config.reading.toml import Strict
from align_tui.config.server import JsonTable, ServerSpec
from align_tui.core.decisions import ThinkingMode
from align_tui.core.targets import Target, Targets
from align_tui.core.types import Json, content_hash

Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


def _without_code(dumped: dict[str, Any]) -> dict[str, Any]:
    """A profile that runs no code has no key for it, and the hash that it always had."""
    if not dumped.get("code_sha256", True):
        del dumped["code_sha256"]
    return dumped


class TargetSpec(Strict):
    """`[[target]]`: an attribute and the value (0..1) to be steered to."""

    attribute: str = Field(min_length=1, max_length=200)
    value: Unit


class RandomParams(Strict):
    """Chooses uniformly, from the seed."""

    reads_labels: ClassVar[bool] = False
    kind: Literal["random"]


class FixedParams(Strict):
    """Always chooses the same index (the last choice where there are fewer)."""

    reads_labels: ClassVar[bool] = False
    kind: Literal["fixed"]
    index: int = Field(0, ge=0)


class OracleParams(Strict):
    """Knows the labels: the choice nearest to its targets, or with `inverted` the farthest."""

    kind: Literal["oracle"]
    inverted: bool = False


class Reasoned(Strict):
    """What every decision-maker that asks a model has in common.

    `given` is reasoning that is put into the model's mouth, to see whether it carries the decision:
    the model only concludes from it or, with `goes_on`, writes on from there.
    """

    reads_labels: ClassVar[bool] = False
    reasoning: Literal["before", "after", "none"] = "before"
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)
    probabilities: bool = True
    given: str | None = Field(None, min_length=1, max_length=20_000)
    goes_on: bool = False

    @model_validator(mode="after")
    def _given_before(self) -> Self:
        if self.given is not None and (self.reasoning != "before" or not self.given.strip()):
            raise ValueError('given reasoning needs words, and reasoning = "before"')
        if self.goes_on and self.given is None:
            raise ValueError("goes_on says how given reasoning is used, and none is given")
        return self


class BaselineParams(Reasoned):
    """Unaligned: a neutral prompt, the majority of `samples`."""

    kind: Literal["baseline"]
    samples: int = Field(1, ge=1, le=200)


class PromptAlignedParams(Reasoned):
    """The prompt states the targets; votes of positive and negative samples."""

    kind: Literal["prompt_aligned"]
    n_positive: int = Field(1, ge=1, le=200)
    n_negative: int = Field(0, ge=0, le=200)
    only_positive: bool = False


class CustomParams(BaseModel):
    """A decision-maker from the user's own file; further keys are its parameters.

    `code_sha256` is filled in when the profile is read: the file's hash, and no other is run.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    kind: Literal["custom"]
    file: str = Field(min_length=1)
    function: str = "decide"
    needs_model: bool = True
    code_sha256: Sha256 = ""

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _without_code(dump(self))

    @model_validator(mode="before")
    @classmethod
    def _keepable(cls, values: Any) -> Any:
        return as_json(values)


class ImportedParams(Strict):
    """Another program decided: the results were imported, and cannot be made again here."""

    kind: Literal["imported"]
    adm: str = Field("", max_length=500)


AdmSpec = Annotated[
    RandomParams
    | FixedParams
    | OracleParams
    | BaselineParams
    | PromptAlignedParams
    | CustomParams
    | ImportedParams,
    Field(discriminator="kind"),
]
ADM_KINDS: dict[str, type[BaseModel]] = {
    "random": RandomParams,
    "fixed": FixedParams,
    "oracle": OracleParams,
    "baseline": BaselineParams,
    "prompt_aligned": PromptAlignedParams,
    "custom": CustomParams,
    "imported": ImportedParams,
}
MODEL_FREE = frozenset({"random", "fixed", "oracle", "imported"})


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
        return _without_code(dump(self))

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
    adm: AdmSpec
    targets: tuple[TargetSpec, ...] = Field(default=(), alias="target")
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

    @property
    def target(self) -> Targets:
        """The targets as core values."""
        return tuple(Target(t.attribute, t.value) for t in self.targets)

    @property
    def needs_model(self) -> bool:
        """Does deciding take a backbone?"""
        if isinstance(self.adm, CustomParams):
            return self.adm.needs_model
        return self.adm.kind not in MODEL_FREE

    @property
    def reads_labels(self) -> bool:
        """May what it decides depend on a scenario's labels? Of an unknown kind: it may."""
        return bool(getattr(self.adm, "reads_labels", True))

    @property
    def model_label(self) -> str:
        """A short name of the model that decides; empty where none does, or none is known."""
        imported = isinstance(self.adm, ImportedParams) and bool(self.backbone.model)
        return self.backbone.label if self.needs_model or imported else ""

    @property
    def backbone_key(self) -> str:
        """Which loaded model it shares; empty for a profile that needs none."""
        return self.backbone.key if self.needs_model else ""

    def body(self) -> dict[str, Json]:
        """The profile as JSON; `Profile.model_validate` reads it back equal."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def hash(self) -> str:
        """SHA-256 of everything but the name and the description."""
        return content_hash(self.model_dump(mode="json", exclude={"name", "description"}))
