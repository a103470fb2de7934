"""The profiles that the user can add as a column, read from the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.tui.format.glyphs import Glyphs
    from align_tui.tui.format.library import Offer


def list_offers(
    removed: Mapping[str, Profile], glyphs: Glyphs, beside: Profile | None = None
) -> list[Offer]:
    """The removed columns by their keys, then the library, the user's own profiles first.

    A profile that names no model would use the model of `beside`. A file that cannot be read is
    offered with its error.
    """
    from align_tui.config.attributes import load_attributes
    from align_tui.config.backbones import backbone_of
    from align_tui.config.library import list_profiles, load_profile
    from align_tui.config.ready import absences
    from align_tui.core.errors import AlignError
    from align_tui.tui.format.library import Offer
    from align_tui.tui.format.targets import in_words

    def offer(key: str, origin: str, name: str, profile: Profile) -> Offer:
        model = profile.model_label
        target = in_words(profile.target, glyphs)
        users.append((key, profile))
        return Offer(key, name, origin, profile.adm.kind, target, model, profile.description)

    users: list[tuple[str, Profile]] = []
    attributes = load_attributes()
    default = backbone_of(beside) if beside is not None else None
    offers = [offer(key, "removed", each.name, each) for key, each in removed.items()]
    for entry in sorted(list_profiles(), key=lambda entry: entry.origin != "yours"):
        key, origin = str(entry.path), entry.origin if entry.origin == "yours" else ""
        try:
            profile = load_profile(key, default=default, attributes=attributes)
        except AlignError as error:
            trouble = error.message.removeprefix(key).lstrip(" ,:")
            offers.append(Offer(key, entry.name, origin, trouble=trouble))
        else:
            offers.append(offer(key, origin, entry.name, profile))
    absent = absences(spec for _, profile in users for spec in profile.used_models.values())
    lacks = {
        key: absent[spec.key]
        for key, profile in users
        for spec in profile.used_models.values()
        if spec.key in absent
    }
    return [replace(each, absent=lacks.get(each.key, "")) for each in offers]
