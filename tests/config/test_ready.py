"""What a study's models lack is said before a run exists, and not by every sample."""

from __future__ import annotations

import json
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import util
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import RepositoryNotFoundError

from align_tui.config import paths, ready, server_ready
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
def address(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(server_ready, "STATUS_S", 0.01)  # it takes connections and never answers
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    return f"http://127.0.0.1:{port}/v1"


def test_what_needs_no_model_is_not_looked_at() -> None:
    plain = Profile.model_validate({"name": "d", "adm": {"kind": "random"}})
    demo = of_model({"kind": "demo"})
    models = [spec for each in (plain, *demo) for spec in each.used_models.values()]
    assert len(models) == 1 and not models[0].may_be_missing
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
        assert "own/far" in url and timeout == server_ready.ANSWER_S
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
    monkeypatch.setattr(
        server_ready, "find_spec", lambda name: None if name in missing else found(name)
    )
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


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The demo model's files in a folder of their own, in two shards."""
    folder = tmp_path / "whole"
    shutil.copytree(paths.demo_model(), folder)
    weights = folder / "model.safetensors"
    shards = [folder / f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    weights.rename(shards[0])
    shutil.copy(shards[0], shards[1])
    names = {"a": shards[0].name, "b": shards[1].name}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    return folder


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


def pointing(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n")


SHARD = "model-00002-of-00002.safetensors"


@pytest.mark.parametrize("kind", ["transformers", "seq2seq", "embedding"])
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (SHARD, Path.unlink, f"{SHARD} is missing"),
        (SHARD, linked, f"{SHARD} is a link to a file that is not there"),
        (SHARD, halved, "it is cut short"),
        (SHARD, emptied, f"{SHARD} is empty"),
        (SHARD, pointing, "Git LFS pointer"),
        ("model.safetensors.index.json", Path.unlink, "model.safetensors.index.json (there is"),
        ("model.safetensors.index.json", halved, "index.json cannot be read"),
        ("tokenizer.json", Path.unlink, "the tokenizer's files are missing"),
        ("tokenizer.json", emptied, "tokenizer.json is empty"),
        ("tokenizer.json", halved, "tokenizer.json is cut short"),
        ("tokenizer.json", pointing, "tokenizer.json is a Git LFS pointer"),
        ("config.json", halved, "config.json is cut short"),
    ],
)
def test_a_part_of_a_model_is_found_before_a_run(
    kind: str, name: str, change: Callable[[Path], None], words: str, whole: Path
) -> None:
    [profile] = of_model({"kind": "transformers", "model": str(whole)})
    spec = profile.backbone.model_copy(update={"kind": kind})
    role = profile.model_copy(update={"backbone": spec})
    assert list(ready.lacks([role])) == [] and ready.absences([spec]) == {}
    change(whole / name)
    [found] = ready.lacks([role])
    assert f"{whole} is incomplete: " in found.message and words in found.message
    assert found.status == 2 and ready.absences([spec]) == {spec.key: "incomplete"}


def test_what_a_download_left_is_named(whole: Path) -> None:
    (whole / SHARD).rename(whole / f"{SHARD}.incomplete")
    [found] = ready.lacks(of_model({"kind": "transformers", "model": str(whole)}))
    assert "a download into the folder is not finished" in found.message


def test_a_gguf_file_that_is_cut_short_is_found(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"t"
                     + struct.pack("<IQIQ", 1, 64, 0, 0))  # fmt: skip
    [found] = ready.lacks(of_model({"kind": "transformers", "model": str(path)}))
    assert "is cut short" in found.message
    with path.open("ab") as file:
        file.write(bytes(32 + 64 * 4))
    assert list(ready.lacks(of_model({"kind": "transformers", "model": str(path)}))) == []


def test_an_adapter_needs_its_weights_and_its_base(whole: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    body = {"base_model_name_or_path": str(whole)}
    (adapter / "adapter_config.json").write_text(json.dumps(body))
    profiles = of_model({"kind": "transformers", "model": str(adapter)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_ready, "find_spec", lambda name: True)
        [found] = ready.lacks(profiles)
        assert "adapter_model.safetensors is missing" in found.message
        shutil.copy(whole / SHARD, adapter / "adapter_model.safetensors")
        assert list(ready.lacks(profiles)) == []
        (whole / SHARD).unlink()
        [found] = ready.lacks(profiles)
        assert f"{whole} is incomplete" in found.message


def test_a_model_of_the_hub_that_is_partly_here(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing can be fetched; what is there and damaged is never fetched again."""
    cache = tmp_path / "cache"
    snapshot = cache / "models--own--far" / "snapshots" / ("a" * 40)
    shutil.copytree(whole, snapshot)
    (cache / "models--own--far" / "refs").mkdir()
    (cache / "models--own--far" / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(cache))
    profiles = of_model({"kind": "transformers", "model": "own/far"})
    assert list(ready.lacks(profiles)) == []
    halved(snapshot / SHARD)
    [found] = ready.lacks(profiles)
    assert "own/far is incomplete on this machine" in found.message
    assert "--force-download" in found.hint
    linked(snapshot / SHARD)
    [found] = ready.lacks(profiles)
    assert "and HF_HUB_OFFLINE is set" in found.message
    assert ready.absences([profiles[0].backbone]) == {profiles[0].backbone.key: "incomplete"}


class Loading(BaseHTTPRequestHandler):
    """A server that answers 503 to the first `left` requests, as llama.cpp does while it loads."""

    left = 1

    def do_GET(self) -> None:
        assert self.path == "/health"
        Loading.left -= 1
        self.send_response(503 if Loading.left >= 0 else 200)
        self.end_headers()

    def log_message(self, *of: object) -> None:
        pass


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(server_ready, "EVERY_S", 0.01)
    with HTTPServer(("127.0.0.1", 0), Loading) as listening:
        Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}/v1"
        listening.shutdown()


def test_a_server_that_loads_its_model_is_refused_or_waited_for(
    loading: str, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Loading.left = 1
    with pytest.raises(ServerUnreachable, match="503") as error:
        ready.require_ready(of_model(server(loading)))
    assert "--wait-for-server" in error.value.hint
    monkeypatch.setenv(server_ready.WAIT, "30")
    said: list[str] = []
    Loading.left = 4
    ready.wait_until_ready(of_model(server(loading)), said.append)
    assert len(said) == 1 and "Waiting for it, 30 s at most" in said[0]
    monkeypatch.setenv(server_ready.WAIT, "0.05")
    with pytest.raises(ServerUnreachable, match="No server answers"):
        ready.wait_until_ready(of_model(server(nobody)), said.append)
    assert len(said) == 2
    far = {"kind": "transformers", "model": "own/far"}
    with pytest.raises(BackboneError) as refused:  # waiting would not bring the model
        ready.wait_until_ready(of_model(server(nobody), far), said.append)
    # The screen waits for a ServerUnreachable, so it is none.
    assert not isinstance(refused.value, ServerUnreachable)
    assert "own/far" in refused.value.message and "No server answers" in refused.value.message
    assert len(said) == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0), ("x", 0), ("-1", 0), ("nan", 0), ("9", 9), ("1e9", 86400)]
)
def test_how_long_a_start_may_wait(
    text: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(server_ready.WAIT, text)
    assert server_ready.allowed_wait_s() == seconds
