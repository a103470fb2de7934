"""Shared by the checks of raters: run a real decision-maker on a case with a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from align_tui.adms.registry import make_adm
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.decisions import Decision
from align_tui.core.predictions import Predictions
from align_tui.core.scenarios import Scenario

from ..families.compare import lists_differ, values_differ
from ..rating_script import ScriptedLlm

T = TypeVar("T")


def attribute(name: str, **scoring: Any) -> Attribute:
    """An attribute of a case, with texts of no importance."""
    return Attribute(name, f"<{name}>", "A definition.", "High.", "Low.", **scoring)


def run(task: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; the first error of a group is raised as itself."""

    async def alone() -> T:
        try:
            return await task
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group

    return asyncio.run(alone())


def decided(
    llm: ScriptedLlm,
    scenario: Scenario,
    adm: Mapping[str, Any],
    targets: Sequence[Mapping[str, Any]],
    known: Attributes,
    **tables: Any,
) -> Decision:
    """The decision of a profile with these tables."""
    body = {"name": "case", "adm": adm, "target": list(targets), **tables}
    profile = Profile.model_validate(body)
    made = make_adm(profile, known)

    async def decide() -> Decision:
        return await made(scenario, profile.target, llm)

    return run(decide())


def scores_differ(
    choices: Sequence[str], predictions: Predictions, expected: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """The differences of predictions from {choice: {attribute: samples}}."""
    ours = {choice: row for choice, row in zip(choices, predictions, strict=True) if row}
    differs = values_differ("scored choices", sorted(expected), sorted(ours))
    for choice, row in expected.items():
        found = ours.get(choice, {})
        differs += values_differ(f"attributes of {choice!r}", sorted(row), sorted(found))
        for name, samples in row.items():
            if name in found:
                what = f"samples of {choice!r}, {name}"
                differs += lists_differ(what, samples, found[name].samples)
    return differs


def reasons_differ(
    choices: Sequence[str], predictions: Predictions, expected: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """The differences of reasons from {choice: {attribute: reasons}}."""
    ours = dict(zip(choices, predictions, strict=True))
    return [
        difference
        for choice, row in expected.items()
        for name, reasons in row.items()
        for difference in values_differ(
            f"reasons of {choice!r}, {name}", list(reasons), list(ours[choice][name].reasons)
        )
    ]
