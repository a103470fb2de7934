"""From ratings to a decision: correct fixed choices, rank, and tell the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from align_tui.adms.base import Llm
from align_tui.adms.predicted import decide_by_predictions
from align_tui.adms.rating.rated import Rated
from align_tui.core.alignment.ranking import AlignmentFunction
from align_tui.core.corrections import Form, correct, fixed_choice
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


def decide_by_ratings(
    function: AlignmentFunction,
    rated: Rated,
    scenario: Scenario,
    targets: Targets,
    llm: Llm,
    *,
    fixed_texts: Form = "corrected",
    steps: Sequence[Step] = (),
    examples: tuple[UsedExample, ...] = (),
) -> Decision:
    """Rank the choices by their ratings; the decision keeps the ratings and the replies.

    The reasons begin with the foreseen outcome, and a reason why an attribute matters stands
    before that of its score. Raises AlignmentError if the function cannot rank.
    """
    fixed = [fixed_choice(text) for text in scenario.choice_texts]
    decision = decide_by_predictions(
        function,
        correct(rated.predictions, fixed, fixed_texts),
        targets,
        llm.seed,
        relevance=rated.relevance,
        history=llm.history,
        responses=rated.responses,
        steps=steps,
    )
    told = reasons_with_background(rated, decision) or decision.reasoning
    return replace(decision, reasoning=told, examples=examples)


def reasons_with_background(rated: Rated, decision: Decision) -> str:
    """The reasons for the taken choice with its outcome and its relevance; '' without these."""
    choice, ranking, predictions = decision.choice, decision.ranking, decision.predictions
    if choice is None or ranking is None or predictions is None:
        return ""
    if not rated.outcomes and not rated.matters:
        return ""
    sample = ranking.sample or 0
    lines = []
    if rated.outcomes:
        # With both orders there are twice as many scores as outcomes.
        lines.append(f"outcome: {rated.outcomes[sample % len(rated.outcomes)][choice]}")
    for name, prediction in predictions[choice].items():
        matters = rated.matters[choice].get(name, "") if rated.matters else ""
        reason = prediction.reasons[sample] if sample < len(prediction.reasons) else ""
        lines += [f"relevance of {name}: {matters}"] if matters else []
        lines += [f"{name}: {reason.strip()}"] if reason.strip() else []
    return "\n".join(lines)
