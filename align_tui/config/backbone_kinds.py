"""The registry of all kinds of `[backbone]`, with their capabilities; it loads no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry

Capability = Literal[
    "generates", "scores_choices", "rates_statements", "writes_statements", "embeds"
]
"""What a model can do: one name for each protocol of backbones/base.py."""
CAPABILITIES: Final[tuple[Capability, ...]] = get_args(Capability)
CAPABILITY_WORDS: Final[dict[Capability, str]] = {
    "generates": "writes text under a schema",
    "scores_choices": "scores choices",
    "rates_statements": "rates statements by relevance and valence",
    "writes_statements": "writes statements and explains them",
    "embeds": "turns texts into vectors",
}


@dataclass(frozen=True, slots=True)
class BackboneKind:
    """A kind of `[backbone]`. Another package adds one by an entry point to such an object.

    `opener` is `module:function`: (spec, progress) -> Backbone, imported only to open a model.
    Every model of the kind has these `capabilities`. `runs_here`: it runs in the worker's own
    process, not on a server that `[backbone.server]` names.
    """

    opener: str
    capabilities: frozenset[Capability]
    runs_here: bool = True


LOCAL = BackboneKind(
    "align_tui.backbones.local.opening:open_local", frozenset({"generates", "scores_choices"})
)
SERVER = BackboneKind(
    "align_tui.backbones.server.opening:open_server",
    frozenset({"generates", "scores_choices"}),
    runs_here=False,
)
SEQ2SEQ = BackboneKind(
    "align_tui.backbones.seq2seq.opening:open_seq2seq",
    frozenset({"rates_statements", "writes_statements"}),
)
EMBEDDING = BackboneKind(
    "align_tui.backbones.embedding.opening:open_embedding", frozenset({"embeds"})
)
DEMO_EMBEDDING = BackboneKind(
    "align_tui.backbones.embedding.opening:open_demo_embedding", frozenset({"embeds"})
)
BACKBONE_KINDS: Final = Registry(
    "kind of backbone",
    "align_tui.backbones",
    BackboneKind,
    {
        "demo": "align_tui.config.backbone_kinds:LOCAL",
        "transformers": "align_tui.config.backbone_kinds:LOCAL",
        "openai": "align_tui.config.backbone_kinds:SERVER",
        "seq2seq": "align_tui.config.backbone_kinds:SEQ2SEQ",
        "embedding": "align_tui.config.backbone_kinds:EMBEDDING",
        "demo-embedding": "align_tui.config.backbone_kinds:DEMO_EMBEDDING",
    },
)


def kind_of(name: str) -> BackboneKind | None:
    """The kind of that name; None if it is not installed or cannot be loaded."""
    try:
        return BACKBONE_KINDS.get(name)
    except ConfigError:
        return None
