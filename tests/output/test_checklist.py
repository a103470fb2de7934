"""Each line of a report's checklist is ticked by what the run stored, and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.seeds import sample_seed
from align_tui.core.types import derive_seed
from align_tui.output.report.blocks import Tick
from align_tui.output.report.data import gather
from align_tui.store import runs, workers
from align_tui.store.database import Database
from tests.tui import fakes

SEEDS = "Do the stored seeds follow from the profile, the scenario and the repeat?"
REPEATS = "Was every question asked with more than one seed?"
ORDER = "Were the choices shown in more than one order?"
CLUSTERS = "Do dependent decisions count as one cluster?"
FAILURES = "Was every sample decided?"
FINDINGS = "Did the run's own checks find nothing that puts a number in doubt?"
MODELS = "Is every model known by the hash of its weights or by its revision?"
INPUTS = "Do the stored scenarios and profiles have the hashes that the run stored?"
SOURCES = "Are prompt templates, functions and code stored as they decided?"
MARGIN = "Does the study name the margin inside which two columns are tied?"
TESTS = "Is p adjusted wherever several tests stand together?"

PLAIN = fakes.study(4, profiles=3)
HASHES = {f"model of {each.name}": "sha256:" + "a" * 64 for each in PLAIN.profiles}
ORACLES = replace(
    PLAIN,
    profiles=tuple(
        Profile.model_validate(
            {
                "name": f"oracle-{value}",
                "adm": {"kind": "oracle"},
                "target": [{"attribute": "moral_desert", "value": value}],
            }
        )
        for value in (1.0, 0.0)
    ),
)
Change = Callable[[Database, str], None]


def decided(db: Database, study: Study, versions: dict[str, str], failing: bool = False) -> str:
    run = runs.create_run(db, study, versions)
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(64):
        for claimed in batch:
            if failing and claimed.scenario == 1:
                worker.fail(claimed, "truncated", "cut")
            else:
                worker.finish(claimed, "Because.")
    workers.unregister(db, worker.id)
    return run


def ticks(db: Database, run: str) -> dict[str, Tick]:
    [block] = [each for each in gather(db, [run]).appendix if each.title == "Checklist"]
    found = {tick.asked: tick for tick in block.ticks}
    assert all(tick.evidence for tick in block.ticks)
    return found


def sampled(db: Database, run: str) -> None:
    """Give each reply the seed that the program would have drawn from, and a temperature."""
    study = runs.load_study(db, run)
    with db.write() as connection:
        for row in connection.execute(
            "SELECT r.sample, r.idx, s.scenario, s.profile, s.repeat FROM responses r"
            " JOIN samples s ON s.id=r.sample WHERE s.run=?",
            (run,),
        ).fetchall():
            of = study.profiles[row["profile"]].decoding.seed
            seed = sample_seed(of, study.scenarios[row["scenario"]].seen_hash, row["repeat"])
            sampling = json.dumps({"temperature": 0.7, "seed": derive_seed(seed, 0)})
            connection.execute(
                "UPDATE responses SET sampling=? WHERE sample=? AND idx=?",
                (sampling, row["sample"], row["idx"]),
            )


def both_shown(db: Database, run: str) -> None:
    """Every decision was shown its choices in two orders."""
    with db.write() as connection:
        for row in connection.execute(
            "SELECT r.sample, r.choice, s.scenario FROM results r JOIN samples s ON s.id=r.sample"
            " WHERE s.run=?",
            (run,),
        ).fetchall():
            order = list(range(len(PLAIN.scenarios[row["scenario"]].choices)))
            shown = [[order, row["choice"]], [order[::-1], row["choice"]]]
            connection.execute(
                "UPDATE results SET shown=? WHERE sample=?", (json.dumps(shown), row["sample"])
            )


def sql(*statements: str) -> Change:
    def change(db: Database, run: str) -> None:
        with db.write() as connection:
            for statement in statements:
                connection.execute(statement, {"run": run})

    return change


def nothing(db: Database, run: str) -> None:
    """Leave the run as it was decided."""


def family(study: Study, **extra: object) -> Study:
    scenarios = tuple(replace(each, family="one") for each in study.scenarios[:2])
    return replace(study, scenarios=(*scenarios, *study.scenarios[2:]), **extra)  # type: ignore[arg-type]


EDITED = sql(
    'UPDATE scenarios SET body=replace(body, \'"text":"\', \'"text":"X \') WHERE hash IN'
    " (SELECT hash FROM run_scenarios WHERE run=:run AND idx=1)"
)
CASES: list[tuple[str, str, Study, dict[str, str], Change]] = [
    (SEEDS, "yes", PLAIN, HASHES, sampled),
    (SEEDS, "no", PLAIN, HASHES, nothing),
    (SEEDS, "unknown", PLAIN, HASHES, sql("DELETE FROM responses")),
    (SEEDS, "n/a", ORACLES, {}, sql("DELETE FROM responses")),
    (REPEATS, "yes", replace(PLAIN, repeat=2), HASHES, sampled),
    (REPEATS, "no", PLAIN, HASHES, sampled),
    (REPEATS, "n/a", replace(PLAIN, repeat=2), HASHES, nothing),
    (ORDER, "yes", PLAIN, HASHES, both_shown),
    (ORDER, "no", PLAIN, HASHES, nothing),
    (ORDER, "n/a", ORACLES, {}, nothing),
    (CLUSTERS, "yes", family(PLAIN), HASHES, nothing),
    (CLUSTERS, "yes", replace(PLAIN, repeat=2), HASHES, nothing),
    (CLUSTERS, "no", family(PLAIN, cluster="none"), HASHES, nothing),
    (CLUSTERS, "no", family(PLAIN, cluster="question"), HASHES, nothing),
    (CLUSTERS, "n/a", PLAIN, HASHES, nothing),
    (FAILURES, "yes", PLAIN, HASHES, nothing),
    (FINDINGS, "yes", PLAIN, HASHES, sql("DELETE FROM responses")),
    (MODELS, "yes", PLAIN, HASHES, nothing),
    (MODELS, "no", PLAIN, dict.fromkeys(HASHES, "a server"), nothing),
    (MODELS, "unknown", PLAIN, {}, nothing),
    (MODELS, "n/a", ORACLES, {}, nothing),
    (INPUTS, "yes", PLAIN, HASHES, nothing),
    (INPUTS, "no", PLAIN, HASHES, EDITED),
    (INPUTS, "no", PLAIN, HASHES, sql("UPDATE run_profiles SET hash='0' WHERE idx=1")),
    (SOURCES, "yes", PLAIN, HASHES, nothing),
    (SOURCES, "no", PLAIN, HASHES, sql("UPDATE sources SET body=body || 'X'")),
    (SOURCES, "no", PLAIN, HASHES, sql("DELETE FROM run_sources WHERE run=:run")),
    (MARGIN, "yes", replace(PLAIN, margin=0.1), HASHES, nothing),
    (MARGIN, "no", PLAIN, HASHES, nothing),
    (MARGIN, "n/a", replace(PLAIN, profiles=PLAIN.profiles[1:2]), HASHES, nothing),
    (TESTS, "yes", PLAIN, HASHES, nothing),
    (TESTS, "n/a", replace(PLAIN, profiles=PLAIN.profiles[1:2]), HASHES, nothing),
]


@pytest.mark.parametrize(("asked", "holds", "study", "versions", "change"), CASES)
def test_a_line_is_ticked_by_what_the_run_stored(
    database: Database,
    asked: str,
    holds: str,
    study: Study,
    versions: dict[str, str],
    change: Change,
) -> None:
    run = decided(database, study, versions)
    change(database, run)
    assert ticks(database, run)[asked].holds == holds


def test_failures_untick_their_lines(database: Database) -> None:
    found = ticks(database, decided(database, PLAIN, HASHES, failing=True))
    assert found[FAILURES].holds == "no" and "3 failed" in found[FAILURES].evidence
    assert found[FINDINGS].holds == "no" and "failures" in found[FINDINGS].evidence


def test_p_that_is_not_adjusted_is_found(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = decided(database, fakes.study(12), HASHES)
    assert ticks(database, run)[TESTS].holds == "yes"
    monkeypatch.setattr("align_tui.output.report.data.holm", tuple)
    found = ticks(database, run)[TESTS]
    assert found.holds == "no" and "comparisons" in found.evidence


def test_the_lines_of_several_runs_name_them(database: Database) -> None:
    first = decided(database, PLAIN, HASHES)
    second = decided(database, PLAIN, HASHES, failing=True)
    [block] = [b for b in gather(database, [first, second]).appendix if b.title == "Checklist"]
    both = [tick for tick in block.ticks if tick.asked == FAILURES]
    assert [tick.holds for tick in both] == ["yes", "no"]
    assert both[0].evidence.startswith(first) and both[1].evidence.startswith(second)
