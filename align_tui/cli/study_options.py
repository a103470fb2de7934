"""The options that describe a study, in one place for `run`, `serve` and the screen."""

# No `from __future__ import annotations`: with it Typer evaluates every annotation from its text,
# which makes --help a tenth slower.

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from align_tui.cli.shared_options import (
    Backbones,
    Cluster,
    Limit,
    Margin,
    Order,
    Overrides,
    Profiles,
    Repeat,
    Rule,
    Scale,
    Scenarios,
    ScoredOnly,
    StudyFile,
    Targets,
)

if TYPE_CHECKING:
    from align_tui.config.options import Options

Command = Callable[..., None]


def collect(
    study: StudyFile = None,
    profile: Profiles = None,
    scenarios: Scenarios = None,
    target: Targets = None,
    backbone: Backbones = None,
    override: Overrides = None,
    limit: Limit = None,
    scored_only: ScoredOnly = False,
    repeat: Repeat = None,
    order: Order = None,
    scoring: Rule = None,
    cluster: Cluster = None,
    scale: Scale = None,
    margin: Margin = None,
) -> "Options":
    """The options in one value. Raises ConfigError for a value that no study can have."""
    from align_tui.cli.option_values import study_options

    return study_options(
        study,
        profiles=profile,
        scenarios=scenarios,
        targets=target,
        backbones=backbone,
        overrides=override,
        limit=limit,
        repeat=repeat,
        order=order,
        scored_only=scored_only,
        scoring=scoring,
        cluster=cluster,
        scale=scale,
        margin=margin,
    )


def takes_study(study: object = StudyFile) -> Callable[[Command], Command]:
    """Give a command the parameters of `collect` in place of its parameter `options`.

    The command gets their value as `options`. Typer reads the signature, so --help lists each
    option. `study` is the annotation of the study's own parameter.
    """

    def decorate(command: Command) -> Command:
        expected = dict(inspect.signature(collect).parameters)
        expected["study"] = expected["study"].replace(annotation=study)
        parameters: list[inspect.Parameter] = []
        for name, parameter in inspect.signature(command).parameters.items():
            parameters += expected.values() if name == "options" else [parameter]

        @functools.wraps(command)
        def with_options(**values: Any) -> None:
            given = {name: values.pop(name) for name in expected}
            command(**values, options=collect(**given))

        # Typer asks both: the signature for the order, the annotations for the types.
        with_options.__dict__["__signature__"] = inspect.Signature(parameters)
        with_options.__annotations__ = {each.name: each.annotation for each in parameters}
        return with_options

    return decorate
