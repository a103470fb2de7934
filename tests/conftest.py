"""Fixtures for all tests: temporary folders, tiny models with random weights, made-up scenarios."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from align_tui.config import attributes as packs
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.files import private
from align_tui.store import database as databases
from align_tui.store.database import Database, open_database

# Without bytecode, each of several hundred processes that tests start compiles the program again,
# and each process of the suite rewrites the assertions of every test.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The suite runs in as many processes as there are cores. Threads of torch beside them wait for each
# other, which costs up to fourteen times the CPU time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A slow example on a loaded machine is no failure, and CI must give the same result twice.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")

SLOW_FIRST = (
    "test_demo.py", "cli/test_run.py", "backbones/test_equality.py",
    "adms/test_steps_on_smollm2.py", "backbones/test_choosing.py", "cli/test_models.py",
    "backbones/test_chat_template.py", "backbones/test_server_keys.py",
    "backbones/test_server_streams.py", "backbones/test_real_model.py", "engine/test_poison.py",
    "engine/test_blocking.py", "engine/test_durability.py", "engine/test_pauses.py",
    "cli/test_waiting.py", "cli/test_hostile_text.py", "backbones/test_server_real.py",
    "test_campaign.py", "tui/test_random_keys.py", "tui/test_storm_faults.py",
    "tui/test_key_hints.py", "tui/test_hostile_text.py", "tui/test_snapshots.py",
    "tui/test_keyboard.py", "web/test_tabs.py", "web/test_serve.py", "tui/test_replay_day.py",
    "cli/test_odd_text.py", "engine/test_lost_database.py", "engine/test_several_workers.py",
    "output/test_events_schema.py", "adms/test_plugin.py", "test_reliability.py",
    "test_saving.py", "store/test_merge.py",
)  # fmt: skip
"""The slowest files. They begin first, so that none of them is left for one process at the end."""

real_touch = private.touch
REPO = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Let `--dist loadfile` keep the order of files; it begins with those of most tests."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first where several processes share the tests."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        return
    ranks = {REPO / "tests" / name: rank for rank, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an empty run database after all migrations."""
    path = tmp_path_factory.mktemp("migrated") / "runs.db"
    open_database(path).close()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def copied_databases(
    request: pytest.FixtureRequest, migrated: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copy the migrated database wherever this process creates one.

    All migrations take 25 ms of CPU time and a copy 1 ms, and most tests have a new database.
    Tests with the mark `creates_database` run the migrations.
    """
    if request.node.get_closest_marker("creates_database"):
        return

    def touch(path: Path) -> None:
        made = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        real_touch(made)
        try:
            if databases.journal_mode(path) == "WAL":  # the copy's mode
                made.write_bytes(migrated)
            os.link(made, path)  # unlike a rename, it never replaces what another process made
        except FileExistsError:
            pass
        finally:
            made.unlink()

    monkeypatch.setattr(private, "touch", touch)


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test its own folders, and end the workers that it leaves behind."""
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("ALIGN_TUI_DB", str(tmp_path / "runs.db"))
    monkeypatch.setenv("ALIGN_TUI_IDLE_EXIT", "3")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub = sys.modules.get("huggingface_hub.constants")  # it reads the variable when it is imported
    if hub is not None:
        monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("ALIGN_TUI_THEME", "dark")  # --theme changes it, and this puts it back
    monkeypatch.setenv("ALIGN_TUI_TRUST", "1")  # tests of trust take it away
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    packs._load.cache_clear()
    yield
    packs._load.cache_clear()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh run database."""
    db = open_database(tmp_path / "runs.db")
    yield db
    db.close()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder: a Llama of two layers with random weights and a byte-level tokenizer."""
    from tests.models import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model's folder: SmolLM2-135M-Instruct, made once for all processes of the suite."""
    from filelock import FileLock

    from tests.models import save_smollm2

    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "smollm2"
    with FileLock(shared / "smollm2.lock"):
        if not (folder / "whole").exists():
            save_smollm2(folder)
            (folder / "whole").touch()
    return folder


def make_scenarios(n: int = 3) -> tuple[Scenario, ...]:
    """Scenarios of two choices; in every other one the first choice has high moral desert."""
    return tuple(
        Scenario(
            key=f"s{i}",
            text=f"Scenario {i}: Patient A did good. Patient B did wrong.",
            choices=(
                Choice("Treat Patient A", {"moral_desert": float(i % 2 == 0)}),
                Choice("Treat Patient B", {"moral_desert": float(i % 2 == 1)}),
            ),
        )
        for i in range(n)
    )


def make_profile(name: str, kind: str = "random", **more: object) -> Profile:
    """A profile from a few values."""
    adm = {"kind": kind} | ({"index": more.pop("index")} if "index" in more else {})
    return Profile.model_validate({"name": name, "adm": adm} | more)


HIGH = [{"attribute": "moral_desert", "value": 1.0}]


def make_study(n: int = 3, **more: object) -> Study:
    """A study without models: a random decision-maker and an oracle for high moral desert."""
    profiles = (make_profile("random"), make_profile("oracle", "oracle", target=HIGH))
    return Study(name="made up", profiles=profiles, scenarios=make_scenarios(n), **more)  # type: ignore[arg-type]


def run_python(*arguments: str, **environment: str) -> list[str]:
    """The command line of `align-tui ARGUMENTS` in this interpreter."""
    os.environ.update(environment)
    return [sys.executable, "-m", "align_tui", *arguments]


@pytest.fixture
def shared_data() -> Path:
    """The folder of real files beside the repository; skips the test if it does not exist."""
    folder = REPO.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the field's real files (../shared/data) are not on this machine")
    return folder
