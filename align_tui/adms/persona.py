"""Persona: several imagined people are interviewed, decide by themselves, and the majority counts.

As in align-system (`outlines_persona_adm.py`): a person's backstory and answers to questions about
attributes are turns of a conversation, and the scenario is the last question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Traits
from align_tui.config.personas import AsksPersonas
from align_tui.config.profile import Profile, without_default_system
from align_tui.config.prompts.styles import style_of
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Message
from align_tui.core.errors import ConfigError
from align_tui.core.personas import Persona, choose, interview
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import derive_seed

LAST = "The last question of the interview is a situation. Decide as yourself. "


class PersonaParams(AsksPersonas):
    """Asks `n_personas` personas of a pack, and takes the choice of the majority.

    With `only_target_questions` the interview has the questions about the targets' attributes
    alone; without a target that the pack asks about it has all. `most_questions` limits them to the
    first ones, for models that read little.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True, is_steerable=True, takes_distributions=True, reads_labels=False
    )
    only_target_questions: bool = True
    most_questions: int = Field(100, ge=1, le=1_000)


def make(profile: Profile, params: PersonaParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that asks the same personas about every scenario.

    Raises ConfigError for a profile without its pack.
    """
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    if params.pack is None:
        raise ConfigError(
            f"profile {profile.name}: its pack of personas was not read",
            "Load the profile by its name or file.",
        )
    people = params.pack.people()
    seed = derive_seed(profile.decoding.seed, "personas")
    bare = without_default_system(profile)
    style = style_of(profile.prompt.prompt_style)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        chosen = choose(people, targets, params.n_personas, seed)
        *before, last = render_messages(bare, scenario, (), attributes, params.reasoning)
        question = f"{LAST}{style.instructions[params.reasoning]}\n\n{last.content}"
        asked = [
            (
                f"persona {people[index].name}",
                (
                    *before,
                    *_interview(people[index], targets, params),
                    Message("user", question),
                ),
            )
            for index in chosen.indices
        ]
        decision = await decide_by_votes(llm, scenario, params, asked, form=style.form)
        return replace(decision, notes=(*chosen.notes, *decision.notes))

    return decide


def _interview(persona: Persona, targets: Targets, params: PersonaParams) -> tuple[Message, ...]:
    """The interview so far, with the questions that the parameters leave in it."""
    wanted = {target.attribute for target in targets}
    is_asked = any(answer.is_about(wanted) for answer in persona.answers)
    about = wanted if params.only_target_questions and is_asked else None
    # Two turns for the frame and the backstory, then two for each question.
    return interview(persona, about)[: 2 + 2 * params.most_questions]


KIND = AdmKind(
    PersonaParams,
    make,
    prompts=(
        "style",
        "align_tui.adms.persona:LAST",
    ),
)
