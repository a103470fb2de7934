"""The shipped attribute packs: the ids and spellings of the field."""

from __future__ import annotations

import pytest

from tests.formats.dataset_files import ATTRIBUTES

MEDICAL = [
    "moral_desert",
    "fairness",
    "protocol_focus",
    "risk_aversion",
    "continuing_care",
    "utilitarianism",
]
PHASE_1 = ["maximization", "Moral judgement", "Ingroup Bias", "QualityOfLife",
           "PerceivedQuantityOfLivesSaved"]  # fmt: skip
PHASE_2 = ["medical", "merit", "affiliation", "personal_safety", "search"]
PROTOCOLS = ["START", "SALT", "BCD_SIEVE"]
GROUPS = {
    "CREGION": ["Northeast", "South"],
    "EDUCATION": ["College graduate/some postgrad", "Less than high school"],
    "INCOME": ["$100,000 or more", "Less than $30,000"],
    "POLIDEOLOGY": ["Conservative", "Liberal", "Moderate"],
    "POLPARTY": ["Democrat", "Republican"],
    "RACE": ["Asian", "Black", "Hispanic", "White"],
    "RELIG": ["Atheist", "Hindu", "Jewish", "Muslim", "Protestant"],
    "SEX": ["Female", "Male"],
}


def test_the_ids_are_the_fields() -> None:
    groups = [f"{category}_{name}" for category, names in GROUPS.items() for name in names]
    assert [name for name in ATTRIBUTES.known if name in (*MEDICAL, *groups)] == MEDICAL + groups
    others = set(ATTRIBUTES.known) - {*MEDICAL, *groups}
    assert others == {*PHASE_1, *PHASE_2, *PROTOCOLS} and len(groups) == 22


@pytest.mark.parametrize(
    ("spelled", "id_"),
    [
        ("moral_deservingness", "moral_desert"),
        ("MoralDesert", "moral_desert"),
        ("Fairness", "fairness"),
        ("ProtocolFocus", "protocol_focus"),
        ("RiskAversion", "risk_aversion"),
        ("continuation_of_care", "continuing_care"),
        ("ContinuationOfCare", "continuing_care"),
        ("Utilitarianism", "utilitarianism"),
        ("EDUCATION_College_graduate_some_postgrad", "EDUCATION_College graduate/some postgrad"),
        ("INCOME_Less_than_$30,000", "INCOME_Less than $30,000"),
        ("INCOME_$100,000_or_more", "INCOME_$100,000 or more"),
        ("Northeast", "CREGION_Northeast"),
        ("Less than high school", "EDUCATION_Less than high school"),
        ("female", "SEX_Female"),
    ],
)
def test_spellings_of_the_field(spelled: str, id_: str) -> None:
    assert ATTRIBUTES.canonical(spelled) == id_


@pytest.mark.parametrize("name", ["merit", "medical", "affiliation", "Moral judgement", "search"])
def test_what_is_another_thing_is_no_spelling_of_these(name: str) -> None:
    assert ATTRIBUTES.canonical(name) not in MEDICAL


def test_no_spelling_means_two_attributes() -> None:
    for attribute in ATTRIBUTES:
        for spelling in (attribute.id, attribute.name, *attribute.aliases):
            assert ATTRIBUTES.canonical(spelling) == attribute.id


def test_stances_are_whole_and_differ() -> None:
    for attribute in ATTRIBUTES:
        assert attribute.high != attribute.low
        for text in (attribute.definition, attribute.high, attribute.low):
            assert text.endswith(".")
        assert "you" in attribute.high.lower()
        assert "you" in attribute.low.lower()
