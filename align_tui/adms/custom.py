"""Custom: a decision-maker from a user's own Python file (see examples/custom_adm.py)."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.config.adm_params import RunsFile, Traits
from align_tui.config.backbone_kinds import Capability
from align_tui.config.code import Code, read_code, sha256_of
from align_tui.config.profile import Profile
from align_tui.config.reading.bounded_toml import as_json
from align_tui.config.trust import allow
from align_tui.config.value_types import RoleName, without_code
from align_tui.core.answers import AnswerKind, ChoiceAnswer, TextAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError, AlignError, CodeRefused
from align_tui.core.plain_values import whole
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.error_text import error_message


class CustomParams(RunsFile):
    """Runs the user's own file; further keys are its parameters.

    `roles` names the models that it asks beside the main one, and what each must be able to do.
    """

    TRAITS: ClassVar[Traits] = Traits(
        is_steerable=True, takes_distributions=True, answers=frozenset({"choice", "text"})
    )
    model_config = ConfigDict(extra="allow", frozen=True)
    function: str = "decide"
    needs_model: bool = True
    roles: dict[RoleName, tuple[Capability, ...]] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped = without_code(dump(self))
        if not dumped.get("roles", True):
            del dumped["roles"]
        return dumped

    @property
    def traits(self) -> Traits:
        """The traits of every custom decision-maker; its parameters name the models it asks."""
        return replace(self.TRAITS, needs_model=self.needs_model, roles=self.roles)

    @model_validator(mode="before")
    @classmethod
    def _keepable(cls, values: Any) -> Any:
        return as_json(values)


KNOWN = set(CustomParams.model_fields)


def make(profile: Profile, params: CustomParams, attributes: Attributes) -> Adm:
    """Load `params.file` and wrap its async function `params.function`.

    The function takes (scenario, targets, llm, parameters) and returns a Decision, the index of a
    choice or, if the scenario asks for a text, that text. Raises AdmError if the file cannot be
    loaded, and CodeRefused if it changed since the run was made or the user does not trust it.
    """
    path = Path(params.file)
    extra = {key: value for key, value in params.model_dump().items() if key not in KNOWN}
    function = _load(path, params.function, params.code_sha256)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        try:
            made = function(scenario, targets, llm, extra)
            result = await made if inspect.isawaitable(made) else made
        except AlignError:
            raise
        except BaseException as error:  # a user's code may raise anything; only its sample fails
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            raise AdmError(f"{path.name} raised {_where(error, path)}") from error
        return _checked(result, path, scenario.asks)

    return decide


KIND = AdmKind(CustomParams, make)


def _load(path: Path, name: str, pinned: str) -> Callable[..., object]:
    """The function `name` of the file, compiled from exactly the bytes that were hashed.

    The file cannot import modules beside it, and no bytecode in __pycache__ replaces it.
    """
    try:
        source = read_code(path)
    except CodeRefused as error:
        raise AdmError(error.message, error.hint) from error
    code = Code("decision-maker", str(path), sha256_of(source))
    allow(code, pinned)
    module = ModuleType(f"align_tui_custom_{code.short}")
    module.__file__ = str(path)
    try:
        sys.modules[module.__name__] = module  # dataclasses look their module up there
        made_of = compile(source, str(path), "exec", dont_inherit=True)
        exec(made_of, module.__dict__)  # noqa: S102 - the user trusts it
        function = getattr(module, name, None)
    except AlignError:
        raise
    except BaseException as error:  # importing a user's file runs it
        raise AdmError(f"{path.name} cannot be loaded: {_where(error, path)}") from error
    if not callable(function):
        raise AdmError(
            f"{path.name} has no function {name!r}",
            "Write `async def decide(scenario, targets, llm, parameters)`.",
        )
    made: Callable[..., object] = function
    return made


def _is_cancelled() -> bool:
    """True if the worker cancelled this sample's task; else the user's code raised the error."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _where(error: BaseException, path: Path) -> str:
    line = None
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = f" (line {line})" if line else ""
    words = error_message(error)
    return f"{type(error).__name__}{place}" + (f": {words}" if words else "")


def _checked(result: object, path: Path, asks: AnswerKind) -> Decision:
    if isinstance(result, Decision):
        return result
    if isinstance(result, bool):
        raise AdmError(f"{path.name} returned {result!r}, which is not a choice")
    if hasattr(result, "__index__"):  # numpy's whole numbers too
        return Decision(ChoiceAnswer(whole(result, "choice")), "")
    if isinstance(result, str) and asks == "text":
        return Decision(TextAnswer(result), "")
    raise AdmError(
        f"{path.name} returned a {type(result).__name__}",
        "Return a Decision, or the index of a choice (the text of an open answer).",
    )
