"""The names of the keys of a screen's actions, for sentences and for the line of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from align_tui.tui.format.glyphs import Glyphs

SHORT = {"escape": "esc"}  # on the line of keys and in borders, where each cell counts
GAP = "   "  # between two hints
_ID = re.compile(r"\{([a-z0-9_]+\.[a-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class KeyNames:
    """The names of the keys by the id of their action (`study.pause`), in the keymap's order.

    A key's name is its sign (`?`) or its word (`escape`, `page up`). An action without a key on
    this screen is missing.
    """

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _labels: dict[tuple[bool, tuple[str, ...]], str] = field(
        default_factory=dict, compare=False, repr=False
    )  # a cache, since the line of keys is made for each frame

    def first(self, action: str) -> str:
        """The first key of an action; "" if it has none."""
        return self.every(action)[0] if action in self.keys else ""

    def every(self, action: str) -> tuple[str, ...]:
        """All keys of an action."""
        return self.keys.get(action, ())

    def fill(self, text: str) -> str:
        """The text with a key in place of each `{id}`; "" if one of the actions has no key."""
        return self._filled(text, self.first)

    def _filled(self, text: str, name: Callable[[str], str]) -> str:
        if not all(map(name, _ID.findall(text))):
            return ""
        return _ID.sub(lambda found: name(found[1]), text)

    def sentence(self, head: str, *tails: str) -> str:
        """`head` as it is, followed by each of `tails` filled by `fill`.

        For example `sentence("paused", ": press {study.pause} to resume")`.
        """
        return head + "".join(map(self.fill, tails))

    def hints(self, *parts: str) -> str:
        """The filled parts side by side, such as `enter list them   esc cancel`."""
        return GAP.join(self._hints(parts))

    def hints_in(self, width: int, *parts: str) -> str:
        """The hints that fit in `width` cells; the last one, and then the first, stay longest."""
        found = self._hints(parts)
        while len(found) > 1 and cell_len(GAP.join(found)) > width:
            found.pop(-2)
        return GAP.join(found)

    def _hints(self, parts: Sequence[str]) -> list[str]:
        return [made for part in parts if (made := self._filled(part, self._short))]

    def _short(self, action: str) -> str:
        return SHORT.get(self.first(action), self.first(action))

    def label(self, glyphs: Glyphs, *actions: str) -> str:
        """The keys of these actions for the line of keys, such as `⏎`, `↑↓`, `n/N`, or ""."""
        known = self._labels.get((glyphs.ascii, actions))
        if known is None:
            known = self._labels[glyphs.ascii, actions] = self._label(glyphs, actions)
        return known

    def _label(self, glyphs: Glyphs, actions: Sequence[str]) -> str:
        found = [self.every(action) for action in actions if action in self.keys]
        if not glyphs.ascii and any("up" in k for k in found) and any("down" in k for k in found):
            return glyphs.updown
        names = [SHORT.get(keys[0], keys[0]) for keys in found]
        if names == ["enter"]:
            return glyphs.enter
        head, plus, _ = names[0].rpartition("+") if names else ("", "", "")
        if head and len(names) > 1 and all(name.startswith(head + plus) for name in names):
            names[1:] = [name.removeprefix(head + plus) for name in names[1:]]
        return "/".join(names)


NO_KEYS = KeyNames()
