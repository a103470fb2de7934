"""What is made of a text that a server sent: a reply, one that was cut, or a failure."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.backbones.server.errors import Broken, Unfit
from align_tui.backbones.server.whole_replies import Whole, read_whole
from align_tui.core.decisions import Finish
from align_tui.core.errors import ReplyError
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject

USUAL = ("stop", "eos", "eos_token", "length")
WHOLE = (*USUAL[:3], "end_turn", "stop_sequence", "end", "complete", "completed", "finish")
CUT = ("length", "max_tokens", "max_output_tokens", "max_new_tokens", "model_length")
REFUSED = ("content_filter", "refusal", "safety", "prohibited_content", "recitation")


@dataclass(slots=True)
class ServerReply:
    """What came of it, taken as it came: whether it is a reply is settled elsewhere.

    `ended` is the server's word for why it ended, `broken` what ended it otherwise. Token counts
    are 0 where the server does not tell them.
    """

    text: str = ""
    thinking: str = ""
    ended: str | None = None
    broken: Exception | None = None
    refusal: str = ""
    prompt_tokens: int = 0
    tokens: int = 0
    thinking_tokens: int = 0


def is_cut(ended: str | None) -> bool:
    """Did the server end a text at the cap of tokens?"""
    return ended is not None and ended.lower() in CUT


def only_thought(reply: ServerReply) -> bool:
    """Did the model think, end by itself or by the cap, and not reply?"""
    if not reply.thinking or reply.text or reply.refusal or reply.ended is None:
        return False
    return reply.ended.lower() in (*WHOLE, *CUT)


@dataclass(frozen=True, slots=True)
class Settled:
    """A reply that fits its schema, or one that was cut; and what a user must know of it.

    `bare`: nothing but stop markers stood around it.
    """

    text: str
    finish: Finish
    notes: tuple[str, ...] = ()
    bare: bool = True


def settle(reply: ServerReply, schema: JsonObject) -> Settled:
    """Take a text that is whole and fits, however its stream ended.

    A text that is not raises what broke the stream, Broken where it ended without a reason,
    ReplyError where the model refused or the server ended it for a reason of its own, else Unfit.
    """
    ended = (reply.ended or "").lower()
    if reply.refusal:
        raise ReplyError(f"The model refused to answer: {reply.refusal}")
    try:
        if reply.thinking and not reply.text:
            raise ReplyError("The model thought, and gave no reply")
        whole = read_whole(reply.text, schema)
    except ReplyError as error:
        problem = error
    else:
        return Settled(whole.text, "stop", tuple(_notes(reply, whole)), whole.bare)
    if reply.broken is not None:
        raise reply.broken  # as it is: its cause says what kind of failure it was
    if ended in REFUSED:
        raise ReplyError("The model refused to answer: content filter")
    if ended in CUT:
        return Settled(reply.text, "length")
    if not ended:
        raise Broken("ended its reply in the middle")
    if ended not in WHOLE:
        raise ReplyError(f"The reply ended for a reason of the server's own: {ended[:80]!r}")
    raise Unfit(problem)


def _notes(reply: ServerReply, whole: Whole) -> list[str]:
    notes = []
    fits = "the reply is whole and fits its schema, and was taken."
    if reply.broken is not None:
        notes.append(f"The server's stream broke off behind the reply: {fits}")
    elif not reply.ended:
        notes.append(f"The server's stream ended without a reason: {fits}")
    elif reply.ended.lower() not in USUAL or is_cut(reply.ended):
        notes.append(f"The server ended the reply with {one_line(reply.ended, 40)!r}: {fits}")
    if whole.left_out:
        left = one_line(whole.left_out, 60)
        notes.append(f"The server sent more than the reply, which was left out: {left}")
    return notes
