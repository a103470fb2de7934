"""The events of a stream, read as the standard of server-sent events says, and bounded.

Lines end with CR, LF or both; a byte order mark in front counts for nothing; an event without data
(a comment, or only `id` or `retry`, which are for whoever connects anew) says nothing. A server
that cuts a character between two events sends bytes that are no UTF-8: each becomes a surrogate
(U+DC80 to U+DCFF), from which repair.py makes the character again.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator

from openai import AsyncOpenAI
from openai._streaming import ServerSentEvent, SSEBytesDecoder, SSEDecoder

from align_tui.backbones.server.errors import Broken

LONGEST = 8_000_000
"""Characters of an event, and of a line: a whole reply in one event needs no more."""
_END = re.compile(r"[\r\n]")


class LenientDecoder(SSEDecoder):
    """Reads events as the standard has them, whatever their bytes."""

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """The events of a stream of bytes; one that has not ended with the stream is no event."""
        data: list[str] = []
        kind, size = "", 0
        async for line in lines(decoded(iterator)):
            if line:
                name, _, value = line.partition(":")
                if name == "data":
                    data.append(value.removeprefix(" "))
                    size += len(value) + 1  # lines without text take memory too
                    if size > LONGEST:
                        raise Broken(f"sent an event of more than {LONGEST} characters")
                elif name == "event":
                    kind = value.removeprefix(" ")
                continue
            text = "\n".join(data)
            if text and not text.isspace():
                yield ServerSentEvent(event=kind, data=text)
            data, kind, size = [], "", 0


class LenientClient(AsyncOpenAI):
    """The client, with a decoder that bears what servers send."""

    def _make_sse_decoder(self) -> SSEDecoder | SSEBytesDecoder:
        return LenientDecoder()


async def decoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The text of the bytes, a surrogate in place of each that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    at_start = True
    async for chunk in chunks:
        text = decoder.decode(chunk)
        if at_start and text:
            at_start, text = False, text.removeprefix("\ufeff")
        yield text
    yield decoder.decode(b"", final=True)


async def lines(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of a text that comes in pieces, without their ends; the last needs none.

    Raises Broken for a line without end.
    """
    begun: list[str] = []
    length = 0
    after_cr = False
    async for text in texts:
        start = 0
        for found in _END.finditer(text):
            end = found.start()
            is_second = after_cr and end == start and found.group() == "\n"
            after_cr = found.group() == "\r"
            if not is_second:
                yield "".join([*begun, text[start:end]])
                begun, length = [], 0
            start = end + 1
        if start < len(text):
            after_cr = False
            begun.append(text[start:])
            length += len(text) - start
            if length > LONGEST:
                raise Broken(f"sent a line of more than {LONGEST} characters")
    if begun:
        yield "".join(begun)
