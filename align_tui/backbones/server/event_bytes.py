"""Bytes of an event stream that are no UTF-8, handed on as escapes of JSON.

A server that cuts a character between two events sends bytes that no decoder takes. Each such byte
becomes the escape of a lone surrogate, from which repair.py makes the character again.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterator

from openai import AsyncOpenAI
from openai._streaming import ServerSentEvent, SSEBytesDecoder, SSEDecoder

_ODD = re.compile("[\udc80-\udcff]")


class LenientDecoder(SSEDecoder):
    """Reads events whose bytes are not all UTF-8."""

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """The events of a stream of bytes."""
        async for event in super().aiter_bytes(escaped(iterator)):
            yield event


class LenientClient(AsyncOpenAI):
    """The client, with a decoder that bears bytes which are no UTF-8."""

    def _make_sse_decoder(self) -> SSEDecoder | SSEBytesDecoder:
        return LenientDecoder()


async def escaped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes where they are UTF-8, `\\udcXX` in place of a byte that is not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    async for chunk in chunks:
        yield _encoded(decoder.decode(chunk))
    yield _encoded(decoder.decode(b"", final=True))


def _encoded(text: str) -> bytes:
    if not text.isascii():
        text = _ODD.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    return text.encode()
