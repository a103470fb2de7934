"""Checks of a Decision that a decision-maker returns, before the program stores it."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from align_tui.core.alignment.ranking import Ranking, TieBreak
from align_tui.core.answers import Answer, AnswerKind, ChoiceAnswer, TextAnswer
from align_tui.core.decisions import (
    Decision,
    Finish,
    Generation,
    Message,
    Response,
    Sampling,
    ShownChoices,
    Step,
    UsedExample,
)
from align_tui.core.errors import AdmError
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.text.error_text import error_message
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable
from align_tui.core.types import JsonObject

MAX_ATTRIBUTES = 1_000  # of a choice
MAX_SAMPLES = 100_000  # of all predictions of a decision
MAX_STEPS = 1_000
MAX_EXAMPLES = 1_000
MAX_SHOWN = 10_000
MAX_NAME_CHARS = 500
MAX_JSON_CHARS = 200_000
_MOST = 2**63 - 1  # the largest whole number that a database keeps
_HINT = "align_tui.core.decisions describes the fields of a Decision. Numbers must be finite."


def checked_decision(decision: object, choices: int, asks: AnswerKind = "choice") -> Decision:
    """Return the decision with plain numbers and repaired text.

    `choices` is the number of choices, and `asks` the kind of answer that the scenario asks for.
    Raises AdmError that names the faulty part.
    """
    if not isinstance(decision, Decision):
        raise AdmError(
            f"The decision-maker returned a {type(decision).__name__}, not a Decision", _HINT
        )
    return Decision(
        answer=_answer(decision.answer, choices, asks),
        reasoning=_text(decision.reasoning, "reasoning"),
        probabilities=_shares(decision.probabilities, "probabilities", choices),
        votes=_shares(decision.votes, "votes", choices),
        responses=tuple(
            _response(each, f"responses[{index}]", choices)
            for index, each in enumerate(_several(decision.responses, "responses"))
        ),
        notes=tuple(_text(note, "notes") for note in _several(decision.notes, "notes")),
        predictions=_predictions(decision.predictions, choices),
        relevance=_relevance(decision.relevance, choices),
        ranking=_ranking(decision.ranking, choices),
        steps=tuple(
            _step(each, f"steps[{index}]")
            for index, each in enumerate(_at_most(MAX_STEPS, decision.steps, "steps"))
        ),
        examples=tuple(
            _example(each, f"examples[{index}]")
            for index, each in enumerate(_at_most(MAX_EXAMPLES, decision.examples, "examples"))
        ),
        shown=tuple(
            _shown_choices(each, f"shown[{index}]", choices)
            for index, each in enumerate(_at_most(MAX_SHOWN, decision.shown, "shown"))
        ),
        halves=_halves(decision.halves, choices),
    )


def _halves(value: object, choices: int) -> tuple[Decision, ...]:
    found = _several(value, "halves")
    if len(found) not in (0, 2) or not all(isinstance(each, Decision) for each in found):
        raise AdmError(f"Its halves are {_shown(value)}, not two Decisions", _HINT)
    return tuple(
        checked_decision(replace(each, halves=()), choices)
        for each in found
        if isinstance(each, Decision)
    )


def _answer(value: object, choices: int, asks: AnswerKind) -> Answer:
    """Check that the answer is of the kind that the scenario asks for.

    A bare index counts as a choice: decision-makers of version 0.1 return one.
    """
    if isinstance(value, TextAnswer) != (asks == "text"):
        asked = "an open answer (a TextAnswer)" if asks == "text" else "a choice"
        raise AdmError(
            f"The scenario asks for {asked}, and the decision-maker gave {_shown(value)}", _HINT
        )
    if isinstance(value, TextAnswer):
        return TextAnswer(_text(value.text, "answer"))
    return ChoiceAnswer(_index(value.index if isinstance(value, ChoiceAnswer) else value, choices))


def _index(value: object, choices: int, what: str = "choice") -> int:
    index = whole(value, what)
    if not 0 <= index < choices:
        raise AdmError(
            f"The decision-maker chose number {index + 1} of {counted(choices, 'choice')}"
            if what == "choice"
            else f"Its {what} is choice number {index + 1} of {counted(choices, 'choice')}"
        )
    return index


def whole(value: object, what: str) -> int:
    """`value` as a plain int (numpy's count, bools do not); raises AdmError."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # type: ignore[arg-type]  # a TypeError is the answer
        except TypeError:
            pass
        else:
            if -_MOST <= number <= _MOST:
                return number
    raise AdmError(f"Its {what} is {_shown(value)}, which is not a whole number", _HINT)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # an object of a user's code
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:59]}…"


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise AdmError(f"Its {what} is {_shown(value)}, which is not text", _HINT)
    return storable(str(value))


def _number(value: object, what: str) -> float:
    if not isinstance(value, (bool, str, bytes)):
        try:
            number = float(value)  # type: ignore[arg-type]  # so is a TypeError here
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise AdmError(f"Its {what} has {_shown(value)}, which is not a finite number", _HINT)


