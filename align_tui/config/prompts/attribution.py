"""Which parts of a prompt come from a target's attribute definition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.word_diff import Part

# Private-use characters, which no template, attribute or scenario uses.
_BEGIN, _END = "\ue0f0", "\ue0f1"


def entered(
    profile: Profile, scenario: Scenario, messages: Sequence[Message], attributes: Attributes
) -> tuple[tuple[Part, ...], ...] | None:
    """Each message in parts; those from an attribute's definition are marked.

    The prompt is rendered again with each text of an attribute between two marks. The prompts of a
    rater are searched for these texts. Returns None if the result without marks differs from
    `messages`: the packs or templates have changed, or the decision-maker writes its prompts
    itself.
    """
    if rated := profile.adm.attributes_to_rate(profile.target):
        return _quoting(messages, rated, attributes)
    reasoning = str(getattr(profile.adm, "reasoning", "before"))
    opposite = tuple(target.opposite for target in profile.target)
    order = _shown_order(scenario, messages)
    for targets in dict.fromkeys((profile.target, opposite, ())):
        rendered = _rendered(profile, scenario, targets, attributes, reasoning, order)
        if rendered is None or len(rendered) > len(messages):
            continue
        asked, shown = _without_examples(messages, len(rendered))
        if shown and profile.examples is None:
            continue
        bare = [re.sub(f"[{_BEGIN}{_END}]", "", message.content) for message in rendered]
        if bare == [message.content for message in asked]:
            found = [_parts(message.content) for message in rendered]
            return (*found[:-1], *(((turn.content, False),) for turn in shown), found[-1])
    return None


def _quoting(
    messages: Sequence[Message], names: Iterable[str], attributes: Attributes
) -> tuple[tuple[Part, ...], ...] | None:
    """The messages in parts, with the texts of these attributes marked; None if none is there."""
    found = [attribute for name in names if (attribute := attributes.get(name)) is not None]
    texts = {text for each in found for text in (each.definition, each.high, each.low)}
    texts |= {anchor.text for each in found for anchor in (*each.anchors, *each.findings)}
    longest_first = sorted(filter(None, texts), key=len, reverse=True)
    if not longest_first:
        return None
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    marked = [pattern.sub(rf"{_BEGIN}\g<0>{_END}", message.content) for message in messages]
    return tuple(map(_parts, marked)) if any(_BEGIN in text for text in marked) else None


def _without_examples(
    messages: Sequence[Message], asked: int
) -> tuple[Sequence[Message], Sequence[Message]]:
    """(the `asked` messages without examples, the examples' turns before the last message)."""
    begin, end = asked - 1, len(messages) - 1
    return (*messages[:begin], *messages[end:]), messages[begin:end]


def _shown_order(scenario: Scenario, messages: Sequence[Message]) -> tuple[int, ...]:
    """The order in which the last turn shows the choices: those that stand last in it.

    It may err where one choice contains another. The rendered prompt then differs from the
    messages, and the caller marks nothing.
    """
    shown = messages[-1].content if messages else ""
    places = [shown.rfind(text) for text in scenario.choice_texts]
    return tuple(sorted(range(len(places)), key=places.__getitem__))


def _rendered(
    profile: Profile,
    scenario: Scenario,
    targets: Targets,
    attributes: Attributes,
    reasoning: str,
    order: Sequence[int],
) -> tuple[Message, ...] | None:
    try:
        signed = _signed(attributes, targets)
        return render_messages(profile, scenario, targets, signed, reasoning, order=order)
    except (ConfigError, KeyError):
        return None  # the definition is gone, or the kind of reasoning is another


def _signed(attributes: Attributes, targets: Targets) -> Attributes:
    """The targets' attributes, each of their texts between the two marks."""

    def sign(text: str) -> str:
        return f"{_BEGIN}{text}{_END}"

    known = {}
    for target in targets:
        attribute = attributes.get(target.attribute)
        if attribute is not None:
            known[attribute.id] = replace(
                attribute,
                name=sign(attribute.name),
                definition=sign(attribute.definition),
                high=sign(attribute.high),
                low=sign(attribute.low),
            )
    return Attributes(known)


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    inside = False
    for piece in re.split(f"([{_BEGIN}{_END}])", text):
        if piece in (_BEGIN, _END):
            inside = piece == _BEGIN
        elif piece:
            parts.append((piece, inside))
    return tuple(parts)
