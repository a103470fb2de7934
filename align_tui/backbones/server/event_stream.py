"""Read the events of a stream as the standard of server-sent events says, within bounds.

Lines end with CR, LF or both. A byte order mark at the start and events without data (a comment, or
only `id` or `retry`, which serve reconnecting) are ignored. A server that cuts a character between
two events sends invalid UTF-8: each such byte becomes a surrogate (U+DC80 to U+DCFF), from which
repair.py restores the character.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator

from openai import AsyncOpenAI
from openai._streaming import ServerSentEvent, SSEBytesDecoder, SSEDecoder

from align_tui.backbones.server.errors import Broken

LONGEST = 8_000_000
"""The most characters of an event or a line; a whole reply in one event needs fewer."""
_END = re.compile(r"[\r\n]")


class LenientDecoder(SSEDecoder):
    """Reads events as the standard says, whatever their bytes are."""

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """The events of a stream of bytes; drops an event that the stream cuts off."""
        data: list[str] = []
        kind, size = "", 0
        async for line in lines(decoded(iterator)):
            if line:
                name, _, value = line.partition(":")
                if name == "data":
                    data.append(value.removeprefix(" "))
                    size += len(value) + 1  # an empty line takes memory too
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
    """The OpenAI client with a decoder that accepts what servers send."""

    def _make_sse_decoder(self) -> SSEDecoder | SSEBytesDecoder:
        return LenientDecoder()


async def decoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The text of the bytes, with a surrogate for each byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    at_start = True
    async for chunk in chunks:
        text = decoder.decode(chunk)
        if at_start and text:
            at_start, text = False, text.removeprefix("\ufeff")
        yield text
    yield decoder.decode(b"", final=True)


async def lines(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of a text that comes in pieces, without line ends; the last line needs none.

    Raises Broken for a line that is too long.
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
