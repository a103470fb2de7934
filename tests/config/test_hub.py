"""Which hub models are missing on this machine is found in the cache alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants

from align_tui.config.hub import missing_models
from align_tui.config.profile import Profile


def of_model(model: str, **more: object) -> Profile:
    backbone = {"kind": "transformers", "model": model, **more}
    return Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}, "backbone": backbone})


def test_what_is_in_the_cache_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert missing_models([of_model("own/one"), of_model("own/one")]) == ("own/one",)
    snapshot = tmp_path / "models--own--one" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}", encoding="utf-8")
    refs = tmp_path / "models--own--one" / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc", encoding="utf-8")
    assert missing_models([of_model("own/one")]) == ()
    assert missing_models([of_model("own/one", revision="other")]) == ("own/one",)
    file = (
        "own/one:sub/small.gguf"  # a file that is missing, of a repository with other cached files
    )
    assert missing_models([of_model(file)]) == (file,)
    (snapshot / "sub").mkdir()
    (snapshot / "sub" / "small.gguf").write_bytes(b"GGUF")
    assert missing_models([of_model(file)]) == ()


def test_only_hub_models_are_looked_for(tmp_path: Path) -> None:
    demo = Profile.model_validate({"name": "d", "adm": {"kind": "baseline"}})
    drawn = Profile.model_validate({"name": "r", "adm": {"kind": "random"}})
    server = Profile.model_validate(
        {"name": "s", "adm": {"kind": "baseline"}, "backbone": {"kind": "openai", "model": "a/b"}}
    )
    gguf = tmp_path / "m.gguf"
    gguf.write_bytes(b"GGUF")
    here = [of_model(str(tmp_path)), of_model(str(gguf))]
    assert missing_models([demo, drawn, server, *here]) == ()