def _several(value: object, what: str) -> tuple[object, ...]:
    if isinstance(value, (tuple, list)):
        return tuple(value)
    raise AdmError(f"Its {what} is {_shown(value)}, which is not a tuple", _HINT)


def _listed(value: object, what: str) -> tuple[object, ...]:
    """The values of a tuple, a list or an array (numpy, torch)."""
    return _several(value.tolist() if hasattr(value, "tolist") else value, what)


def _at_most(most: int, value: object, what: str) -> tuple[object, ...]:
    found = _listed(value, what)
    if len(found) > most:
        raise AdmError(f"Its {what} has {len(found):,} parts; the limit is {most:,}", _HINT)
    return found


def _by_choice(value: object, what: str, choices: int) -> tuple[object, ...]:
    given = _listed(value, what)
    if len(given) != choices:
        has = counted(len(given), "part")
        raise AdmError(f"Its {what} has {has} for {counted(choices, 'choice')}", _HINT)
    return given


def _by_attribute(value: object, what: str) -> dict[str, object]:
    """A mapping by attribute id, each name repaired."""
    if not isinstance(value, Mapping):
        raise AdmError(f"Its {what} is {_shown(value)}, not a mapping by attribute", _HINT)
    if len(value) > MAX_ATTRIBUTES:
        raise AdmError(
            f"Its {what} has {len(value):,} attributes; the limit is {MAX_ATTRIBUTES:,}",
            _HINT,
        )
    found: dict[str, object] = {}
    for key, each in value.items():
        name = _name(key, f"{what} (the name of an attribute)")
        if not name.strip() or name in found:
            raise AdmError(f"Its {what} has the attribute {_shown(name)} twice or unnamed", _HINT)
        found[name] = each
    return found


def _unit(value: object, what: str) -> float:
    number = _number(value, what)
    if not 0.0 <= number <= 1.0:
        raise AdmError(f"Its {what} has {number:g}, which is not in 0..1", _HINT)
    return number


def _name(value: object, what: str) -> str:
    text = _text(value, what)
    if len(text) > MAX_NAME_CHARS:
        raise AdmError(f"Its {what} is longer than {MAX_NAME_CHARS} characters", _HINT)
    return text


def _predictions(value: object, choices: int) -> Predictions | None:
    if value is None:
        return None
    what, count = "predictions", 0
    found: list[dict[str, Prediction]] = []
    for index, choice in enumerate(_by_choice(value, what, choices)):
        here = f"{what}[{index}]"
        named = _by_attribute(choice, here)
        found.append({name: _prediction(each, here) for name, each in named.items()})
        count += sum(len(each.samples) for each in found[-1].values())
        if count > MAX_SAMPLES:
            raise AdmError(f"Its {what} have more than {MAX_SAMPLES:,} samples", _HINT)
    return tuple(found)


def _prediction(value: object, what: str) -> Prediction:
    if not isinstance(value, Prediction):
        raise AdmError(f"Its {what} has a {type(value).__name__}, not a Prediction", _HINT)
    given = _at_most(MAX_SAMPLES, value.samples, f"{what}.samples")
    samples = tuple(_unit(each, f"{what}.samples") for each in given)
    reasons = tuple(_text(each, f"{what}.reasons") for each in _several(value.reasons, what))
    if not samples:
        raise AdmError(f"Its {what} has a Prediction without samples", _HINT)
    if reasons and len(reasons) != len(samples):
        has = counted(len(reasons), "reason")
        raise AdmError(f"Its {what} has {has} for {counted(len(samples), 'sample')}", _HINT)
    return Prediction(samples, reasons, _name(value.rater, f"{what}.rater"))


def _relevance(value: object, choices: int) -> Relevance | None:
    if value is None:
        return None
    what = "relevance"
    if not isinstance(value, Relevance):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Relevance", _HINT)
    by_choice = tuple(
        {name: _unit(each, what) for name, each in _by_attribute(choice, what).items()}
        for choice in _by_choice(value.by_choice, what, choices)
    )
    return Relevance(by_choice, _name(value.rater, f"{what}.rater"))


def _ranking(value: object, choices: int) -> Ranking | None:
    if value is None:
        return None
    what = "ranking"
    if not isinstance(value, Ranking):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Ranking", _HINT)
    scores = _by_choice(value.scores, f"{what}.scores", choices)
    given = _at_most(choices, value.best, f"{what}.best")
    best = tuple(_index(each, choices, f"{what}.best") for each in given)
    if not best or list(best) != sorted(set(best)):
        raise AdmError(
            f"Its {what}.best is {_shown(best)}, which must list each index once, in order", _HINT
        )
    if not isinstance(value.tie_break, str) or value.tie_break not in get_args(TieBreak):
        raise AdmError(f"Its {what}.tie_break is {_shown(value.tie_break)}", _HINT)
    sample = None if value.sample is None else whole(value.sample, f"{what}.sample")
    if sample is not None and not 0 <= sample < MAX_SAMPLES:
        raise AdmError(f"Its {what}.sample is {sample}, which is not an index", _HINT)
    return Ranking(
        function=_name(value.function, f"{what}.function"),
        measure=_name(value.measure, f"{what}.measure"),
        scores=tuple(_number(each, f"{what}.scores") for each in scores),
        best=best,
        taken=_index(value.taken, choices, f"{what}.taken"),
        tie_break=value.tie_break,
        parameters=_small_json(value.parameters, f"{what}.parameters"),
        notes=tuple(_text(note, f"{what}.notes") for note in _several(value.notes, what)),
        sample=sample,
        details=_small_json(value.details, f"{what}.details"),
    )


