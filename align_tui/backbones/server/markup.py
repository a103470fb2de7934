"""Warn of text in a prompt that looks like a control token of some model.

A server tokenises the turns itself, so the program can only warn the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from align_tui.core.decisions import Message

CONTROL = re.compile(
    r"<[|｜][^<>\s]{1,40}[|｜]?>"  # <|im_start|>, <｜User｜>, <|channel>
    r"|<[^<>\s|｜]{1,40}[|｜]>"  # <channel|>
    r"|</?s>|<(?:bos|eos|pad|unk|mask|cls|sep|sop|eop)>"
    r"|</?(?:start|end)_of_(?:turn|image|text)>|<(?:extra_id_|unused|reserved_)\d+>"
    r"|</?(?:think|thinking|tool_call|tool_response|tools)>|◁/?think▷"
    r"|\[/?(?:INST|THINK|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT)\]"
    r"|\[(?:CLS|SEP|MASK|PAD|UNK|BOS|EOS|g?MASK|sop)\]|<</?SYS>>"
    r"|<0x[0-9A-Fa-f]{2}>",
    re.IGNORECASE,
)


def control_note(messages: Iterable[Message]) -> str | None:
    """A sentence for the user when the turns contain text that a model may read as markup."""
    found = dict.fromkeys(
        match.group() for message in messages for match in CONTROL.finditer(message.content)
    )
    if not found:
        return None
    shown = ", ".join(list(found)[:3])
    return (
        f"The prompt contains {shown}, which may be a control token of the model: "
        "the server reads it as one, and the program cannot prevent that."
    )
