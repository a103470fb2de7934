"""Limit a server's responses: bound the size of each body, and refuse redirects elsewhere.

`bound_response` is a hook of the client and runs before any body is read. Each body comes through
`Bounded`, and the prompt goes only to the server that the profile names.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx2

from align_tui.backbones.server.errors import Broken, Redirected

MOST = 8_000_000
"""The most bytes of a whole answer; a list of some thousand models has a tenth of that."""
MOST_OF_STREAM = 256_000_000
"""The most bytes of a stream; a token takes some hundred."""
MOST_OF_ERROR = 64_000
"""How many bytes of an error to read; its beginning says what is wrong."""
_PIECE = 1 << 16
_EITHER = 32 + zlib.MAX_WBITS  # accepts the headers of gzip and of deflate


async def bound_response(response: httpx2.Response) -> None:
    """Bound the body before it is read; raises Redirected, and Broken for an unknown encoding."""
    _check_redirect(response)
    cuts = response.status_code >= 400
    streams = response.headers.get("content-type", "").startswith("text/event-stream")
    most = MOST_OF_ERROR if cuts else MOST_OF_STREAM if streams else MOST
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed in ("gzip", "x-gzip", "deflate"):
        # Unpack here with a bound; the client would unpack a piece to any size.
        del response.headers["content-encoding"]
    elif packed not in ("", "identity"):
        raise Broken(
            f"sent its answer with the encoding {packed[:20]!r}, which the program did not ask for"
        )
    body = response.stream
    if isinstance(body, httpx2.AsyncByteStream):
        response.stream = Bounded(body, most, cuts=cuts, packed=packed not in ("", "identity"))


def _check_redirect(response: httpx2.Response) -> None:
    """Raise Redirected unless the redirect stays on the server and keeps a prompt's method."""
    if not response.has_redirect_location:
        return
    asked = response.request.url
    try:
        target = asked.join(response.headers["location"])
    except httpx2.InvalidURL:
        raise Redirected(response.status_code, "an invalid address") from None
    same = (asked.scheme, asked.host, asked.port) == (target.scheme, target.host, target.port)
    if not same:
        port = f":{target.port}" if target.port is not None else ""
        raise Redirected(response.status_code, f"{target.scheme}://{target.host[:200]}{port}")
    # Other status codes would turn the POST into a GET without the prompt.
    if response.request.method == "POST" and response.status_code not in (307, 308):
        raise Redirected(response.status_code, target.path[:200])


class Bounded(httpx2.AsyncByteStream):
    """An unpacked body of at most `most` bytes; a longer one is cut, or raises Broken."""

    def __init__(
        self, body: httpx2.AsyncByteStream, most: int, *, cuts: bool, packed: bool
    ) -> None:
        self._body = body
        self._left = most
        self._most = most
        self._cuts = cuts
        self._unpacker = zlib.decompressobj(_EITHER) if packed else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the pieces of the body."""
        async for raw in self._body:
            for piece in self._unpacked(raw):
                self._left -= len(piece)
                if self._left >= 0:
                    yield piece
                    continue
                if not self._cuts:
                    raise Broken(f"answered with more than {self._most / 1e6:g} MB")
                yield piece[: self._left]
                return

    def _unpacked(self, raw: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield raw
            return
        try:
            while raw:
                yield self._unpacker.decompress(raw, _PIECE)
                raw = self._unpacker.unconsumed_tail
        except zlib.error:
            raise Broken("sent a compressed answer that is damaged") from None

    async def aclose(self) -> None:
        """Close the connection unless the body was read to its end."""
        await self._body.aclose()