def _small_json(value: object, what: str) -> JsonObject:
    made = _json(value, what)
    if len(json.dumps(made, ensure_ascii=False)) > MAX_JSON_CHARS:
        raise AdmError(f"Its {what} is longer than {MAX_JSON_CHARS:,} characters", _HINT)
    return made


def _step(value: object, what: str) -> Step:
    if not isinstance(value, Step):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Step", _HINT)
    seconds = _number(value.seconds, f"{what}.seconds")
    if seconds < 0:
        raise AdmError(f"Its {what}.seconds is {seconds:g}, which is below 0", _HINT)
    return Step(_name(value.name, f"{what}.name"), seconds)


def _example(value: object, what: str) -> UsedExample:
    if not isinstance(value, UsedExample):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a UsedExample", _HINT)
    similarity = value.similarity
    return UsedExample(
        _name(value.example, f"{what}.example"),
        None if similarity is None else _number(similarity, f"{what}.similarity"),
        _name(value.attribute, f"{what}.attribute"),
        _text(value.prompt, f"{what}.prompt"),
        _text(value.response, f"{what}.response"),
    )


def _shown_choices(value: object, what: str, choices: int) -> ShownChoices:
    if not isinstance(value, ShownChoices):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a ShownChoices", _HINT)
    return ShownChoices(
        _order(value.order, f"{what}.order", choices),
        _index(value.choice, choices, f"{what}.choice"),
    )


def _order(value: object, what: str, choices: int) -> tuple[int, ...]:
    given = _at_most(choices, value, what)
    order = tuple(_index(each, choices, what) for each in given)
    if sorted(order) != list(range(choices)):
        raise AdmError(f"Its {what} is {_shown(order)}, which must list each index once", _HINT)
    return order


def _shares(value: object, what: str, choices: int) -> tuple[float, ...] | None:
    given = () if value is None else _listed(value, what)
    if not given:
        return None
    if len(given) != choices:
        number = counted(choices, "choice")
        raise AdmError(f"The decision-maker gave {len(given)} {what} for {number}")
    shares = tuple(_number(each, what) for each in given)
    if any(not -1e-9 <= share <= 1 + 1e-6 for share in shares):
        raise AdmError(f"Its {what} are {_shown(shares)}, which are not in 0..1", _HINT)
    return shares


def _response(value: object, what: str, choices: int) -> Response:
    if not isinstance(value, Response):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Response", _HINT)
    choice = None if value.choice is None else whole(value.choice, f"{what}.choice")
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
        order=None if value.order is None else _order(value.order, f"{what}.order", choices),
    )


def _message(value: object, what: str) -> Message:
    if not isinstance(value, Message):
        raise AdmError(f"Its {what} has a {type(value).__name__}, not a Message", _HINT)
    role: Any = _text(value.role, what)  # a user's code may use any role
    return replace(value, role=role, content=_text(value.content, what))


def _json(value: object, what: str) -> JsonObject:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise AdmError(f"Its {what} is not JSON: {error_message(error)}", _HINT) from error
    if not isinstance(value, Mapping):
        raise AdmError(f"Its {what} is not a JSON object", _HINT)
    fit = storable(text)
    made: JsonObject = value if fit == text else json.loads(fit)
    return made


def _sampling(value: object, what: str) -> Sampling:
    if not isinstance(value, Sampling):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Sampling", _HINT)
    counts = ("top_k", "max_tokens", "seed", "max_thinking_tokens")
    shares = ("temperature", "top_p", "min_p")
    plain: dict[str, Any] = {name: whole(getattr(value, name), f"{what}.{name}") for name in counts}
    plain |= {name: _number(getattr(value, name), f"{what}.{name}") for name in shares}
    plain["blanks"] = value.blanks is True
    plain["thinking"] = _text(value.thinking, f"{what}.thinking")
    return replace(value, **plain)


def _generation(value: object, what: str) -> Generation:
    if not isinstance(value, Generation):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Generation", _HINT)
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
        fingerprint=_name(value.fingerprint, f"{what}.fingerprint"),
    )


def _point(value: object, what: str) -> tuple[float, int]:
    pair = _several(value, what)
    if len(pair) != 2:
        raise AdmError(f"Its {what} has {_shown(value)}, not (seconds, characters)", _HINT)
    return _number(pair[0], what), whole(pair[1], what)
