"""Value types that several tables of a profile share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""The name of a role: `judge`, `rater`, ..."""
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


def without_code(dumped: dict[str, Any]) -> dict[str, Any]:
    """Leave out an empty `code_sha256`, so that hashes of older profiles do not change."""
    if not dumped.get("code_sha256", True):
        del dumped["code_sha256"]
    return dumped
