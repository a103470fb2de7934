"""Render the prompt that asks for a distribution over a scenario's options."""

from __future__ import annotations

from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_turns, template_values
from align_tui.config.prompts.target_text import target_values
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

SYSTEM = """\
You estimate how a group of people would answer a question of opinion.
{% for target in targets %}
The group: {{ target.name }}. {{ target.definition }} {{ target.stance }}
{% endfor %}
{% for group in groups %}
The group: {{ group }}.
{% endfor %}
{% if not targets and not groups %}
The group: people in general.
{% endif %}
{{ instruction }}"""

USER = """\
{{ scenario.text }}

Options:
{% for option in options %}{{ option.letter }}. {{ option.text }}
{% endfor %}"""

INSTRUCTIONS = {
    "before": "Reason step by step in a few sentences, then give for each option the percentage "
    "of the group that would choose it. The percentages add up to 100. Answer in JSON with the "
    'keys "reasoning" and "percentages", which has a whole number for the letter of each option.',
    "none": "Give for each option the percentage of the group that would choose it. The "
    'percentages add up to 100. Answer in JSON with the key "percentages", which has a whole '
    "number for the letter of each option.",
}


def render_stated(
    profile: Profile, scenario: Scenario, targets: Targets, attributes: Attributes, reasoning: str
) -> tuple[Message, ...]:
    """The system and user turns; raises ConfigError.

    A target's group that an attribute pack defines is told by its definition and stance; any other
    by its name (`groups` of a template), which is how files of surveys name it.
    """
    defined = tuple(target for target in targets if attributes.get(target.attribute) is not None)
    names = [target.attribute for target in targets if target not in defined]
    values = template_values(scenario, range(len(scenario.choices))) | {
        "targets": target_values(defined, attributes),
        "groups": names,
        "instruction": INSTRUCTIONS[reasoning],
    }
    return render_turns(profile, SYSTEM, USER, values)
