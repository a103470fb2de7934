"""Every kind of `[backbone]`: what it can do and what opens it, known without loading anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from align_tui.core.errors import ConfigError
from align_tui.core.registry import Registry

Capability = Literal["generates", "scores_choices", "rates_statements", "embeds"]
"""What a model can do: the protocols of backbones/base.py, by name."""
CAPABILITIES: Final[tuple[Capability, ...]] = get_args(Capability)
CAPABILITY_WORDS: Final[dict[Capability, str]] = {
    "generates": "writes text under a schema",
    "scores_choices": "scores choices",
    "rates_statements": "rates statements by relevance and valence",
    "embeds": "turns texts into vectors",
}


@dataclass(frozen=True, slots=True)
class BackboneKind:
    """A kind of `[backbone]`. Another package adds one by an entry point that names such a value.

    `opener` is `module:function`: (spec, progress) -> Backbone, imported only to open a model.
    `capabilities` are what every model of the kind can do. `runs_here`: in the worker's own
    process, and not on a server that `[backbone.server]` names.
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
BACKBONE_KINDS: Final = Registry(
    "kind of backbone",
    "align_tui.backbones",
    BackboneKind,
    {
        "demo": "align_tui.config.backbone_kinds:LOCAL",
        "transformers": "align_tui.config.backbone_kinds:LOCAL",
        "openai": "align_tui.config.backbone_kinds:SERVER",
    },
)


def kind_of(name: str) -> BackboneKind | None:
    """The kind of that name; None for one that is not installed here, or cannot be loaded."""
    try:
        return BACKBONE_KINDS.get(name)
    except ConfigError:
        return None
