"""Finding text in scenarios, and hits as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.text import one_line
from align_tui.tui.view.spans import Line, fit

MAX_HITS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """A place with the words: a scenario, or a profile's reasoning on it."""

    scenario: int
    profile: int | None
    excerpt: str


def excerpt(text: str, word: str, width: int = 120) -> str:
    """The part of the text around the word's first place."""
    line = one_line(text)
    at = line.casefold().find(word.casefold())
    start = max(0, at - width // 3)
    if start:
        start = line.find(" ", start) + 1
    return ("… " if start else "") + line[start : start + width]


def in_scenarios(scenarios: Sequence[Scenario], query: str) -> list[Found]:
    """Scenarios that have all the words in their key, title, text or choices."""
    words = query.casefold().split()
    if not words:
        return []
    out = []
    for number, scenario in enumerate(scenarios):
        parts = (scenario.key, scenario.title, scenario.text, *scenario.choice_texts)
        whole = "\n".join(parts).casefold()
        if all(word in whole for word in words):
            out.append(Found(number, None, excerpt(scenario.text, words[0])))
            if len(out) >= MAX_HITS:
                break
    return out


def hit_line(
    found: Found, scenarios: Sequence[Scenario], names: Sequence[str], width: int, more: str
) -> Line:
    """`12 Bridge collapse · baseline   … both bleed …`."""
    scenario = scenarios[found.scenario]
    who = names[found.profile] if found.profile is not None else "scenario"
    head = fit(one_line(scenario.title or scenario.key), 24, more)
    number = f"{found.scenario + 1:>4} "
    who = fit(who, 18, more)
    rest = width - len(number) - 24 - 18 - 4
    return (
        (number, "quiet"),
        (f"{head:<24}  ", "bright"),
        (f"{who:<18}  ", "key"),
        (fit(found.excerpt, rest, more), "quiet"),
    )
