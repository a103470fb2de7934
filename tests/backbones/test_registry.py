"""Kinds of backbones from other packages: open them, and check what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.backbones.base import PROTOCOLS, Embeds, Generates
from align_tui.backbones.registry import open_backbone
from align_tui.config.backbone_kinds import BACKBONE_KINDS, CAPABILITIES, CAPABILITY_WORDS
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError
from tests.plugins import installed

MODULE = """
from align_tui.backbones.base import ModelInfo
from align_tui.config.backbone_kinds import BackboneKind

closed = []

class Vectors:
    info = ModelInfo("v", "sha256:v", "cpu", "float32", 1)

    async def embed(self, texts):
        return tuple((1.0, 0.0) for _ in texts)

    def tokens_generated(self):
        return 0

    def close(self):
        closed.append(self)

def open_it(spec, progress):
    progress("loading", 0.5)
    return Vectors()

EMBEDS = BackboneKind("vectors_plugin:open_it", frozenset({"embeds"}))
BOASTS = BackboneKind("vectors_plugin:open_it", frozenset({"embeds", "generates"}))
BROKEN = BackboneKind("vectors_plugin:nothing", frozenset({"embeds"}))
"""
KINDS = {
    "vectors": "vectors_plugin:EMBEDS",
    "boasts": "vectors_plugin:BOASTS",
    "broken": "vectors_plugin:BROKEN",
    "demo": "vectors_plugin:EMBEDS",
    "other": "vectors_plugin:closed",
}


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with installed(tmp_path, monkeypatch, "vectors_plugin", MODULE, {"align_tui.backbones": KINDS}):
        BACKBONE_KINDS.refresh()
        yield
    BACKBONE_KINDS.refresh()


def opened(kind: str) -> object:
    return open_backbone(BackboneSpec(kind=kind, model="a/v"), lambda what, share: None)


def test_a_kind_of_another_package_is_opened() -> None:
    backbone = opened("vectors")
    assert isinstance(backbone, Embeds) and not isinstance(backbone, Generates)


def test_ours_cannot_be_replaced() -> None:
    assert "generates" in BACKBONE_KINDS.get("demo").capabilities


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("boasts", "declares that it writes text under a schema, but Vectors has no method"),
        ("broken", "cannot be opened by vectors_plugin:nothing: AttributeError"),
        ("nobody", "There is no kind of backbone 'nobody'"),
        ("other", "is a list"),
    ],
)
def test_what_is_wrong_with_a_kind_is_an_error_of_the_backbone(kind: str, said: str) -> None:
    with pytest.raises(BackboneError) as refused:
        opened(kind)
    assert said in refused.value.message
    if kind == "boasts":
        import vectors_plugin  # type: ignore[import-not-found]  # the package of this test

        assert len(vectors_plugin.closed) == 1  # a refused backbone is closed


def test_every_capability_has_a_protocol_and_words() -> None:
    assert set(CAPABILITIES) == set(PROTOCOLS) == set(CAPABILITY_WORDS)
    for kind in ("demo", "transformers", "openai"):
        assert BACKBONE_KINDS.get(kind).capabilities <= set(CAPABILITIES)
