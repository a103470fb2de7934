"""The acts of the list of runs, in the order in which help and palette show them."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.tui.acts import Act
from align_tui.tui.screens.runs.host import RunsHost
from align_tui.tui.screens.runs.looking import RunsLooking
from align_tui.tui.screens.runs.opening import RunsOpening
from align_tui.tui.screens.runs.run_actions import RunActions


@dataclass(frozen=True, slots=True)
class RunsActs:
    """The action objects that the acts of this screen call."""

    looking: RunsLooking
    opening: RunsOpening
    runs: RunActions
    host: RunsHost


ACTS: tuple[Act[RunsActs], ...] = (
    Act("runs.next_run", "j,down", "next run", lambda do: do.looking.step(1)),
    Act("runs.previous_run", "k,up", "previous run", lambda do: do.looking.step(-1)),
    Act("runs.first_run", "g,home", "first run", lambda do: do.looking.go(0)),
    Act("runs.last_run", "G,end", "last run", lambda do: do.looking.go(-1)),
    Act(
        "runs.open",
        "enter",
        "open the run, live if a worker is deciding it",
        lambda do: do.runs.with_current(do.opening.live),
    ),
    Act(
        "runs.replay",
        "p",
        "replay the run from its start",
        lambda do: do.runs.with_current(do.opening.replay),
    ),
    Act(
        "runs.filter",
        "f",
        "filter: words, tag:paper, is:finished, is:bookmarked, ...",
        lambda do: do.host.type_filter(),
    ),
    Act("runs.search", "slash", "search the reasoning of all runs", lambda do: do.opening.search()),
    Act(
        "runs.choose",
        "space",
        "choose the run for a comparison, or undo the choice",
        lambda do: do.looking.choose(),
    ),
    Act(
        "runs.compare",
        "c",
        "compare the columns of the chosen runs, or of this run",
        lambda do: do.runs.with_current(do.opening.compare),
    ),
    Act("runs.tags", "t", "edit the run's tags", lambda do: do.runs.with_current(do.runs.tags)),
    Act("runs.note", "w", "edit the run's note", lambda do: do.runs.with_current(do.runs.note)),
    Act("runs.rename", "e", "rename the run", lambda do: do.runs.with_current(do.runs.rename)),
    Act(
        "runs.export",
        "x",
        "export the run as data or as a report",
        lambda do: do.runs.with_current(do.runs.export),
    ),
    Act(
        "runs.import",
        "I",
        "import runs of align-system or Inspect",
        lambda do: do.runs.import_directory(),
    ),
    Act(
        "runs.delete",
        "D",
        "move the run to the trash; in the trash, remove it for good",
        lambda do: do.runs.with_current(do.runs.delete),
    ),
    Act("runs.undo", "u", "bring back the run that was deleted last", lambda do: do.runs.undo()),
    Act("runs.trash", "T", "show the trash, or the runs again", lambda do: do.looking.turn_trash()),
    Act(
        "runs.cancel",
        "S",
        "stop the run now, and the samples that are running",
        lambda do: do.runs.with_current(do.runs.cancel),
    ),
    Act("runs.page_up", "pageup", "scroll the details up", lambda do: do.host.scroll_page(-1)),
    Act("runs.page_down", "pagedown", "scroll the details down", lambda do: do.host.scroll_page(1)),
    Act("runs.help", "question_mark", "help", lambda do: do.host.help()),
    Act("runs.back", "escape,q,r", "back", lambda do: do.looking.back()),
)
