"""The sentences and numbers that both kinds of report have in common."""

from __future__ import annotations

from dataclasses import replace

from align_tui.core.answers import letter
from align_tui.core.stats.paired import Difference
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.output import decision_json
from align_tui.output.report.data import Report, RunPart, Said
from align_tui.output.tables import CAPTION, point
from align_tui.store.thinking import Thought

HOW_COMPARED = (
    "Each row pairs two columns on the scenarios that both decided and that are scored for both, "
    "under one target. Difference: accuracy of the second less that of the first, with its 95 % "
    "interval (Newcombe 1998, method 10). p: McNemar's exact test, two-sided; Holm: adjusted for "
    "all comparisons of this report."
)
DEPENDENT = (
    "Some comparisons hold the same question several times (repeats, or one probe labelled for "
    "several attributes, as 22 of MTA's 62 records are). Their pairs are not independent: p is "
    "too small and the interval too narrow. The column `questions` says how many there are."
)
SMALL = "With so few decisions the intervals are wide; read them before the accuracies."
HOW_AGREED = (
    "Share of decisions in which two columns chose the same, whoever was right. S corrects for "
    "chance (Bennett, Alpert, Goldstein 1954): 0 as two uniform choosers, 1 always the same."
)
HOW_ACCURATE = (
    f"{CAPTION} Chance: a uniform chooser's expectation on the same decisions. A column without "
    "a target is scored against every target of its run."
)
HOW_JUDGED = (
    "What people said of decisions that they looked at. It changes no number above, and whoever "
    "chose what to look at chose these: they are no sample. Right and wrong are by the labels, "
    "against the column's own target."
)
HOW_MARKED = "✓ right, ✗ wrong, each against its own target; · unscored or without a target."
FEW = 30
MARKS = {True: "✓", False: "✗", None: "·"}


def target_words(targets: Targets) -> str:
    """`moral desert 1 + fairness 0`."""
    spoken = tuple(replace(t, attribute=t.attribute.replace("_", " ")) for t in targets)
    return one_line(decision_json.target_words(spoken)) or "–"


def rate_words(rate: Rate) -> str:
    """`.85 [.62, .95] 17/20`, or a dash where nothing is scored."""
    if rate.accuracy is None:
        return "–"
    ends = f"[{point(rate.low)}, {point(rate.high)}]"
    return f"{point(rate.accuracy)} {ends} {rate.correct}/{rate.scored}"


def agreed_words(counts: tuple[int, int]) -> str:
    """`7 of 9`: agreed with, of those agreed or disagreed with; a dash for none."""
    agree, disagree = counts
    return f"{agree} of {agree + disagree}" if agree + disagree else "–"


def signed(value: float) -> str:
    """`+.24`, `-.07`, `.00`."""
    sign = "" if round(value, 2) == 0 else "+" if value > 0 else "-"
    return sign + point(abs(value))


def difference_words(found: Difference | None) -> str:
    """`+.24 [-.02, +.41]`."""
    if found is None:
        return "–"
    return f"{signed(found.value)} [{signed(found.low)}, {signed(found.high)}]"


def p_words(p: float) -> str:
    """Three digits, or `< .001`."""
    return "< .001" if p < 0.001 else "1.000" if p >= 0.9995 else f"{p:.3f}"[1:]


def caveats(report: Report) -> list[str]:
    """What a reader has to know beside the numbers: the runs' own notes among it."""
    out = list(dict.fromkeys(note for part in report.runs for note in part.notes))
    if report.dependent:
        out.append(DEPENDENT)
    for part in report.runs:
        if part.probes < part.scenarios:
            out.append(
                f"The {part.scenarios} scenarios of run {part.row.id} ask {part.probes} different "
                "questions: numbers under different targets are not independent of each other."
            )
    scored = [a.all.scored for a in report.accuracies if a.all.scored]
    if scored and min(scored) < FEW:
        out.append(SMALL)
    for part in report.runs:
        left = part.row.pending + part.row.running
        if left or part.row.failed:
            out.append(
                f"Run {part.row.id}: {left} samples are not decided yet and {part.row.failed} "
                "failed; they count nowhere."
            )
    return out


def thinking_words(thought: Thought) -> str:
    """`thinking, 120 tokens`."""
    return "thinking" + (f", {thought.tokens} tokens" if thought.tokens else "")


def answer_words(said: Said) -> str:
    """`✓ A`, an open answer behind its mark, or that it failed."""
    if said.choice is not None:
        return f"{MARKS[said.correct]} {letter(said.choice)}"
    return f"{MARKS[said.correct]} {said.answer}" if said.answer else "failed"


def thought_words(thought: Thought | None) -> str:
    """What was thought, with how long it is; '' where nothing was."""
    if thought is None:
        return ""
    return f"({thought.tokens} tokens) {thought.text}" if thought.tokens else thought.text


def run_words(part: RunPart) -> str:
    """What a run consists of, in one line."""
    same = "" if part.probes == part.scenarios else f" ({part.probes} different questions)"
    return (
        f"{len(part.profiles)} profiles × {part.scenarios} scenarios{same} × {part.repeat}; "
        f"{part.row.done} decided, {part.row.failed} failed; scoring rule: {part.rule}"
    )
