"""Registries: what this program offers under a name, with what installed packages add to it."""

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
    """What `module:attribute` names; the module is imported, and raises whatever it raises."""
    module, _, attribute = reference.partition(":")
    found: object = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Things of one `kind` by name; each is imported when it is asked for, and not before.

    `entries` maps a name to `module:attribute` of ours. Other packages add theirs by entry points
    of `group` (PyPA's entry points specification); ours go first, so that no package can replace
    one. `of` is the type that every thing is an instance of; another is refused.
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

    def refresh(self) -> None:
        """Look for packages anew: one was installed, or removed, since."""
        self.__dict__.pop("_foreign", None)

    def __iter__(self) -> Iterator[str]:
        """The names: ours in their order, then those of other packages by name."""
        return iter((*self.entries, *sorted(self._foreign)))

    def __contains__(self, name: object) -> bool:
        return name in self.entries or name in self._foreign

    def get(self, name: str) -> T:
        """The thing of that name; raises ConfigError for an unknown or a broken one."""
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
                f"An entry point of {self.group!r} names another kind of object.",
            )
        return found

    def loaded(self) -> Iterator[tuple[str, T]]:
        """Everything with its name, ours first; what another package fails to bring is left out."""
        for name in self:
            try:
                yield name, self.get(name)
            except ConfigError:
                continue

    def unknown(self, name: str) -> ConfigError:
        """The error for a name that nothing has, with the nearest one."""
        names = list(self)
        near = close_to(name, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."
        return ConfigError(f"There is no {self.kind} {name!r}", hint)
