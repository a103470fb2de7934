"""Custom: a decision-maker from the user's own Python file (see examples/custom_adm.py)."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from align_tui.adms.base import Adm, Llm
from align_tui.config.code import Code, read_code, sha256_of
from align_tui.config.profile import CustomParams
from align_tui.config.trust import allow
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decision_checks import whole, words_of
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError, AlignError, CodeRefused
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

KNOWN = set(CustomParams.model_fields)


def make(params: CustomParams) -> Adm:
    """Load `params.file` and wrap its async function `params.function`.

    It is called with (scenario, targets, llm, parameters) and returns a Decision, or the index of
    a choice. Raises AdmError when the file cannot be loaded, and CodeRefused when it is not the
    one that the run was made with, or one that the user did not trust.
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
        except BaseException as error:  # a user's code may raise anything; its sample fails with it
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            raise AdmError(f"{path.name} raised {_where(error, path)}") from error
        return _checked(result, path)

    return decide


def _load(path: Path, name: str, pinned: str) -> Callable[..., object]:
    """The function of that name, from the bytes that were hashed and no others.

    The file is alone: what lies beside it is not imported, and nothing that Python compiled and
    left in __pycache__ is run in its place.
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
        sys.modules[module.__name__] = module  # dataclasses look for their module there
        made_of = compile(source, str(path), "exec", dont_inherit=True)
        exec(made_of, module.__dict__)  # noqa: S102 - the user was asked
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
    """Was this sample's task told to end? Otherwise it is the user's code that says so."""
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
    words = words_of(error)
    return f"{type(error).__name__}{place}" + (f": {words}" if words else "")


def _checked(result: object, path: Path) -> Decision:
    if isinstance(result, Decision):
        return result
    if isinstance(result, bool):
        raise AdmError(f"{path.name} returned {result!r}, which is no choice")
    if hasattr(result, "__index__"):  # numpy's whole numbers too
        return Decision(ChoiceAnswer(whole(result, "choice")), "")
    raise AdmError(
        f"{path.name} returned a {type(result).__name__}",
        "Return a Decision, or the index of a choice.",
    )
