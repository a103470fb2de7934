"""Pydantic fields whose class is looked up in a registry, by a name in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    PydanticKnownError,
    core_schema,
)

from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry

T = TypeVar("T")
STORED = {"stored": True}
"""The validation context for stored tables: a class that is not installed gets a stand-in."""


@dataclass(frozen=True)
class ClassByName(Generic[T]):
    """Marks an `Annotated` field whose class the registry has under the name at `key`.

    `class_of` returns the class of an entry; `base` is the base class of all, and `stand_in` the
    class of a stored table whose entry is not installed, or no longer takes its keys.
    """

    key: str
    registry: Registry[T]
    class_of: Callable[[T], type[BaseModel]]
    base: type[BaseModel]
    stand_in: type[BaseModel]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # Without its own schema for serialising, a value is serialised by its own class.
        return core_schema.with_info_plain_validator_function(self._read)

    def model_for(self, table: object) -> type[BaseModel] | None:
        """The class for the table; None if the name is missing, unknown or broken."""
        name = table.get(self.key) if isinstance(table, Mapping) else None
        try:
            return self.class_of(self.registry.get(name)) if isinstance(name, str) else None
        except ConfigError:
            return None

    def _read(self, table: object, info: ValidationInfo) -> BaseModel:
        """Validate the table by its class; raises pydantic's errors, which name the faulty key."""
        if isinstance(table, self.base):
            return table
        if not isinstance(table, Mapping):
            raise PydanticKnownError("model_attributes_type")
        name = table.get(self.key)
        if name is None:
            missing = InitErrorDetails(type="missing", loc=(self.key,), input=table)
            raise ValidationError.from_exception_data(self.base.__name__, [missing])
        is_stored = bool(info.context) and info.context == STORED
        if is_stored and not (isinstance(name, str) and name in self.registry.entries):
            return self._read_stored(table)
        return self._class_of(name).model_validate(table, context=info.context)

    def _class_of(self, name: object) -> type[BaseModel]:
        if not isinstance(name, str) or name not in self.registry:
            known: dict[str, Any] = {
                "discriminator": f"'{self.key}'",
                "tag": str(name),
                "expected_tags": ", ".join(f"'{each}'" for each in self.registry),
            }
            raise PydanticKnownError("union_tag_invalid", known)
        try:
            return self.class_of(self.registry.get(name))
        except ConfigError as error:  # an installed package is broken
            context = {"message": error.message, "hint": error.hint}
            raise PydanticCustomError("broken_plugin", "{message}", context) from error

    def _read_stored(self, table: Mapping[str, Any]) -> BaseModel:
        """Validate a table of another package by its class, or by the stand-in if that fails."""
        model = self.model_for(table)
        try:
            return (model or self.stand_in).model_validate(table, context=STORED)
        except ValidationError:
            return self.stand_in.model_validate(table, context=STORED)
