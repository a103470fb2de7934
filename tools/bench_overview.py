"""Measure what the overview costs: load 200,000 decisions with its counts and without.

python tools/bench_overview.py --json [--decisions 200000] [--rounds 3]

Prints one JSON object, by number of profiles ("4", "16"): load_s {with, without}, medians of
alternating rounds; step_ms, the time to make the overview after each profile decided once more (the
most that a delivery of the feed costs); points, the most points of a series.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from stream_writer import scenarios

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.targets import target_id
from align_tui.monitor.aggregates.overview import Aggregates
from align_tui.monitor.run_state import RunState, cell_of
from align_tui.monitor.snapshot import Cell, Cells
from align_tui.store.results import SampleState

REPEAT = 4


class Nothing(Aggregates):
    """An overview that counts nothing."""

    def decided(self, row: Cells, place: tuple[int, int, int], choice: int, by: int) -> None:
        """Nothing."""

    def scored(
        self,
        place: tuple[int, int, int],
        target: str,
        cell: Cell,
        correct: bool,
        discriminating: bool,
        by: int,
    ) -> None:
        """Nothing."""


def study_of(profiles: int, decisions: int) -> Study:
    """A study of a baseline and profiles with one target each, on repeated demo scenarios."""
    made = [Profile.model_validate({"name": "baseline", "adm": {"kind": "baseline"}})]
    for number in range(1, profiles):
        target = [{"attribute": "moral_desert", "value": (number - 1) / (profiles - 1)}]
        body = {"name": f"p{number}", "adm": {"kind": "prompt_aligned"}, "target": target}
        made.append(Profile.model_validate(body))
    known, count = scenarios(), -(-decisions // (profiles * REPEAT))
    found = [replace(known[n % len(known)], key=f"s{n}") for n in range(count)]
    return Study("overview", tuple(made), tuple(found), repeat=REPEAT)


def states_of(study: Study) -> list[SampleState]:
    """The states of a study that is decided, at ten samples a second."""
    out: list[SampleState] = []
    known: dict[tuple[str, int, int], tuple[tuple[str, bool | None], ...]] = {}
    for repeat in range(study.repeat):
        for s, scenario in enumerate(study.scenarios):
            for p, profile in enumerate(study.profiles):
                choice = (s * 7 + p + repeat) % len(scenario.choices)
                key = (scenario.text, p, choice)
                if key not in known:
                    known[key] = tuple(
                        (target_id(targets), study.scorer.is_correct(choice, scenario, targets))
                        for targets in study.scoring_targets(profile)
                    )
                scores = known[key]
                ended = 1.76e9 + len(out) / 10
                place = (len(out), s, p, repeat)
                out.append(SampleState(*place, "done", ended - 5, choice, None, scores, ended))
    return out


def load(
    study: Study, states: Sequence[SampleState], counts: type[Aggregates]
) -> tuple[float, RunState]:
    """Load all states into an empty board: (seconds, board)."""
    board = RunState(study)
    board._overview = counts(study, board.clustering)
    gc.collect()
    gc.disable()  # a garbage collection in one of the two would hide the difference
    begun = time.perf_counter()
    board.load(states)
    board.overview()
    took = time.perf_counter() - begun
    gc.enable()
    return took, board


def measured(profiles: int, decisions: int, rounds: int) -> dict[str, object]:
    """All figures for a number of profiles."""
    study = study_of(profiles, decisions)
    states = states_of(study)
    full: list[float] = []
    none: list[float] = []
    for _ in range(rounds):
        none.append(load(study, states, Nothing)[0])
        took, board = load(study, states, Aggregates)
        full.append(took)
    steps = []
    for number in range(20):
        for state in states[number * profiles : (number + 1) * profiles]:
            board.put((state.scenario, state.profile, state.repeat), cell_of(state))
        begun = time.perf_counter()
        overview = board.overview()
        steps.append((time.perf_counter() - begun) * 1000)
    return {
        "decisions": len(states),
        "load_s": {
            "with": round(statistics.median(full), 2),
            "without": round(statistics.median(none), 2),
        },
        "step_ms": round(statistics.median(steps), 2),
        "points": max(len(course.all) for course in overview.courses),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON (always on)")
    parser.add_argument("--decisions", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = {str(n): measured(n, given.decisions, given.rounds) for n in (4, 16)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
