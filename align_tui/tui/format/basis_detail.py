"""The whole basis of a decision as text: ratings, targets, ranking, examples, steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import letter
from align_tui.core.densities import KERNEL_WORDS
from align_tui.core.predictions import Predictions, Relevance, attributes_of
from align_tui.core.targets import Distribution, RandomEffects, Target, Targets
from align_tui.core.text.plurals import counted
from align_tui.tui.format.gauge import deviation
from align_tui.tui.format.ratings import common_relevance

if TYPE_CHECKING:
    from align_tui.core.decisions import Step, UsedExample
    from align_tui.monitor.rows import Basis

NONE = "–"


def basis_parts(
    basis: Basis | None, targets: Targets, choices: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """(title, text) of each part that the basis has; empty for a decision without a basis.

    The targets are shown only with predictions or a ranking.
    """
    if basis is None:
        return ()
    found: list[tuple[str, str]] = []
    if basis.predictions:
        found.append(("predictions", predictions_text(basis.predictions, choices)))
    if basis.relevance is not None and basis.relevance.by_choice:
        found.append(("relevance", relevance_text(basis.relevance)))
    if targets and (basis.predictions or basis.ranking is not None):
        found.append(("targets", targets_text(targets)))
    if basis.ranking is not None:
        found.append(("ranking", ranking_text(basis.ranking, choices)))
    if basis.examples:
        found.append(("examples", examples_text(basis.examples)))
    if basis.steps:
        found.append(("steps", steps_text(basis.steps)))
    return tuple(found)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their headings, with two blanks between them."""
    lines = [header, *rows]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(header))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _number(value: float) -> str:
    return f"{value:.3f}"


def _choice(index: int, choices: Sequence[str]) -> str:
    """`A  Treat the rescuer`, on one line."""
    text = " ".join(choices[index].split()) if index < len(choices) else ""
    return f"{letter(index)}  {text}".rstrip()


def predictions_text(predictions: Predictions, choices: Sequence[str]) -> str:
    """A table by choice and attribute, then the reason for each sample."""
    rows, reasons = [], list[str]()
    for index, predicted in enumerate(predictions):
        for name in attributes_of(predictions):
            found = predicted.get(name)
            if found is None:
                rows.append((letter(index), name, NONE, "", ""))
                continue
            samples = " ".join(map(_number, found.samples))
            rows.append((letter(index), name, _number(found.mean), samples, found.rater))
            for number, (reason, sample) in enumerate(
                zip(found.reasons, found.samples, strict=False), start=1
            ):
                which = f" sample {number}" if len(found.samples) > 1 else ""
                reasons.append(f"{letter(index)} {name}{which} ({_number(sample)}): {reason}")
    table = _table(("choice", "attribute", "mean", "samples", "rater"), rows)
    texts = "\n".join(_choice(index, choices) for index in range(len(predictions)))
    return "\n\n".join([table, texts, *(["\n\n".join(reasons)] if reasons else [])])


def relevance_text(relevance: Relevance) -> str:
    """One row for each attribute; one column if the relevance is the same for all choices."""
    names = tuple(dict.fromkeys(name for row in relevance.by_choice for name in row))
    same = all(common_relevance(relevance, name) is not None for name in names)
    shown = relevance.by_choice[:1] if same else relevance.by_choice
    heads = ("all choices",) if same else tuple(letter(index) for index in range(len(shown)))
    rows = [
        (name, *(_number(row[name]) if name in row else NONE for row in shown)) for name in names
    ]
    table = _table(("attribute", *heads), rows)
    return f"{table}\n\nrated by {relevance.rater}" if relevance.rater else table


def targets_text(targets: Targets) -> str:
    """One line for each target; a distribution with its samples and bandwidth."""
    return "\n".join(line for target in targets for line in _target(target))


def _target(target: Target) -> Iterator[str]:
    weight = f"  weight {target.weight:g}" if target.weight != 1.0 else ""
    value = target.value
    if isinstance(value, RandomEffects):
        number = "" if value.value is None else f"  {value.value:g}"
        yield f"{target.attribute}{number}  random effects: {value.in_words}{weight}"
        return
    if not isinstance(value, Distribution):
        yield f"{target.attribute}  {value:g}{weight}"
        return
    name = f" {value.name}" if value.name else ""
    yield (
        f"{target.attribute}  distribution{name}: mean {_number(value.mean)}, "
        f"standard deviation {_number(deviation(value))}{weight}"
    )
    yield (
        f"  {counted(len(value.samples), 'sample')} under {KERNEL_WORDS[value.kernel]} of "
        f"bandwidth {value.bandwidth:g}: " + " ".join(map(_number, value.samples))
    )


WHY = {
    "none": "it alone has the best score",
    "first": "it is the first of the {tied} choices that share the best score ({letters})",
    "seed": "the sample's seed drew it from {tied} choices that share the best score ({letters})",
    "drawn": "the sample's seed drew it from all choices in proportion to the scores",
    "rule": "the function's rule prefers it to the other of the {tied} best ({letters})",
}


def ranking_text(ranking: Ranking, choices: Sequence[str]) -> str:
    """The function with its parameters, the scores, and which choice was taken and why."""
    out = [f"function    {ranking.function}", f"measure     {ranking.measure}"]
    out += [f"parameter   {name} = {_json(value)}" for name, value in ranking.parameters.items()]
    tied = len(ranking.best) > 1
    rows = []
    for index, score in enumerate(ranking.scores):
        marks = [("tied best" if tied else "best")] if index in ranking.best else []
        marks += ["taken"] if index == ranking.taken else []
        rows.append((letter(index), f"{score:.6g}", ", ".join(marks)))
    out += ["", _table(("choice", "score", ""), rows), ""]
    letters = ", ".join(map(letter, ranking.best))
    why = WHY.get(ranking.tie_break, ranking.tie_break)
    why = why.format(tied=len(ranking.best), letters=letters)
    out.append(f"taken       {_choice(ranking.taken, choices)}")
    out.append(f"because     {why}")
    if ranking.sample is not None:
        out.append(f"reasons     of its sample {ranking.sample + 1}")
    out += [f"note        {note}" for note in ranking.notes]
    if ranking.details:
        out += ["", "computed on the way"]
        out += [f"  {name}  {_json(value)}" for name, value in ranking.details.items()]
    return "\n".join(out)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def examples_text(examples: Sequence[UsedExample]) -> str:
    """A row for each example of the prompt, in its order, then what each asks and answers."""
    rows = [
        (
            str(number),
            " ".join(each.example.split()),
            NONE if each.similarity is None else f"{each.similarity:.4g}",
            each.attribute,
        )
        for number, each in enumerate(examples, start=1)
    ]
    random = all(each.similarity is None for each in examples)
    said = "drawn at random" if random else "the last one stands next to the question"
    parts = [f"{_table(('', 'example', 'similarity', 'attribute'), rows)}\n\n{said}"]
    parts += [
        f"-- example {number}: {' '.join(each.example.split())} --\n{each.prompt}\n\n"
        f"answer: {each.response}"
        for number, each in enumerate(examples, start=1)
    ]
    return "\n\n".join(parts)


def steps_text(steps: Sequence[Step]) -> str:
    """The steps in their order, with their times in seconds."""
    rows = [(step.name, f"{step.seconds:.3f}") for step in steps]
    return _table(("step", "seconds"), rows)
