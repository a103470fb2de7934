"""Runs store their study verbatim, are found by parts of their id, and are deleted completely."""

from __future__ import annotations

from dataclasses import replace

import pytest

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.errors import StoreError
from align_tui.core.scorers.base import Score
from align_tui.monitor.search import search_run
from align_tui.store import queue, runs, search, trash
from align_tui.store.database import Database
from tests import ending
from tests.conftest import make_scenarios, make_study


def test_a_run_keeps_its_study(database: Database) -> None:
    study = make_study(3, repeat=2, rule="naacl", scored_only=True, notes=("mind the gap",))
    run = runs.create_run(database, study, {"torch": "2"}, parent=None)
    again = runs.load_study(database, run)
    assert again == study
    assert [s.hash for s in again.scenarios] == [s.hash for s in study.scenarios]
    assert runs.get_run(database, run).samples == 12
    assert runs.run_versions(database, run) == {"torch": "2"}


def test_a_run_grows_by_what_is_asked_for(database: Database) -> None:
    study = make_study(3)
    run = runs.create_run(database, study, {}, enqueue=False)
    runs.enqueue(database, run, study, [(2, 0, 0), (2, 1, 0)], priority=10)
    runs.enqueue(database, run, study, study.pairs())
    row = runs.get_run(database, run)
    assert (row.samples, row.pending) == (6, 6)
    assert [c.scenario for c in queue.claim(database, "w", 2)] == [2, 2]


def test_scored_only_leaves_out_what_says_nothing(database: Database) -> None:
    bare = replace(make_scenarios(1)[0], key="bare")
    bare = replace(bare, choices=tuple(replace(c, labels={}) for c in bare.choices))
    study = replace(make_study(2), scenarios=(*make_scenarios(2), bare), scored_only=True)
    assert {s for s, _, _ in study.pairs()} == {0, 1}


def test_runs_are_found_by_parts_of_their_id(database: Database) -> None:
    one = runs.create_run(database, make_study(1), {})
    two = runs.create_run(database, make_study(1), {})
    assert runs.resolve(database, None) == two
    assert runs.resolve(database, one) == one
    assert runs.resolve(database, two[-4:]) == two
    wrong = (("nope", "no run"), (one[:4], "several"), ("%", "no run"), ("", "no run"))
    for name, message in wrong:
        with pytest.raises(StoreError, match=message):
            runs.resolve(database, name)


def test_the_list_shows_the_newest_first(database: Database) -> None:
    made = [runs.create_run(database, make_study(n), {}) for n in (1, 2)]
    queue.claim(database, "w", 1)
    rows = runs.list_runs(database)
    assert [row.id for row in rows] == made[::-1]
    assert (rows[1].samples, rows[1].running, rows[0].pending) == (2, 1, 4)
    assert [row.id for row in runs.list_runs(database, 1)] == [made[1]]


def test_deleting_leaves_nothing_behind(database: Database) -> None:
    run = runs.create_run(database, make_study(2), {})
    kept = runs.create_run(database, make_study(1), {})
    for claimed in queue.claim(database, "w", 9):
        decision = Decision(ChoiceAnswer(0), "a rare word: quokka")
        ending.finish(database, "w", claimed, decision, "A", {"t": Score(True, 0.0, True)}, 1.0)
    assert len(search.search(database, "quokka")) == 4
    runs.delete_run(database, run)
    for table, rows in (("samples", 2), ("results", 0), ("scores", 0), ("scenarios", 1)):
        assert database.read(f"SELECT count(*) FROM {table}")[0][0] == rows
    assert search.search(database, "quokka") == []
    assert [row.id for row in runs.list_runs(database)] == [kept]


def whole(hit: search.Hit) -> str:
    return "".join(text for text, _ in hit.parts)


def test_search_marks_what_was_found(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    text = "word " * 60 + "the Rescuer was rescued " + "word " * 60 + "\x02evil\x03"
    for claimed in queue.claim(database, "w", 9):
        ending.finish(database, "w", claimed, Decision(ChoiceAnswer(0), text), "A", {}, 1.0)
    [first, _] = search.search(database, "rescue", run=run)
    assert [t for t, match in first.parts if match] == ["Rescuer", "rescued"]
    assert len(whole(first)) < 250 and first.repeat == 0
    assert search.search(database, "rescue", run="another") == []
    assert search.count(database, "rescue") == search.count(database, "rescue", run=run) == 2
    assert search.count(database, "rescue", run="another") == search.count(database, "  ") == 0
    assert search.count_among(database, "rescue", [first.sample, 999]) == 1
    page = search_run(database, run, "rescue", {}, limit=1)
    assert len(page.first) == 1 and page.total == 2  # and not the number that was loaded
    trash.throw_away(database, run)
    assert search.search(database, "rescue") == [] and search.count(database, "rescue") == 0


def test_search_reads_words_and_never_syntax(database: Database) -> None:
    runs.create_run(database, make_study(2), {})
    texts = ["The rescuer helped.", "Nobody helped anyone.", 'AND OR "NOT" (', "Über Höhen"]
    for claimed, text in zip(queue.claim(database, "w", 9), texts, strict=True):
        ending.finish(database, "w", claimed, Decision(ChoiceAnswer(0), text), "A", {}, 1.0)

    def found(query: str) -> list[str]:
        return [whole(hit) for hit in search.search(database, query)]

    assert found("helped") == [texts[1], texts[0]]  # the newest first
    assert found("help resc") == []
    assert found("the resc") == [texts[0]]  # the last word may be unfinished
    assert found("uber hohen") == [texts[3]]
    for query in ('"', "NEAR(", "*", "a OR", "reasoning:x", "", "   ", '") --'):
        found(query)
    [newest] = search.search(database, "helped", limit=1)
    assert [whole(h) for h in search.search(database, "helped", before=newest.seq)] == [texts[0]]


def test_a_run_is_renamed_and_keeps_its_study(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    runs.rename(database, run, "  The good one ")
    assert runs.get_run(database, run).name == "The good one"
    assert runs.load_study(database, run).profiles == make_study(1).profiles
    with pytest.raises(StoreError, match="needs a name"):
        runs.rename(database, run, " ")


def test_the_trash_gives_back_what_it_got(database: Database) -> None:
    study = make_study(2)
    old, run = (runs.create_run(database, study, {}) for _ in range(2))
    trash.throw_away(database, run)
    trash.throw_away(database, run)
    assert [row.id for row in runs.list_runs(database)] == [old]
    assert [row.id for row in runs.list_runs(database, 5)] == [old]
    assert runs.resolve(database, None) == old
    with pytest.raises(StoreError):
        runs.resolve(database, run)
    assert {claimed.run for claimed in queue.claim(database, "w", 99)} == {old}
    assert trash.thrown(database) == [run]
    trash.bring_back(database, run)
    trash.bring_back(database, run)
    assert runs.get_run(database, run).state == "active"
    assert runs.resolve(database, None) == run
    trash.throw_away(database, run)
    assert trash.empty(database) == 1 and trash.empty(database) == 0
    assert [row.id for row in runs.list_runs(database)] == [old]


def test_a_paused_run_comes_back_paused(database: Database) -> None:
    run = runs.create_run(database, make_study(1), {})
    runs.set_state(database, run, "paused")
    trash.throw_away(database, run)
    assert runs.get_run(database, run).state == "stopped"
    trash.bring_back(database, run)
    assert runs.get_run(database, run).state == "paused"
