"""Hybrid regression: a ridge regression on embeddings, trained on labelled records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.adms.rating.text_head import ridge, text_of, windowed
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Character, Choice, Scenario
from tests.adms.scripted import ScriptedLlm, decide


def scene(number: int, *, labels: bool = True) -> Scenario:
    good = {"merit": 1.0, "medical": 0.2} if labels else {}
    bad = {"merit": 0.0, "medical": 0.8} if labels else {}
    choices = (Choice("help the good one", good), Choice("help the bad one", bad))
    return Scenario(f"s{number}", f"Scene {number}.", choices)


def vectors(texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    return tuple((1.0, 0.0) if "good" in text else (0.0, 1.0) for text in texts)


def silent(request: object) -> object:
    raise AssertionError("it generates no text")


def records(tmp_path: Path, number: int) -> str:
    from align_tui.formats.write import write_native_jsonl

    path = tmp_path / "records.jsonl"
    write_native_jsonl(path, [scene(i) for i in range(number)], name="records")
    return str(path)


def test_it_predicts_several_attributes_and_ranks_by_them(tmp_path: Path) -> None:
    """align-system keeps only the last attribute's scores, and fails with several."""
    llm = ScriptedLlm(silent, vectors=vectors)
    table = {"kind": "hybrid_regression", "records": records(tmp_path, 6), "penalty": 1e-6}
    decision = decide(
        llm,
        scene(99, labels=False),
        table,
        {"merit": 1.0, "medical": 0.2},
        models={"embedding": {"kind": "demo"}},
    )
    assert decision.choice == 0 and decision.predictions is not None
    first = decision.predictions[0]
    assert first["merit"].samples[0] == pytest.approx(1.0, abs=1e-4)
    assert first["medical"].samples[0] == pytest.approx(0.2, abs=1e-4)
    assert first["merit"].rater == "text regression"


def test_a_scenario_is_not_predicted_from_its_own_labels(tmp_path: Path) -> None:
    llm = ScriptedLlm(silent, vectors=vectors)
    table = {"kind": "hybrid_regression", "records": records(tmp_path, 1)}
    with pytest.raises(AdmError, match="needs 2"):
        decide(llm, scene(0), table, {"merit": 1.0}, models={"embedding": {"kind": "demo"}})
    assert decide(
        llm, scene(5), table, {"merit": 1.0}, models={"embedding": {"kind": "demo"}}
    ).predictions


@given(st.integers(2, 6), st.integers(1, 4), st.floats(1e-3, 1e3), st.integers(0, 10_000))
def test_the_ridge_equals_the_primal_solution(
    rows: int, columns: int, penalty: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    known, labels = random.normal(size=(rows, columns)), random.uniform(size=rows)
    asked = random.normal(size=(3, columns))
    centred = known - known.mean(axis=0)
    weights = np.linalg.solve(
        centred.T @ centred + penalty * np.eye(columns), centred.T @ (labels - labels.mean())
    )
    expected = (asked - known.mean(axis=0)) @ weights + labels.mean()
    assert ridge(known, labels, asked, penalty) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_long_situation_does_not_push_out_the_choice() -> None:
    person = Character("b", "Bo", "hurt")
    long = Scenario("s", "word " * 500, (Choice("Help Bo", character="b"),), characters=(person,))
    text = text_of(long, long.choices[0], question="Whom?", window=20)
    assert text.endswith("[SEP] Help Bo (Bo: hurt)") and len(text.split()) == 20
    assert windowed(["a"], ["b"] * 9, 4) == ("[SEP]", "b", "b", "b")
