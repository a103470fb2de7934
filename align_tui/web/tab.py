"""One tab: its application, and the checked messages that a browser may send to it."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from asyncio.subprocess import Process
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService

WIDTHS, HEIGHTS = (10, 600), (4, 300)  # cells; an 8K screen has no more at a readable size
SIZE = (80, 24)
MOST_BYTES = 1 << 20  # bytes of a message: a long paste
READ_S = 30.0  # seconds for an application to read what was typed
END_S = 3.0  # seconds for an application to end by itself
log = logging.getLogger("textual-serve")


def clamped(value: object, limits: tuple[int, int], otherwise: int) -> int:
    """A number of cells within the limits; `otherwise` if the value is not a number."""
    if isinstance(value, str):
        value = value.strip()
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()):
            return otherwise
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return otherwise
    low, high = limits
    return int(min(max(value, low), high))


def sizes(asked: Any) -> tuple[int, int]:
    """(columns, rows) from a table with width and height, whose values may be anything."""
    asked = asked if hasattr(asked, "get") else {}
    return (
        clamped(asked.get("width"), WIDTHS, SIZE[0]),
        clamped(asked.get("height"), HEIGHTS, SIZE[1]),
    )


class Application(AppService):
    """Textual's application process, started without a shell, and killed if it does not end."""

    def __init__(self, words: Sequence[str], **service: Any) -> None:
        super().__init__("", **service)
        self._words = tuple(words)

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width=width, height=height),
        )
        assert process.stdin is not None
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Send what the application paints until it ends in any way; then the tab ends too."""
        try:
            await super().run()
        finally:
            await self.remote_close()

    async def send_bytes(self, data: bytes) -> bool:
        """Send keys on; raises TimeoutError if the application no longer reads."""
        return await asyncio.wait_for(super().send_bytes(data), READ_S)

    async def stop(self) -> None:
        """Ask the application to end, and kill it if it does not."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        try:
            await asyncio.wait_for(super().stop(), END_S)
        except (TimeoutError, OSError):
            log.warning("an application did not end by itself")
        finally:
            # Nobody reads its output any more: it ends at its next write, or now.
            self._task = None
            if process.returncode is None:
                if process.stdin is not None:
                    process.stdin.close()
                await _end(process)
            task.cancel()
            [end] = await asyncio.gather(task, return_exceptions=True)
            if isinstance(end, Exception):
                log.warning("the application of a tab failed", exc_info=end)


async def _end(process: Process) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), END_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def hand_on(websocket: web.WebSocketResponse, application: Application) -> None:
    """Send the browser's messages to the application until it is gone; drop invalid ones."""
    async for message in websocket:
        if message.type != WSMsgType.TEXT:
            continue
        try:
            said = json.loads(message.data)
        except (ValueError, RecursionError):
            continue
        match said:
            case ["stdin", str(typed), *_]:
                await application.send_bytes(typed.encode("utf-8", "replace"))
            case ["resize", dict(asked), *_]:
                await application.set_terminal_size(*sizes(asked))
            case ["ping", int() | float() | None as mark, *_]:
                await websocket.send_json(["pong", mark])
            case ["ping", str(mark), *_]:
                await websocket.send_json(["pong", mark[:100]])
            case ["blur", *_]:
                await application.blur()
            case ["focus", *_]:
                await application.focus()
