"""Read everything about one ended sample, even if an ancestor run decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.core.scenarios import Scenario
    from align_tui.core.scorers.base import Score
    from align_tui.core.text.word_diff import Part
    from align_tui.monitor.snapshot import Shown
    from align_tui.store.database import Database
    from align_tui.store.results import StoredResponse
    from align_tui.store.run_inputs import RunInputs

    Entered = Sequence[Sequence[Part]] | None  # by message: the parts that attributes changed


@dataclass(frozen=True, slots=True)
class DecisionDetail:
    """One sample with its replies.

    `entered` has an item for each reply, `scores` one for each target id. `model` identifies the
    model that decided; it is empty if none was recorded. `inputs` are those of the run that decided
    the sample. `traceback` is empty unless the sample failed by an unforeseen error.
    """

    profile: Profile
    scenario: Scenario
    shown: Shown
    replies: Sequence[StoredResponse] = ()
    scores: Mapping[str, Score] | None = None
    entered: Sequence[Entered] = ()
    model: str = ""
    inputs: RunInputs | None = None
    traceback: str = ""


def read_detail(
    db: Database, study: Study, profile: Profile, scenario: Scenario, shown: Shown
) -> DecisionDetail:
    """Read the sample of `shown`, as the run of `study` shows it. Raises StoreError."""
    from align_tui.config.attributes import definitions_for
    from align_tui.config.prompts.attribution import entered
    from align_tui.core.answers import ChoiceAnswer
    from align_tui.core.decisions import messages_from_json
    from align_tui.core.targets import target_id
    from align_tui.store.results import responses_of, scores_of, traceback_of
    from align_tui.store.run_inputs import inputs_of_sample
    from align_tui.store.run_models import model_of

    assert shown.sample is not None
    replies = responses_of(db, shown.sample)
    scores = scores_of(db, [shown.sample])[shown.sample]
    choice = shown.result.choice if shown.result is not None else None
    if shown.origin is not None and choice is not None:
        # Score against the shown run's targets, which may differ from those of its ancestor.
        scores = {
            target_id(targets): study.scorer.score_now(ChoiceAnswer(choice), scenario, targets)
            for targets in study.scoring_targets(profile)
        }
    inputs = inputs_of_sample(db, shown.sample)
    attributes = definitions_for(inputs.attributes, profile.attributes)
    where = [
        entered(profile, scenario, messages_from_json(reply.messages), attributes)
        for reply in replies
    ]
    model = model_of(db, shown.sample)
    failed = shown.result is not None and shown.result.error_kind is not None
    trace = traceback_of(db, shown.sample) if failed else ""
    return DecisionDetail(profile, scenario, shown, replies, scores, where, model, inputs, trace)
