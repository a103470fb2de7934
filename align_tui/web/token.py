"""The token in the address: the server refuses requests without it, also from this machine."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

NAME = "token"
BYTES = 32
REFUSED = (
    "Open the whole address that align-tui serve printed. It ends with a token, which changes at "
    "each start.\n"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A random word for the lifetime of this server; no log and no process list has it."""

    word: str = field(default_factory=lambda: secrets.token_urlsafe(BYTES), repr=False)

    def fits(self, given: str) -> bool:
        """Is it the word? The time of the comparison does not depend on where they differ."""
        mine, theirs = self.word.encode(), given.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(mine, theirs)

    def admits(self, request: web.Request) -> bool:
        """Does a request have the token, in its address or in the cookie of an earlier visit?"""
        if NAME in request.query:
            return self.fits(request.query[NAME])
        return self.fits(request.cookies.get(cookie_name(request), ""))

    def middleware(self) -> Middleware:
        """A middleware that checks every request, and gives a first visit the cookie."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self.admits(request):
                raise web.HTTPForbidden(text=REFUSED)
            response = await handler(request)
            if NAME in request.query and not response.prepared:
                response.set_cookie(
                    cookie_name(request), self.word, path="/", httponly=True, samesite="Strict"
                )
            return response

        return check


def cookie_name(request: web.Request) -> str:
    """A name for each port as the browser sees it, since cookies belong to hosts, not ports."""
    port = request.host.rpartition(":")[2]
    return f"align_tui_{port}" if port.isdecimal() and len(port) < 6 else "align_tui"
