"""Find out whether a model server can be asked, and wait for one that still loads its model."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError, KeyRefused, MissingPackage, ServerUnreachable
from align_tui.core.text.display import one_line

ANSWER_S = 3.0
"""How long a server or the hub may take to answer."""
STATUS_S = 1.0
"""How long a server may take to say whether it is ready; a silent one counts as ready."""
WAIT = "ALIGN_TUI_WAIT_FOR_SERVER"
"""The environment variable with the seconds that a start may wait for a server."""
LONGEST_WAIT_S = 86_400.0
EVERY_S = 1.0  # between two looks at a server that is waited for
MOST = 5  # servers that one message names
LOADING = b"503"  # the status of llama.cpp, SGLang and others until their model is loaded
INSTALL = (
    "Install it: pip install 'align-tui[{extra}]' (in a checkout: pip install -e '.[{extra}]')."
)
HINT = "Start the server, or name another one."
WAITABLE = "To wait while the server starts, add --wait-for-server 300 (seconds)."


def allowed_wait_s() -> float:
    """The seconds that a start may wait for a server, from the environment; 0: it does not wait."""
    try:
        wait = float(os.environ.get(WAIT, "0"))
    except ValueError:
        return 0.0
    return min(wait, LONGEST_WAIT_S) if wait > 0 else 0.0


def require_package(package: str, extra: str, what: str) -> None:
    """Raise MissingPackage unless the package of an extra is installed."""
    if find_spec(package) is None:
        raise MissingPackage(
            f"{what} needs the package {package}, which is not installed",
            INSTALL.format(extra=extra),
        )


def check_server(spec: BackboneSpec) -> None:
    """Raise unless the client is installed, the key is set and one of the servers is ready.

    Raises MissingPackage, KeyRefused or ServerUnreachable; only the last may pass by itself.
    """
    require_package("openai", "server", "Reaching model servers")
    variable = spec.server.api_key_env
    if variable is not None and not os.environ.get(variable, "").strip():
        raise KeyRefused(f"The environment variable {variable} is not set", "Set it to the key.")
    urls = spec.server.base_urls
    troubles = []
    for url in urls:
        if not (trouble := trouble_of(url)):
            return
        troubles.append(trouble)
    if not troubles:
        return
    places = ", ".join(one_line(url, 200) for url in urls[:MOST])
    loading = next((each for each in troubles if each.startswith("it ")), "")
    if loading:
        raise ServerUnreachable(f"The server at {places} is not ready: {loading}", WAITABLE)
    raise ServerUnreachable(f"No server answers at {places} ({troubles[0]})", f"{HINT} {WAITABLE}")


def trouble_of(url: str) -> str:
    """Why a server cannot be asked; empty if it can be, or a proxy stands before it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = socket.create_connection((host, port), timeout=ANSWER_S)
    except (OSError, ValueError) as error:
        return one_line(getattr(error, "strerror", None) or str(error), 200)
    path = parts.path.rstrip("/")
    with connection:
        status = _status(connection, parts.scheme, host, f"{path.removesuffix('/v1')}/health")
    return "it answers 503, as a server does while it loads its model" if status == LOADING else ""


def _status(connection: socket.socket, scheme: str, host: str, path: str) -> bytes:
    """The status that a server answers with; empty if it gives none within STATUS_S.

    Only the first line is read, so that no answer can be too long. No key is sent.
    """
    until = time.monotonic() + STATUS_S
    request = f"GET {path or '/'} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    line = b""
    try:
        connection.settimeout(STATUS_S)
        if scheme == "https":
            context = ssl.create_default_context()
            connection = context.wrap_socket(connection, server_hostname=host)
        connection.sendall(request.encode("ascii", "ignore"))
        while b" " not in line.strip() or len(line) < len(b"HTTP/1.1 503"):
            connection.settimeout(max(0.01, until - time.monotonic()))
            piece = connection.recv(64)
            if not piece or time.monotonic() > until:
                break
            line += piece
    except (OSError, ValueError):
        return b""
    words = line[:64].split()
    return words[1] if len(words) > 1 and words[0].startswith(b"HTTP/") else b""


def first_trouble(specs: Sequence[BackboneSpec]) -> BackboneError | None:
    """What the first server that cannot be asked lacks; None if all can be."""
    for spec in specs:
        try:
            check_server(spec)
        except BackboneError as error:
            return error
    return None


def wait_for_servers(
    specs: Sequence[BackboneSpec], seconds: float, report: Callable[[str], None]
) -> None:
    """Wait until all servers can be asked, `seconds` at most; the caller checks them then.

    It calls `report` with a sentence for each new reason. ctrl+c ends it at once: it runs in the
    caller's thread, and every call that blocks can be interrupted.
    """
    until, said = time.monotonic() + seconds, ""
    while isinstance(error := first_trouble(specs), ServerUnreachable):
        left = until - time.monotonic()
        if left <= 0:
            return
        if error.message != said:
            said = error.message
            report(f"{said}. Waiting for it, {left:.0f} s at most (ctrl+c ends the wait)")
        time.sleep(min(EVERY_S, left))
