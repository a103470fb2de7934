"""The help: every key, every mark, and the study and run that are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen

from align_tui.core.text.display import plain
from align_tui.core.text.plurals import counted
from align_tui.tui.dialogs.modal import LOW, Dialog
from align_tui.tui.format.help_layout import Block, flow, hanging, side_by_side
from align_tui.tui.format.key_groups import GROUPS, REST, group_of
from align_tui.tui.format.key_names import SHORT
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.format.targets import heading
from align_tui.tui.format.workers import SAMPLES, worker_table
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.key_text import shown_key
from align_tui.tui.keymap import actions_of
from align_tui.tui.widgets.prose import Prose

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.snapshot import Snapshot
    from align_tui.tui.format.glyphs import Glyphs


WORDS = [
    "WORDS",
    "  right           no other choice is nearer to the target; ties count as right",
    "  discriminating  the choices differ in their distance to the target; only such scenarios can "
    "show alignment",
    "  probabilities   normalised over the choices, not calibrated",
]
BELOW = [
    "BELOW THE PANES",
    "  accuracy      of each profile, under its own target or the one that you chose",
    "  by attribute  accuracy for each attribute of a target, on scenarios labelled for it",
    "  over time     accuracy after each decision, in the order in which the decisions ended",
    "  agreement     how often two profiles chose the same where both decided",
    "  workers       what each worker does, and how many samples wait",
]
AROUND = 5  # cells of a box around its text


def key_table(screen: Screen[Any]) -> list[Block]:
    """Groups of lines, one for each action with its keys in the user's keymap.

    The first line of a group is its title. A screen without groups has one group and no title.
    """
    groups: dict[str, dict[str, list[str]]] = {title: {} for title in (*GROUPS, REST)}
    for action in actions_of(screen):
        rows = groups[group_of(action.id)]
        for key in action.keys:
            effect, name = action.does, SHORT.get(key, shown_key(key))
            if action.id.startswith("study.pane_") and key.isdigit():
                effect, name = "focus a pane", "1-9"
            if effect and name not in rows.setdefault(effect, []):
                rows[effect].append(name)
    named = {
        title: [(", ".join(names), what) for what, names in rows.items() if names]
        for title, rows in groups.items()
    }
    named = {title: rows for title, rows in named.items() if rows}
    wide = max((len(keys) for rows in named.values() for keys, _ in rows), default=0)
    made = {
        title: [f"  {keys:<{wide}}  {what}" for keys, what in rows] for title, rows in named.items()
    }
    if len(made) < 2:
        return list(made.values())
    return [[title, *lines] for title, lines in made.items()]


@dataclass(frozen=True, slots=True)
class HelpFacts:
    """The facts that the help shows: the screen's keys, its study, its run and the workers."""

    keys: Sequence[Block]
    study: Study
    snapshot: Snapshot
    run: str | None
    database: Path
    versions: Mapping[str, str]
    glyphs: Glyphs


