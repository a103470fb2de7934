"""Checks of a Decision that a decision-maker returns, before the program stores it."""

from __future__ import annotations

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
from align_tui.core.plain_values import (
    HINT,
    as_index,
    as_json,
    as_list,
    as_name,
    as_number,
    as_text,
    as_tuple,
    as_unit,
    at_most,
    by_attribute,
    by_choice,
    shown,
    small_json,
    whole,
)
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.text.plurals import counted

MAX_SAMPLES = 100_000  # of all predictions of a decision
MAX_STEPS = 1_000
MAX_EXAMPLES = 1_000
MAX_SHOWN = 10_000


def checked_decision(decision: object, choices: int, asks: AnswerKind = "choice") -> Decision:
    """Return the decision with plain numbers and repaired text.

    `choices` is the number of choices, and `asks` the kind of answer that the scenario asks for.
    Raises AdmError that names the faulty part.
    """
    if not isinstance(decision, Decision):
        raise AdmError(
            f"The decision-maker returned a {type(decision).__name__}, not a Decision", HINT
        )
    return Decision(
        answer=_answer(decision.answer, choices, asks),
        reasoning=as_text(decision.reasoning, "reasoning"),
        probabilities=_shares(decision.probabilities, "probabilities", choices),
        votes=_shares(decision.votes, "votes", choices),
        responses=tuple(
            _response(each, f"responses[{index}]", choices)
            for index, each in enumerate(as_tuple(decision.responses, "responses"))
        ),
        notes=tuple(as_text(note, "notes") for note in as_tuple(decision.notes, "notes")),
        predictions=_predictions(decision.predictions, choices),
        relevance=_relevance(decision.relevance, choices),
        ranking=_ranking(decision.ranking, choices),
        steps=tuple(
            _step(each, f"steps[{index}]")
            for index, each in enumerate(at_most(MAX_STEPS, decision.steps, "steps"))
        ),
        examples=tuple(
            _example(each, f"examples[{index}]")
            for index, each in enumerate(at_most(MAX_EXAMPLES, decision.examples, "examples"))
        ),
        shown=tuple(
            _shown_choices(each, f"shown[{index}]", choices)
            for index, each in enumerate(at_most(MAX_SHOWN, decision.shown, "shown"))
        ),
        halves=_halves(decision.halves, choices),
    )


def _halves(value: object, choices: int) -> tuple[Decision, ...]:
    found = as_tuple(value, "halves")
    if len(found) not in (0, 2) or not all(isinstance(each, Decision) for each in found):
        raise AdmError(f"Its halves are {shown(value)}, not two Decisions", HINT)
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
            f"The scenario asks for {asked}, and the decision-maker gave {shown(value)}", HINT
        )
    if isinstance(value, TextAnswer):
        return TextAnswer(as_text(value.text, "answer"))
    return ChoiceAnswer(
        as_index(value.index if isinstance(value, ChoiceAnswer) else value, choices)
    )


def _predictions(value: object, choices: int) -> Predictions | None:
    if value is None:
        return None
    what, count = "predictions", 0
    found: list[dict[str, Prediction]] = []
    for index, choice in enumerate(by_choice(value, what, choices)):
        here = f"{what}[{index}]"
        named = by_attribute(choice, here)
        found.append({name: _prediction(each, here) for name, each in named.items()})
        count += sum(len(each.samples) for each in found[-1].values())
        if count > MAX_SAMPLES:
            raise AdmError(f"Its {what} have more than {MAX_SAMPLES:,} samples", HINT)
    return tuple(found)


def _prediction(value: object, what: str) -> Prediction:
    if not isinstance(value, Prediction):
        raise AdmError(f"Its {what} has a {type(value).__name__}, not a Prediction", HINT)
    given = at_most(MAX_SAMPLES, value.samples, f"{what}.samples")
    samples = tuple(as_unit(each, f"{what}.samples") for each in given)
    reasons = tuple(as_text(each, f"{what}.reasons") for each in as_tuple(value.reasons, what))
    if not samples:
        raise AdmError(f"Its {what} has a Prediction without samples", HINT)
    if reasons and len(reasons) != len(samples):
        has = counted(len(reasons), "reason")
        raise AdmError(f"Its {what} has {has} for {counted(len(samples), 'sample')}", HINT)
    return Prediction(samples, reasons, as_name(value.rater, f"{what}.rater"))


def _relevance(value: object, choices: int) -> Relevance | None:
    if value is None:
        return None
    what = "relevance"
    if not isinstance(value, Relevance):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Relevance", HINT)
    rows = tuple(
        {name: as_unit(each, what) for name, each in by_attribute(choice, what).items()}
        for choice in by_choice(value.by_choice, what, choices)
    )
    return Relevance(rows, as_name(value.rater, f"{what}.rater"))


def _ranking(value: object, choices: int) -> Ranking | None:
    if value is None:
        return None
    what = "ranking"
    if not isinstance(value, Ranking):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Ranking", HINT)
    scores = by_choice(value.scores, f"{what}.scores", choices)
    given = at_most(choices, value.best, f"{what}.best")
    best = tuple(as_index(each, choices, f"{what}.best") for each in given)
    if not best or list(best) != sorted(set(best)):
        raise AdmError(
            f"Its {what}.best is {shown(best)}, which must list each index once, in order", HINT
        )
    if not isinstance(value.tie_break, str) or value.tie_break not in get_args(TieBreak):
        raise AdmError(f"Its {what}.tie_break is {shown(value.tie_break)}", HINT)
    sample = None if value.sample is None else whole(value.sample, f"{what}.sample")
    if sample is not None and not 0 <= sample < MAX_SAMPLES:
        raise AdmError(f"Its {what}.sample is {sample}, which is not an index", HINT)
    return Ranking(
        function=as_name(value.function, f"{what}.function"),
        measure=as_name(value.measure, f"{what}.measure"),
        scores=tuple(as_number(each, f"{what}.scores") for each in scores),
        best=best,
        taken=as_index(value.taken, choices, f"{what}.taken"),
        tie_break=value.tie_break,
        parameters=small_json(value.parameters, f"{what}.parameters"),
        notes=tuple(as_text(note, f"{what}.notes") for note in as_tuple(value.notes, what)),
        sample=sample,
        details=small_json(value.details, f"{what}.details"),
    )


