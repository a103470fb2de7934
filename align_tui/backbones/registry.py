"""Open a backbone by its kind; heavy packages are imported only then."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from align_tui.backbones.base import PROTOCOLS, Backbone, OnProgress
from align_tui.config.backbone_kinds import BACKBONE_KINDS, CAPABILITY_WORDS
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.errors import BackboneError, ConfigError

Opener = Callable[[BackboneSpec, OnProgress], Backbone]


def open_backbone(spec: BackboneSpec, progress: OnProgress) -> Backbone:
    """Load the model that `spec` names, or reach its servers; slow. Raises BackboneError.

    Refuses a backbone that lacks a method for a capability that its kind declares.
    """
    try:
        kind = BACKBONE_KINDS.get(spec.kind)
    except ConfigError as error:  # a run from another machine, which has the package
        message = f"{spec.label} cannot be opened: {error.message}"
        raise BackboneError(message, error.hint) from error
    backbone = _opener(spec.kind, kind.opener)(spec, progress)
    declared = sorted(kind.capabilities)
    lacks = [each for each in declared if not isinstance(backbone, PROTOCOLS[each])]
    if lacks:
        backbone.close()
        words = " and ".join(CAPABILITY_WORDS[each] for each in lacks)
        raise BackboneError(
            f"The kind of backbone {spec.kind!r} declares that it {words}, but "
            f"{type(backbone).__name__} has no method for that"
        )
    return backbone


def _opener(kind: str, place: str) -> Opener:
    """Import the function at `module:function`; raises BackboneError for a broken package."""
    module, _, name = place.partition(":")
    try:
        opener: Opener = getattr(import_module(module), name)
    except Exception as error:  # the import runs another package's code
        if kind in BACKBONE_KINDS.entries:
            raise
        raise BackboneError(
            f"The kind of backbone {kind!r} cannot be opened by {place}: "
            f"{type(error).__name__}: {error}",
            "It comes from an installed package.",
        ) from error
    return opener
