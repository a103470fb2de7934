"""The registry of all kinds of decision-maker."""

from __future__ import annotations

from dataclasses import dataclass, field

from align_tui.config.adm_params import AdmParams
from align_tui.core.registry import Registry


@dataclass(frozen=True)
class HasParams:
    """The part of a registered kind that the reader of a profile needs: its parameters' class.

    `prompts` names the texts of this program that its prompts are made of (config/sources.py), so
    that a run stores them. The kinds themselves are of type `adms.base.AdmKind`, which also makes
    the decision-maker.
    """

    params: type[AdmParams]
    prompts: tuple[str, ...] = field(default=(), kw_only=True)


ADM_KINDS: Registry[HasParams] = Registry(
    "decision-maker",
    "align_tui.adms",
    HasParams,
    {
        "random": "align_tui.adms.random_choice:KIND",
        "fixed": "align_tui.adms.fixed:KIND",
        "oracle": "align_tui.adms.oracle:KIND",
        "baseline": "align_tui.adms.baseline:KIND",
        "kaleido": "align_tui.adms.kaleido:KIND",
        "kaleido_values": "align_tui.adms.kaleido_values:KIND",
        "prompt_aligned": "align_tui.adms.prompt_aligned:KIND",
        "comparative_regression": "align_tui.adms.comparative_regression:KIND",
        "direct_regression": "align_tui.adms.direct_regression:KIND",
        "hybrid_regression": "align_tui.adms.hybrid_regression:KIND",
        "pipeline": "align_tui.adms.pipeline:KIND",
        "persona": "align_tui.adms.persona:KIND",
        "tagging": "align_tui.adms.tagging:KIND",
        "decision_flow": "align_tui.adms.flow.kind:KIND",
        "stated_distribution": "align_tui.adms.stated_distribution:KIND",
        "custom": "align_tui.adms.custom:KIND",
        "imported": "align_tui.adms.imported:KIND",
    },
)
"""The kinds by their name in `[adm] kind`. Other packages add theirs by entry points of the group.

A kind is listed by its path and imported when a profile names it: decision-makers import the
module of profiles, so that module cannot import them.
"""
