"""Replies that take no choice: read by their schema, asked again if they were cut."""

from __future__ import annotations

import pytest

from align_tui.adms.reply import ask_json
from align_tui.core.decisions import Message
from align_tui.core.errors import ReplyError, Truncated
from align_tui.core.types import JsonObject
from tests.adms.test_adms import Script

SCHEMA: JsonObject = {"type": "object", "properties": {"score": {"type": "integer"}}}
ASKED = [Message("user", "How urgent is it?")]


def score(body: JsonObject) -> int:
    found = body["score"]
    if not isinstance(found, int):
        raise TypeError("the score is not a number")
    return found


async def test_a_reply_is_read_and_kept_without_a_choice() -> None:
    found, response = await ask_json(
        Script({"score": 7}), ASKED, SCHEMA, score, role="rating", stream=3, reasoning=str
    )
    assert found == 7 and response.choice is None and response.role == "rating"
    assert response.reasoning == "7" and response.sampling.seed == 3 and response.schema == SCHEMA


@pytest.mark.parametrize("reply", ["no JSON", "[7]", {"score": "seven"}, {"mark": 7}])
async def test_a_reply_that_cannot_be_read_is_an_error(reply: object) -> None:
    with pytest.raises(ReplyError):
        await ask_json(Script(reply), ASKED, SCHEMA, score, role="rating", stream=0)


async def test_a_reply_that_is_cut_is_asked_again_with_twice_the_limit() -> None:
    script = Script("CUT", {"score": 1})
    found, response = await ask_json(script, ASKED, SCHEMA, score, role="rating", stream=0)
    assert found == 1 and response.retried and response.sampling.max_tokens == 200
    with pytest.raises(Truncated):
        await ask_json(Script("CUT", "CUT"), ASKED, SCHEMA, score, role="rating", stream=0)
