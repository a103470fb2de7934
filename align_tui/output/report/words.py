"""The sentences and numbers of reports, shared by Markdown and HTML."""

from __future__ import annotations

from align_tui.core.answers import letter
from align_tui.core.families import CLUSTER_RULES
from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.comparison import Comparison
from align_tui.core.stats.paired_clusters import PairedDifference
from align_tui.core.stats.rates import Rate
from align_tui.core.text.plurals import counted
from align_tui.output.numbers import point, signed
from align_tui.output.report.data import ColumnDecision, Report, RunPart
from align_tui.output.report.target_words import target_words as target_words
from align_tui.output.tables import CAPTION, size_words
from align_tui.store.thinking import Thought

HOW_COMPARED = (
    "Each row compares two columns under one target, on the scenarios that both decided and that "
    "are scored for both. Difference: the accuracy of the second minus that of the first, with its "
    "95 % interval (Newcombe 1998, method 10; over clusters where decisions are dependent). p: "
    "sign-flip test over clusters, two-sided, mid-p (for questions asked once, McNemar's). Holm: p "
    "adjusted for all comparisons of this report. Conclusion: by Holm's p at 5 %; tied if the "
    "interval lies inside the study's margin; else the difference that could be detected with 80 % "
    "power (Miller 2024)."
)
DEPENDENT = (
    "Repeats of a question are averaged first, and questions of one cluster are not taken as "
    "independent: braces have the number of questions (q) and of clusters (c). Such an interval is "
    "Wilson's with the effective number of decisions and Student's t with c - 1 degrees of freedom."
)
HOW_READ = (
    "A target is an attribute with the value, 0 (low) to 1 (high), that decisions should have of "
    "it. A profile is a decision-maker with its model, and makes one column. A question is a "
    "scenario however often it was asked; shares, accuracies and labels are from 0 to 1."
)
SMALL = "With so few decisions the intervals are wide; read them before the accuracies."
HOW_DOUBTFUL = (
    "Each finding is a reason to doubt a number of this report: a warning puts it in doubt, an "
    "info is good to know. They were computed from the run's own decisions."
)
HOW_AGREED = (
    "The share of decisions in which two columns took the same choice, right or wrong. S corrects "
    "it for chance (Bennett, Alpert, Goldstein 1954): 0 means as often as two uniform choosers, "
    "1 means always."
)
HOW_ACCURATE = (
    f"{CAPTION} Chance: the expected accuracy of a uniform chooser on the same decisions. A "
    "column without a target is scored against every target of its run."
)
HOW_JUDGED = (
    "People gave these verdicts on decisions that they read. The verdicts change no number above. "
    "People chose which decisions to read, so these are not a random sample. Right and wrong come "
    "from the labels, against the column's own target."
)
HOW_MARKED = "✓ right, ✗ wrong, each against its own target; · unscored or without a target."
FEW = 30
MARKS = {True: "✓", False: "✗", None: "·"}


def rate_words(rate: Rate) -> str:
    """`.85 [.62, .95] 17/20`, or a dash where nothing is scored.

    It ends in `{18 q, 10 c}` where not every decision is a question and a cluster of its own.
    """
    if rate.accuracy is None:
        return "–"
    ends = f"[{point(rate.low)}, {point(rate.high)}]"
    sizes = size_words(rate.scored, rate.questions, rate.clusters)
    return f"{point(rate.accuracy)} {ends} {rate.correct}/{rate.scored}{sizes}"


def agreed_words(counts: tuple[int, int]) -> str:
    """`7 of 9`: 7 verdicts agree, of 9 that agree or disagree; a dash if there are none."""
    agree, disagree = counts
    return f"{agree} of {agree + disagree}" if agree + disagree else "–"


def difference_words(found: PairedDifference | None) -> str:
    """`+.24 [-.02, +.41]`."""
    if found is None:
        return "–"
    return f"{signed(found.value)} [{signed(found.low)}, {signed(found.high)}]"


def pair_words(found: Comparison) -> str:
    """`36 {18 q, 10 c}`: the pairs of decisions, and on how many questions and clusters."""
    pairs, over = found.counts.pairs, found.difference
    return f"{pairs}{size_words(pairs, over.questions, over.clusters) if over else ''}"


def same_words(found: Agreement) -> str:
    """`118/124 {62 q, 20 c}`: equal choices of pairs, and on how many questions and clusters."""
    sizes = size_words(found.pairs, found.questions, found.clusters)
    return f"{found.same}/{found.pairs}{sizes}"


def of_run(report: Report, run: str) -> str:
    """`(run k3f9)` in a report on several runs, else empty."""
    return f"(run {run})" if len(report.runs) > 1 else ""


def caveats(report: Report) -> list[str]:
    """The sentences that a reader of the numbers needs to know, with the runs' notes first."""
    out = list(dict.fromkeys(note for part in report.runs for note in part.notes))
    if report.dependent:
        out.append(DEPENDENT)
    for part in report.runs:
        if part.cluster == "none":
            out.append(
                f"Every decision of run {part.row.id} counts as independent (cluster = none): "
                "intervals and p are too small if questions are repeated or belong together."
            )
        elif part.clusters < part.scenarios:
            out.append(
                f"The {counted(part.scenarios, 'scenario')} of run {part.row.id} are "
                f"{counted(part.clusters, 'cluster')} ({CLUSTER_RULES[part.cluster]}): "
                "numbers under different targets are not independent of each other."
            )
    scored = [a.all.scored for a in report.accuracies if a.all.scored]
    if scored and min(scored) < FEW:
        out.append(SMALL)
    for part in report.runs:
        left = part.row.pending + part.row.running
        if left or part.row.failed:
            out.append(
                f"Run {part.row.id} has {counted(left, 'open sample')} and "
                f"{counted(part.row.failed, 'failed sample')}. No number includes them."
            )
    return out


def thinking_words(thought: Thought) -> str:
    """`thinking, 120 tokens`."""
    return "thinking" + (f", {counted(thought.tokens, 'token')}" if thought.tokens else "")


def answer_words(said: ColumnDecision) -> str:
    """`✓ A`, an open answer behind its mark, or that it failed."""
    if said.choice is not None:
        return f"{MARKS[said.correct]} {letter(said.choice)}"
    return f"{MARKS[said.correct]} {said.answer}" if said.answer else "failed"


def thought_words(thought: Thought | None) -> str:
    """The thinking with its length in tokens; '' if the model did not think."""
    if thought is None:
        return ""
    return (
        f"({counted(thought.tokens, 'token')}) {thought.text}" if thought.tokens else thought.text
    )


def run_words(part: RunPart) -> str:
    """The size, progress and scorer of a run in one line."""
    same = (
        "" if part.probes == part.scenarios else f" ({counted(part.probes, 'different question')})"
    )
    return (
        f"{counted(len(part.profiles), 'profile')} × {counted(part.scenarios, 'scenario')}{same} "
        f"× {counted(part.repeat, 'repeat')}; "
        f"{part.row.done} decided, {part.row.failed} failed; scorer: {part.rule}"
    )


def made_with(part: RunPart) -> list[tuple[str, str]]:
    """(what, version) of a run; profiles of which the same is said share a line."""
    named: dict[tuple[str, str], list[str]] = {}
    rows: list[tuple[str, str]] = []
    for key, value in part.versions.items():
        what, of, name = key.partition(" of ")
        if not of:
            rows.append((key, value))
        else:
            named.setdefault((what, value), []).append(name)
    rows += [(f"{what} of {', '.join(names)}", value) for (what, value), names in named.items()]
    return rows
