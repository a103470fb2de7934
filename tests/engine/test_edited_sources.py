"""A living worker, and packs, templates, files and plug-ins that somebody edits meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from align_tui.config.code import with_hashes
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import CodeRefused, SourceChanged
from align_tui.store import results, run_models, runs, workers
from align_tui.store.database import Database
from align_tui.studies.sources import sources_of_study
from tests.conftest import HIGH, make_profile, make_scenarios
from tests.engine.fakes import FakeBackbone, Opener
from tests.engine.real_runs import align_tui
from tests.engine.test_worker import model_study, working
from tests.engine.test_worker import until as until_async
from tests.servers.hostile import hostile
from tests.store.test_run_inputs import define

FILE = "async def decide(scenario, targets, llm, parameters):\n    return {choice}\n"


def custom(file: Path) -> Study:
    adm = {"kind": "custom", "file": str(file), "needs_model": False}
    profile = with_hashes(Profile.model_validate({"name": "p", "adm": adm}))
    return Study("custom", (profile,), make_scenarios(2))


def asking(user: str, url: str) -> Study:
    backbone = {"kind": "openai", "model": "m", "server": {"base_urls": [url]}}
    profile = make_profile(
        "p", "prompt_aligned", target=HIGH, backbone=backbone, prompt={"user": user}
    )
    return Study("asking", (profile,), make_scenarios(2))


async def test_a_living_worker_decides_each_run_as_it_was_made(
    database: Database, tmp_path: Path
) -> None:
    """One real process: a pack, a template and a file are edited while it lives."""
    file = tmp_path / "mine.py"
    file.write_text(FILE.format(choice=0))
    define("As it was.")

    async def end(run: str, study: Study) -> None:
        runs.enqueue(database, run, study, study.pairs())
        await until_async(lambda: runs.get_run(database, run).finished, 60)

    async def make(study: Study, *, first_only: bool = False) -> str:
        run = runs.create_run(database, study, {}, enqueue=False)
        await end(run, replace(study, scenarios=study.scenarios[:1]) if first_only else study)
        return run

    def said(run: str) -> list[str]:
        found = (results.responses_of(database, each.id) for each in results.states(database, run))
        return ["\n".join(str(turn["content"]) for turn in each[0].messages) for each in found]

    process = align_tui("worker", "--db", str(database.path), "--idle-exit", "60")
    try:
        async with hostile() as server:
            prompts, code = asking("First: {{ scenario.text }}", server.url), custom(file)
            begun, coded = await make(prompts, first_only=True), await make(code, first_only=True)
            define("As it is now.")
            file.write_text(FILE.format(choice=1))
            after = await make(asking("Second: {{ scenario.text }}", server.url))
            await end(begun, prompts)
            await end(coded, code)
            again, new = await make(code), await make(custom(file))
        assert len(said(begun)) == 2
        assert all("As it was." in text and "First:" in text for text in said(begun))
        assert all("As it is now." in text and "Second:" in text for text in said(after))
        # The worker holds the code of this run; it never runs the new code under the old hash.
        assert [state.choice for state in results.states(database, coded)] == [0, 0]
        failed = results.all_results(database, again)
        assert {each.error_kind for each in failed} == {CodeRefused.kind}
        assert all("has changed since" in str(each.error_message) for each in failed)
        assert [state.choice for state in results.states(database, new)] == [1, 1]
        [model] = run_models.models_of(database, after)
        assert model.facts["model"] == "m" and model.files is None and model.state == ""
        assert len(workers.living(database)) == 1
    finally:
        process.terminate()
        process.wait(60)


async def test_a_run_of_other_built_in_prompts_fails_with_a_title(database: Database) -> None:
    """As a run would that another version of the program made."""
    study = model_study(1)
    run = runs.create_run(database, study, {})
    with database.write() as connection:
        connection.execute("INSERT INTO sources VALUES ('other', 'Other words.')")
        connection.execute(
            "UPDATE run_sources SET hash='other' WHERE run=? AND name='style default: user'", (run,)
        )
    async with working(database.path, Opener()):
        await until_async(lambda: runs.get_run(database, run).finished)
    [failed] = results.all_results(database, run)
    assert failed.error_kind == SourceChanged.kind
    assert "style default: user" in str(failed.error_message)


class Hashed:
    """Hashes that a test gives when it wants to."""

    trouble = ""

    def __init__(self) -> None:
        self.files: dict[str, str] | None = None

    def known(self) -> dict[str, str] | None:
        return self.files

    def stop(self) -> None:
        pass


async def test_what_another_model_decided_is_asked_again_once_its_hashes_are_known(
    database: Database,
) -> None:
    hashes: list[Hashed] = []

    def opener(spec: object, progress: object) -> FakeBackbone:
        hashes.append(Hashed())
        made = FakeBackbone()
        made.info = replace(made.info, files=hashes[-1])
        return made

    study = model_study(2)
    parent = runs.create_run(database, study, {})
    async with working(database.path, opener):
        await until_async(lambda: runs.get_run(database, parent).finished)
        assert run_models.models_of(database, parent)[0].state == run_models.HASHING
        hashes[0].files = {"chat_template.jinja": "1" * 64}
        await until_async(lambda: run_models.models_of(database, parent)[0].files)
    child = runs.create_run(database, study, {}, parent=parent, enqueue=False)
    runs.enqueue(database, child, study, [(0, 0, 0)])
    async with working(database.path, opener):
        await until_async(lambda: runs.get_run(database, child).finished)
        hashes[1].files = {"chat_template.jinja": "2" * 64}
        await until_async(lambda: runs.get_run(database, child).done == 2)


def test_the_sources_of_a_study_are_read_anew(tmp_path: Path) -> None:
    from align_tui.core.attributes import Attributes

    file = tmp_path / "mine.py"
    found = []
    for choice in (0, 1):
        file.write_text(FILE.format(choice=choice))
        found.append(sources_of_study(custom(file), Attributes({}), {}).profiles[0])
    assert found[0] != found[1]
