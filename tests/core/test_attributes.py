"""Attributes by any spelling, and targets as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.attributes import Attribute, Attributes, fold, merge
from align_tui.core.targets import Target, target_id
from align_tui.store.domain_tables import targets_from_id


def attribute(id_: str, *aliases: str, name: str = "", high: str = "high") -> Attribute:
    return Attribute(id_, name or id_, "definition", high, "low", aliases)


def pack(*attributes: Attribute) -> Attributes:
    return Attributes({a.id: a for a in attributes})


KNOWN = pack(
    attribute("moral_desert", "moral_deservingness", name="moral desert"),
    attribute("EDUCATION_College graduate/some postgrad", "College graduate/some postgrad"),
)


@pytest.mark.parametrize(
    "spelling",
    [
        "moral_desert",
        "MoralDesert",
        "Moral-Desert",
        " moral  desert ",
        "MORAL_DESERVINGNESS",
        "moralDeservingness",
    ],
)
def test_every_spelling_finds_the_attribute(spelling: str) -> None:
    assert KNOWN.canonical(spelling) == "moral_desert"


def test_what_no_pack_defines_keeps_its_name() -> None:
    assert KNOWN.get("merit") is None
    assert KNOWN.canonical("Moral judgement") == "Moral judgement"


def test_an_id_is_never_hidden_by_the_alias_of_another() -> None:
    known = pack(attribute("desert", "merit"), attribute("merit", name="pure merit"))
    assert known.canonical("merit") == "merit"
    assert known.canonical("Merit") == "merit"
    assert known.canonical("Desert") == "desert"


def test_an_exact_id_is_found_beside_one_that_folds_to_the_same() -> None:
    known = pack(attribute("risk_aversion"), attribute("risk-aversion"))
    assert known.canonical("risk-aversion") == "risk-aversion"
    assert known.canonical("risk_aversion") == "risk_aversion"


def test_the_later_pack_wins() -> None:
    merged = merge(KNOWN, pack(attribute("moral_desert", "karma", high="mine")))
    found = merged.get("karma")
    assert found is not None
    assert found.high == "mine"
    assert merged.get("moral_deservingness") is None
    assert [a.id for a in merged] == list(KNOWN.known)


def test_nearest_is_for_hints() -> None:
    assert KNOWN.nearest("moral_dessert") == "moral_desert"
    assert KNOWN.nearest("fairnes", others=["fairness"]) == "fairness"
    assert KNOWN.nearest("zzzzzz") is None


def test_directions_and_opposites() -> None:
    assert [Target("a", v).direction for v in (0.0, 0.49, 0.5, 0.51, 1.0)] == [
        "low",
        "low",
        "middle",
        "high",
        "high",
    ]
    assert Target("a", 0.25).opposite == Target("a", 0.75)


NAMES = st.text("abcXYZ 09_-./$,", min_size=1).filter(lambda s: s.strip() == s)
UNIT = st.floats(0.0, 1.0)


@given(st.lists(st.builds(Target, NAMES, UNIT), min_size=1, max_size=4))
def test_target_ids_read_back(targets: list[Target]) -> None:
    assert targets_from_id(target_id(targets)) == tuple(targets)


@pytest.mark.parametrize("text", ["", "a", "=1", "a=", "a=x", "a=1+", " =0.5"])
def test_what_is_no_target_id_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        targets_from_id(text)


@given(st.text())
def test_fold_is_settled_and_blind_to_blanks(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(f" {name}_-\t") == fold(name)
