"""Run the web server: take a port, serve tabs, and end them all at ctrl+c."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

import psutil
from aiohttp import web

from align_tui.config.failure_log import command_log, keep_error
from align_tui.config.signals import endings
from align_tui.core.errors import ServeError
from align_tui.web.guard import Guard
from align_tui.web.pages import Tabs, site
from align_tui.web.token import NAME, Token

FORESEEN = (OSError, TimeoutError, asyncio.CancelledError)
GRACE_S = 5.0  # for applications to end by themselves


def take_port(host: str, port: int) -> socket.socket:
    """A listening socket; 0 is any free port. Raises ServeError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        message = f"The server cannot listen on {host} port {port}: {error.strerror or error}"
        if error.errno == errno.EADDRINUSE:
            hint = "Choose another port: --port 8001, or --port 0 for any free port."
        elif error.errno == errno.EACCES:
            hint = "The system keeps ports below 1024 for itself. Choose another one: --port 8000."
        else:
            hint = "Give an address of this machine: --host 127.0.0.1, or 0.0.0.0 for all of them."
        raise ServeError(message, hint) from error


def address_of(host: str, taken: socket.socket, token: Token) -> str:
    """The address for a browser on this machine; it contains the token."""
    port = taken.getsockname()[1]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound
    name = everywhere.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/?{NAME}={token.word}"


def serve(
    tabs: Tabs, token: Token, host: str, taken: socket.socket, ready: Callable[[], None]
) -> None:
    """Serve until a signal ends it; call `ready` when the server answers."""
    _quiet_logs()
    asyncio.run(_serve(site(tabs, Guard(host), token), tabs, taken, ready))


async def _serve(
    app: web.Application, tabs: Tabs, taken: socket.socket, ready: Callable[[], None]
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in endings():
        loop.add_signal_handler(number, ended.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, taken).start()
        ready()
        await ended.wait()
        await tabs.end(GRACE_S)
    finally:
        _end_children()
        await runner.cleanup()


def _end_children() -> None:
    """Kill applications that did not end. Workers live on: they are sessions of their own."""
    for child in psutil.Process().children():
        child.kill()


def _quiet_logs() -> None:
    """Log one line for an error of a tab, and its traceback in a file.

    A browser that went away is not an error.
    """

    def without_traceback(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None and not isinstance(error, FORESEEN):
            keep_error(command_log(), error)
        record.exc_info = record.exc_text = None
        return True

    for name in ("textual-serve", "aiohttp.server"):
        logging.getLogger(name).addFilter(without_traceback)
