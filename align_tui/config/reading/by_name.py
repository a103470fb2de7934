"""Tables whose class is found in a registry, by a name that stands in the table."""

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
"""The validation context of what a database holds: what is missing here gets a stand-in."""


@dataclass(frozen=True)
class ClassByName(Generic[T]):
    """Says of an `Annotated` field that its class is the registry's, for the name at `key`.

    `class_of` gives the class of an entry; `base` is the class of all of them, `stand_in` the one
    of a stored table whose entry is not installed here, or no longer takes its keys.
    """

    key: str
    registry: Registry[T]
    class_of: Callable[[T], type[BaseModel]]
    base: type[BaseModel]
    stand_in: type[BaseModel]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # It has no schema of its own for writing, so a value is written by its own class.
        return core_schema.with_info_plain_validator_function(self._read)

    def model_for(self, table: object) -> type[BaseModel] | None:
        """The class of that table; None where its name is missing, unknown or broken."""
        name = table.get(self.key) if isinstance(table, Mapping) else None
        try:
            return self.class_of(self.registry.get(name)) if isinstance(name, str) else None
        except ConfigError:
            return None

    def _read(self, table: object, info: ValidationInfo) -> BaseModel:
        """The table as its class; raises pydantic's errors, which name the key at fault."""
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
        return self._class_of(name).model_validate(table)

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
            said = {"said": error.message, "hint": error.hint}
            raise PydanticCustomError("broken_plugin", "{said}", said) from error

    def _read_stored(self, table: Mapping[str, Any]) -> BaseModel:
        """What another package brought: by its class where that is here and takes the table."""
        model = self.model_for(table)
        try:
            return (model or self.stand_in).model_validate(table)
        except ValidationError:
            return self.stand_in.model_validate(table)
