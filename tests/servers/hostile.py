"""A server that misbehaves by a script: just enough HTTP and server-sent events, in this loop.

Without a script it answers correctly, from the schema of the request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Act = Callable[["Call"], Awaitable[None]]


@dataclass
class Call:
    """One request, and the means to answer it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: int = 0

    async def head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} So", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self.writer.drain()

    async def json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        await self.head(status, "application/json", headers or {})
        self.writer.write(json.dumps(body).encode())
        await self.writer.drain()

    async def event(self, data: str) -> None:
        self.writer.write(f"data: {data}\n\n".encode())
        await self.writer.drain()

    async def piece(self, text: str | None, finish: str | None = None, **delta: object) -> None:
        content = {} if text is None else {"content": text}
        choice = {"index": 0, "delta": content | delta, "finish_reason": finish}
        await self.event(
            json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})
        )

    async def until_closed(self) -> None:
        """Wait for the client to hang up."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1 << 12):
                pass

    @property
    def schema(self) -> dict[str, Any] | None:
        """The schema in the request, from the key of any dialect."""
        wanted = self.body.get("response_format", {}).get("json_schema", {}).get("schema")
        found: dict[str, Any] | None = wanted or self.body.get("structured_outputs", {}).get("json")
        return found


def fitting(schema: dict[str, Any]) -> str:
    """The first reply that fits one of this program's schemas."""
    made = {k: v["enum"][0] if "enum" in v else "so" for k, v in schema["properties"].items()}
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False)


def say(text: str | None = None, finish: str | None = "stop", gap_s: float = 0.0) -> Act:
    """Stream a text (None: one that fits) in pieces of four characters, and end the stream."""

    async def act(call: Call) -> None:
        said = text if text is not None else fitting(call.schema) if call.schema else "No."
        await call.head(200, "text/event-stream", {})
        for start in range(0, len(said), 4):
            await call.piece(said[start : start + 4])
            await asyncio.sleep(gap_s)
        if finish is not None:
            await call.piece(None, finish)
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        await call.event(json.dumps({"id": "c", "object": "x", "choices": [], "usage": usage}))
        await call.event("[DONE]")

    return act


