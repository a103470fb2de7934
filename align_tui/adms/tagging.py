"""Tagging: sort casualties by a triage protocol, whose steps the prompt states.

The target's attribute names the protocol. Its value changes nothing: a protocol is not a scale.
Without a target the prompt has no protocol, and the model sorts by its own judgement.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Reasoned, Traits
from align_tui.config.profile import Profile, without_default_system
from align_tui.config.prompts.styles import style_of
from align_tui.config.prompts.target_text import protocol_of
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.choice_order import NEGATIVE
from align_tui.core.decisions import Decision, Message
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

SORTING = """\
You are the first at a place with many casualties, and you sort them. You give every casualty one \
tag: minor (green) for those who can wait longest, delayed (yellow) for those who need treatment \
but can wait for it, immediate (red) for those whom only treatment at once may save, and expectant \
or dead (black) for those who are dead or cannot be saved with what is at hand."""
JUDGEMENT = "Sort by your own judgement."
FOLLOWING = """\
You follow the protocol {name}. {definition} Go through its steps in their order. The first tag \
that a step gives is the tag:
{steps}"""


class TaggingParams(Reasoned):
    """Tags casualties by the protocol that the target names; the samples vote.

    A negative sample sorts without the protocol and votes against what it takes. It needs a target.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True,
        is_steerable=True,
        first_prompt_tells="attributes",
        follows_protocol=True,
        reads_labels=False,
    )
    n_positive: int = Field(1, ge=1, le=200)
    n_negative: int = Field(0, ge=0, le=200)
    only_positive: bool = True

    @property
    def replies_per_question(self) -> int:
        """The number of its positive and negative samples."""
        return self.n_positive + self.n_negative


def make(profile: Profile, params: TaggingParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states the steps of the target's protocol.

    A system text of the profile's own stands before them.
    """
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    bare = without_default_system(profile)
    style = style_of(profile.prompt.prompt_style)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        *own, user = render_messages(bare, scenario, (), attributes, params.reasoning)

        def prompt(protocol: Attribute | None) -> tuple[Message, ...]:
            told = [turn.content for turn in own]
            told += [_system_text(protocol), style.instructions[params.reasoning]]
            return Message("system", "\n\n".join(told)), user

        protocol = protocol_of(targets, attributes)
        asked = [("positive", prompt(protocol))] * params.n_positive
        if protocol is not None:
            asked += [(NEGATIVE, prompt(None))] * params.n_negative
        return await decide_by_votes(
            llm, scenario, params, asked, only_positive=params.only_positive, form=style.form
        )

    return decide


def _system_text(protocol: Attribute | None) -> str:
    """What the model is told about sorting, with the steps of the protocol if there is one."""
    if protocol is None:
        return f"{SORTING}\n\n{JUDGEMENT}"
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(protocol.steps, start=1))
    how = FOLLOWING.format(name=protocol.name, definition=protocol.definition, steps=steps)
    return f"{SORTING}\n\n{how}"


PROMPTS = (
    "style",
    *(f"align_tui.adms.tagging:{name}" for name in ("SORTING", "JUDGEMENT", "FOLLOWING")),
)
KIND = AdmKind(TaggingParams, make, prompts=PROMPTS)
