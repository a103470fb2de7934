"""Types of values that several tables of a profile have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

Unit = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""The role of a model that a decision-maker asks beside its main one."""
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


def without_code(dumped: dict[str, Any]) -> dict[str, Any]:
    """A table without an empty `code_sha256`, so that what runs no code keeps its hash."""
    if not dumped.get("code_sha256", True):
        del dumped["code_sha256"]
    return dumped
