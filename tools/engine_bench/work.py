"""The work of the benchmark: demo scenarios under four profiles, with reasoning of fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.backbones.base import Request
from align_tui.backbones.local.chat import plain_form
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.decisions import Message, Sampling
from align_tui.core.replies import decision_schema
from align_tui.core.targets import Target
from align_tui.core.types import JsonObject, canonical
from align_tui.formats.library import find_scenarios

TARGETS = ("moral_desert", 1.0), ("moral_desert", 0.0), ("fairness", 1.0), ("fairness", 0.0)

# The default prompt without the attribute's definition, for prompts of about 240 tokens.
SYSTEM = """\
You make decisions in situations for which there is no single right answer.
{% for target in targets %}{{ target.stance }}
{% endfor %}{{ instruction }}"""


@dataclass(frozen=True)
class Task:
    """One decision to make: its probe, its profile, its messages and its schema."""

    probe: int
    profile: int
    messages: tuple[Message, ...]
    schema: JsonObject
    choices: tuple[str, ...]

    @property
    def prompt(self) -> str:
        """The prompt as one text, for models without a chat template."""
        return plain_form(self.messages)

    def request(self, sampling: Sampling, engine: str = "batched") -> Request:
        """The request for the program's own backbone."""
        return Request(self.messages, self.schema, sampling, engine)  # type: ignore[arg-type]


def fixed_schema(choices: Sequence[str], characters: int) -> JsonObject:
    """A decision's schema whose reasoning has exactly `characters` characters."""
    schema = decision_schema(choices, "before", characters)
    schema["properties"]["reasoning"]["minLength"] = characters  # type: ignore[index,call-overload]
    return schema


def scenario_tasks(name: str, count: int) -> list[Task]:
    """`count` decisions over a set of scenarios (a name or a file), four profiles a scenario.

    They have the default prompts and schema, as in a study.
    """
    attributes = load_attributes()
    scenarios = find_scenarios(name, attributes).scenarios
    tasks: list[Task] = []
    for probe, scenario in enumerate(scenarios):
        for number, (attribute, value) in enumerate(TARGETS):
            profile = Profile.model_validate(
                {"name": f"{attribute} {value}", "adm": {"kind": "prompt_aligned"}}
            )
            messages = render_messages(profile, scenario, (Target(attribute, value),), attributes)
            choices = scenario.choice_texts
            tasks.append(Task(probe, number, messages, decision_schema(choices), choices))
    return tasks[:count]


def make_tasks(probes: int, characters: int) -> list[Task]:
    """The tasks of probes x 4 profiles; the profiles of a probe are next to each other."""
    attributes = load_attributes()
    scenarios = find_scenarios("demo-triage", attributes).scenarios[:probes]
    tasks = []
    for probe, scenario in enumerate(scenarios):
        for number, (attribute, value) in enumerate(TARGETS):
            profile = Profile.model_validate(
                {
                    "name": f"{attribute} {value}",
                    "adm": {"kind": "prompt_aligned"},
                    "prompt": {"system": SYSTEM},
                }
            )
            messages = render_messages(profile, scenario, (Target(attribute, value),), attributes)
            choices = scenario.choice_texts
            schema = fixed_schema(choices, characters)
            tasks.append(Task(probe, number, messages, schema, choices))
    return tasks


def texts(tasks: Sequence[Task]) -> list[str]:
    """The texts to train a tokenizer on: the prompts, and the replies' frames and choices."""
    frames = [
        canonical({"reasoning": "", "choice": choice}) for task in tasks for choice in task.choices
    ]
    return [*(task.prompt for task in tasks), *frames]
