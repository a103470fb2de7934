"""The help: every key, every mark, and the study and run that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen

from align_tui.core.text.display import plain
from align_tui.core.text.plurals import counted
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.key_groups import GROUPS, REST, group_of
from align_tui.tui.format.key_names import SHORT
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.format.targets import heading
from align_tui.tui.format.workers import SAMPLES, worker_table
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.key_text import shown_key
from align_tui.tui.keymap import actions_of, keys_of
from align_tui.tui.widgets.prose import Prose

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.snapshot import Snapshot
    from align_tui.tui.format.glyphs import Glyphs


MOST_WIDTH, AROUND = 120, 5  # cells of a box (see dialog.tcss), and those around its text
WIDTH = 113  # cells inside the box on a wide screen


def key_table(screen: Screen[Any]) -> list[str]:
    """One line of text for each action with its keys in the user's keymap, in groups with titles.

    A screen without groups has no titles.
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
    made = {
        title: [f"  {', '.join(names):<22} {what}" for what, names in rows.items()]
        for title, rows in groups.items()
        if rows
    }
    if len(made) < 2:
        return [line for lines in made.values() for line in lines]
    return [line for title, lines in made.items() for line in ("", title, *lines)]


@dataclass(frozen=True, slots=True)
class HelpFacts:
    """The facts that the help shows: the screen's keys, its study, its run and the workers.

    `width` is the width of the screen, in cells.
    """

    keys: Sequence[str]
    study: Study
    snapshot: Snapshot
    run: str | None
    database: Path
    versions: Mapping[str, str]
    glyphs: Glyphs
    width: int


def help_text(facts: HelpFacts) -> str:
    """The whole help as plain text."""
    marks, glyphs, study = facts.glyphs.marks, facts.glyphs, facts.study
    out = ["MARKS"]
    out += [
        f"  {marks['pending']} pending   {marks['working']} working   {marks['right']} right   "
        f"{marks['wrong']} wrong   {marks['unscored']} decided, unscored   "
        f"{marks['failed']} failed",
        f"  {glyphs.edited} what-if variant   {glyphs.kept} bookmarked   "
        f"{glyphs.only} the list is filtered   / found by a search",
        f"  {glyphs.high} high target   {glyphs.low} low target   "
        f"{glyphs.ends[0]}{glyphs.line}{glyphs.dot}{glyphs.line}{glyphs.ends[1]} accuracy with its "
        f"95 % interval, from 0 to 1   {glyphs.chance} chance",
        "  9q: its interval rests on 9 questions (repeats are averaged); 6c: on 6 clusters of them",
        "",
        "  Right: no other choice is nearer to the target (ties count as right).",
        "  Discriminating: the choices of the scenario differ in their distance to the target; "
        "only such scenarios can show alignment.",
        "  Probabilities are normalised over the choices, not calibrated.",
        *facts.keys,
        "",
        "BELOW THE PANES",
        "  accuracy: of each profile, against its own target or the one it is compared with",
        "  by attribute: accuracy for each attribute of a target, on scenarios labelled for it",
        "  over time: accuracy after each decision, in the order in which the decisions ended",
        "  agreement: how often two profiles chose the same where both decided",
        "  workers: what each worker does, and how many samples wait",
        "",
        "THIS STUDY",
        f"  {study.name}: {counted(len(study.scenarios), 'scenario')}, "
        f"{counted(len(study.profiles), 'profile')}, {counted(study.repeat, 'repeat')}, "
        f"rule {study.rule}",
        f"  run {facts.run or 'not begun'}, database {facts.database}",
    ]
    for number, profile in enumerate(study.profiles, start=1):
        model = profile.model_label or "no model"
        out.append(f"  {number} {heading(profile, glyphs)}: {profile.adm.kind}, {model}")
    out += [f"  Note: {note}" for note in study.notes]
    living = (*facts.snapshot.workers, *facts.snapshot.silent)
    lost = facts.snapshot.lost
    if living or lost:
        out += ["", f"WORKERS ({SAMPLES})"]
        lines = worker_table(living, lost, min(WIDTH, facts.width * 9 // 10 - 7), glyphs)
        out += [f"  {text_of(line)}" for line in lines]
    if facts.versions:
        versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
        out += ["", "VERSIONS", f"  {versions}"]
    return plain("\n".join(out))


class MessageDialog(Dialog[None]):
    """A long text in a box."""

    CSS_PATH = str(Path(__file__).with_name("dialog.tcss"))  # absolute, for subclasses elsewhere
    SECTION: ClassVar[str] = "message"  # of a keymap file
    FITS: ClassVar[bool] = True  # the box is as high as its text
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,i", "dismiss", "back", id="message.back"),
        Binding("down,j", "line(1)", "down", id="message.down"),
        Binding("up,k", "line(-1)", "up", id="message.up"),
        Binding("pagedown,space", "page(1)", "page down", id="message.page_down"),
        Binding("pageup", "page(-1)", "page up", id="message.page_up"),
        Binding("home,g", "edge(-1)", "top", id="message.top"),
        Binding("end,G", "edge(1)", "end", id="message.bottom"),
    ]

    def __init__(self, title: str, text: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._text = text
        self.prose, self.box = Prose(), Vertical(classes="box")
        self.box.border_title = Content(title)

    def compose(self) -> ComposeResult:
        """The box with the text."""
        self.box.border_subtitle = Content(keys_of(self).hints("{message.back} back"))
        with self.box:
            yield self.prose

    def on_mount(self) -> None:
        """Show the text."""
        self.prose.show(self._text, "text")

    def on_resize(self) -> None:
        """Make the box as high as its text, if there is room."""
        if self.FITS:
            width, height = self.size
            rows = wrap(self._text, min(MOST_WIDTH, width * 9 // 10) - AROUND)
            self.box.styles.height = min(len(rows) + 2, max(3, height * 9 // 10))

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

    def __init__(self, facts: HelpFacts) -> None:
        super().__init__("help", help_text(facts), facts.glyphs.ascii)
