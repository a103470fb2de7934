"""An OpenAI-compatible server that answers at once, so that benchmarks measure the client.

    python tools/instant_server.py [seconds between chunks]

It prints its port, and ends when its standard input closes. Its replies fit the requested schema
and come in CHUNKS chunks, as vLLM's do. A request for token probabilities gets twenty tokens.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

CHUNKS = 40
TEXT = " Patient A is hurt worst and did more for the others, so the first hands go there"
WORDS = TEXT.split()
SERVED = {"id": "instant", "object": "model", "created": 1, "owned_by": "vllm"}
NAMED = {"id": "chatcmpl-5f1c0c5e8f7a4b0e", "created": 1795000000, "model": "instant"}


def answer() -> bytes:
    """The most likely next tokens of a begun reply."""
    likely = [(" A", -0.2), (" B", -1.8), *((f" {word}", -9.0) for word in (WORDS + WORDS)[:18])]
    tops = [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in likely]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": " A"},
        "logprobs": {"content": [{**tops[0], "top_logprobs": tops}]},
        "finish_reason": "length",
    }
    made = {**NAMED, "object": "chat.completion", "choices": [choice]}
    return json.dumps({**made, "usage": usage(1)}).encode()


def chunks(body: dict[str, Any]) -> list[bytes]:
    """CHUNKS events with text, then the finish reason, the usage and the end mark."""
    named = {**NAMED, "object": "chat.completion.chunk"}

    def event(made: dict[str, Any]) -> bytes:
        return b"data: " + json.dumps({**named, **made}, separators=(",", ":")).encode() + b"\n\n"

    def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        made = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {"choices": [made]}

    text = reply(body)
    step = -(-len(text) // CHUNKS)
    pieces = [text[i : i + step] for i in range(0, len(text), step)]
    out = [event(choice({"role": "assistant", "content": ""}))]
    out += [event(choice({"content": piece})) for piece in pieces]
    out += [event(choice({}, "stop")), event({"choices": [], "usage": usage(len(pieces))})]
    return [*out, b"data: [DONE]\n\n"]


def reply(body: dict[str, Any]) -> str:
    """A value that fits a schema of strings and enumerations."""
    schema = body.get("structured_outputs", {}).get("json")
    schema = schema or body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is None:
        return " ".join(WORDS)
    made = {}
    for name, part in schema["properties"].items():
        cap = part.get("maxLength", 512)
        made[name] = part["enum"][0] if "enum" in part else " ".join(WORDS + WORDS)[: min(cap, 160)]
    return json.dumps(made, separators=(",", ":"))


def usage(tokens: int) -> dict[str, int]:
    """Token counts, as servers report them."""
    return {"prompt_tokens": 240, "completion_tokens": tokens, "total_tokens": 240 + tokens}


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, between_s: float
) -> None:
    """Serve one connection, request after request."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            body = json.loads(await reader.readexactly(int(length or 0)) or b"{}")
            if head.startswith("get"):
                await whole(writer, json.dumps({"object": "list", "data": [SERVED]}).encode())
            elif body.get("stream"):
                await streamed(writer, chunks(body), between_s)
            else:
                await whole(writer, answer())
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()  # the client is done


async def whole(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Write a JSON response."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(f"{head}\r\n\r\n".encode() + body)
    await writer.drain()


async def streamed(writer: asyncio.StreamWriter, events: list[bytes], between_s: float) -> None:
    """Write server-sent events, one at a time."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"
    writer.write(f"{head}\r\n\r\n".encode())
    for event in events:
        writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        if between_s:
            await writer.drain()
            await asyncio.sleep(between_s)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def main() -> None:
    """Serve until standard input is closed."""
    between_s = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    server = await asyncio.start_server(
        lambda reader, writer: serve(reader, writer, between_s), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # nobody uses the open connections any more


if __name__ == "__main__":
    asyncio.run(main())
