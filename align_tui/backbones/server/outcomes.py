"""Decide what a server's text is: a whole reply, a cut reply, or a failure."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.backbones.server.errors import Broken, Unfit
from align_tui.backbones.server.whole_replies import Whole, read_whole
from align_tui.core.decisions import Finish
from align_tui.core.errors import ReplyError
from align_tui.core.replies import FREE_TEXT, without_marks
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject

USUAL = ("stop", "eos", "eos_token", "length")
WHOLE = (*USUAL[:3], "end_turn", "stop_sequence", "end", "complete", "completed", "finish")
CUT = ("length", "max_tokens", "max_output_tokens", "max_new_tokens", "model_length")
REFUSED = ("content_filter", "refusal", "safety", "prohibited_content", "recitation")


@dataclass(slots=True)
class ServerReply:
    """What a server has sent, unchecked; `settle` decides whether it is a reply.

    `ended` is the server's finish reason, `broken` the error that ended the stream. Token counts
    are 0, and `fingerprint` is empty, when the server does not give them.
    """

    text: str = ""
    thinking: str = ""
    ended: str | None = None
    broken: Exception | None = None
    refusal: str = ""
    prompt_tokens: int = 0
    tokens: int = 0
    thinking_tokens: int = 0
    fingerprint: str = ""


def is_cut(ended: str | None) -> bool:
    """Did the server end the text at the cap of tokens?"""
    return ended is not None and ended.lower() in CUT


def only_thought(reply: ServerReply) -> bool:
    """Did the model think and then end, by itself or by the cap, without a reply?"""
    if not reply.thinking or reply.text or reply.refusal or reply.ended is None:
        return False
    return reply.ended.lower() in (*WHOLE, *CUT)


@dataclass(frozen=True, slots=True)
class Settled:
    """A reply that fits its schema, or a cut one, with notes for the user.

    `bare`: the server sent nothing around it except stop markers.
    """

    text: str
    finish: Finish
    notes: tuple[str, ...] = ()
    bare: bool = True


def settle(reply: ServerReply, schema: JsonObject) -> Settled:
    """Accept a text that is whole and fits, however its stream ended, or a text cut at the cap.

    A free text is whole if its stream ended as usual.
    Otherwise raises the error that broke the stream, Broken for an end without a finish reason,
    ReplyError for a refusal or an unknown finish reason, or else Unfit.
    """
    ended = (reply.ended or "").lower()
    if reply.refusal:
        raise ReplyError(f"The model refused to answer: {reply.refusal}")
    if schema == FREE_TEXT and reply.text.strip() and reply.broken is None and ended in WHOLE:
        return Settled(without_marks(reply.text.strip()), "stop")
    try:
        if reply.thinking and not reply.text:
            raise ReplyError("The model thought, but gave no reply")
        whole = read_whole(reply.text, schema)
    except ReplyError as error:
        problem = error
    else:
        return Settled(whole.text, "stop", tuple(_notes(reply, whole)), whole.bare)
    if reply.broken is not None:
        raise reply.broken  # unchanged, since `explain` reads its cause
    if ended in REFUSED:
        raise ReplyError("The model refused to answer: content filter")
    if ended in CUT:
        return Settled(without_marks(reply.text), "length")
    if not ended:
        raise Broken("ended its reply in the middle")
    if ended not in WHOLE:
        raise ReplyError(f"The server ended the reply for an unknown reason: {ended[:80]!r}")
    raise Unfit(problem)


def _notes(reply: ServerReply, whole: Whole) -> list[str]:
    notes = []
    fits = "the reply is whole and fits its schema, so the program accepted it."
    if reply.broken is not None:
        notes.append(f"The server's stream broke off after the reply: {fits}")
    elif not reply.ended:
        notes.append(f"The server's stream ended without a finish reason: {fits}")
    elif reply.ended.lower() not in USUAL or is_cut(reply.ended):
        notes.append(f"The server ended the reply with {one_line(reply.ended, 40)!r}: {fits}")
    if whole.left_out:
        left = one_line(whole.left_out, 60)
        notes.append(f"The server sent more than the reply; left out: {left}")
    return notes
