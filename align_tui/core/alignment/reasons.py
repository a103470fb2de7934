"""Why a ranking takes its choice: the reasons of its ratings, or a sentence about its scores."""

from __future__ import annotations

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.plurals import counted


def reasons_of(predictions: Predictions, ranking: Ranking, targets: Targets) -> str:
    """The reasons for the ratings of the taken choice, a paragraph for each attribute.

    Of several samples it is the one that the ranking names as nearest to the target. Attributes
    of the target come first. Empty if no rating has a reason.
    """
    rated = predictions[ranking.taken]
    wanted = [target.attribute for target in targets if target.attribute in rated]
    paragraphs = []
    for name in dict.fromkeys((*wanted, *rated)):
        reasons = rated[name].reasons
        place = ranking.sample if ranking.sample is not None else 0
        reason = reasons[place].strip() if place < len(reasons) else ""
        if reason:
            paragraphs.append(f"{name}: {reason}")
    return "\n".join(paragraphs)


_TIES = {"first": "the first of them is chosen", "rule": "the function's rule prefers it"}


def in_words(ranking: Ranking, targets: Targets, by: str = "ratings") -> str:
    """A sentence that says why the ranking takes its choice, by the `by` that it ranked."""
    aim = f" for {target_id(targets)}" if targets else ""
    score = f"{ranking.measure} {ranking.scores[ranking.taken]:.3g}"
    if ranking.tie_break == "drawn":
        return f"By the {by}, {ranking.function} gives it {score}{aim}, and the seed drew it."
    reason = f"By the {by}, {ranking.function} puts it first{aim}, with {score}"
    others = len(ranking.best) - 1
    if not others:
        return f"{reason}."
    how = _TIES.get(ranking.tie_break, "the seed drew it")
    tied = "another choice ties" if others == 1 else f"{counted(others, 'other choice')} tie"
    return f"{reason}; {tied}, and {how}."
