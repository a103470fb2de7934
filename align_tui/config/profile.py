"""The profile: one decision-maker, its targets, backbone, decoding and prompts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import AdmParams, MissingParams
from align_tui.config.alignment import AlignmentTable, params_of
from align_tui.config.backbone_spec import BackboneSpec, DecodingSpec, RoleModel
from align_tui.config.examples import ExamplesSpec
from align_tui.config.history import HistorySpec
from align_tui.config.prompts.styles import StyleName, style_of
from align_tui.config.prompts.target_text import BETWEEN, DEGREES, level_of
from align_tui.config.reading.by_name import STORED, ClassByName
from align_tui.config.reading.toml import Strict
from align_tui.config.relevance import RelevanceTable
from align_tui.config.server import JsonTable
from align_tui.config.targets import TargetSpec
from align_tui.config.value_types import RoleName
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.choice_order import OrderSetting
from align_tui.core.errors import ConfigError
from align_tui.core.examples.answers import example_targets
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
"""Variables of a chat template that only the program may set, or nobody."""


class PromptSpec(Strict):
    """`[prompt]`: Jinja templates (sandboxed) in place of the default system and user texts.

    `prompt_style` names the defaults of system and user texts, the keys of replies and their blanks
    (config/prompts/styles.py). `chat_template` holds values for variables of the model's own chat
    template (`date_string`, `reasoning_effort`, ...).
    """

    prompt_style: StyleName | None = None
    system: str | None = Field(None, max_length=50_000)
    user: str | None = Field(None, max_length=50_000)
    chat_template: JsonTable = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_style(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a style that is not set, so that hashes of older profiles do not change."""
        dumped: dict[str, Any] = dump(self)
        return {k: v for k, v in dumped.items() if k != "prompt_style" or v is not None}

    @field_validator("chat_template")
    @classmethod
    def _ours_stay_ours(cls, values: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(OUR_TEMPLATE_VALUES & set(values))
        if taken:
            raise ValueError(f"{', '.join(taken)} cannot be set here: only the program sets it")
        return values


MAIN = ""
"""The role of a profile's `[backbone]`."""


class Profile(Strict):
    """A complete profile: `extends`, `--set` and aliases are already applied.

    `models` are the models beside `[backbone]`, by role. `order` is that in which the choices are
    shown; None where it is the default (`choice_order` has it).
    """

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    description: str = ""
    adm: AdmTable
    targets: tuple[TargetSpec, ...] = Field(default=(), alias="target")
    alignment: AlignmentTable = None
    history: HistorySpec | None = None
    order: OrderSetting | None = None
    relevance: RelevanceTable = None
    backbone: BackboneSpec = BackboneSpec()
    models: dict[RoleName, RoleModel] = Field(default_factory=dict)
    decoding: DecodingSpec = DecodingSpec()
    prompt: PromptSpec = PromptSpec()
    examples: ExamplesSpec | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_the_style_has_it(cls, data: Any) -> Any:
        """Set those keys of `[adm]` that the profile leaves out and that its style changes."""
        data = _with_one_word_for_order(data)
        if not isinstance(data, Mapping):
            return data
        prompt, adm = data.get("prompt"), data.get("adm")
        if not isinstance(prompt, Mapping) or not isinstance(adm, Mapping):
            return data
        kind = adm.get("kind")
        if prompt.get("prompt_style") is None or not isinstance(kind, str) or kind not in ADM_KINDS:
            return data
        return {**data, "adm": {**ADM_KINDS.get(kind).params.STYLED, **adm}}

    @field_validator("targets")
    @classmethod
    def _each_once(cls, targets: tuple[TargetSpec, ...]) -> tuple[TargetSpec, ...]:
        names = [target.attribute for target in targets]
        if len(set(names)) < len(names):
            raise ValueError("an attribute has two targets")
        return targets

    @model_serializer(mode="wrap")
    def _as_it_was(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is absent, so that hashes of older profiles do not change."""
        dumped: dict[str, Any] = dump(self)
        may_lack = ("alignment", "history", "order", "models", "relevance", "examples")
        return {key: each for key, each in dumped.items() if key not in may_lack or each}

    @model_validator(mode="after")
    def _without_default_order(self) -> Self:
        """Profiles that show the choices in the same order are equal, however they say it.

        One whose kind is not installed here keeps what it says, and so its hash.
        """
        if self.order is None or not self.adm.traits.can_decide:
            return self
        if not self.shows_order or self.order == _default_order(self):
            object.__setattr__(self, "order", None)
        return self

    @property
    def shows_order(self) -> bool:
        """Does its decision-maker, or what predicts its relevance, see the choices together?"""
        relevance = self.relevance
        return self.adm.traits.shows_order or (relevance is not None and not relevance.reads_labels)

    @property
    def choice_order(self) -> OrderSetting:
        """The order in which its decision-maker is shown the choices."""
        if not self.shows_order:
            return "given"
        return self.order or _default_order(self)

    @cached_property
    def target(self) -> Targets:
        """The targets as core values; every frame asks for them."""
        return tuple(spec.target for spec in self.targets)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute whose definition it may quote, each once, as the profile spells it.

        They are those of its targets, those that it rates, and those of its examples.
        """
        aimed = [target.attribute for target in self.target]
        rated = self.adm.attributes_to_rate(self.target)
        names = self.examples.attributes if self.examples is not None else ()
        shown = example_targets(self.target, names) if names else ()
        return tuple(dict.fromkeys([*aimed, *rated, *(each.attribute for each in shown)]))

    @property
    def needs_model(self) -> bool:
        """Does the decision-maker ask the backbone?"""
        return self.adm.traits.needs_model

    @property
    def history_context(self) -> str | None:
        """The context of its history (`HistorySpec`); None if its decisions need no history."""
        if not self.adm.traits.ranks:
            return None
        try:
            entry = FUNCTIONS.get(params_of(self.alignment).function)
        except ConfigError:  # a stored profile whose function is not installed
            return None
        return (self.history or HistorySpec()).context if entry.needs_history else None

    @property
    def reads_labels(self) -> bool:
        """May its decisions depend on a scenario's labels?"""
        return self.adm.traits.reads_labels or (
            self.relevance is not None and self.relevance.reads_labels
        )

    @property
    def is_steerable(self) -> bool:
        """May its decisions depend on its targets? Examples answer by them in any prompt."""
        return self.adm.traits.is_steerable or self.examples is not None

    @property
    def used_models(self) -> dict[str, BackboneSpec]:
        """Every model that the decision-maker asks, by role; the main one has the role ''."""
        main: dict[str, BackboneSpec] = {MAIN: self.backbone} if self.needs_model else {}
        return main | {role: self.models[role] for role in sorted(self.models)}

    @property
    def asks_demo(self) -> bool:
        """Is the demo model one of its models?"""
        return any(spec.kind.startswith("demo") for spec in self.used_models.values())

    @property
    def model_label(self) -> str:
        """A short name of the model that decides; empty if there is none or it is unknown."""
        is_known = not self.adm.traits.can_decide and bool(self.backbone.model)
        if self.needs_model or is_known:
            return self.backbone.label
        return " + ".join(dict.fromkeys(spec.label for spec in self.models.values()))

    @property
    def backbone_key(self) -> str:
        """The keys of its models joined by `+`, for profiles to share loaded models; may be ''."""
        return "+".join(sorted({spec.key for spec in self.used_models.values()}))

    def body(self) -> dict[str, Json]:
        """The profile as JSON; `Profile.from_body` reads an equal one back."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_body(cls, body: object) -> Profile:
        """Read a stored profile, even if its kind of decision-maker is not installed here.

        Raises pydantic's ValidationError if `body` is not a profile.
        """
        return cls.model_validate(body, context=STORED)

    @property
    def is_graded(self) -> bool:
        """Does its prompt state a target between the ends? Version 0.1 knew only high and low."""
        return self.adm.traits.states_target and any(
            target.point is not None and level_of(target.point) in BETWEEN for target in self.target
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all but the name and the description, and of how a prompt states targets."""
        body = self.model_dump(mode="json", exclude={"name", "description"})
        return content_hash(body | ({"levels": len(DEGREES)} if self.is_graded else {}))


def _with_one_word_for_order(data: Any) -> Any:
    """Take `shuffle_choices` in `[adm]`, an older word, as the order that it means."""
    adm = data.get("adm") if isinstance(data, Mapping) else None
    if not isinstance(adm, Mapping) or not isinstance(adm.get("shuffle_choices"), bool):
        return data
    means = "shuffled" if adm["shuffle_choices"] else "given"
    kept = {key: value for key, value in adm.items() if key != "shuffle_choices"}
    return {"order": means, **data, "adm": kept}


def _default_order(profile: Profile) -> OrderSetting:
    """The order of a profile that names none: its style's, or the scenario's own."""
    by_style = profile.adm.traits.order_by_style
    return "shuffled" if by_style and style_of(profile.prompt.prompt_style).shuffles else "given"


def without_default_system(profile: Profile) -> Profile:
    """The profile for prompts whose decision-maker has its own system text or none.

    A system text that the profile sets remains.
    """
    if profile.prompt.system is not None:
        return profile
    return profile.model_copy(update={"prompt": profile.prompt.model_copy(update={"system": ""})})


def keys_in(backbone_key: str) -> frozenset[str]:
    """The keys of the models that a `Profile.backbone_key` joins."""
    return frozenset(backbone_key.split("+")) if backbone_key else frozenset()
