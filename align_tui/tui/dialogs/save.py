"""The dialog to save the focused profile, or the shown scenario, to the user's library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line, plain
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, cut
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.wrapped import Wrapped

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.core.scenarios import Scenario
    from align_tui.studies.save import Spot

Do: TypeAlias = "Callable[[Callable[[], Answer], Callable[[Answer], None]], None]"


@dataclass(slots=True)
class Thing:
    """Something to save: its kind, its title, the typed name, and the functions that save it."""

    what: str
    title: str
    name: str
    spot: Callable[[str], Spot]
    save: Callable[[str, bool], Path]


@dataclass(frozen=True, slots=True)
class Answer:
    """The thread's answer: the path, what is in the way there, or an error."""

    path: Path | None = None
    taken: str = ""
    error: AlignError | None = None
    saved: bool = False


def things_to_save(profile: Profile, scenario: Scenario | None) -> list[Thing]:
    """The profile, and the scenario if there is one, each under a suggested name."""
    from align_tui.studies import save

    found = [
        Thing(
            "profile",
            one_line(profile.name),
            save.suggested(profile.name),
            save.profile_spot,
            lambda name, replace: save.save_profile(profile, name, replace=replace),
        )
    ]
    if scenario is not None:
        found.append(
            Thing(
                "scenario",
                one_line(scenario.title or scenario.key),
                save.suggested(scenario.key),
                save.scenario_spot,
                lambda name, replace: save.save_scenario(scenario, name, replace=replace),
            )
        )
    return found


class SaveDialog(KeepingDialog[str]):
    """Returns a notice about what was saved, or None.

    `do` calls a function that reads or writes files in a thread, and then another with its result.
    """

    SECTION: ClassVar[str] = "save"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="save.back"),
        Binding("enter", "save", "save it", id="save.save"),
        Binding("down,tab", "turn(1)", "choose profile or scenario", priority=True, id="save.next"),
        Binding(
            "up,shift+tab",
            "turn(-1)",
            "choose profile or scenario",
            priority=True,
            id="save.previous",
        ),
    ]

    def __init__(self, things: list[Thing], do: Do, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._things, self._do, self._glyphs = things, do, glyphs
        self._at = 0
        self._before = tuple(thing.name for thing in things)
        self._asked = ""  # the name for which the dialog has shown that it is taken
        self._answer = Answer()
        self._choice, self._message = Lines(), Wrapped(self._make_message)
        self._choice.styles.height = len(things) + 1
        self._message.styles.min_height = 4
        self.field = Input(things[0].name, placeholder="a name", select_on_focus=False)

    @property
    def thing(self) -> Thing:
        """The thing that the dialog would save."""
        return self._things[self._at]

    def compose(self) -> ComposeResult:
        """What to save, under which name, and where that is."""
        with Vertical(classes="box question") as box:
            self.entitle(box, "save to your library")
            yield self._choice
            yield self.field
            yield self._message

    def hints(self) -> Sequence[str]:
        """The keys that save, choose and close."""
        return (
            "{save.save} save",
            "{save.previous}/{save.next} profile or scenario",
            "{save.back} cancel",
        )

    def on_mount(self) -> None:
        """Focus the name, and show where the first thing would be saved."""
        self.field.focus()
        self.call_after_refresh(self._paint)

    def has_changed(self) -> bool:
        """True if another name was typed."""
        return self._before != tuple(thing.name for thing in self._things)

    def action_turn(self, by: int) -> None:
        """Choose the other thing, with the name that was typed for it."""
        self._at = (self._at + by) % len(self._things)
        with self.prevent(Input.Changed):
            self.field.value = self.thing.name
        self._paint()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Show where a file of the typed name would be."""
        self.thing.name = event.value.strip()
        self._asked = ""
        self._look()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Handle enter, which the field takes itself, if the keymap has it for this action."""
        if "enter" in keys_of(self).every("save.save"):
            self.action_save()

    def action_save(self) -> None:
        """Save it; if something is in the way, show that first and replace it the second time."""
        thing, name, replace = self.thing, self.thing.name, self._asked == self.thing.name != ""

        def job() -> Answer:
            try:
                spot = thing.spot(name)
                if spot.taken and not replace:
                    return Answer(spot.path, spot.taken)
                return Answer(thing.save(name, replace), saved=True)
            except AlignError as error:
                return Answer(error=error)

        def then(answer: Answer) -> None:
            if not self.is_attached:
                return
            if answer.saved:
                self.dismiss(f"{thing.what} saved as {answer.path}")
                return
            if answer.taken:
                self._asked = name
            self._tell(answer)

        self._do(job, then)

    def _paint(self) -> None:
        lines: list[Line] = []
        for number, thing in enumerate(self._things):
            chosen = number == self._at
            cursor = self._glyphs.cursor if chosen else " "
            style = "bright" if chosen else "quiet"
            lines.append(
                ((f"{cursor} ", "key"), (f"{thing.what:<10}", style), (thing.title, style))
            )
        width = self._choice.size.width
        self._choice.paint([cut(line, width, self._glyphs.more) for line in lines])
        self._look()

    def _look(self) -> None:
        thing, name = self.thing, self.thing.name

        def job() -> Answer:
            try:
                spot = thing.spot(name)
            except AlignError as error:
                return Answer(error=error)
            return Answer(spot.path, spot.taken)

        def then(answer: Answer) -> None:
            if self.is_attached and (thing, name) == (self.thing, self.thing.name):
                self._tell(answer)

        self._do(job, then)

    def _tell(self, answer: Answer) -> None:
        self._answer = answer
        self._message.renew()

    def _make_message(self, width: int) -> list[Line]:
        answer, lines = self._answer, list[Line]([()])
        if answer.error is not None:
            return [*lines, *complaint_lines(answer.error, width)]
        if answer.path is not None:
            lines += [((row, "quiet"),) for _, row in wrap(home_path(answer.path), width)]
        if answer.taken:
            lines.append((("! ", "warn"), (answer.taken, "text")))
            again = keys_of(self).fill("  press {save.save} again to replace it")
            lines.append(((again if self._asked == self.thing.name else "", "bright"),))
        return lines


def home_path(path: Path) -> str:
    """The path with `~` for the home folder."""
    home = Path.home()
    return plain(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path))
