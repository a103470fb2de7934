"""The shipped Kaleido profiles, decided by a worker on a tiny T5."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.config.options import Options
from align_tui.store import basis, results, runs
from align_tui.store.database import Database
from align_tui.studies.assemble import load_study
from tests.engine.test_roles import decided
from tests.models import make_tiny_t5


async def test_kaleido_decides_through_a_worker(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, tokens in (("EXPLANATION_TOKENS", 6), ("STATEMENT_TOKENS", 10)):
        monkeypatch.setattr(f"align_tui.backbones.seq2seq.backbone.{name}", tokens)
    model = str(make_tiny_t5(tmp_path / "t5"))
    (tmp_path / "weighed.toml").write_text(
        'extends = "kaleido"\n[relevance]\nkind = "kaleido"\ncombine = "binarised"\n'
        '[alignment]\nfunction = "kaleido_distance"\nweighting = "relevance"\n'
    )
    (tmp_path / "drawn.toml").write_text(
        'extends = "kaleido-values"\n[adm]\ncandidates = 4\ndrawn = true\nmin_relevance = 0.0\n'
    )
    study = load_study(
        Options(
            profiles=("kaleido", str(tmp_path / "weighed.toml"), str(tmp_path / "drawn.toml")),
            scenarios=("demo-triage",),
            targets=("moral_desert=1.0", "fairness=0.0"),
            backbones=(model,),
            overrides=("adm.action={choice}",),
            limit=2,
        )
    )
    assert {each.backbone.kind for each in study.profiles} == {"seq2seq"}
    run = await decided(database, study)
    found = list(results.all_results(database, run))
    assert len(found) == 6
    for result in found:
        assert result.error_kind is None, result.error_message
        made = basis.basis_of(database, result.sample)
        assert made.ranking is not None and made.predictions and made.relevance is not None
        assert result.choice == made.ranking.taken
        function = {0: "average_distance", 1: "kaleido_distance", 2: "overall_valence"}
        assert made.ranking.function == function[result.profile]
        if result.profile < 2:
            assert all(set(each) == {"moral_desert", "fairness"} for each in made.predictions)
            assert {each.rater for by in made.predictions for each in by.values()} == {"kaleido"}
        if result.profile == 1:
            assert {v for by in made.relevance.by_choice for v in by.values()} <= {0.0, 1.0}
    assert "sha256:" in runs.run_versions(database, run)["model of kaleido"]
