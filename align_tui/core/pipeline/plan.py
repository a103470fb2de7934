"""Check a pipeline before it runs: each step gets what it takes, and one gives an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from align_tui.core.pipeline.names import ANSWER, ANY, Kind, Name, Rule

Givers = Callable[[Kind[Any]], Sequence[str]]
"""From a kind of value to the names of the registered steps that give it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step of a pipeline as the check sees it.

    `takes` and `gives` have the step's own names; the maps `taken_as` and `given_as` have the names
    of the state in their place, where a profile renames them.
    """

    label: str
    takes: tuple[Name[Any], ...] = ()
    gives: tuple[Name[Any], ...] = ()
    rule: Rule | None = None
    taken_as: Mapping[str, str] = field(default_factory=dict)
    given_as: Mapping[str, str] = field(default_factory=dict)


class PlanError(ValueError):
    """A pipeline that cannot run; its text names the step and the name."""


def check_plan(steps: Sequence[Planned], givers: Givers) -> dict[str, Kind[Any]]:
    """The names that the state has at the end, with their kinds. Raises PlanError."""
    known: dict[str, Kind[Any]] = {}
    for number, step in enumerate(steps, start=1):
        where = f"step {number} ({step.label})"
        _check_names(step, where)
        for name in step.takes:
            _check_taken(name, step.taken_as.get(name.name, name.name), known, where, givers)
        given = {
            step.given_as.get(name.name, name.name): known[name.like] if name.like else name.kind
            for name in step.gives
        }
        for here, kind in given.items():
            if here in known and known[here] != kind:
                raise PlanError(
                    f"{where} gives {kind.name} as {here!r}, under which there is "
                    f'{known[here].name}; give it another name: gives = {{ {here} = "..." }}'
                )
        if step.rule not in (None, "replace") and not any(
            step.rule in kind.rules for kind in given.values()
        ):
            raise PlanError(f"{where} gives nothing to which conflict = {step.rule!r} applies")
        known |= given
    if known.get(ANSWER.name) != ANSWER.kind:
        raise PlanError(f"no step gives an answer; steps that do: {_list(givers(ANSWER.kind))}")
    return known


def _check_names(step: Planned, where: str) -> None:
    for key, names, renamed in (
        ("takes", step.takes, step.taken_as),
        ("gives", step.gives, step.given_as),
    ):
        own = [name.name for name in names]
        for name in renamed:
            if name not in own:
                raise PlanError(f"{where} has {key}.{name}, but it {key} {_list(own) or 'nothing'}")


def _check_taken(
    name: Name[Any], here: str, known: Mapping[str, Kind[Any]], where: str, givers: Givers
) -> None:
    if here not in known:
        if not name.needed:
            return
        found = givers(name.kind) if name.kind != ANY else ()
        hint = f"; steps that give {name.kind.name}: {_list(found)}" if found else ""
        raise PlanError(f"{where} takes {here!r}, which no step before it gives{hint}")
    if name.kind not in (ANY, known[here]):
        raise PlanError(
            f"{where} takes {name.kind.name} from {here!r}, but that is {known[here].name}"
        )


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
