"""align-system's scores.json: for each scenario_id its measures, with value and description."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scorers.labels import discriminates
from align_tui.core.scorers.session import Counts, Probe, session_counts
from align_tui.core.targets import Targets
from align_tui.core.types import Json
from align_tui.formats.align_system.target_names import named_values, target_name
from align_tui.output.choice_info import kdma_values

_RIGHT = "decisions for a choice whose labels are nearest to the target"
_VALID = "probes whose choices differ in their distance to the target"
_THEIRS = "as align-system counts them: a probe without labels counts as right"


def scores_json(study: Study, profile: Profile, probes: Sequence[Probe]) -> list[Json]:
    """One entry for each target that the profile is scored against.

    The measures have align-system's names. Probes whose labels do not say what is right are not
    counted; the measures that begin with `reference_` are align-system's own counts. A target whose
    id does not say all of it (a distribution, a weight) stands beside it as `kdma_values`.
    """
    return [
        {
            "alignment_target": target_name(targets),
            **_told(targets),
            "measures": {
                session: measures_json(counts)
                for session, counts in session_counts(
                    probes, targets, study.scorer.is_correct, partial(discriminates, study.scorer)
                ).items()
            },
        }
        for targets in study.scoring_targets(profile)
    ]


def _told(targets: Targets) -> dict[str, Json]:
    """The targets as in the configuration, where the id does not say all of them."""
    named = named_values(target_name(targets))
    if named == {each.attribute: each.value for each in targets} and all(
        each.weight == 1.0 for each in targets
    ):
        return {}
    return {"kdma_values": list(kdma_values(targets))}


def measures_json(counts: Counts) -> dict[str, Json]:
    """The measures by name: ours, and after `reference_` those of align-system."""
    ours = (counts.correct, counts.scored, counts.correct_valid, counts.valid)
    theirs = (
        counts.reference_correct,
        counts.reference,
        counts.reference_correct_valid,
        counts.reference_valid,
    )
    return _named("", *ours, note="") | _named("reference_", *theirs, note=f", {_THEIRS}")


def _named(
    prefix: str, correct: int, probes: int, correct_valid: int, valid: int, *, note: str
) -> dict[str, Json]:
    rows: list[tuple[str, int | float | None, str]] = [
        ("num_correct", correct, f"Number of {_RIGHT}"),
        ("num_probes", probes, "Number of probes whose labels say what is right"),
        ("accuracy", _share(correct, probes), "num_correct divided by num_probes"),
        ("num_correct_valid_only", correct_valid, f"Number of {_RIGHT}, of {_VALID}"),
        ("num_probes_valid_only", valid, f"Number of {_VALID}"),
        (
            "accuracy_valid_only",
            _share(correct_valid, valid),
            "num_correct_valid_only divided by num_probes_valid_only",
        ),
    ]
    return {
        prefix + name: {"value": value, "description": said + note} for name, value, said in rows
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
