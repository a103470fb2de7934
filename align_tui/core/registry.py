"""Registries: named entries of this program, and those that installed packages add."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to

T = TypeVar("T")


def resolve(reference: str) -> object:
    """Import the object that `module:attribute` names; any error of the module passes through."""
    module, _, attribute = reference.partition(":")
    found: object = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Entries of one `kind` by name; each is imported on its first use.

    `entries` maps this program's names to `module:attribute`. Other packages add theirs by entry
    points of `group` (PyPA's entry points specification); they cannot replace an entry of this
    program. `of` is the type of every entry; an object of another type is refused.
    """

    kind: str
    group: str
    of: type[T] | tuple[type[T], ...]
    entries: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _foreign(self) -> dict[str, str]:
        # Only here: looking for entry points reads the metadata of every installed package.
        from importlib.metadata import entry_points

        found = {point.name: point.value for point in entry_points(group=self.group)}
        return {name: value for name, value in found.items() if name not in self.entries}

    def foreign(self, name: str) -> str:
        """The `module:attribute` of another package's entry; empty for this program's own."""
        return "" if name in self.entries else self._foreign.get(name, "")

    def refresh(self) -> None:
        """Look for packages again, after one was installed or removed."""
        self.__dict__.pop("_foreign", None)

    def __iter__(self) -> Iterator[str]:
        """The names: this program's in order, then those of other packages, sorted."""
        return iter((*self.entries, *sorted(self._foreign)))

    def __contains__(self, name: object) -> bool:
        return name in self.entries or name in self._foreign

    def get(self, name: str) -> T:
        """The entry of that name; raises ConfigError if it is unknown or broken."""
        value = self.entries.get(name) or self._foreign.get(name)
        if value is None:
            raise self.unknown(name)
        try:
            found = resolve(value)
        except (Exception, SystemExit) as error:  # an import runs another package's module
            if name in self.entries:
                raise
            raise ConfigError(
                f"The {self.kind} {name!r} cannot be loaded from {value}: "
                f"{type(error).__name__}: {error}",
                f"It comes from an installed package (entry point {self.group!r}).",
            ) from error
        if not isinstance(found, self.of):
            raise ConfigError(
                f"The {self.kind} {name!r} ({value}) is a {type(found).__name__}",
                f"An entry point of {self.group!r} must name another type of object.",
            )
        return found

    def loaded(self) -> Iterator[tuple[str, T]]:
        """Every name with its entry, this program's first; broken entries are left out."""
        for name in self:
            try:
                yield name, self.get(name)
            except ConfigError:
                continue

    def unknown(self, name: str) -> ConfigError:
        """The error for an unknown name, with the nearest known one."""
        names = list(self)
        near = close_to(name, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known names: {', '.join(names)}."
        return ConfigError(f"There is no {self.kind} {name!r}", hint)
