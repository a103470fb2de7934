"""Prompts in which a model rates choices or people, from our templates or a profile's own.

`system` and `user` of a rater's `[adm]` table replace the two templates that ask for scores; those
that ask for outcomes or relevance stay ours. `[prompt]` is not used: it asks for a choice, and a
named backbone may bring one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from align_tui.config.prompts.render import render_template
from align_tui.core.attributes import Anchor, Attribute
from align_tui.core.rating_replies import Reasons
from align_tui.core.scenarios import Scenario

HINT = (
    "A template that asks for scores may use attribute, anchors, scenario.text, people, choices "
    "(each with key, text and outcome) and instruction."
)

# The sandbox drops the first newline after a block, as `{% if %}` on a line of its own wants it.
_SCALE = """\
{{ attribute.definition }}

Scores are whole numbers from {{ attribute.minimum }} to {{ attribute.maximum }}.\
{% if stances %} The highest fits this stance: {{ attribute.high }} The lowest fits this one: \
{{ attribute.low }}{% endif %}


{% if anchors %}
Some scores and what they stand for:
{% for anchor in anchors %}
- {{ anchor.score }}: {{ anchor.text }}
{% endfor %}

{% endif %}
"""

COMPARATIVE_SYSTEM = (
    """\
You rate how much each response to a situation expresses {{ attribute.name }}. """
    + _SCALE
    + """\
Weigh all responses against each other before you score them. {{ instruction }}"""
)

_SITUATION = """\
{{ scenario.text }}

{% if people %}
The people concerned:
{% for person in people %}
- {{ person }}
{% endfor %}

{% endif %}
Responses:
{% for choice in choices %}
- {{ choice.key }}\
{% if choice.key != choice.text %}: {{ choice.text }}{% endif %}\
{% if choice.outcome %} (expected outcome: {{ choice.outcome }}){% endif %}

{% endfor %}

"""

COMPARATIVE_USER = (
    _SITUATION
    + """\
Score every response for {{ attribute.name }}."""
)

OUTCOMES_SYSTEM = """\
You foresee what responses to a situation lead to. For each response, say in one sentence what \
would most likely come of it. Answer in JSON: an object for every response, named as the list \
names it, with the key "predicted_outcome"."""

OUTCOMES_USER = (
    _SITUATION
    + """\
What would come of each response?"""
)

RELEVANCE_SYSTEM = """\
You judge whether {{ attribute.name }} matters to a response to a situation. \
{{ attribute.definition }}

It matters to a response if someone who values it highly and someone who values it little would \
think differently of that response. Answer in JSON: an object for every response, named as the \
list names it, with the keys "reasoning" (a sentence or two) and "relevant" ("yes" or "no")."""

RELEVANCE_USER = (
    _SITUATION
    + """\
To which responses does {{ attribute.name }} matter?"""
)

ONE_SYSTEM = (
    """\
You rate one {{ subject }} by {{ attribute.name }}. """
    + _SCALE
    + """\
{% if anchors %}
Find what comes nearest, and score between the descriptions where none fits. \
{% endif %}
{{ instruction }}"""
)

ONE_USER = """\
{% if situation %}
{{ situation }}

