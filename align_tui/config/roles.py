"""Check that a profile's models, by role, have the capabilities that its decision-maker needs."""

from __future__ import annotations

from align_tui.config.backbone_kinds import BACKBONE_KINDS, CAPABILITY_WORDS, Capability, kind_of
from align_tui.config.examples import EMBEDDING
from align_tui.config.profile import MAIN, Profile
from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to

Needs = dict[str, frozenset[Capability]]


def needs_of(profile: Profile) -> Needs:
    """The capabilities that a decision-maker needs, by role; the main model has the role ''."""
    traits = profile.adm.traits
    found: Needs = {MAIN: traits.asks} if traits.needs_model else {}
    found |= {role: frozenset(asked) for role, asked in traits.roles.items()}
    if profile.relevance is not None and profile.relevance.asks:
        role = relevance_role(profile)
        found[role] = found.get(role, frozenset()) | profile.relevance.asks
    if profile.examples is not None and profile.examples.needs_embedding:
        found[EMBEDDING] = found.get(EMBEDDING, frozenset()) | {"embeds"}
    return found


def relevance_role(profile: Profile) -> str:
    """The role of the model that `[relevance]` asks: its own, or the main model if that can."""
    params = profile.relevance
    if params is None or params.role in profile.models or not profile.needs_model:
        return params.role if params is not None else MAIN
    kind = kind_of(profile.backbone.kind)
    able = kind is not None and params.asks <= kind.capabilities
    return MAIN if able else params.role


def check_roles(profile: Profile) -> None:
    """Raise ConfigError if a model is missing or lacks a capability that its role needs."""
    models = profile.used_models
    for role, asked in needs_of(profile).items():
        called = table_of(role)
        kind = profile.adm.kind
        if profile.relevance is not None and not asked <= _own_needs(profile, role):
            kind = f"[relevance] {profile.relevance.kind}"
        if role not in models:
            near = close_to(role, list(profile.models), n=1)
            raise ConfigError(
                f"profile {profile.name}: {kind} needs a model in the role {role!r}, but the "
                "profile names none",
                f"Is [models.{near[0]}] misspelled?"
                if near
                else f"For example: {called} {_example(asked)}",
            )
        spec = models[role]
        lacks = sorted(asked - BACKBONE_KINDS.get(spec.kind).capabilities)
        if lacks:
            words = " and ".join(CAPABILITY_WORDS[each] for each in lacks)
            raise ConfigError(
                f"profile {profile.name}: {kind} needs a model in {called} that {words}, but "
                f"{spec.label} (kind {spec.kind!r}) does not",
                _who_can(asked),
            )


def _own_needs(profile: Profile, role: str) -> frozenset[Capability]:
    """What the decision-maker itself needs of a role, without the profile's `[relevance]`."""
    traits = profile.adm.traits
    if role == MAIN:
        return traits.asks if traits.needs_model else frozenset()
    return frozenset(traits.roles.get(role, ()))


def table_of(role: str) -> str:
    """The table of a profile that names the model of a role."""
    return f"[models.{role}]" if role else "[backbone]"


def _example(asked: frozenset[Capability]) -> str:
    """The keys of a role's table, for a model that can do it."""
    if "embeds" in asked:
        return 'kind = "embedding" and model = "sentence-transformers/all-MiniLM-L6-v2"'
    name = "kaleido-large" if "rates_statements" in asked else "mistral-7b"
    return f'use = "{name}"'


def _who_can(asked: frozenset[Capability]) -> str:
    known = {name: kind_of(name) for name in BACKBONE_KINDS}
    able = [name for name, kind in known.items() if kind and asked <= kind.capabilities]
    if not able:
        return "No installed kind of backbone can do this; another package may add one."
    return f"Kinds of backbone that can do this: {', '.join(able)}."
