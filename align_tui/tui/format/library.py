"""The lines of the profiles that the user can add as a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from align_tui.core.text.display import one_line
from align_tui.tui.format.styled_text import Line, fit

MAX_NAME, MAX_ORIGIN, MAX_KIND, MAX_TARGET, MAX_MODEL = 40, 7, 22, 24, 26
MAX_ABSENT = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """A profile of the library, or a file that cannot be read, with the error in `trouble`."""

    key: str  # what `load_profile` loads it by, or the key of a removed column
    name: str
    origin: str  # "yours", "removed", or "" for a shipped profile
    kind: str = ""
    target: str = ""
    model: str = ""
    about: str = ""
    trouble: str = ""
    absent: str = ""  # what its models lack on this machine: "not here", "no key", ...


def offer_lines(offers: Sequence[Offer], more: str) -> list[Line]:
    """A mark of what cannot run here, name, origin, model, targets, kind and description.

    The parts stand in columns that are as wide as they need to be. The mark stands first, where a
    narrow terminal cannot cut it.
    """
    width = {
        part: max((min(most, cell_len(one_line(getattr(o, part)))) for o in offers), default=0)
        for part, most in (
            ("name", MAX_NAME),
            ("origin", MAX_ORIGIN),
            ("kind", MAX_KIND),
            ("target", MAX_TARGET),
            ("model", MAX_MODEL),
            ("absent", MAX_ABSENT),
        )
    }

    def padded(offer: Offer, part: str) -> str:
        text = fit(one_line(getattr(offer, part)), width[part], more)
        return set_cell_size(text, width[part]) + "  "

    lines: list[Line] = []
    marked = any(offer.trouble or offer.absent for offer in offers)
    for offer in offers:
        mark = ("! " if offer.trouble or offer.absent else "  ", "failed")
        name = (padded(offer, "name"), "bright" if offer.origin else "text")
        own = (padded(offer, "origin") if width["origin"] else "", "quiet")
        if offer.trouble:
            lines.append((mark, name, own, (one_line(offer.trouble, 300), "text")))
            continue
        lines.append(
            (
                mark if marked else ("", ""),
                name,
                own,
                (padded(offer, "model"), "quiet"),
                (padded(offer, "absent") if width["absent"] else "", "failed"),
                (padded(offer, "target"), "text"),
                (padded(offer, "kind"), "quiet"),
                (one_line(offer.about, 200), "quiet"),
            )
        )
    return lines


def offer_words(offer: Offer) -> str:
    """All of an offer in one sentence, for below the list."""
    if offer.trouble:
        return one_line(f"{offer.name} cannot be read: {offer.trouble}", 600)
    model = f"{offer.model}, {offer.absent}" if offer.absent else offer.model
    facts = ", ".join(filter(None, (offer.kind, model, offer.target)))
    about = f": {offer.about}" if offer.about else ""
    return one_line(f"{offer.name} ({facts}){about}", 600)
