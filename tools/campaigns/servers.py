"""A trial with a server that answers at random and echoes the API key."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable

from align_tui.store import runs
from align_tui.store.database import open_database
from campaigns.trial import Place, errors, wait_for
from tests.servers.hostile import (
    Act,
    deltas,
    events,
    hang_up,
    hostile,
    raw,
    say,
    status,
    unframed,
)

KEY = "sk-campaign-5f2a9d7c41b8e6"
SAMPLES = 12
GOOD = json.dumps({"reasoning": "So it is.", "choice": "Treat Patient A"})


def servers(at: Place) -> None:
    """Run a study on a server that is silent, lies, stutters and echoes the API key."""
    asyncio.run(_servers(at))


async def _servers(at: Place) -> None:
    at.trial.decisions = SAMPLES
    at.environment["CAMPAIGN_KEY"] = KEY
    async with hostile(key=KEY) as server:
        names = [at.chance.choice(sorted(ACTS)) for _ in range(4 * SAMPLES)]
        server.script.extend(ACTS[name](at.chance) for name in names)
        profile = at.folder / "mine.toml"
        profile.write_text(
            'extends = "baseline"\n[backbone]\nkind = "openai"\n[backbone.server]\n'
            f'base_urls = ["{server.url}"]\napi_key_env = "CAMPAIGN_KEY"\nretries = 1\n'
            "first_text_s = 5.0\nstall_s = 5.0\ntotal_s = 20.0\n"
        )
        arguments = ("run", "-p", str(profile), "-s", "demo-triage", "--limit", str(SAMPLES))
        command = at.start(*arguments, "--json", log="run.log")
        ended = await asyncio.to_thread(wait_for, command)
        for name in names[: len(names) - len(server.script)]:
            at.trial.count(name)
    at.trial.check(ended in (0, 1), f"exit status {ended}: {at.said('run.log')[-300:]}")
    with contextlib.closing(open_database(at.path)) as db:
        [run] = [each.id for each in runs.list_runs(db)]
        row = runs.get_run(db, run)
        at.trial.check(row.done + row.failed == SAMPLES, f"{row.done}+{row.failed} ended")
        said = errors(db, run)
        at.trial.check(not any("foresaw" in each for each in said), f"an unforeseen error: {said}")
    for path in at.folder.rglob("*"):
        if path.is_file() and KEY.encode() in path.read_bytes():
            at.trial.failures.append(f"the key is in {path.name}")


def _cut(chance: random.Random) -> Act:
    return say(GOOD[: chance.randrange(1, len(GOOD))], chance.choice(["stop", "length", None]))


def _noise(chance: random.Random) -> Act:
    return raw(*(chance.randbytes(chance.randrange(1, 300)) for _ in range(4)))


ACTS: dict[str, Callable[[random.Random], Act]] = {
    "well": lambda chance: say(GOOD),
    "cut": _cut,
    "key in the reply": lambda chance: say(
        json.dumps({"reasoning": f"I was given {KEY}.", "choice": "Treat Patient A"})
    ),
    "key in a refusal": lambda chance: status(chance.choice([400, 403, 404]), f"no {KEY}"),
    "key in a 429": lambda chance: status(429, f"{KEY} is too quick", retry_after="0"),
    "key as a finish": lambda chance: deltas(GOOD, finish=KEY),
    "half a surrogate": lambda chance: raw(
        b'data: {"choices": [{"delta": {"content": "\\ud83d"}, "finish_reason": null}]}\n\n',
        b"data: [DONE]\n\n",
    ),
    "noise": _noise,
    "no events": lambda chance: events("{}", "[]", "null", '"x"', "[DONE]"),
    "hangs up": lambda chance: hang_up(GOOD[: chance.randrange(20)]),
    "no answer of HTTP": lambda chance: unframed(chance.randbytes(50)),
    "breaks": lambda chance: status(chance.choice([500, 502, 503]), "broken"),
}
