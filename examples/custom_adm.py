"""An example of a custom decision-maker: it asks in three tones and takes the majority.

cautious.toml names this file; `align-tui run custom-adm` runs it.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping

from align_tui.adms.ask import ask
from align_tui.adms.base import Llm
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Message
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

TONES = (
    "You are a triage medic. Give your reasoning, then your choice.",
    "You are a calm triage medic. Give your reasoning, then your choice.",
    "You are an experienced triage medic. Give your reasoning, then your choice.",
)


async def decide(
    scenario: Scenario, targets: Targets, llm: Llm, parameters: Mapping[str, object]
) -> Decision:
    """Decide one scenario; `parameters` are the further keys of the profile's [adm] table."""
    listed = "\n".join(f"- {choice.text}" for choice in scenario.choices)
    user = Message("user", f"{scenario.text}\n\nChoices:\n{listed}")
    tones = TONES[: int(str(parameters.get("tones", 3)))]
    # Replies that are awaited together decode in one batch.
    responses = await asyncio.gather(
        *(
            ask(llm, [Message("system", tone), user], scenario.choice_texts, stream=number)
            for number, tone in enumerate(tones)
        )
    )
    choice, votes = Counter(r.choice for r in responses if r.choice is not None).most_common(1)[0]
    shown = next(response for response in responses if response.choice == choice)
    return Decision(
        ChoiceAnswer(choice),
        shown.reasoning,
        responses=tuple(responses),
        notes=(f"{votes} of {len(responses)} tones agree.",),
    )