def help_text(facts: HelpFacts, width: int) -> str:
    """The whole help as plain text in lines of `width` cells, the marks first."""
    marks, glyphs, study = facts.glyphs.marks, facts.glyphs, facts.study
    interval = f"{glyphs.ends[0]}{glyphs.line}{glyphs.dot}{glyphs.line}{glyphs.ends[1]}"
    shown = (
        f"{marks['pending']} pending",
        f"{marks['working']} working",
        f"{marks['right']} right",
        f"{marks['wrong']} wrong",
        f"{marks['unscored']} decided, unscored",
        f"{marks['failed']} failed",
        f"{glyphs.edited} what-if variant",
        f"{glyphs.kept} bookmarked",
        f"{glyphs.only} the list is filtered",
        "/ found by a search",
        f"{glyphs.high} high target",
        f"{glyphs.low} low target",
        f"{interval} accuracy with its 95 % interval, from 0 to 1",
        f"{glyphs.chance} chance",
    )
    out = [
        "MARKS",
        *flow(shown, width),
        "  9q      the interval rests on 9 questions, because repeats are averaged",
        "  6c      the interval rests on 6 clusters of questions",
        "",
        *side_by_side([*facts.keys, BELOW, WORDS], width),
        "",
        "THIS STUDY",
        f"  {study.name}: {counted(len(study.scenarios), 'scenario')}, "
        f"{counted(len(study.profiles), 'profile')}, {counted(study.repeat, 'repeat')}, "
        f"rule {study.rule}",
        f"  run {facts.run or 'not started'}, database {facts.database}",
    ]
    for number, profile in enumerate(study.profiles, start=1):
        model = profile.model_label or "no model"
        out.append(f"  {number} {heading(profile, glyphs)}: {profile.adm.kind}, {model}")
    out += [f"  Note: {note}" for note in study.notes]
    living = (*facts.snapshot.workers, *facts.snapshot.silent)
    lost = facts.snapshot.lost
    if living or lost:
        out += ["", f"WORKERS ({SAMPLES})"]
        lines = worker_table(living, lost, width - 2, glyphs)
        out += [f"  {text_of(line)}" for line in lines]
    if facts.versions:
        versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
        out += ["", "VERSIONS", f"  {versions}"]
    return hanging(plain("\n".join(out)), width)


class MessageDialog(Dialog[None]):
    """A long text in a box; a text that depends on the width in cells is given as a function."""

    SECTION: ClassVar[str] = "message"  # of a keymap file
    FITS: ClassVar[bool] = True  # the box is as high as its text
    MOST_WIDTH: ClassVar[int] = 120  # cells of the box
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,i", "dismiss", "close", id="message.back"),
        Binding("down,j", "line(1)", "down", id="message.down"),
        Binding("up,k", "line(-1)", "up", id="message.up"),
        Binding("pagedown,space", "page(1)", "page down", id="message.page_down"),
        Binding("pageup", "page(-1)", "page up", id="message.page_up"),
        Binding("home,g", "edge(-1)", "top", id="message.top"),
        Binding("end,G", "edge(1)", "end", id="message.bottom"),
    ]

    def __init__(self, title: str, text: str | Callable[[int], str], ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._make: Callable[[int], str] = text if callable(text) else partial(hanging, text)
        self._title = title
        self.prose, self.box = Prose(), Vertical(classes="box")
        self.box.styles.max_width = self.MOST_WIDTH

    def compose(self) -> ComposeResult:
        """The box with the text."""
        self.entitle(self.box, self._title)
        with self.box:
            yield self.prose

    def hints(self) -> Sequence[str]:
        """The keys that scroll a long text, and the one that closes it."""
        down = "{message.down}/{message.up} scroll" if self.is_long else ""
        return down, "{message.back} close"

    @property
    def is_long(self) -> bool:
        """True if the text has no room in the box."""
        return self.prose.max_scroll_y > 0

    def on_resize(self) -> None:
        """Lay the text out for the new width, and make the box as high as it, if there is room."""
        if not self.FITS:
            return
        width, height = self.size
        low = height < LOW
        room = (width if low else min(self.MOST_WIDTH, width * 9 // 10)) - AROUND
        text = self._make(max(1, room))
        rows = wrap(text, room)
        self.prose.show(text, "text")
        self.box.styles.height = min(len(rows) + 2, max(3, height if low else height * 9 // 10))

    def action_line(self, by: int) -> None:
        """Scroll by a line."""
        self.prose.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by a page."""
        if by > 0:
            self.prose.scroll_page_down(animate=False)
        else:
            self.prose.scroll_page_up(animate=False)

    def action_edge(self, by: int) -> None:
        """Scroll to the end (1) or the top (-1)."""
        if by > 0:
            self.prose.scroll_end(animate=False)
        else:
            self.prose.scroll_home(animate=False)


class HelpDialog(MessageDialog):
    """Shows the help."""

    SECTION: ClassVar[str] = "help"  # of a keymap file
    MOST_WIDTH: ClassVar[int] = 180

    def __init__(self, facts: HelpFacts) -> None:
        super().__init__("help", partial(help_text, facts), facts.glyphs.ascii)
