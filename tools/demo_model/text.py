"""Small operations on English text: template expansion, casing, disturbance."""

from __future__ import annotations

import random

CONSONANTS = "bcdfghjklmnprstvwz"
VOWELS = "aeiou"
NEGATION_WORDS = "no not never nobody nothing none neither nor without cannot hardly only just"
NEGATIONS = frozenset(NEGATION_WORDS.split())


def expand(template: str, rng: random.Random) -> str:
    """Choose one alternative in each `[a|b|c]` (they may nest) and tidy the spaces."""
    while "]" in template:
        close = template.index("]")
        start = template.rindex("[", 0, close)
        chosen = rng.choice(template[start + 1 : close].split("|"))
        template = template[:start] + chosen + template[close + 1 :]
    return " ".join(template.split()).replace(" ,", ",").replace(" .", ".")


def capital(text: str) -> str:
    """The text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: a capital, and a full stop unless a mark ends it."""
    text = capital(text.strip())
    return text if text.endswith((".", "?", "!")) else text + "."


PLURAL = {"is": "are", "has": "have", "was": "were", "does": "do"}
SUBJECT_AFTER = (
    "that", "because", "if", "when", "as", "since", "while", "what", "whom", "who", "where",
    "how", "all", "and", "but", "than", "though",
)  # fmt: skip


def as_they(predicate: str) -> str | None:
    """The predicate after 'they'; None if its verb needs more grammar than this has."""
    first, _, rest = predicate.partition(" ")
    if first in PLURAL:
        return f"{PLURAL[first]} {rest}"
    return None if first.endswith("s") else predicate


def with_pronoun(sentence_text: str) -> str | None:
    """A sentence about {P} with a pronoun instead; None if its grammar does not allow it."""
    before, _, after = sentence_text.partition("{P}")
    if not before.strip():
        rest = as_they(after.strip())
        return None if rest is None else f"they {rest}"
    subject = before.split()[-1].lower() in SUBJECT_AFTER and bool(after.strip(" .,;"))
    return before + ("they" if subject else "them") + after


def odd_word(rng: random.Random) -> str:
    """A pronounceable word without a meaning."""
    return "".join(
        rng.choice(CONSONANTS) + rng.choice(VOWELS) + rng.choice(["", "", rng.choice(CONSONANTS)])
        for _ in range(rng.randint(1, 3))
    )


def disturb(text: str, rng: random.Random, vocabulary: list[str]) -> str:
    """Drop, insert, double-swap or replace one or two words, never the label 'Patient X'."""
    words = text.split(" ")
    for _ in range(rng.choice([1, 1, 2])):
        spots = [
            i
            for i in range(1, len(words))
            if "{P}" not in words[i]
            and "{P}" not in words[i - 1]
            and words[i].isalpha()
            and words[i] not in NEGATIONS
        ]
        if len(spots) < 3:
            break
        at = rng.choice(spots)
        kind = rng.random()
        if kind < 0.3:
            del words[at]
        elif kind < 0.6:
            words.insert(at, rng.choice(vocabulary))
        elif kind < 0.8:
            words.insert(at, odd_word(rng))
        else:
            words[at] = odd_word(rng)
    return " ".join(words)


def join_list(items: list[str]) -> str:
    """Join items as in 'a', 'a and b', 'a, b and c'."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
