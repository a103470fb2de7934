"""Ask with the prompts of a profile's style, each sample with its own order of the choices."""

from __future__ import annotations

import random
from collections.abc import Sequence

from align_tui.adms.base import Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Shuffles
from align_tui.config.profile import Profile
from align_tui.config.prompts.styles import style_of
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import derive_seed


def choice_orders(seed: int, samples: int, n_choices: int) -> list[tuple[int, ...]]:
    """A random order of the choices for each sample; a sample's order depends on its number."""
    found = []
    for stream in range(samples):
        order = list(range(n_choices))
        random.Random(derive_seed(seed, "order of choices", stream)).shuffle(order)
        found.append(tuple(order))
    return found


async def decide_in_style(
    llm: Llm,
    scenario: Scenario,
    profile: Profile,
    params: Shuffles,
    asked: Sequence[tuple[str, Targets]],
    attributes: Attributes,
    *,
    only_positive: bool = False,
) -> Decision:
    """Ask all of `asked`, each (role, targets that its prompt states), and decide by their votes.

    The profile's style says whether the choices are shuffled unless its parameters do.
    """
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    style = style_of(profile.prompt.prompt_style)
    shuffles = style.shuffles if params.shuffle_choices is None else params.shuffle_choices
    orders: list[tuple[int, ...]] = []
    if shuffles:
        orders = choice_orders(llm.seed, len(asked), len(scenario.choices))
    turns = [
        render_messages(
            profile,
            scenario,
            targets,
            attributes,
            params.reasoning,
            order=orders[number] if orders else None,
        )
        for number, (_, targets) in enumerate(asked)
    ]
    with_turns = [(role, each) for (role, _), each in zip(asked, turns, strict=True)]
    return await decide_by_votes(
        llm,
        scenario,
        params,
        with_turns,
        only_positive=only_positive,
        form=style.form,
        orders=orders,
    )
