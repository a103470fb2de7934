"""`[backbone.server]`: where OpenAI-compatible servers listen, and how they are asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from align_tui.config.reading.bounded_toml import as_json
from align_tui.config.reading.toml import Strict


def _checked(url: str) -> str:
    """The URL without a slash at its end; ValueError for one that cannot be, or holds a secret.

    Profiles are stored with every run, so what is wrong is said without repeating the URL.
    """
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("must be like http://localhost:8000/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("must hold no password, key or query: name a variable in api_key_env")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_checked)]
LONGEST_REPLY_S = 1800.0
JsonTable = Annotated[dict[str, Any], AfterValidator(as_json)]
"""A table of values that are passed on, and kept with every run: nothing that JSON has not."""

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class ServerSpec(Strict):
    """Servers that serve one model; requests go to the one with the least to do.

    A dialect is how a server is told the schema and how a reply is begun for it; `auto` asks.
    `extra` is added to the body of every request. No key is ever kept, only its variable's name.
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
        """Without `total_s` where it is the default, so that profiles of older runs stay equal."""
        made: dict[str, Any] = serialise(self)
        if self.total_s == LONGEST_REPLY_S:
            made.pop("total_s", None)
        return made
