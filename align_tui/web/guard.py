"""Refuse requests from the pages of other sites, because the server has no passwords.

A page from anywhere can make a browser send requests to 127.0.0.1 and open a websocket there. The
browser then sends the page's site (Origin). If the page's own name resolves to 127.0.0.1 (DNS
rebinding), the browser sends that name (Host). This module checks both. A numeric address cannot
be rebound.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware


def is_loopback(host: str) -> bool:
    """Can only this machine reach this address?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_of(netloc: str) -> str:
    """The host of `host:port`, in lower case and without brackets; empty if there is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


class Guard:
    """Knows the names under which a server at `host` answers."""

    def __init__(self, host: str) -> None:
        self._loopback = is_loopback(host)
        self._names = {"localhost"}
        if not self._loopback:
            self._names |= {host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}

    def knows(self, netloc: str) -> bool:
        """Is this one of the server's names? The port may differ, because of `ssh -L`."""
        host = host_of(netloc)
        if host in self._names:
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or not self._loopback

    def admits(self, host: str, origin: str | None) -> bool:
        """May the server answer this request? Only browsers send an origin."""
        if not self.knows(host):
            return False
        if origin is None:
            return True
        try:
            return urlsplit(origin).netloc.lower() == host.lower()
        except ValueError:
            return False

    def middleware(self) -> Middleware:
        """A middleware that checks every request before its handler runs."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self.admits(
                request.headers.get(hdrs.HOST, ""), request.headers.get(hdrs.ORIGIN)
            ):
                raise web.HTTPForbidden(
                    text="The server refuses this request: its host name or its page is not the "
                    "server's own. Open the address that align-tui serve printed.\n"
                )
            return await handler(request)

        return check
