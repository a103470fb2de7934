"""Attributes by any spelling, and targets as text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes, read_pack
from align_tui.core.attributes import (
    Anchor,
    Attribute,
    Attributes,
    ScoreRange,
    attributes_from_json,
    attributes_to_json,
    fold,
    merge,
    scoring_to_json,
)
from align_tui.core.errors import ConfigError
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


def test_how_an_attribute_is_scored_is_read_from_a_pack_and_back_from_json(tmp_path: Path) -> None:
    file = tmp_path / "pack.toml"
    file.write_text(
        """name = "own"
[[attribute]]
id = "candour"
name = "candour"
definition = "d"
high = "h"
low = "l"
factor = 10
valid_scores = [1, 3, 7]
facts = ["vitals.breathing", "*"]
anchors = { 7 = "says all", 1 = ["lies", "hides it"] }
[attribute.findings]
3 = "said half"
"""
    )
    [found] = read_pack(file)
    assert (found.bounds, found.listed_scores) == ((0, 10), (1, 3, 7))
    assert found.anchors == (Anchor(7, "says all"), Anchor(1, "lies"), Anchor(1, "hides it"))
    assert found.findings == (Anchor(3, "said half"),)
    assert attributes_from_json(attributes_to_json([found])).known["candour"] == found
    ranged = replace(found, valid_scores=ScoreRange(0, 100, 25), factor=100)
    assert (ranged.bounds, ranged.listed_scores) == ((0, 100), (0, 25, 50, 75, 100))
    assert attributes_from_json(attributes_to_json([ranged])).known["candour"] == ranged


def test_an_attribute_without_scores_is_stored_as_earlier_versions_stored_it() -> None:
    [body] = attributes_to_json([attribute("a", "b")])
    assert set(body) == {"id", "name", "definition", "high", "low", "aliases"}
    assert scoring_to_json(attribute("a")) == {}


@pytest.mark.parametrize(
    "line",
    [
        'anchors = { often = "x" }',
        'anchors = { 101 = "x" }',
        'findings = { 5 = "" }',
        "factor = 0",
        "valid_scores = [5]",
        "valid_scores = [5, 200]",
        "valid_scores = { minimum = 5, maximum = 5 }",
        "valid_scores = { minimum = 0, maximum = 200 }",
    ],
)
def test_a_pack_with_scores_that_make_no_sense_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "pack.toml"
    texts = "".join(f'{key} = "x"\n' for key in ("id", "name", "definition", "high", "low"))
    file.write_text(f'name = "own"\n[[attribute]]\n{texts}{line}\n')
    with pytest.raises(ConfigError):
        read_pack(file)


def test_the_shipped_attributes_of_the_field_say_how_they_are_scored() -> None:
    known = load_attributes()
    for name in ("medical", "merit", "affiliation", "personal_safety", "search"):
        found = known.known[name]
        assert {anchor.score for anchor in found.anchors} == {0, 25, 50, 75, 100}
        assert 8 <= len(found.findings) <= 20
    assert known.canonical("affiliation focus") == "affiliation"
    assert known.canonical("medical urgency") == "medical"
    quality = known.known["QualityOfLife"]
    assert (quality.factor, quality.listed_scores) == (10, (1, 3, 7, 9))
