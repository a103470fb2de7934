"""`[[target]]` of a profile: an attribute with a number, a distribution or random effects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import Unit
from align_tui.core.targets import (
    Distribution,
    Kernel,
    RandomEffects,
    Target,
    TargetValue,
    value_to_json,
)
from align_tui.core.types import Json

MAX_SAMPLES = 10_000
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Parameter = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class ParametersSpec(Strict):
    """`parameters` of a target: align-system's random-effects model of one person."""

    intercept: Parameter
    medical_weight: Parameter
    attr_weight: Parameter


class TargetSpec(Strict):
    """An attribute with a `value` (0..1), the `samples` of a distribution, or `parameters`.

    `bandwidth` (above 0) is that of the `kernel` over the samples (each 0..1), and `name` is a
    short name of the distribution. `parameters` (random effects) may stand beside a `value`.
    `weight` (above 0) says how much the attribute counts beside others, if the alignment function
    takes weights.
    """

    attribute: str = Field(min_length=1, max_length=200)
    value: Unit | None = None
    samples: tuple[Unit, ...] = Field((), max_length=MAX_SAMPLES)
    bandwidth: Positive | None = None
    kernel: Kernel = "gaussian"
    parameters: ParametersSpec | None = None
    name: str = Field("", max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
    weight: Positive = 1.0

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.value is None and not self.samples and self.parameters is None:
            raise ValueError(
                "a target needs a value (0 to 1), samples and their bandwidth, or parameters"
            )
        described = self.bandwidth or self.name or self.kernel != "gaussian"
        if self.value is not None and (self.samples or described):
            raise ValueError("a target with a value cannot have samples, bandwidth, kernel or name")
        if self.parameters is not None and (self.samples or described):
            raise ValueError("a target with parameters cannot have samples, a kernel or a name")
        if self.samples and self.bandwidth is None:
            raise ValueError("a target with samples needs a bandwidth")
        return self

    @model_serializer(mode="wrap")
    def _as_it_was(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out keys with defaults, so that hashes of older profiles do not change."""
        return {
            key: value
            for key, value in dump(self).items()
            if value != TargetSpec.model_fields[key].default and (key != "samples" or value)
        }

    @property
    def target(self) -> Target:
        """The target as a core value."""
        return Target(self.attribute, self._core_value, self.weight)

    @property
    def _core_value(self) -> TargetValue:
        if self.parameters is not None:
            return RandomEffects(**self.parameters.model_dump(), value=self.value)
        if self.value is not None:
            return self.value
        assert self.bandwidth is not None
        return Distribution(self.samples, self.bandwidth, self.name, self.kernel)


def target_table(target: Target) -> dict[str, Json]:
    """The `[[target]]` table of a target; `TargetSpec` reads an equal one back."""
    table: dict[str, Json] = {"attribute": target.attribute, **value_to_json(target.value)}
    return table if target.weight == 1.0 else table | {"weight": target.weight}


def target_tables(targets: Iterable[Target]) -> list[dict[str, Json]]:
    """The `target` key of a profile's table."""
    return [target_table(target) for target in targets]
