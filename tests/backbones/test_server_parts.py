"""Parts of the server backbone: probabilities of choices, checks of replies, and the pool."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.backbones.server import scoring
from align_tui.backbones.server.pool import Endpoint, Pool, backoff
from align_tui.backbones.server.replies import check_reply, without_lengths
from align_tui.backbones.server.scoring import choice_probabilities
from align_tui.backbones.server.whole_replies import read_whole
from align_tui.core.errors import ReplyError
from align_tui.core.replies import decision_schema
from align_tui.core.types import canonical

TEXTS = st.text(st.sampled_from('ab "\\é'), min_size=1, max_size=6)
CHOICES = st.lists(TEXTS, min_size=2, max_size=5, unique=True)
BEFORE = '{"reasoning":"x \\"choice\\":\\"y","choice":'


def replies_of(choices: Sequence[str]) -> list[str]:
    return [BEFORE + canonical(choice) for choice in choices]


def weight(begun: str, char: str) -> float:
    """The weight of the next character: arbitrary but fixed."""
    return 1 + hashlib.sha256(f"{begun}|{char}".encode()).digest()[0]


def next_chars(begun: str, replies: Sequence[str]) -> list[str]:
    return sorted({r[len(begun)] for r in replies if r.startswith(begun) and len(r) > len(begun)})


@given(CHOICES)
def test_probabilities_are_those_where_the_choices_part(choices: list[str]) -> None:
    replies = replies_of(choices)
    begun_with: list[str] = []

    async def likeliest(begun: str) -> list[tuple[str, float]]:
        begun_with.append(begun)
        chars = next_chars(begun, replies)
        total = sum(weight(begun, char) for char in chars)
        return [(char, math.log(weight(begun, char) / total)) for char in chars]

    with patch.object(scoring, "SMALL", 0.0), patch.object(scoring, "DEEPEST", 1000):
        found = asyncio.run(choice_probabilities(replies, likeliest))
    expected = []
    for reply in replies:
        share = 1.0
        for end in range(len(begun_with[0]), len(reply)):
            chars = next_chars(reply[:end], replies)
            share *= weight(reply[:end], reply[end]) / sum(weight(reply[:end], c) for c in chars)
        expected.append(share)
    assert found == pytest.approx(expected)
    # The beginning that is sent ends in no half of an escape.
    assert all(json.loads(begun + '"}') for begun in begun_with[:1])


@pytest.mark.parametrize(
    "tokens",
    [None, [], [("Sure", -0.1), (" A", -4.0)], [("", 0.0)], [(" A", math.nan)]],
)
def test_a_server_that_writes_something_else_gives_no_probabilities(
    tokens: list[tuple[str, float]] | None,
) -> None:
    async def likeliest(begun: str) -> list[tuple[str, float]] | None:
        return tokens

    replies = replies_of(["Treat A", "Treat B"])
    assert asyncio.run(choice_probabilities(replies, likeliest)) is None


def test_tokens_may_reach_beyond_a_choice_or_stop_within_it() -> None:
    asked: list[str] = []

    async def likeliest(begun: str) -> list[tuple[str, float]]:
        asked.append(begun)
        if begun.endswith("Al"):
            return [("pha", math.log(0.5)), ('pine"}', math.log(0.25)), ("so", math.log(0.25))]
        return [(" Al", math.log(0.8)), (' B"', math.log(0.2))]

    replies = replies_of(["go Alpha", "go Alpine", "go B"])
    found = asyncio.run(choice_probabilities(replies, likeliest))
    assert found == pytest.approx((0.8 * 2 / 3, 0.8 / 3, 0.2))
    assert [begun.rpartition('"')[2] for begun in asked] == ["go", "go Al"]


SCHEMA = decision_schema(("A", "B"), "before", 20)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_whatever_is_no_reply_is_a_reply_error(text: str) -> None:
    with pytest.raises(ReplyError):
        check_reply(text, SCHEMA)


@given(st.text(min_size=1, max_size=20), st.sampled_from("AB"), st.sampled_from(["", "\n ", "  "]))
def test_what_fits_passes_with_or_without_fences(text: str, choice: str, blank: str) -> None:
    reply = json.dumps({"reasoning": text, "choice": choice}, indent=len(blank))
    check_reply(reply, SCHEMA)
    for wrapped in (f"{blank}{reply}{blank}", f"```json\n{reply}\n```", f"{blank}```\n{reply}```"):
        assert read_whole(wrapped, SCHEMA).text == reply


def test_a_reply_has_its_keys_in_the_order_asked_for() -> None:
    with pytest.raises(ReplyError, match="another order: choice, reasoning"):
        check_reply('{"choice":"A","reasoning":"x"}', SCHEMA)
    with pytest.raises(ReplyError, match="too long"):
        check_reply(json.dumps({"reasoning": "x" * 21, "choice": "A"}), SCHEMA)
    check_reply(json.dumps({"reasoning": "x" * 21, "choice": "A"}), without_lengths(SCHEMA))


def endpoints(count: int) -> list[Endpoint]:
    return [Endpoint(f"http://{i}", None) for i in range(count)]  # type: ignore[arg-type]


@given(st.integers(1, 4), st.integers(1, 3), st.lists(st.integers(0, 3), max_size=12))
def test_places_are_shared_out_kept_and_given_back(
    servers: int, in_flight: int, cancelled: list[int]
) -> None:
    async def main() -> None:
        pool = Pool(endpoints(servers), in_flight)

        async def use(number: int) -> None:
            async with pool.acquire() as endpoint:
                assert endpoint.busy <= in_flight
                busy = [each.busy for each in pool.endpoints]
                assert max(busy) - min(busy) <= 1 or number > servers * in_flight
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(use(i)) for i in range(20)]
        for number in cancelled:
            await asyncio.sleep(0)
            tasks[number * 5].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert [each.busy for each in pool.endpoints] == [0] * servers

    asyncio.run(main())


async def test_a_held_server_gets_nothing_until_its_time() -> None:
    pool = Pool(endpoints(2), 4)
    held, free = pool.endpoints
    pool.hold(held, 0.2)
    for _ in range(3):
        async with pool.acquire() as endpoint:
            assert endpoint is free
    pool.hold(free, 0.1)
    began = asyncio.get_running_loop().time()
    async with pool.acquire() as endpoint:
        assert endpoint is free and asyncio.get_running_loop().time() - began >= 0.1


def test_waits_double_up_to_a_bound() -> None:
    assert all(0.25 <= backoff(0) <= 0.5 and 1 <= backoff(2) <= 2 for _ in range(50))
    assert 15 <= backoff(500) <= 30
