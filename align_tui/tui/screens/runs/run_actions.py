"""Actions that change or export a run of the list; each shows a notice when it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.output.exporters.registry import EXPORTERS
from align_tui.output.save import save
from align_tui.services import annotating, runs
from align_tui.services.cancel import cancel_run
from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.pick import Item, PickDialog
from align_tui.tui.dialogs.questions import InputDialog, TextDialog
from align_tui.tui.format.status_text import cancelled_words

if TYPE_CHECKING:
    from align_tui.monitor.rows import Cancelled, Database, RunLine
    from align_tui.output.exporters.base import Exporter
    from align_tui.tui.screens.runs.host import RunsHost
    from align_tui.tui.screens.runs.state import RunListState

BACK = ": {runs.undo} brings it back"


class RunActions:
    """Asks the user for what an action needs and does it in the store's thread."""

    def __init__(self, state: RunListState, host: RunsHost) -> None:
        self.state, self.host = state, host
        self._thrown: list[str] = []  # runs that this screen deleted, the newest last
        self._exporters: dict[str, Exporter] = {}  # by name, as soon as they are loaded

    def load_exporters(self) -> None:
        """Load the exporters in the thread for the store: importing them takes a while."""

        def then(found: dict[str, Exporter]) -> None:
            self._exporters = found

        self.host.do(lambda _: dict(EXPORTERS.loaded()), then)

    def with_current(self, action: Callable[[RunLine], None]) -> None:
        """Call the action with the current run; show a notice if there is none."""
        line = self.state.current
        if line is None:
            self.host.say("there is no run to do this with")
        elif line.thrown and action != self.delete:
            self.host.say(self.host.names.sentence("this run is in the trash", BACK))
        else:
            action(line)

    def _do(self, job: Callable[[Database], object], notice: str) -> None:
        def then(_: object) -> None:
            self.host.say(notice)
            self.host.reload()

        self.host.do(job, then, holds=True)

    def tags(self, line: RunLine) -> None:
        """Ask for the tags and write them."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            words = typed.replace(",", " ").split()
            self._do(lambda db: annotating.tag_run(db, line.row.id, words), "tagged")

        value = " ".join(line.tags)
        self._ask("tags, separated by blanks", value, "paper pilot", then)

    def note(self, line: RunLine) -> None:
        """Ask for the note and write it."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            self._do(lambda db: annotating.note_run(db, line.row.id, typed), "noted")

        title = f"note on {one_line(line.row.name, 40)}"
        screen = TextDialog(title, line.note, self.host.glyphs.ascii)
        self.host.ask(screen, then)

    def rename(self, line: RunLine) -> None:
        """Ask for a name and write it."""

        def then(typed: str | None) -> None:
            if typed is None:
                return

            self._do(lambda db: runs.rename_run(db, line.row.id, typed), "renamed")

        self._ask("name of the run", line.row.name, "a name", then)

    def export(self, line: RunLine) -> None:
        """Ask for format and file, and write it."""
        exporters = self._exporters or dict(EXPORTERS.loaded())
        items = [_format_item(name, exporter) for name, exporter in exporters.items()]

        def picked(name: str | None) -> None:
            if name is None:
                return
            value = str(Path.cwd() / f"{line.row.id}{exporters[name].suffix}")
            self._ask(f"{name}: write to file", value, "a file", lambda to: write(name, to))

        def write(name: str, to: str | None) -> None:
            if not to:
                return
            self.host.say(f"writing {one_line(to)}", waiting=True)
            self.host.do(
                lambda db: save(db, line.row.id, name, Path(to)),
                lambda path: self.host.say(f"exported to {one_line(str(path))}"),
            )

        picker = PickDialog("export as", items, self.host.glyphs)
        self.host.ask(picker, picked)

    def import_directory(self) -> None:
        """Ask for a folder or a file of another program's runs and import them."""

        def then(typed: str | None) -> None:
            if not typed:
                return

            def done(found: list[str]) -> None:
                self.state.run = found[-1]
                self.host.say(f"imported as {', '.join(found)}")
                self.host.reload()

            self.host.say(f"reading {one_line(typed)}", waiting=True)
            self.host.do(lambda db: runs.import_path(db, Path(typed)), done)

        self._ask("runs of align-system or Inspect", "", "outputs/2025-07-01/12-00-00", then)

    def _ask(self, title: str, value: str, hint: str, then: Callable[[str | None], None]) -> None:
        self.host.ask(InputDialog(title, value, hint, self.host.glyphs.ascii), then)

    def cancel(self, line: RunLine) -> None:
        """Stop the run: its running and its pending samples."""

        def then(cancelled: Cancelled) -> None:
            how = "" if cancelled.nothing else "; open the run to resume it"
            self.host.say(cancelled_words(cancelled) + how)
            self.host.reload()

        self.host.do(lambda db: cancel_run(db, line.row.id), then, holds=True)

    def delete(self, line: RunLine) -> None:
        """Move the run to the trash, which `undo` reverts; from the trash remove it for good."""
        run = line.row.id
        if line.thrown:
            decisions = counted(line.row.done, "decision")
            question = f"Remove {one_line(line.row.name, 200)} with {decisions}?"
            dialog = ConfirmDialog("remove for good", question, self.host.glyphs.ascii)
            self.host.ask(dialog, lambda yes: self._remove(run) if yes else None)
            return

        self._thrown.append(run)
        notice = self.host.names.sentence("in the trash", BACK)
        self._do(lambda db: runs.throw_away(db, run), notice)

    def _remove(self, run: str) -> None:
        self._thrown = [each for each in self._thrown if each != run]
        self.host.say("removing", waiting=True)
        self._do(lambda db: runs.remove_run(db, run), "removed for good")

    def undo(self) -> None:
        """Bring back the current run of the trash, or the run that was deleted last."""
        line = self.state.current
        run = line.row.id if line is not None and line.thrown else None
        if run is None and self._thrown:
            run = self._thrown.pop()
        if run is None:
            tail = ": {runs.trash} shows the trash"
            self.host.say(self.host.names.sentence("no run was deleted on this screen", tail))
            return
        back = run
        if not self.state.trash:
            self.state.run = back
        self._do(lambda db: runs.bring_back(db, back), "brought back")


def _format_item(name: str, exporter: Exporter) -> Item:
    """The line of a format, marked if the package that it needs is not installed."""
    mark, lack = ("! ", "  no package") if exporter.absent else ("  ", "")
    line = ((mark, "failed"), (f"{name:<14}", "bright"), (exporter.description, "quiet"))
    return Item(name, (*line, (lack, "failed")))