def _step(value: object, what: str) -> Step:
    if not isinstance(value, Step):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Step", HINT)
    seconds = as_number(value.seconds, f"{what}.seconds")
    if seconds < 0:
        raise AdmError(f"Its {what}.seconds is {seconds:g}, which is below 0", HINT)
    return Step(as_name(value.name, f"{what}.name"), seconds)


def _example(value: object, what: str) -> UsedExample:
    if not isinstance(value, UsedExample):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a UsedExample", HINT)
    similarity = value.similarity
    return UsedExample(
        as_name(value.example, f"{what}.example"),
        None if similarity is None else as_number(similarity, f"{what}.similarity"),
        as_name(value.attribute, f"{what}.attribute"),
        as_text(value.prompt, f"{what}.prompt"),
        as_text(value.response, f"{what}.response"),
    )


def _shown_choices(value: object, what: str, choices: int) -> ShownChoices:
    if not isinstance(value, ShownChoices):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a ShownChoices", HINT)
    return ShownChoices(
        _order(value.order, f"{what}.order", choices),
        as_index(value.choice, choices, f"{what}.choice"),
    )


def _order(value: object, what: str, choices: int) -> tuple[int, ...]:
    given = at_most(choices, value, what)
    order = tuple(as_index(each, choices, what) for each in given)
    if sorted(order) != list(range(choices)):
        raise AdmError(f"Its {what} is {shown(order)}, which must list each index once", HINT)
    return order


def _shares(value: object, what: str, choices: int) -> tuple[float, ...] | None:
    given = () if value is None else as_list(value, what)
    if not given:
        return None
    if len(given) != choices:
        number = counted(choices, "choice")
        raise AdmError(f"The decision-maker gave {len(given)} {what} for {number}")
    shares = tuple(as_number(each, what) for each in given)
    if any(not -1e-9 <= share <= 1 + 1e-6 for share in shares):
        raise AdmError(f"Its {what} are {shown(shares)}, which are not in 0..1", HINT)
    return shares


def _response(value: object, what: str, choices: int) -> Response:
    if not isinstance(value, Response):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Response", HINT)
    choice = None if value.choice is None else whole(value.choice, f"{what}.choice")
    return replace(
        value,
        role=as_text(value.role, f"{what}.role"),
        choice=choice,
        reasoning=as_text(value.reasoning, f"{what}.reasoning"),
        messages=tuple(
            _message(each, f"{what}.messages") for each in as_tuple(value.messages, what)
        ),
        schema=as_json(value.schema, f"{what}.schema"),
        sampling=_sampling(value.sampling, f"{what}.sampling"),
        generation=_generation(value.generation, f"{what}.generation"),
        retried=bool(value.retried),
        probabilities=_shares(value.probabilities, f"{what}.probabilities", choices),
        order=None if value.order is None else _order(value.order, f"{what}.order", choices),
    )


def _message(value: object, what: str) -> Message:
    if not isinstance(value, Message):
        raise AdmError(f"Its {what} has a {type(value).__name__}, not a Message", HINT)
    role: Any = as_text(value.role, what)  # a user's code may use any role
    return replace(value, role=role, content=as_text(value.content, what))


def _sampling(value: object, what: str) -> Sampling:
    if not isinstance(value, Sampling):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Sampling", HINT)
    counts = ("top_k", "max_tokens", "seed", "max_thinking_tokens")
    shares = ("temperature", "top_p", "min_p")
    plain: dict[str, Any] = {name: whole(getattr(value, name), f"{what}.{name}") for name in counts}
    plain |= {name: as_number(getattr(value, name), f"{what}.{name}") for name in shares}
    plain["blanks"] = value.blanks is True
    plain["thinking"] = as_text(value.thinking, f"{what}.thinking")
    return replace(value, **plain)


def _generation(value: object, what: str) -> Generation:
    if not isinstance(value, Generation):
        raise AdmError(f"Its {what} is a {type(value).__name__}, not a Generation", HINT)
    if value.finish not in get_args(Finish):
        raise AdmError(f"Its {what}.finish is {shown(value.finish)}", HINT)
    return replace(
        value,
        text=as_text(value.text, f"{what}.text"),
        prompt=as_text(value.prompt, f"{what}.prompt"),
        prompt_tokens=whole(value.prompt_tokens, f"{what}.prompt_tokens"),
        tokens=whole(value.tokens, f"{what}.tokens"),
        first_token_s=as_number(value.first_token_s, f"{what}.first_token_s"),
        total_s=as_number(value.total_s, f"{what}.total_s"),
        timeline=tuple(_point(each, f"{what}.timeline") for each in as_tuple(value.timeline, what)),
        thinking_tokens=whole(value.thinking_tokens, f"{what}.thinking_tokens"),
        notes=tuple(as_text(note, f"{what}.notes") for note in as_tuple(value.notes, what)),
        fingerprint=as_name(value.fingerprint, f"{what}.fingerprint"),
    )


def _point(value: object, what: str) -> tuple[float, int]:
    pair = as_tuple(value, what)
    if len(pair) != 2:
        raise AdmError(f"Its {what} has {shown(value)}, not (seconds, characters)", HINT)
    return as_number(pair[0], what), whole(pair[1], what)
