"""Open a backbone on servers: find out what they can do before the first sample."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from align_tui.backbones.base import ModelInfo, OnProgress
from align_tui.backbones.server.clients import api_key, open_client, require_package
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import ServerError, ServerUnreachable
from align_tui.core.text.display import one_line

if TYPE_CHECKING:
    from align_tui.backbones.server.backbone import ServerBackbone
    from align_tui.backbones.server.capabilities import Capabilities

RETRIES_AT_START = 2


def open_server(spec: BackboneSpec, progress: OnProgress) -> ServerBackbone:
    """The backbone of the servers that `spec` names; blocks while it probes them.

    Raises MissingPackage, KeyRefused, ServerUnreachable when it can reach none, or ServerError.
    """
    require_package()
    api_key(spec.server)
    from align_tui.backbones.server.backbone import ServerBackbone
    from align_tui.backbones.server.pool import Endpoint

    progress(f"asking {', '.join(hosts(spec))}", None)
    found, missing = asyncio.run(ask_all(spec, progress))
    endpoints = [Endpoint(url, open_client(url, spec)) for url in spec.server.base_urls]
    return ServerBackbone(spec, found, endpoints, describe(spec, found, missing))


def describe(spec: BackboneSpec, found: Capabilities, missing: list[ServerError]) -> ModelInfo:
    """Facts about the model, which a run records."""
    name = one_line(found.model, 120)  # the server chose this text, and screens show it
    notes = [*found.notes, *(f"left out at the start: {error.message}" for error in missing)]
    return ModelInfo(
        name=name if found.schema != "none" else f"{name} (no schema held)",
        identity=f"{found.family}:{name}",
        device=", ".join(hosts(spec)),
        dtype="as served",
        parameters=0,
        notes=tuple(notes),
        facts={"server": found.family, "model": name, "hosts": ", ".join(hosts(spec))},
        side_by_side=spec.server.in_flight * len(spec.server.base_urls),
    )


def hosts(spec: BackboneSpec) -> list[str]:
    """The host and port of every server."""
    return [urlsplit(url).netloc for url in spec.server.base_urls]


async def ask_all(
    spec: BackboneSpec, progress: OnProgress
) -> tuple[Capabilities, list[ServerError]]:
    """What all servers can do, and the errors of servers that cannot be reached."""
    from align_tui.backbones.server.capabilities import weakest

    answers = await asyncio.gather(
        *(_ask_one(url, spec, progress) for url in spec.server.base_urls), return_exceptions=True
    )
    found, missing = [], []
    for answer in answers:
        if isinstance(answer, ServerUnreachable):
            missing.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    if not found:
        raise missing[0]
    return weakest(found), list[ServerError](missing)


async def _ask_one(url: str, spec: BackboneSpec, progress: OnProgress) -> Capabilities:
    from align_tui.backbones.server.pool import Endpoint, Pool
    from align_tui.backbones.server.probe import examine
    from align_tui.backbones.server.retries import ask_until_answered

    whose = f"{urlsplit(url).netloc}: " if len(spec.server.base_urls) > 1 else ""

    def on_wait(reason: str) -> None:
        progress(f"{whose}{reason}" if reason else f"asking {', '.join(hosts(spec))}", None)

    client = open_client(url, spec)
    try:
        pool = Pool([Endpoint(url, client)], 1, on_wait)
        return await ask_until_answered(
            pool,
            spec.model,
            min(RETRIES_AT_START, spec.server.retries),
            lambda endpoint: examine(endpoint, spec),
        )
    finally:
        await client.close()