{% endif %}
{% if choice %}
The response: {{ choice.text }}
{% endif %}
{{ person }}"""

INSTRUCTIONS: Mapping[Reasons, str] = {
    "shared": 'Answer in JSON: first "reasoning", a few sentences about all responses, then an '
    'object for every response, named as the list names it, with the key "score".',
    "per_choice": "Answer in JSON: an object for every response, named as the list names it, with "
    'the keys "reasoning" (a few sentences) and "score".',
    "none": "Answer in JSON: an object for every response, named as the list names it, with the "
    'key "score".',
}
ONE_INSTRUCTION = 'Answer in JSON with the keys "reasoning" (a few sentences) and "score".'


@dataclass(frozen=True, slots=True)
class Listed:
    """A choice as a prompt lists it: its name in the reply, its text, and its outcome if known."""

    key: str
    text: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class RatingPrompts:
    """The prompts of one profile; `where` names it in errors.

    `system` and `user` are the profile's own templates; None stands for ours.
    """

    where: str
    system: str | None = None
    user: str | None = None

    def comparative(
        self,
        scenario: Scenario,
        attribute: Attribute,
        choices: Sequence[Listed],
        people: Sequence[str] = (),
        *,
        reasons: Reasons = "shared",
        anchors: bool = True,
    ) -> tuple[str, str]:
        """The system and the user text that ask for a score of every choice."""
        values = _values(scenario, choices, people) | {
            "attribute": _attribute(attribute),
            "anchors": _anchors(attribute.anchors if anchors else ()),
            "stances": True,
            "instruction": INSTRUCTIONS[reasons],
        }
        return self._asked(COMPARATIVE_SYSTEM, COMPARATIVE_USER, values)

    def one(
        self,
        attribute: Attribute,
        anchors: Iterable[Anchor],
        *,
        situation: str = "",
        choice: str = "",
        person: str = "",
    ) -> tuple[str, str]:
        """The system and the user text that ask for the score of one person or one choice.

        The anchors alone say what a person's score means: the stances are those of who decides.
        """
        shown = _anchors(anchors)
        values: dict[str, object] = {
            "attribute": _attribute(attribute),
            "anchors": shown,
            "stances": bool(choice) or not shown,
            "instruction": ONE_INSTRUCTION,
            "subject": "response to a situation" if choice else "person",
            "situation": situation,
            "choice": {"text": choice} if choice else None,
            "person": person,
            "scenario": {"text": situation, "title": ""},
            "choices": [],
            "people": [],
        }
        return self._asked(ONE_SYSTEM, ONE_USER, values)

    def outcomes(
        self, scenario: Scenario, choices: Sequence[Listed], people: Sequence[str] = ()
    ) -> tuple[str, str]:
        """The system and the user text that ask for the outcome of every choice."""
        values = _values(scenario, choices, people)
        return self._ours(OUTCOMES_SYSTEM, values), self._ours(OUTCOMES_USER, values)

    def relevance(
        self,
        scenario: Scenario,
        attribute: Attribute,
        choices: Sequence[Listed],
        people: Sequence[str] = (),
    ) -> tuple[str, str]:
        """The system and the user text that ask to which choices the attribute matters."""
        values = _values(scenario, choices, people) | {"attribute": _attribute(attribute)}
        return self._ours(RELEVANCE_SYSTEM, values), self._ours(RELEVANCE_USER, values)

    def _asked(self, system: str, user: str, values: dict[str, object]) -> tuple[str, str]:
        return (
            self._fill(self.system if self.system is not None else system, "system", values),
            self._fill(self.user if self.user is not None else user, "user", values),
        )

    def _fill(self, template: str, key: str, values: dict[str, object]) -> str:
        return render_template(template, f"{self.where}: adm.{key}", values, HINT)

    def _ours(self, template: str, values: dict[str, object]) -> str:
        return render_template(template, self.where, values, HINT)


def _values(
    scenario: Scenario, choices: Sequence[Listed], people: Sequence[str]
) -> dict[str, object]:
    return {
        "scenario": {"text": scenario.text.strip(), "title": scenario.title},
        "choices": [
            {"key": each.key, "text": each.text, "outcome": each.outcome} for each in choices
        ],
        "people": list(people),
    }


def _attribute(attribute: Attribute) -> dict[str, object]:
    least, greatest = attribute.bounds
    return {
        "id": attribute.id,
        "name": attribute.name,
        "definition": attribute.definition,
        "high": attribute.high,
        "low": attribute.low,
        "factor": attribute.factor,
        "minimum": least,
        "maximum": greatest,
    }


def _anchors(anchors: Iterable[Anchor]) -> list[dict[str, object]]:
    return [{"score": each.score, "text": each.text} for each in anchors]
