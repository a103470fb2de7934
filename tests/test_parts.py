"""A study in parts: each sample in one part, and the parts merged are the run in one piece."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.errors import ConfigError, StoreError
from align_tui.services import queueing
from align_tui.store import merge, results, run_ids, runs
from align_tui.store.database import Database, open_database
from align_tui.store.merge_source import opened
from align_tui.studies.parts import Part, parse_part, places_of
from tests import cumulative
from tests.calling import align_tui, call
from tests.conftest import make_study
from tests.tui import fakes


@settings(max_examples=30)
@given(scenarios=st.integers(1, 7), repeat=st.integers(1, 3), of=st.integers(1, 9))
def test_every_sample_is_in_exactly_one_part(scenarios: int, repeat: int, of: int) -> None:
    study = make_study(scenarios, repeat=repeat)
    found = []
    for number in range(1, of + 1):
        try:
            found += places_of(study, Part(number, of))
        except ConfigError as error:
            assert number > scenarios * repeat and "has no sample" in error.message
    assert sorted(found) == sorted(study.pairs())


def test_samples_that_need_each_other_are_in_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    cumulative.install(monkeypatch)
    scenarios = [cumulative.scenario(f"{c}{i}", c, 0.0, 1.0) for i in range(3) for c in "abc"]
    study = cumulative.study(scenarios)
    for number in (1, 2, 3):
        contexts = {study.scenarios[s].key[0] for s, _, _ in places_of(study, Part(number, 3))}
        assert len(contexts) == 1


@pytest.mark.parametrize("text", ["", "3", "0/8", "9/8", "a/b", "1/99999", "-1/2"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="K/N"):
        parse_part(text)


def test_an_id_gives_the_day_and_names_one_study(database: Database) -> None:
    run = queueing.start_run(database, make_study(2), {}, "20260203-mta_7")
    assert runs.day(database, run) == "2026-02-03"
    assert run_ids.day_of("20261399-x") is None and run_ids.day_of("mta") is None
    assert queueing.start_run(database, make_study(2), {}, run) == run  # continued
    with pytest.raises(StoreError, match="of another study"):
        queueing.start_run(database, make_study(3), {}, run)
    for name in ("a b", "../x", "", "x" * 81):
        with pytest.raises(StoreError, match="is not an id"):
            queueing.start_run(database, make_study(2), {}, name)


def test_parts_of_several_databases_become_one_run(database: Database, tmp_path: Path) -> None:
    study = fakes.study(5, 2, repeat=2)
    for number in (1, 2, 3):
        path = tmp_path / f"part-{number}.db"
        with closing(open_database(path)) as part:
            run = queueing.start_run(part, study, {}, "mta", places_of(study, Part(number, 3)))
            worker = fakes.FakeWorker(part, study)
            while batch := worker.claim(8):
                for claimed in batch:
                    worker.finish(claimed)
        with opened(path, database) as source:
            [found] = merge.merge(database, source, merge.runs_to_merge(source))
        assert found.outcome == ("added" if number == 1 else "extended")
    row = runs.get_run(database, run)
    assert (row.done, row.samples, row.state) == (20, 20, "active")
    decided = [(r.scenario, r.profile, r.repeat) for r in results.all_results(database, run)]
    assert sorted(decided) == sorted(study.pairs())


def test_the_command_decides_its_part(tmp_path: Path) -> None:
    path = str(tmp_path / "part.db")
    command = (
        "run", "-p", "random", "-s", "demo-triage", "--limit", "5", "--db", path, "--json",
        "--part", "2/4",
    )  # fmt: skip
    done = call(*command)
    assert done.returncode == 2 and "--part needs --run-id" in done.stderr
    done = align_tui(*command, "--run-id", "mta")
    first, *decisions, _ = map(json.loads, done.stdout.splitlines())
    assert (first["run"], first["samples"], len(decisions)) == ("mta", 1, 1)
