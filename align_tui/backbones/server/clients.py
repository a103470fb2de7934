"""Make the clients of a profile's servers, with their key and limits."""

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
"""They log answers' headers, which may contain a key, when a user sets OPENAI_LOG."""
NO_KEY = "none"
"""Sent when no key is needed; otherwise the client would send OPENAI_API_KEY to any server."""


def require_package() -> None:
    """Raise MissingPackage unless the `server` extra is installed."""
    try:
        import openai  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"Reaching model servers needs the package openai: {error}",
            "Install it: pip install 'align-tui[server]' (in a checkout: "
            "pip install -e '.[server]').",
        ) from error


def api_key(spec: ServerSpec) -> str:
    """The key from the variable that the profile names; raises KeyRefused if it is not set."""
    if spec.api_key_env is None:
        return NO_KEY
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key:
        raise KeyRefused(
            f"The environment variable {spec.api_key_env} is not set where the worker runs",
            "Set it, stop the workers that still run (align-tui workers stop), and start again.",
        )
    if not (key.isascii() and key.isprintable()):
        raise KeyRefused(
            f"The environment variable {spec.api_key_env} contains characters that no key has",
            "A key is ASCII, on one line. Check that you copied nothing else with it.",
        )
    return key


def open_client(url: str, spec: BackboneSpec) -> AsyncOpenAI:
    """A client of one server. It never retries, since retries.py does."""
    import httpx2
    from openai import DefaultAsyncHttpxClient

    from align_tui.backbones.server.event_stream import LenientClient
    from align_tui.backbones.server.response_limits import bound_response

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    server = spec.server
    limits = httpx2.Limits(
        max_connections=server.in_flight + 4, max_keepalive_connections=server.in_flight + 4
    )
    # streaming.py times the reply; these limits bound a single read.
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
            event_hooks={"response": [bound_response]},
        ),
    )
    # OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS may be secrets of another service.
    # The client has no argument that ignores them.
    client.organization = client.project = None
    client._custom_headers = {}
    return client
