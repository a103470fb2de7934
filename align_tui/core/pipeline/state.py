"""The working state of a pipeline. It never changes: each step makes another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from align_tui.core.decisions import Response, UsedExample
from align_tui.core.errors import AdmError
from align_tui.core.pipeline.names import Kind, Name, Rule
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

T = TypeVar("T")
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Given:
    """What a step gives: values by name, and replies, notes and examples for the decision."""

    values: Mapping[Name[Any], object] = field(default_factory=dict)
    responses: tuple[Response, ...] = ()
    notes: tuple[str, ...] = ()
    examples: tuple[UsedExample, ...] = ()

    def put(self, name: Name[T], value: T) -> Given:
        """The same with one more value."""
        return replace(self, values={**self.values, name: value})


@dataclass(frozen=True, slots=True)
class State:
    """The scenario, the targets, and what the steps gave so far.

    `values` keeps the order in which names were first given, `kinds` has their kinds.
    `aliases` maps the names by which a step calls its values to those of the state, where a profile
    renames them for that step.
    """

    scenario: Scenario
    targets: Targets = ()
    values: Mapping[str, object] = field(default_factory=dict)
    responses: tuple[Response, ...] = ()
    notes: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Kind[Any]] = field(default_factory=dict)
    examples: tuple[UsedExample, ...] = ()

    def find(self, name: Name[T]) -> T | None:
        """The value under a name; None if no step gave it. Raises AdmError for another kind."""
        here = self.aliases.get(name.name, name.name)
        value = self.values.get(here)
        if value is not None and (found := name.kind.unfit(value)):
            raise AdmError(
                f"Under {here!r} there is {found}, not {name.kind.name}",
                "An earlier step gave a value of another kind than it says.",
            )
        return cast("T | None", value)

    def get(self, name: Name[T]) -> T:
        """The value under a name; raises AdmError if no step gave it."""
        value = self.find(name)
        if value is None:
            raise AdmError(f"No earlier step gave {self.aliases.get(name.name, name.name)!r}")
        return value

    def seen_as(self, aliases: Mapping[str, str]) -> State:
        """The state as a step sees it whose names are renamed by `aliases`."""
        return replace(self, aliases=aliases)

    def with_given(
        self, given: Given, rule: Rule = "replace", names: Mapping[str, str] = _EMPTY
    ) -> State:
        """The state after a step; where it gives a name again, `rule` makes one value of both.

        `names` maps the step's own names to those of the state.
        """
        values, kinds = dict(self.values), dict(self.kinds)
        for name, value in given.values.items():
            here = names.get(name.name, name.name)
            kind = self.kinds.get(name.like, name.kind)
            values[here] = kind.merged(rule, values[here], value) if here in values else value
            kinds[here] = kind
        return replace(
            self,
            values=MappingProxyType(values),
            kinds=MappingProxyType(kinds),
            responses=(*self.responses, *given.responses),
            notes=(*self.notes, *given.notes),
            examples=(*self.examples, *given.examples),
        )