def status(code: int, message: str = "no", **headers: str) -> Act:
    """Answer with an error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda call: call.json(code, {"error": {"message": message, "code": code}}, named)


def stall(begun: str) -> Act:
    """Send the beginning of a reply and then nothing, until the client hangs up."""

    async def act(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        if begun:
            await call.piece(begun)
        await call.until_closed()

    return act


def hang_up(begun: str = "") -> Act:
    """Close the socket in the middle of a reply, or before it."""

    async def act(call: Call) -> None:
        if begun:
            await call.head(200, "text/event-stream", {"Content-Length": "100000"})
            await call.piece(begun)
        call.writer.transport.abort()

    return act


def events(*data: str) -> Act:
    """Send these events as they are, and end the stream."""

    async def act(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        for each in data:
            await call.event(each)

    return act


def deltas(*each: object, finish: object = "stop", usage: object = None, done: bool = True) -> Act:
    """Send these deltas, one in each chunk; a string is a piece of the content."""

    async def act(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        for delta in each:
            said = {"content": delta} if isinstance(delta, str) else delta
            choice = {"index": 0, "delta": said, "finish_reason": None}
            await call.event(json.dumps({"choices": [choice], "usage": None}))
        if finish is not None:
            choice = {"index": 0, "delta": {}, "finish_reason": finish}
            await call.event(json.dumps({"choices": [choice]}))
        if usage is not None:
            await call.event(json.dumps({"choices": [], "usage": usage}))
        if done:
            await call.event("[DONE]")

    return act


def raw(*parts: bytes) -> Act:
    """Send these bytes, one after the other, as the body of a stream."""

    async def act(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        for part in parts:
            call.writer.write(part)
            await call.writer.drain()
            await asyncio.sleep(0)

    return act


def unframed(*parts: bytes) -> Act:
    """Send these bytes in place of a whole answer, headers included."""

    async def act(call: Call) -> None:
        for part in parts:
            call.writer.write(part)
            await call.writer.drain()

    return act


def endless(head: bytes, part: bytes, gap_s: float = 0.0) -> Act:
    """Send headers, and then the same part without end; counts the bytes in `call.sent`."""

    async def act(call: Call) -> None:
        call.writer.write(head)
        with contextlib.suppress(ConnectionError):
            while not call.writer.is_closing():
                call.writer.write(part)
                await call.writer.drain()
                call.sent += len(part)
                await asyncio.sleep(gap_s)

    return act


def answer(status: int, *lines: str) -> bytes:
    """The headers of an answer that ends with the connection."""
    return "\r\n".join([f"HTTP/1.1 {status} So", *lines, "Connection: close", "", ""]).encode()


EVENTS = answer(200, "Content-Type: text/event-stream")


@dataclass
class Hostile:
    """`script` has the acts for the next requests for a reply; others get a correct answer.

    `listed` has acts for requests for the list of models, `checks` for the replies at the start,
    and `scorings` for token probabilities (its last act stays).
    """

    owner: str = "nobody"
    model: str = "m"
    key: str | None = None
    ignores_schema: bool = False
    refuses: str | None = None  # a key of a schema for which it answers 400
    top: list[tuple[str, float]] | None = None  # the likeliest tokens that it sends
    script: deque[Act] = field(default_factory=deque)
    checks: deque[Act] = field(default_factory=deque)
    scorings: deque[Act] = field(default_factory=deque)
    listed: deque[Act] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)
    busy: int = 0
    most: int = 0
    url: str = ""

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests for replies, without those at the start."""
        return [
            call.body
            for call in self.calls
            if call.path.endswith("/completions") and not _of_the_start(call.body)
        ]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        try:
            call = await _read(reader, writer)
            if call.path.endswith("/health"):  # align-tui looks if it is ready, before a run
                await status(404, "Not Found")(call)
                return
            self.calls.append(call)
            self.most = max(self.most, self.busy)
            await self._answer(call)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client hung up
        finally:
            self.busy -= 1
            writer.close()

    async def _answer(self, call: Call) -> None:
        if self.key is not None and call.headers.get("authorization") != f"Bearer {self.key}":
            given = call.headers.get("authorization", "")
            await status(401, f"Incorrect API key provided: {given}")(call)
        elif call.path.startswith("/page"):
            await call.head(200, "text/html", {})
            call.writer.write(b"<html>Welcome</html>")
        elif call.path.endswith("/models") and self.listed:
            await self.listed.popleft()(call)
        elif call.path.endswith("/models"):
            listed = [{"id": self.model, "object": "model", "owned_by": self.owner, "created": 1}]
            await call.json(200, {"object": "list", "data": listed})
        elif self.refuses and self.refuses in json.dumps(call.schema):
            await status(400, f"unsupported keyword {self.refuses}")(call)
        elif call.body.get("logprobs") and self.scorings:
            await (self.scorings.popleft() if len(self.scorings) > 1 else self.scorings[0])(call)
        elif call.body.get("logprobs"):
            await call.json(200, self._likeliest())
        elif _of_the_start(call.body) and self.checks:
            await self.checks.popleft()(call)
        elif _of_the_start(call.body):
            await say("No." if self.ignores_schema else None)(call)
        elif self.script:
            await self.script.popleft()(call)
        else:
            await say()(call)

    def _likeliest(self) -> dict[str, Any]:
        tops = [{"token": token, "logprob": log, "bytes": None} for token, log in self.top or []]
        content = [{"token": "x", "logprob": -1.0, "bytes": None, "top_logprobs": tops}]
        return {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": self.model,
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "length",
                    "message": {"role": "assistant", "content": "x"},
                    "logprobs": {"content": content} if self.top is not None else None,
                }
            ],
        }


def _of_the_start(body: dict[str, Any]) -> bool:
    asked = json.dumps(body.get("messages", []))
    return "Say no, in plain words" in asked or ("Who is treated?" in asked and "logprobs" in body)


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(first.split()[1], headers, json.loads(raw or b"{}"), reader, writer)


@asynccontextmanager
async def hostile(**settings: Any) -> AsyncIterator[Hostile]:
    """A hostile server on its own port, which stops when the block ends."""
    made = Hostile(**settings)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        server.close()
