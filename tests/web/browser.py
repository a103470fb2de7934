"""A headless Chromium, driven by its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-port=0", "--window-size=1200,800",
)  # fmt: skip
# Counts the colours of a picture, and the share of the most frequent one.
COUNT = """
(async () => {
  const bytes = Uint8Array.from(atob('%s'), (sign) => sign.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(data.buffer);
  const found = new Map();
  for (const pixel of pixels) found.set(pixel, (found.get(pixel) || 0) + 1);
  return [found.size, Math.max(...found.values()) / pixels.length];
})()
"""


class Page:
    """One tab: its network requests, its websocket's messages, keys, pictures."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.received = b""
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
                continue
            about = told["params"]
            match told["method"]:
                case "Network.requestWillBeSent":
                    self.asked.append(about["request"]["url"])
                case "Network.webSocketCreated":
                    self.asked.append(about["url"])
                case "Network.webSocketFrameReceived" if about["response"]["opcode"] == 2:
                    self.received += base64.b64decode(about["response"]["payloadData"])
                case "Log.entryAdded" if about["entry"]["level"] == "error":
                    self.complaints.append(about["entry"]["text"])
                case "Runtime.exceptionThrown":
                    self.complaints.append(str(about["exceptionDetails"]))

    async def tell(self, method: str, **parameters: object) -> Any:
        """Send the browser a command and return its answer."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, 30)
        assert "error" not in told, told
        return told["result"]

    async def press(self, key: str) -> None:
        """A key, as a keyboard has it."""
        text = {"Enter": "\r"}.get(key, key)
        code = {"Enter": 13}.get(key, ord(key.upper()[0]))
        known = {"key": key, "text": text, "windowsVirtualKeyCode": code}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", **known)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", **known)

    async def picture(self) -> bytes:
        """The visible page as PNG."""
        shot = await self.tell("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def colours(self) -> tuple[int, float]:
        """(number of colours, share of the most frequent one)."""
        script = COUNT % base64.b64encode(await self.picture()).decode()
        # In an isolated world, so that the script neither uses nor changes the page.
        frame = (await self.tell("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await self.tell("Page.createIsolatedWorld", frameId=frame)
        found = await self.tell(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
            contextId=world["executionContextId"],
        )  # fmt: skip
        return tuple(found["result"]["value"])

    async def until(self, true: Callable[[], object], seconds: float = 40.0) -> None:
        """Wait until the condition holds, or fail."""
        end = asyncio.get_running_loop().time() + seconds
        while not true():
            assert asyncio.get_running_loop().time() < end, "waited in vain"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Page]:
    """A fresh browser with that page."""
    assert CHROMIUM is not None
    profile = f"--user-data-dir={folder / 'chromium'}"
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM, *FLAGS, profile, "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert browser.stderr is not None
    try:
        port = 0
        while not port:
            line = (await asyncio.wait_for(browser.stderr.readline(), 60)).decode()
            assert line, "the browser did not start"
            if "DevTools listening on ws://" in line:
                port = int(line.rpartition(":")[2].partition("/")[0])
        draining = asyncio.create_task(browser.stderr.read())
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                [tab] = [tab for tab in await answer.json() if tab["type"] == "page"]
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                for part in ("Network", "Page", "Log", "Runtime"):
                    await page.tell(f"{part}.enable")
                await page.tell("Page.navigate", url=url)
                yield page
        draining.cancel()
    finally:
        if browser.returncode is None:
            browser.terminate()
        await browser.wait()
