"""Written scenarios are read back equal (property tests)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.answers import AnswerKind
from align_tui.core.scenarios import Choice, Scenario, scenario_from_json, scenario_to_json
from align_tui.formats.align_system.write import write_align_system
from align_tui.formats.sets import tell_apart
from align_tui.formats.write import native_jsonl, native_toml
from tests.formats.dataset_files import read

CHARS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\x00\r\n\t\"'\\#é😀\u2028")
TEXT = st.text(CHARS, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
NAMES = st.sampled_from(["fairness", "moral_desert", "merit", "CREGION_South", "a.b", "c d"])
SHARES = st.floats(0.0, 1.0)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARS, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(CHARS, max_size=5), JSON, max_size=3)
SOURCES: st.SearchStrategy[Any] = (
    OBJECTS
    | st.fixed_dictionaries({"format": st.just("native"), "extra": OBJECTS})
    | st.fixed_dictionaries(
        {"format": st.just("native"), "choices": st.lists(OBJECTS, min_size=2, max_size=2)}
    )
    | st.fixed_dictionaries({"format": st.just("align-system"), "record": JSON})
)


@st.composite
def scenario_lists(draw: st.DrawFn, *, is_open: bool = False) -> list[Scenario]:
    """Scenarios that ask for a choice; with `is_open`, some that ask for a text."""
    keys = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    out = []
    for key in keys:
        asks: AnswerKind = "text" if is_open and draw(st.booleans()) else "choice"
        fewest = 2 if asks == "choice" else 0
        texts = draw(st.lists(TEXT, min_size=fewest, max_size=4, unique=True))
        out.append(
            Scenario(
                key=key,
                text=draw(TEXT),
                choices=tuple(
                    Choice(text, draw(st.dictionaries(NAMES, SHARES, max_size=3))) for text in texts
                ),
                title=draw(st.text(CHARS, max_size=8)),
                meta=draw(OBJECTS),
                source=draw(SOURCES),
                asks=asks,
            )
        )
    return out


@settings(max_examples=80, deadline=None)
@given(scenarios=scenario_lists(is_open=True), name=st.text(CHARS, max_size=8))
def test_native(scenarios: list[Scenario], name: str) -> None:
    for write in (native_jsonl, native_toml):
        found = read(write(scenarios, name=name, description=name))
        assert found.scenarios == tuple(scenarios), write.__name__
        assert found.description == name
        again = read(write(found.scenarios, name=name, description=name))
        assert again == found
        assert again.hash == found.hash
    assert [scenario_from_json(scenario_to_json(each)) for each in scenarios] == scenarios


@settings(max_examples=80, deadline=None)
@given(scenarios=scenario_lists())
def test_native_to_align_system(scenarios: list[Scenario]) -> None:
    back = read(write_align_system(scenarios)).scenarios
    assert [(s.key, s.text, s.title, s.choices, s.meta) for s in back] == [
        (s.key, s.text, s.title, s.choices, s.meta) for s in scenarios
    ]


TENTHS = st.integers(0, 100).map(lambda n: n / 10)
RAW = st.dictionaries(
    st.sampled_from(["fairness", "MoralDesert", "continuation_of_care", "merit"]),
    st.none() | TENTHS | st.integers(0, 10),
    max_size=3,
)
SCENES = st.none() | st.integers(0, 3) | st.sampled_from(["1", "1#2", "P 1", "/"])


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    texts = draw(st.lists(st.sampled_from(["Ye", "Ye (2)", "No", "A"]), min_size=2, max_size=4))
    choices: list[dict[str, Any]] = [{"unstructured": text} for text in texts]
    for choice in choices:
        if draw(st.booleans()):
            choice["kdma_association"] = draw(st.none() | RAW)
    given_: dict[str, Any] = {"scenario_id": draw(st.sampled_from(["S", "S/1", 7]))}
    given_["state"] = draw(TEXT | st.just("Question: Q\nOptions: A. Ye B. No\nAnswer:"))
    given_["full_state"] = draw(
        st.none()
        | st.fixed_dictionaries({"meta_info": st.fixed_dictionaries({"scene_id": SCENES})})
    )
    given_["choices"] = choices
    record: dict[str, Any] = {"input": given_, **draw(st.fixed_dictionaries({"more": JSON}))}
    if draw(st.booleans()):
        rows = st.lists(st.none() | RAW, min_size=len(texts), max_size=len(texts))
        record["label"] = draw(st.none() | rows)
    return record


@settings(max_examples=100, deadline=None)
@given(body=st.lists(records(), min_size=1, max_size=4), cut=st.integers(0, 3))
def test_align_system_there_and_back(body: list[dict[str, Any]], cut: int) -> None:
    found = read(body)
    written = write_align_system(found.scenarios)
    assert written == body
    assert read(written).scenarios == found.scenarios
    # The library's own format loses nothing of this.
    assert write_align_system(read(native_jsonl(found.scenarios)).scenarios) == body
    assert write_align_system(read(native_toml(found.scenarios)).scenarios) == body
    part = found.scenarios[cut % len(found.scenarios) :]
    back = read(write_align_system(part)).scenarios
    assert [(s.key, s.text, s.choices) for s in back] == [(s.key, s.text, s.choices) for s in part]


@given(st.lists(st.text("ab#234", max_size=5)))
def test_names_are_told_apart(names: list[str]) -> None:
    told = tell_apart(names, "#{}")
    assert len(set(told)) == len(names)
    assert [t for t, n in zip(told, names, strict=True) if t != n] == [
        t for i, t in enumerate(told) if names[i] in names[:i]
    ]
    assert all(t.startswith(n) for t, n in zip(told, names, strict=True))
    assert tell_apart(told, "#{}") == told
