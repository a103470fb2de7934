"""`[backbone.server]`: the addresses of OpenAI-compatible servers, and how to ask them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.config.reading.bounded_toml import as_json
from align_tui.config.reading.toml import Strict


def _checked(url: str) -> str:
    """The URL without a slash at its end; raises ValueError if it is invalid or has a secret.

    The message does not quote the URL, which may have a key.
    """
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("must be like http://localhost:8000/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError(
            "must not contain a password, key or query: name a variable in api_key_env"
        )
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_checked)]
LONGEST_REPLY_S = 1800.0
JsonTable = Annotated[dict[str, Any], AfterValidator(as_json)]
"""A table of JSON values that are passed on and stored with every run."""

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class ServerSpec(Strict):
    """Servers of one model; each request goes to the one with the fewest requests.

    `dialect` says how to send a server the schema and the beginning of a reply; `auto` asks the
    server. `extra` is added to the body of every request. Keys are never stored: `api_key_env`
    names the variable.
    """

    base_urls: tuple[Url, ...] = Field((), max_length=256)
    dialect: Literal["auto", "openai", "vllm", "sglang"] = "auto"
    api_key_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,100}$")
    in_flight: int = Field(32, ge=1, le=4096)
    retries: int = Field(5, ge=0, le=100)
    connect_s: Seconds = 10.0
    first_text_s: Seconds = 600.0
    stall_s: Seconds = 60.0
    total_s: Seconds = LONGEST_REPLY_S
    extra: JsonTable = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _as_before(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a default `total_s`, so that hashes of older profiles do not change."""
        made: dict[str, Any] = serialise(self)
        if self.total_s == LONGEST_REPLY_S:
            made.pop("total_s", None)
        return made
