"""What leads from the study screen to other screens, and what is said of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.screens.study.painted import Painted

if TYPE_CHECKING:
    from align_tui.tui.format.glyphs import Glyphs
    from align_tui.tui.launch import Launch
    from align_tui.tui.screens.study.actions import StudyActions
    from align_tui.tui.screens.study.columns import Columns
    from align_tui.tui.screens.study.edits import Edits
    from align_tui.tui.screens.study.screen import StudyScreen


class Doors(Painted):
    """Base of the study screen: one key, one door."""

    launch: Launch
    glyphs: Glyphs
    work: StudyActions
    changes: Edits
    columns: Columns

    def own(self) -> StudyScreen:
        """This screen as what it is."""
        from align_tui.tui.screens.study.screen import StudyScreen

        assert isinstance(self, StudyScreen)
        return self

    def action_search(self) -> None:
        """Open the search."""
        from align_tui.tui.dialogs.search import SearchDialog

        self.app.push_screen(SearchDialog(self.own()), self.work.searched)

    def action_columns(self) -> None:
        """Open the comparison."""
        self.work.compare()

    def action_runs(self) -> None:
        """Open the list of runs."""
        from align_tui.tui.screens.runs.screen import RunsScreen

        run = self.work.run
        self.app.push_screen(RunsScreen(self.launch.database, run, self.glyphs))

    def action_bookmark(self) -> None:
        """Bookmark the focused decision."""
        self.work.bookmark()

    def action_verdict(self) -> None:
        """Turn the verdict on the focused decision on."""
        self.work.give_verdict()

    def action_inside(self) -> None:
        """Open what the focused decision was made of."""
        self.work.look_inside()

    def action_edit_scenario(self) -> None:
        """Edit the shown scenario."""
        self.changes.edit_scenario()

    def action_edit_profile(self) -> None:
        """Edit the focused profile."""
        self.changes.edit_profile()

    def action_edit_reasoning(self) -> None:
        """Change the focused decision's reasoning."""
        self.changes.edit_reasoning()

    def action_steer(self) -> None:
        """Set the focused profile's targets."""
        self.changes.steer()

    def action_ask_again(self) -> None:
        """Queue the focused decision again, which failed."""
        self.work.ask_again()

    def action_add_column(self) -> None:
        """Pick one more column."""
        self.columns.add()

    def action_copy_column(self) -> None:
        """Copy the focused column."""
        self.columns.copy()

    def action_remove_column(self) -> None:
        """Remove the focused column."""
        self.columns.remove()

    def action_save(self) -> None:
        """Save the focused profile, or the shown scenario."""
        from align_tui.tui.dialogs.save import open_saving

        open_saving(self.own())

    def action_help(self) -> None:
        """Open the help."""
        from align_tui.tui.dialogs.help import HelpDialog

        self.app.push_screen(HelpDialog(self.own()))
