"""What a model of statements (Kaleido) is asked: an action, and a statement for each attribute."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field

from align_tui.config.reading.toml import Strict
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementKind

ACTION: Final = 'Choosing "{choice}" over "{others}" in this situation: {situation}'
_BLANK: Final = re.compile(r"\{(\w*)\}")
BLANKS: Final = ("situation", "choice", "others")


def fits(template: str) -> str:
    """The template if its blanks are known and {choice} is one; raises ValueError."""
    unknown = [name for name in _BLANK.findall(template) if name not in BLANKS]
    if unknown:
        known = ", ".join(f"{{{each}}}" for each in BLANKS)
        raise ValueError(f"there is no blank {{{unknown[0][:40]}}}: {known}")
    if "{choice}" not in template:
        raise ValueError("it must have the blank {choice}, or all choices would read alike")
    return template


class StatementSpec(Strict):
    """The statement of one attribute; without `text` it is the attribute's name."""

    kind: StatementKind | None = None
    text: str = Field("", max_length=2_000)


class States(BaseModel):
    """Parameters that say how attributes and choices are put to a model of statements.

    `statements` has the statement of an attribute by its id or an alias. Others are stated by their
    `statement_text` (the pack's name or definition) as a `statement_kind`. `action` is the text for
    a choice: `{choice}`, `{others}` and `{situation}` are filled in.
    """

    statements: dict[str, StatementSpec] = Field(default_factory=dict)
    statement_kind: StatementKind = "value"
    statement_text: Literal["name", "definition"] = "name"
    action: Annotated[str, Field(max_length=4_000), AfterValidator(fits)] = ACTION


def statement_of(name: str, params: States, attributes: Attributes) -> Statement:
    """The statement for an attribute; raises ConfigError if neither profile nor pack has one."""
    own = {attributes.canonical(each): spec for each, spec in params.statements.items()}
    spec = own.get(attributes.canonical(name), StatementSpec())
    text = spec.text.strip()
    if not text:
        attribute = attributes.get(name)
        if attribute is None:
            raise ConfigError(
                f"There is no statement for {name!r}: no attribute pack defines it",
                f'Give one in the profile: statements.{name} = {{ text = "..." }}, or define the '
                "attribute in your own pack.",
            )
        text = attribute.definition if params.statement_text == "definition" else attribute.name
    return Statement(spec.kind or params.statement_kind, text)


def action_of(scenario: Scenario, choice: int, template: str) -> str:
    """The text for one choice (index from 0); what fills a blank is never a blank itself."""
    texts = scenario.choice_texts
    values = {
        "situation": scenario.text.strip(),
        "choice": texts[choice],
        "others": "; ".join(text for place, text in enumerate(texts) if place != choice),
    }
    return _BLANK.sub(lambda found: values[found[1]], template)
