"""`[[target]]` of a profile: an attribute with a number or a distribution as its value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import Unit
from align_tui.core.targets import Distribution, Target
from align_tui.core.types import Json

MAX_SAMPLES = 10_000
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class TargetSpec(Strict):
    """An attribute, with a `value` (0..1) or with the `samples` (each 0..1) of a distribution.

    `bandwidth` (above 0) is that of the Gaussian kernel over the samples, and `name` is a short
    name of the distribution. `weight` (above 0) says how much the attribute counts beside others,
    if the alignment function takes weights.
    """

    attribute: str = Field(min_length=1, max_length=200)
    value: Unit | None = None
    samples: tuple[Unit, ...] = Field((), max_length=MAX_SAMPLES)
    bandwidth: Positive | None = None
    name: str = Field("", max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
    weight: Positive = 1.0

    @model_validator(mode="after")
    def _number_or_distribution(self) -> Self:
        if self.value is None and not self.samples:
            raise ValueError("a target needs a value (0 to 1), or samples and their bandwidth")
        if self.value is not None and (self.samples or self.bandwidth or self.name):
            raise ValueError("a target with a value has no samples, no bandwidth and no name")
        if self.samples and self.bandwidth is None:
            raise ValueError("samples need the bandwidth of the kernel over them")
        return self

    @model_serializer(mode="wrap")
    def _as_it_was(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out keys with defaults, so that hashes of older profiles do not change."""
        return {
            key: value
            for key, value in dump(self).items()
            if (key in ("attribute", "value") and value is not None)
            or (key in ("samples", "bandwidth", "name") and value)
            or (key == "weight" and value != 1.0)
        }  # fmt: skip

    @property
    def target(self) -> Target:
        """The target as a core value."""
        if self.value is not None:
            return Target(self.attribute, self.value, self.weight)
        assert self.bandwidth is not None
        return Target(
            self.attribute, Distribution(self.samples, self.bandwidth, self.name), self.weight
        )


def target_table(target: Target) -> dict[str, Json]:
    """The `[[target]]` table of a target; `TargetSpec` reads an equal one back."""
    table: dict[str, Json] = {"attribute": target.attribute}
    if isinstance(target.value, Distribution):
        table |= {"samples": list(target.value.samples), "bandwidth": target.value.bandwidth}
        if target.value.name:
            table["name"] = target.value.name
    else:
        table["value"] = target.value
    return table if target.weight == 1.0 else table | {"weight": target.weight}


def target_tables(targets: Iterable[Target]) -> list[dict[str, Json]]:
    """The `target` key of a profile's table."""
    return [target_table(target) for target in targets]
