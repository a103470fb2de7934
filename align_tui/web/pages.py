"""The page and its parts that the server sends; they load nothing from other sites."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from textual_serve.server import Server

from align_tui.web.guard import Guard
from align_tui.web.tab import MOST_BYTES, Application, hand_on, sizes
from align_tui.web.token import Token

HERE = Path(__file__).parent
SIZES = range(6, 49)  # of the font, in pixels
SIZE = 16
MOST_TABS = 16
BEAT_S = 8.0  # seconds between two pings; a tab that does not answer within half of it is gone
log = logging.getLogger("textual-serve")
# Styles are allowed: the terminal in the page sets the styles of its cells.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self' {websocket}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Tabs(Server):
    """Textual's server with an application for each websocket; it can end all at once."""

    def __init__(self, words: Sequence[str], title: str, *, heartbeat_s: float = BEAT_S) -> None:
        super().__init__(shlex.join(words), title=title)
        self._words = tuple(words)
        self._heartbeat_s = heartbeat_s
        self._open: set[asyncio.Task[object]] = set()
        self._ending: set[asyncio.Task[object]] = set()

    @property
    def open_now(self) -> int:
        """The number of open tabs."""
        return len(self._open)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one tab until it is closed, stops answering, or its application ends."""
        if self.open_now >= MOST_TABS:
            raise web.HTTPServiceUnavailable(
                text=f"{MOST_TABS} tabs are open. Close one of them first.\n"
            )
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        websocket = web.WebSocketResponse(heartbeat=self._heartbeat_s, max_msg_size=MOST_BYTES)
        application = Application(
            self._words,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,
            download_manager=self.download_manager,
        )
        try:
            await websocket.prepare(request)
            await application.start(*sizes(request.query))
            await hand_on(websocket, application)
        except asyncio.CancelledError:
            await websocket.close()
        except (OSError, TimeoutError) as error:
            log.warning("a tab has ended: %s", error or type(error).__name__)
        finally:
            self._ending.add(task)
            try:
                await application.stop()
            finally:
                self._ending.discard(task)
                self._open.discard(task)
        return websocket

    async def end(self, seconds: float) -> None:
        """End all applications; return when they have ended, or after a time limit."""
        for task in self._open - self._ending:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=seconds)


def site(tabs: Tabs, guard: Guard, token: Token) -> web.Application:
    """The page, its parts and the websocket, behind the guard and the token."""
    app = web.Application(middlewares=[guard.middleware(), token.middleware()])
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)

    async def index(request: web.Request) -> web.Response:
        text = pages.get_template("page.html.jinja").render(
            title=tabs.title, websocket=_websocket(request), font_size=_font_size(request)
        )
        return web.Response(text=text, content_type="text/html")

    async def script(request: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "page.js")

    async def harden(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)
        policy = POLICY.format(websocket=_websocket(request).removesuffix("/ws"))
        response.headers["Content-Security-Policy"] = policy

    app.add_routes(
        [
            web.get("/", index),
            web.get("/page.js", script),
            web.get("/ws", tabs.handle_websocket),
            web.get("/download/{key}", tabs.handle_download),
            web.static("/static", tabs.statics_path),
        ]
    )
    app.on_response_prepare.append(harden)
    return app


def _websocket(request: web.Request) -> str:
    """The address of the websocket: that of the page, so that it works through a tunnel too."""
    secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    return f"{'wss' if secure else 'ws'}://{request.host}/ws"


def _font_size(request: web.Request) -> int:
    asked = request.query.get("fontsize", "")
    return int(asked) if len(asked) < 4 and asked.isdecimal() and int(asked) in SIZES else SIZE
