"""What the list of runs has done with a run: in its thread, told when it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.output.save import save
from align_tui.store import run_annotations, runs, trash
from align_tui.tui.dialogs.pick import Item, PickDialog
from align_tui.tui.dialogs.questions import ConfirmDialog, InputDialog, TextDialog

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database
    from align_tui.store.history import RunLine
    from align_tui.tui.format.run_list import FoundIn
    from align_tui.tui.screens.runs.screen import RunsScreen

MAX_COLUMNS = 16


class RunActions:
    """Orders to the desk of the screen. Nothing here waits for the database."""

    def __init__(self, screen: RunsScreen) -> None:
        self.screen = screen
        self._thrown: list[str] = []  # what this screen threw away, the last one last

    def with_current(self, action: Callable[[RunLine], None]) -> None:
        """Do something with the run that is looked at; say so where there is none."""
        line = self.screen.current()
        if line is None:
            self.screen.say("there is no run to do that with")
        elif line.thrown and action != self.delete:
            self.screen.say("it is in the trash: u brings it back")
        else:
            action(line)

    def _do(self, job: Callable[[Database], object], said: str) -> None:
        def then(_: object) -> None:
            self.screen.say(said)
            self.screen.reload()

        self.screen.do(job, then)

    def open(self, run: str, *, replay: bool = False, place: FoundIn | None = None) -> None:
        """Show the run in place of what is shown now."""

        def then(study: Study) -> None:
            where = (place.scenario, place.profile, place.repeat) if place is not None else None
            self.screen.app.open_run(run, study, replay=replay, at=where)

        self.screen.say(f"opening {run}", waiting=True)
        self.screen.do(lambda db: runs.load_study(db, run), then)

    def compare(self, line: RunLine) -> None:
        """The columns of all chosen runs, or of this one."""
        from align_tui.tui.screens.compare.comparison import ColumnKey
        from align_tui.tui.screens.compare.screen import CompareScreen

        lines = {each.row.id: each for each in self.screen.lines}
        chosen = [run for run in self.screen.chosen if run in lines] or [line.row.id]
        keys = [
            ColumnKey(run, index) for run in chosen for index in range(len(lines[run].profiles))
        ]
        # The same place in the second run is most likely what the first is to be compared with.
        second = len(lines[chosen[0]].profiles) if len(chosen) > 1 else min(1, len(keys) - 1)
        kept = keys[:MAX_COLUMNS]
        self.screen.app.push_screen(
            CompareScreen(
                self.screen.database, kept, 0, min(second, len(kept) - 1), self.screen.glyphs
            )
        )

    def tags(self, line: RunLine) -> None:
        """Ask for the tags and write them."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            words = typed.replace(",", " ").split()
            self._do(lambda db: run_annotations.set_tags(db, line.row.id, words), "tagged")

        value = " ".join(line.tags)
        self._ask("tags, blanks between", value, "paper pilot", then)

    def note(self, line: RunLine) -> None:
        """Ask for the note and write it."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            self._do(lambda db: run_annotations.set_note(db, line.row.id, typed), "noted")

        title = f"note on {one_line(line.row.name, 40)}"
        screen = TextDialog(title, line.note, self.screen.glyphs.ascii)
        self.screen.app.push_screen(screen, then)

    def rename(self, line: RunLine) -> None:
        """Ask for a name and write it."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            self._do(lambda db: runs.rename(db, line.row.id, typed), "renamed")

        self._ask("what the run is called", line.row.name, "a name", then)

    def export(self, line: RunLine) -> None:
        """Ask for format and file, and write it."""
        exporters = dict(EXPORTERS.loaded())
        items = [
            Item(name, ((f"{name:<14}", "bright"), (exporter.description, "quiet")))
            for name, exporter in exporters.items()
        ]

        def picked(name: str | None) -> None:
            if name is None:
                return
            value = str(Path.cwd() / f"{line.row.id}{exporters[name].suffix}")
            self._ask(f"{name}: to which file", value, "a file", lambda to: write(name, to))

        def write(name: str, to: str | None) -> None:
            if not to:
                return
            self.screen.say(f"writing {one_line(to)}", waiting=True)
            self.screen.do(
                lambda db: save(db, line.row.id, name, Path(to)),
                lambda path: self.screen.say(f"written: {one_line(str(path))}"),
            )

        picker = PickDialog("export as", items, self.screen.glyphs)
        self.screen.app.push_screen(picker, picked)

    def import_directory(self) -> None:
        """Ask for a run directory and read it in."""

        def then(typed: str | None) -> None:
            if not typed:
                return

            def job(db: Database) -> str:
                from align_tui.config.attributes import load_attributes
                from align_tui.formats.align_system.runs import read_run_directory
                from align_tui.store.imports import import_run

                found = read_run_directory(Path(typed).expanduser(), load_attributes())
                return import_run(db, found)

            def done(run: str) -> None:
                self.screen.run = run
                self.screen.say(f"imported as {run}")
                self.screen.reload()

            self.screen.say(f"reading {one_line(typed)}", waiting=True)
            self.screen.do(job, done)

        self._ask("run directory of align-system", "", "outputs/2025-07-01/12-00-00", then)

    def _ask(self, title: str, value: str, hint: str, then: Callable[[str | None], None]) -> None:
        self.screen.app.push_screen(InputDialog(title, value, hint, self.screen.glyphs.ascii), then)

    def delete(self, line: RunLine) -> None:
        """Into the trash, which u undoes; in the trash ask, and remove it for good."""
        run = line.row.id
        if line.thrown:
            question = f"Remove {one_line(line.row.name, 24)} with {line.row.done} decisions?"
            sure = ConfirmDialog("for good", question, self.screen.glyphs.ascii)
            self.screen.app.push_screen(sure, lambda yes: self._remove(run) if yes else None)
            return

        self._thrown.append(run)
        self._do(lambda db: trash.throw_away(db, run), "in the trash: u brings it back")

    def _remove(self, run: str) -> None:
        self._thrown = [each for each in self._thrown if each != run]
        self.screen.say("removing", waiting=True)
        self._do(lambda db: runs.delete_run(db, run), "removed for good")

    def undo(self) -> None:
        """Bring back the run that is looked at in the trash, or what was thrown away last."""
        line = self.screen.current()
        run = line.row.id if line is not None and line.thrown else None
        if run is None and self._thrown:
            run = self._thrown.pop()
        if run is None:
            self.screen.say("nothing was deleted here: T shows the trash")
            return
        back = run
        if not self.screen.trash:
            self.screen.run = back
        self._do(lambda db: trash.bring_back(db, back), "brought back")
