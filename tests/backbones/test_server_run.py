"""A run on servers through worker and database: samples fail alone, and no key is kept."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.store import results, runs, workers
from align_tui.store.database import open_database
from tests.servers.hostile import deltas, hostile, say, status

KEY = "sesame-5f2a"


@pytest.fixture(autouse=True)
def workers_end() -> Iterator[None]:
    yield
    for worker in workers.list_workers(open_database(Path(os.environ["ALIGN_TUI_DB"]))):
        if workers.is_alive(worker):
            os.kill(worker.pid, 9)


async def align_tui(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "align_tui", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 200)
    assert process.returncode is not None and b"Traceback" not in out + err
    return process.returncode, out.decode(), err.decode()


async def test_one_that_fails_leaves_the_others_and_no_key_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    async with hostile(key=KEY, ignores_schema=True) as server:
        profile = tmp_path / "mine.toml"
        profile.write_text(
            'extends = "baseline"\n[backbone]\nkind = "openai"\n[backbone.server]\n'
            f'base_urls = ["{server.url}"]\napi_key_env = "MY_KEY"\nretries = 0\n'
        )
        wrong = status(400, f"what is {KEY} to me?")
        good = json.dumps({"reasoning": "So it is.", "choice": "Treat Patient B"})
        server.script.extend([wrong, *[say(good)] * 5])
        arguments = ("run", "-p", str(profile), "-s", "demo-triage", "--limit", "6", "--json")
        code, out, err = await align_tui(*arguments)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and lines[0]["samples"] == 6
    assert [line["event"] for line in lines].count("decision") == 5
    [failed] = [line for line in lines if line["event"] == "failed"]
    assert failed["error"]["kind"] == "server" and "***" in failed["error"]["message"]
    # The run reports and keeps that the server ignores the schema.
    assert "does not hold replies to their schema" in err
    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    run = lines[0]["run"]
    assert "does not hold replies" in runs.run_versions(db, run)["model of mine"]
    asked = results.responses_of(db, next(results.all_results(db, run)).sample)
    assert all("JSON schema" in response.prompt for response in asked)
    db.close()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


async def test_a_server_that_is_not_there_is_refused_before_there_is_a_run() -> None:
    code, out, err = await align_tui(
        "run", "-p", "baseline", "--limit", "2", "--json", "--backbone", "http://127.0.0.1:9/v1"
    )
    assert code == 2 and out == ""
    assert "No server answers at http://127.0.0.1:9/v1" in err and "Start the server" in err


async def test_doctor_tells_what_it_waits_for() -> None:
    async with hostile() as server:
        server.listed.append(status(503, retry_after="1"))
        code, out, err = await align_tui("doctor", "--backbone", server.url, "-p", "baseline")
    assert "the server asks to wait 1 s (503)" in err and "at 127.0.0.1" in out and code == 0


async def test_half_a_character_and_thinking_go_through_worker_and_database(
    tmp_path: Path,
) -> None:
    begin, end = '{"reasoning":"He bleeds \ud83d', '.","choice":"Treat Patient B"}'
    async with hostile() as server:
        profile = tmp_path / "mine.toml"
        profile.write_text(
            'extends = "baseline"\n[backbone]\nkind = "openai"\n[backbone.server]\n'
            f'base_urls = ["{server.url}"]\nretries = 0\n[decoding]\nthinking = "auto"\n'
        )
        server.script.extend(
            [deltas({"reasoning": "Hm\ud83d"}, begin, end), deltas(begin, "\ude00" + end)]
        )
        arguments = ("run", "-p", str(profile), "-s", "demo-triage", "--limit", "2", "--json")
        code, out, err = await align_tui(*arguments)
    assert code == 0, out + err
    db = open_database(Path(os.environ["ALIGN_TUI_DB"]))
    run = json.loads(out.splitlines()[0])["run"]
    asked = [
        r for each in results.all_results(db, run) for r in results.responses_of(db, each.sample)
    ]
    texts = {response.raw for response in asked}
    assert texts == {f"\x02Hm\ufffd\x03{begin[:-1]}\ufffd{end}", f"{begin[:-1]}😀{end}"}
    # The half that waited for its other half arrives as its own piece.
    assert sorted(response.thinking_tokens for response in asked) == [0, 2]
    db.close()
