"""The people and the supplies of a scenario in words."""

from __future__ import annotations

from align_tui.core.scenarios import Character, Scenario


def is_told(character: Character, text: str) -> bool:
    """Does the text of a scenario already say all that the person's own text says?

    Phase-2 files repeat in each person's text what the situation says in the same words. A
    person without a text is told if the situation has the name.
    """
    lines = [line.strip().rstrip(".") for line in character.text.splitlines()]
    said = [line for line in lines if line] or [character.name or character.id]
    return all(line in text for line in said)


def in_one_line(character: Character) -> str:
    """`Mike: a soldier; he bleeds`: the name and the lines of the text; the id without a name."""
    lines = "; ".join(line.strip() for line in character.text.splitlines() if line.strip())
    name = character.name or character.id
    return f"{name}: {lines}" if lines else name


def whole_text(scenario: Scenario) -> str:
    """The situation, then the people that it does not describe, then the supplies."""
    people = [in_one_line(each) for each in scenario.characters if not is_told(each, scenario.text)]
    parts = [scenario.text.strip()]
    if people:
        parts.append("\n".join(["People:", *(f"- {line}" for line in people)]))
    if scenario.supplies:
        parts.append("\n".join(["Supplies:", *(f"- {each}" for each in scenario.supplies)]))
    return "\n\n".join(parts)
