"""Clients of a profile's servers: the package they need, the key they send, their limits."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.server import ServerSpec
from align_tui.core.errors import KeyRefused, MissingPackage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LOGGERS = ("openai", "httpx2", "httpcore2")
"""They log the heads of answers where a user's OPENAI_LOG asks for it, and a key may be in them."""
NO_KEY = "none"
"""Sent where no key is wanted: the client would else take OPENAI_API_KEY to a stranger."""


def require_package() -> None:
    """Raise MissingPackage unless the `server` extra is installed."""
    try:
        import openai  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"Model servers are reached through the package openai: {error}",
            "Install it: pip install 'align-tui[server]', in a checkout: pip install '.[server]'",
        ) from error


def api_key(spec: ServerSpec) -> str:
    """The key from the variable that the profile names; raises KeyRefused when it is not set."""
    if spec.api_key_env is None:
        return NO_KEY
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key:
        raise KeyRefused(
            f"The environment variable {spec.api_key_env} is not set where the worker runs",
            "Set it and start again; a worker that is still running has to end first.",
        )
    if not (key.isascii() and key.isprintable()):
        raise KeyRefused(
            f"The environment variable {spec.api_key_env} holds characters that no key has",
            "It has to be ASCII, on one line. Was something else copied with the key?",
        )
    return key


def open_client(url: str, spec: BackboneSpec) -> AsyncOpenAI:
    """A client of one server. Retries are ours (see asking.py), so it has none of its own."""
    import httpx2
    from openai import DefaultAsyncHttpxClient

    from align_tui.backbones.server.event_stream import LenientClient
    from align_tui.backbones.server.response_limits import look_at

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    server = spec.server
    limits = httpx2.Limits(
        max_connections=server.in_flight + 4, max_keepalive_connections=server.in_flight + 4
    )
    # Reading is watched by the clocks of streaming.py; a read never takes longer than these.
    timeout = httpx2.Timeout(server.first_text_s + server.stall_s, connect=server.connect_s)
    client = LenientClient(
        base_url=url,
        api_key=api_key(server),
        max_retries=0,
        timeout=timeout,
        http_client=DefaultAsyncHttpxClient(
            limits=limits,
            timeout=timeout,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [look_at]},
        ),
    )
    # What it read from OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS is for another
    # service, and may open it; the client has no argument that says so.
    client.organization = client.project = None
    client._custom_headers = {}
    return client
