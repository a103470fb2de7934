"""The keys of the list of runs, in the order in which help and palette show them."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.tui.acts import Act
from align_tui.tui.screens.runs.host import RunsHost
from align_tui.tui.screens.runs.looking import RunsLooking
from align_tui.tui.screens.runs.opening import RunsOpening
from align_tui.tui.screens.runs.run_actions import RunActions


@dataclass(frozen=True, slots=True)
class RunsActs:
    """All that the keys of this screen can do."""

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
        "open it; one that another process decides opens live",
        lambda do: do.runs.with_current(do.opening.live),
    ),
    Act(
        "runs.replay",
        "p",
        "play it as it was",
        lambda do: do.runs.with_current(do.opening.replay),
    ),
    Act(
        "runs.filter",
        "f",
        "filter: words, tag:paper, is:finished, is:bookmarked, ...",
        lambda do: do.host.type_filter(),
    ),
    Act("runs.search", "slash", "search the reasoning of all runs", lambda do: do.opening.search()),
    Act("runs.choose", "space", "choose it for a comparison", lambda do: do.looking.choose()),
    Act(
        "runs.compare",
        "c",
        "compare the chosen runs' columns, or this run's",
        lambda do: do.runs.with_current(do.opening.compare),
    ),
    Act("runs.tags", "t", "its tags", lambda do: do.runs.with_current(do.runs.tags)),
    Act("runs.note", "w", "its note", lambda do: do.runs.with_current(do.runs.note)),
    Act("runs.rename", "e", "rename it", lambda do: do.runs.with_current(do.runs.rename)),
    Act(
        "runs.export",
        "x",
        "export it: data, a report",
        lambda do: do.runs.with_current(do.runs.export),
    ),
    Act(
        "runs.import",
        "I",
        "import a run directory of align-system",
        lambda do: do.runs.import_directory(),
    ),
    Act(
        "runs.delete",
        "D",
        "into the trash; in the trash: remove it for good",
        lambda do: do.runs.with_current(do.runs.delete),
    ),
    Act("runs.undo", "u", "bring back what was deleted last", lambda do: do.runs.undo()),
    Act("runs.trash", "T", "look into the trash, and back", lambda do: do.looking.turn_trash()),
    Act(
        "runs.cancel",
        "S",
        "stop it at once: what is being decided too",
        lambda do: do.runs.with_current(do.runs.cancel),
    ),
    Act("runs.page_up", "pageup", "scroll the details up", lambda do: do.host.scroll_page(-1)),
    Act("runs.page_down", "pagedown", "scroll the details down", lambda do: do.host.scroll_page(1)),
    Act("runs.help", "question_mark", "help", lambda do: do.host.help()),
    Act("runs.back", "escape,q,r", "back", lambda do: do.looking.back()),
)
