"""Is a decision one? What a decision-maker hands on is looked through before anything keeps it."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from align_tui.core.answers import Answer, ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Finish, Generation, Message, Response, Sampling
from align_tui.core.errors import AdmError
from align_tui.core.text.repair import storable
from align_tui.core.types import JsonObject

_MOST = 2**63 - 1  # what a database keeps as a whole number
_HINT = "A Decision holds what align_tui.core.decisions says, and numbers that are finite."


def sound(decision: object, choices: int) -> Decision:
    """The decision, its numbers plain and its text fit for a file; `choices` is how many there are.

    Raises AdmError that names the part at fault.
    """
    if not isinstance(decision, Decision):
        raise AdmError(f"It decided a {type(decision).__name__}", _HINT)
    return Decision(
        answer=_answer(decision.answer, choices),
        reasoning=_text(decision.reasoning, "reasoning"),
        probabilities=_shares(decision.probabilities, "probabilities", choices),
        votes=_shares(decision.votes, "votes", choices),
        responses=tuple(
            _response(each, f"responses[{index}]", choices)
            for index, each in enumerate(_several(decision.responses, "responses"))
        ),
        notes=tuple(_text(note, "notes") for note in _several(decision.notes, "notes")),
        predictions=decision.predictions,
        relevance=decision.relevance,
        ranking=decision.ranking,
        steps=decision.steps,
    )


def _answer(value: object, choices: int) -> Answer:
    """An answer; a bare index, as files of version 0.1 return it, is a choice."""
    if isinstance(value, TextAnswer):
        return TextAnswer(_text(value.text, "answer"))
    index = whole(value.index if isinstance(value, ChoiceAnswer) else value, "choice")
    if not 0 <= index < choices:
        raise AdmError(f"It chose number {index + 1} of {choices} choices")
    return ChoiceAnswer(index)


def whole(value: object, what: str) -> int:
    """`value` as a plain int (numpy's are taken, truth values are not); raises AdmError."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # type: ignore[arg-type]  # a TypeError is the answer
        except TypeError:
            pass
        else:
            if -_MOST <= number <= _MOST:
                return number
    raise AdmError(f"Its {what} is {_shown(value)}, which is no whole number", _HINT)


def told(error: BaseException) -> str:
    """The error by its type and its own words, where it has any."""
    words = words_of(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def words_of(error: BaseException) -> str:
    """The error's own words; a user's error may fail at saying them."""
    try:
        return storable(str(error))
    except BaseException:  # SystemExit, say
        return "its text cannot be had"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # an object of a user's code
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise AdmError(f"Its {what} is {_shown(value)}, which is no text", _HINT)
    return storable(str(value))


def _number(value: object, what: str) -> float:
    if not isinstance(value, (bool, str, bytes)):
        try:
            number = float(value)  # type: ignore[arg-type]  # so is a TypeError here
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise AdmError(f"In its {what} is {_shown(value)}, which is no finite number", _HINT)


def _several(value: object, what: str) -> tuple[object, ...]:
    if isinstance(value, (tuple, list)):
        return tuple(value)
    raise AdmError(f"Its {what} is {_shown(value)}, which is no tuple", _HINT)


def _shares(value: object, what: str, choices: int) -> tuple[float, ...] | None:
    if value is None:
        return None
    if hasattr(value, "tolist"):  # an array of numpy's or torch's
        value = value.tolist()
    given = _several(value, what)
    if not given:
        return None
    if len(given) != choices:
        raise AdmError(f"It gave {len(given)} {what} for {choices} choices")
    shares = tuple(_number(each, what) for each in given)
    if any(not -1e-9 <= share <= 1 + 1e-6 for share in shares):
        raise AdmError(f"Its {what} are {_shown(shares)}, which are no shares of 1", _HINT)
    return shares


def _response(value: object, what: str, choices: int) -> Response:
    if not isinstance(value, Response):
        raise AdmError(f"Its {what} is a {type(value).__name__} and no Response", _HINT)
    choice = whole(value.choice, f"{what}.choice")
    return replace(
        value,
        role=_text(value.role, f"{what}.role"),
        choice=choice,
        reasoning=_text(value.reasoning, f"{what}.reasoning"),
        messages=tuple(
            _message(each, f"{what}.messages") for each in _several(value.messages, what)
        ),
        schema=_json(value.schema, f"{what}.schema"),
        sampling=_sampling(value.sampling, f"{what}.sampling"),
        generation=_generation(value.generation, f"{what}.generation"),
        retried=bool(value.retried),
        probabilities=_shares(value.probabilities, f"{what}.probabilities", choices),
    )


def _message(value: object, what: str) -> Message:
    if not isinstance(value, Message):
        raise AdmError(f"Its {what} has a {type(value).__name__} and no Message", _HINT)
    role: Any = _text(value.role, what)  # whatever a user's code calls it
    return replace(value, role=role, content=_text(value.content, what))


def _json(value: object, what: str) -> JsonObject:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise AdmError(f"Its {what} is no JSON: {words_of(error)}", _HINT) from error
    if not isinstance(value, Mapping):
        raise AdmError(f"Its {what} is no JSON object", _HINT)
    fit = storable(text)
    made: JsonObject = value if fit == text else json.loads(fit)
    return made


def _sampling(value: object, what: str) -> Sampling:
    if not isinstance(value, Sampling):
        raise AdmError(f"Its {what} is a {type(value).__name__} and no Sampling", _HINT)
    counts = ("top_k", "max_tokens", "seed", "max_thinking_tokens")
    shares = ("temperature", "top_p", "min_p")
    plain: dict[str, Any] = {name: whole(getattr(value, name), f"{what}.{name}") for name in counts}
    plain |= {name: _number(getattr(value, name), f"{what}.{name}") for name in shares}
    plain["thinking"] = _text(value.thinking, f"{what}.thinking")
    return replace(value, **plain)


def _generation(value: object, what: str) -> Generation:
    if not isinstance(value, Generation):
        raise AdmError(f"Its {what} is a {type(value).__name__} and no Generation", _HINT)
    if value.finish not in get_args(Finish):
        raise AdmError(f"Its {what}.finish is {_shown(value.finish)}", _HINT)
    return replace(
        value,
        text=_text(value.text, f"{what}.text"),
        prompt=_text(value.prompt, f"{what}.prompt"),
        prompt_tokens=whole(value.prompt_tokens, f"{what}.prompt_tokens"),
        tokens=whole(value.tokens, f"{what}.tokens"),
        first_token_s=_number(value.first_token_s, f"{what}.first_token_s"),
        total_s=_number(value.total_s, f"{what}.total_s"),
        timeline=tuple(_point(each, f"{what}.timeline") for each in _several(value.timeline, what)),
        thinking_tokens=whole(value.thinking_tokens, f"{what}.thinking_tokens"),
        notes=tuple(_text(note, f"{what}.notes") for note in _several(value.notes, what)),
    )


def _point(value: object, what: str) -> tuple[float, int]:
    pair = _several(value, what)
    if len(pair) != 2:
        raise AdmError(f"Its {what} has {_shown(value)}, which is no (seconds, characters)", _HINT)
    return _number(pair[0], what), whole(pair[1], what)
