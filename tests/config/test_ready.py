"""What a study's models lack is said before a run exists, and not by every sample."""

from __future__ import annotations

import json
import socket
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import RepositoryNotFoundError

from align_tui.config import ready
from align_tui.config.profile import Profile
from align_tui.core.errors import BackboneError, KeyRefused, MissingPackage, ServerUnreachable
from align_tui.store import runs
from align_tui.store.database import open_database
from tests.calling import call


def of_model(*backbones: dict[str, Any], roles: dict[str, Any] | None = None) -> list[Profile]:
    body = {"name": "p", "adm": {"kind": "baseline"}, "models": roles or {}}
    return [Profile.model_validate(body | {"backbone": each}) for each in backbones]


def server(*urls: str, **more: object) -> dict[str, Any]:
    return {"kind": "openai", "model": "m", "server": {"base_urls": list(urls), **more}}


@pytest.fixture
def address() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"


def test_what_needs_no_model_is_not_looked_at() -> None:
    plain = Profile.model_validate({"name": "d", "adm": {"kind": "random"}})
    assert not ready.may_lack([plain, *of_model({"kind": "demo"})])
    ready.require_ready([plain, *of_model({"kind": "demo"})])


def test_a_model_that_is_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    far = {"kind": "transformers", "model": "own/far"}
    empty = {"kind": "transformers", "model": str(tmp_path / "empty")}
    with pytest.raises(BackboneError) as error:
        ready.require_ready(of_model(far, empty, far))
    assert "own/far is not on this machine" in error.value.message
    assert (
        "has no model: it lacks" in error.value.message
        and error.value.message.count("own/far") == 1
    )
    assert "hf download own/far" in error.value.hint and error.value.status == 2


def test_models_in_roles_are_looked_for() -> None:
    roles = {"embedding": {"kind": "embedding", "model": "own/vectors"}}
    [found] = ready.lacks(of_model({"kind": "demo"}, roles=roles))
    assert "own/vectors is not on this machine" in found.message


def test_the_hub_is_asked_for_what_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    said: list[BaseException | None] = [
        None, TimeoutError("slow"), RepositoryNotFoundError.__new__(RepositoryNotFoundError)
    ]  # fmt: skip

    def answer(url: str, timeout: float) -> None:
        assert "own/far" in url and timeout == ready.ANSWER_S
        if said[0] is not None:
            raise said[0]

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", answer)
    far = of_model({"kind": "transformers", "model": "own/far"})
    assert list(ready.lacks(far)) == []  # the worker fetches it
    for wanted in ("the hub does not answer", "The hub has no model"):
        del said[0]
        assert wanted in next(ready.lacks(far)).message


def test_a_server_has_to_take_connections(
    address: str, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert list(ready.lacks(of_model(server(nobody, address)))) == []
    with pytest.raises(ServerUnreachable, match="No server answers at"):
        ready.require_ready(of_model(server(nobody)))
    with pytest.raises(KeyRefused, match="MY_KEY is not set"):
        ready.require_ready(of_model(server(address, api_key_env="MY_KEY")))
    monkeypatch.setenv("MY_KEY", "abc")
    ready.require_ready(of_model(server(address, api_key_env="MY_KEY")))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert list(ready.lacks(of_model(server("http://models.example/v1")))) == []


def test_packages_of_extras_are_looked_for(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = util.find_spec
    missing = {"openai", "gguf", "peft"}
    monkeypatch.setattr(ready, "find_spec", lambda name: None if name in missing else found(name))
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps({}))
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    for backbone, extra in (
        (server(address), "server"),
        ({"kind": "transformers", "model": str(tmp_path / "adapter")}, "peft"),
        ({"kind": "transformers", "model": str(tmp_path / "m.gguf")}, "gguf"),
    ):
        with pytest.raises(MissingPackage) as error:
            ready.require_ready(of_model(backbone))
        assert f"align-tui[{extra}]" in error.value.hint


def test_the_command_refuses_before_a_run_exists(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    done = call("run", "-p", "baseline", "--backbone", "mistral-7b", "--db", str(path))
    assert done.returncode == 2 and done.stdout == ""
    assert "not on this machine" in done.stderr and "Nothing was started" in done.stderr
    assert not path.exists() or runs.list_runs(open_database(path)) == []


def test_lists_mark_what_is_absent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from align_tui.cli.profiles import list_profiles
    from align_tui.tui.format.glyphs import UNICODE
    from align_tui.tui.format.library import offer_lines
    from align_tui.tui.screens.study.actions.offers import list_offers

    monkeypatch.setenv("COLUMNS", "200")
    list_profiles()
    [line] = [each for each in capsys.readouterr().out.splitlines() if "mistral-7b " in each]
    assert line.rstrip().endswith("not here")
    [far] = of_model({"kind": "transformers", "model": "own/far"})
    [keyless] = of_model(server("http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY"))
    offers = list_offers({"removed 0": far, "removed 1": keyless}, UNICODE)
    marks = {each.key: each.absent for each in offers}
    assert (marks["removed 0"], marks["removed 1"]) == ("not here", "no key")
    [line0, *_] = offer_lines(offers, "…")
    assert ("not here  ", "failed") in line0
