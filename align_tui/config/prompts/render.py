"""Render the prompt of a decision from the default templates or the profile's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from jinja2 import StrictUndefined, Template

from align_tui.config.profile import Profile
from align_tui.config.prompts.sandbox import BoundedEnvironment, TemplateTrouble, compiled, rendered
from align_tui.config.prompts.styles import style_of
from align_tui.config.prompts.target_text import target_values
from align_tui.core.answers import letter
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.errors import ConfigError
from align_tui.core.people import in_one_line, is_told
from align_tui.core.scenarios import Character, Scenario
from align_tui.core.targets import Targets

# A template sees dicts of strings and numbers only, never objects of the program.
_SANDBOX = BoundedEnvironment(undefined=StrictUndefined, autoescape=False)
_SANDBOX.meter_all()
TEMPLATE_HINT = (
    "Templates may use scenario.text, characters, supplies, choices, options, targets and "
    "instruction."
)


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return compiled(_SANDBOX, template)


def check_template(template: str, where: str) -> None:
    """Raise ConfigError, with the line, if `template` is not valid Jinja."""
    try:
        _compiled(template)
    except TemplateTrouble as error:
        raise _as_config_error(error, where) from error


def render_template(
    template: str, where: str, values: dict[str, object], hint: str = TEMPLATE_HINT
) -> str:
    """Fill a template with `values`, in the sandbox; raises ConfigError with line and `hint`."""
    try:
        return rendered(_compiled(template), values).strip()
    except TemplateTrouble as error:
        raise _as_config_error(error, where, hint) from error


def _as_config_error(error: TemplateTrouble, where: str, hint: str = TEMPLATE_HINT) -> ConfigError:
    place = f"{where}, template line {error.line}" if error.line else where
    return ConfigError(f"{place}: {error.message}", hint)


def _person(character: Character, scenario: Scenario) -> dict[str, object]:
    """A person for a template: `line` is name and text in one line.

    `told` says that the scenario's text already describes the person.
    """
    return {
        "id": character.id,
        "name": character.name or character.id,
        "text": character.text,
        "facts": dict(character.facts),
        "line": in_one_line(character),
        "told": is_told(character, scenario.text),
    }


def render_messages(
    profile: Profile,
    scenario: Scenario,
    targets: Targets,
    attributes: Attributes,
    reasoning: str = "before",
    *,
    order: Sequence[int] | None = None,
) -> tuple[Message, ...]:
    """Render the system and user turns for one decision.

    `order` has the indices of the choices in the order in which they are shown; the scenario's by
    default. The profile's `prompt_style` has the templates that its own do not replace.

    `targets` are those that the prompt states: none for a baseline. The text of a scenario is
    inserted as text, never as a template.
    """
    style = style_of(profile.prompt.prompt_style)
    values = template_values(scenario, order or range(len(scenario.choices))) | {
        "targets": target_values(targets, attributes),
        "instruction": style.instructions[reasoning],
    }
    return render_turns(profile, style.aligned if targets else style.baseline, style.user, values)


def template_values(scenario: Scenario, order: Sequence[int]) -> dict[str, object]:
    """What a template sees of a scenario, whose choices are in that order."""
    shown = [scenario.choice_texts[index] for index in order]
    return {
        "scenario": {"text": scenario.text.strip(), "title": scenario.title},
        "characters": [_person(each, scenario) for each in scenario.characters],
        "supplies": list(scenario.supplies),
        "choices": shown,
        "options": [
            {"letter": letter(i), "index": i, "text": text} for i, text in enumerate(shown)
        ],
    }


def render_turns(
    profile: Profile, system: str, user: str, values: dict[str, object]
) -> tuple[Message, ...]:
    """The turns from these templates, or from the profile's own in their place."""
    where, own = f"profile {profile.name}", profile.prompt
    told = render_template(
        system if own.system is None else own.system, f"{where}: prompt.system", values
    )
    asked = render_template(user if own.user is None else own.user, f"{where}: prompt.user", values)
    turns = (Message("user", asked),)
    return (Message("system", told), *turns) if told else turns
