"""What can be checked of the sentences in the source: numbers agree with their nouns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.core.text.plurals import counted

PACKAGE = Path(__file__).parent.parent / "align_tui"
COUNTED = (
    "attempts|attributes|characters|choices|clusters|columns|comparisons|decisions|errors|examples|"
    "failures|files|folders|groups|keys|labels|layers|lines|models|options|parts|personas|pieces|"
    "predictions|profiles|questions|records|replies|rows|samples|scenarios|scores|settings|"
    "statements|steps|targets|texts|times|tokens|values|votes|words|workers"
)
"""The nouns that follow a number in sentences of the program."""
ADJECTIVES = "different|earlier|failed|more|new|open|other|tied"
NUMBER_AND_NOUN = re.compile(
    rf" ((?:(?:{ADJECTIVES}) )?(?:{COUNTED}))\b(?!, more than|; the limit is)"
)
PROMPTS = (PACKAGE / "core" / "examples" / "reasons.py",)
"""Models read these sentences, and hashes hold them."""
NEVER_ONE = re.compile(r"(\d+ \* )?(\w+\.)?_?[A-Z][A-Z_]*(\[\w+\])?( // [\d_]+)?|most")


def plurals(source: str) -> Iterator[tuple[int, str]]:
    """(line, `{number} nouns`) for each f-string in which the noun cannot follow a 1.

    A constant, such as MOST_LINES, is never 1, and `counted` chooses between singular and plural.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in zip(node.values, node.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            number = ast.unparse(value.value)
            noun = NUMBER_AND_NOUN.match(str(after.value))
            if noun and not NEVER_ONE.fullmatch(number):
                yield node.lineno, f"{{{number}}} {noun[1]}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"{n} choices"', ["{n} choices"]),
        ('f"it has {len(rows)} new rows, so"', ["{len(rows)} new rows"]),
        ('f"{MOST} choices"', []),
        ('f"{n} choices, more than {MOST}"', []),
        ('counted(n, "choice")', []),
    ],
)
def test_the_check_sees_a_number_before_a_plural(source: str, found: list[str]) -> None:
    assert [text for _, text in plurals(source)] == found


def test_no_sentence_says_1_choices() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        # Parsing takes time, and few files have such a place.
        if path not in PROMPTS and re.search(rf"\}}{NUMBER_AND_NOUN.pattern}", source):
            name = path.relative_to(PACKAGE)
            wrong += [f"{name}:{line}: {text}" for line, text in plurals(source)]
    assert not wrong, "use counted(number, noun) of core/text/plurals.py:\n" + "\n".join(wrong)


def test_a_noun_agrees_with_its_number() -> None:
    assert [counted(n, "choice") for n in (0, 1, 2)] == ["0 choices", "1 choice", "2 choices"]
    assert counted(2, "reply", "replies") == "2 replies"
