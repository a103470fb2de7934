"""The acts of the study screen, in the order in which help and palette show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from align_tui.tui.acts import Act
from align_tui.tui.screens.study.actions.annotating import Annotating
from align_tui.tui.screens.study.actions.asking import Asking
from align_tui.tui.screens.study.actions.columns import Columns
from align_tui.tui.screens.study.actions.costing import Costing
from align_tui.tui.screens.study.actions.edits import Edits
from align_tui.tui.screens.study.actions.leaving import Leaving
from align_tui.tui.screens.study.actions.moving import Moving
from align_tui.tui.screens.study.actions.opening import Opening
from align_tui.tui.screens.study.actions.trusting import Trusting
from align_tui.tui.screens.study.actions.viewing import Viewing
from align_tui.tui.screens.study.actions.workers import Workers
from align_tui.tui.screens.study.host import StudyHost
from align_tui.tui.screens.study.session import Session
from align_tui.tui.screens.study.view_state import ViewState


@dataclass(frozen=True, slots=True)
class StudyActions:
    """The action objects that the acts of this screen call."""

    host: StudyHost
    moving: Moving
    viewing: Viewing
    workers: Workers
    asking: Asking
    annotating: Annotating
    edits: Edits
    columns: Columns
    opening: Opening
    leaving: Leaving


def make_actions(state: ViewState, session: Session, host: StudyHost) -> StudyActions:
    """The actions of one screen, each with the other actions that it needs."""
    moving = Moving(state, session, host)
    trusting = Trusting(state, host, ascii_only=session.glyphs.ascii)
    workers = Workers(state, session, host)
    asking = Asking(state, session, host, trusting, workers)
    costing = Costing(session, host, trusting)
    column_costs = Costing(session, host, trusting, only_runs=True)
    edits = Edits(state, session, host, costing, asking)
    return StudyActions(
        host,
        moving,
        Viewing(state, session, host),
        workers,
        asking,
        Annotating(state, session, host),
        edits,
        Columns(state, session, host, column_costs, asking, edits),
        Opening(state, session, host, moving),
        Leaving(session, host, asking),
    )


def _focus(number: int, do: StudyActions) -> None:
    do.moving.focus_on(number - 1)


STUDY_ACTS: tuple[Act[StudyActions], ...] = (
    Act("study.next_scenario", "j,down", "next scenario", lambda do: do.moving.step(1)),
    Act("study.previous_scenario", "k,up", "previous scenario", lambda do: do.moving.step(-1)),
    Act("study.first_scenario", "g", "first scenario", lambda do: do.moving.go(0)),
    Act("study.last_scenario", "G", "last scenario", lambda do: do.moving.go(-1)),
    Act(
        "study.run_scenario",
        "enter",
        "decide this scenario with all profiles, and retry failed decisions",
        lambda do: do.asking.run_here(),
    ),
    Act(
        "study.ask_again",
        "x",
        "retry the failed decision",
        lambda do: do.asking.ask_again(),
    ),
    Act("study.run_all", "a", "run the whole study", lambda do: do.asking.run_all()),
    Act("study.pause", "space", "pause or resume the run", lambda do: do.asking.pause()),
    Act(
        "study.cancel",
        "S",
        "stop the run now, and the decisions that are being made",
        lambda do: do.asking.cancel(),
    ),
    Act("study.next_pane", "tab", "next pane", lambda do: do.moving.focus_by(1), priority=True),
    Act(
        "study.previous_pane",
        "shift+tab",
        "previous pane",
        lambda do: do.moving.focus_by(-1),
        priority=True,
    ),
    *(Act(f"study.pane_{n}", str(n), f"pane {n}", partial(_focus, n)) for n in range(1, 10)),
    Act("study.maximise", "m", "maximise the pane", lambda do: do.viewing.maximise()),
    Act(
        "study.filter",
        "F",
        "filter the list: wrong, failed, an attribute, disagreement, ...",
        lambda do: do.moving.filter(),
    ),
    Act(
        "study.sort",
        "u",
        "sort the list: attribute, margin, disagreement, flips over repeats",
        lambda do: do.viewing.sort(1),
    ),
    Act("study.sort_back", "U", "previous order of the list", lambda do: do.viewing.sort(-1)),
    Act(
        "study.group",
        "y",
        "group the list: attribute, family, outcome, ...",
        lambda do: do.viewing.group(1),
    ),
    Act("study.group_back", "Y", "previous grouping of the list", lambda do: do.viewing.group(-1)),
    Act("study.next_group", "J", "next group of the list", lambda do: do.moving.step_group(1)),
    Act(
        "study.previous_group",
        "K",
        "previous group of the list",
        lambda do: do.moving.step_group(-1),
    ),
    Act(
        "study.next_match",
        "n",
        "next match: listed scenario, search hit, or wrong decision",
        lambda do: do.moving.next_match(1),
    ),
    Act(
        "study.previous_match",
        "N",
        "previous match",
        lambda do: do.moving.next_match(-1),
    ),
    Act("study.list", "l", "show or hide the list", lambda do: do.viewing.turn_list()),
    Act(
        "study.whole_text",
        "s",
        "show the whole scenario with its labels, or fold it",
        lambda do: do.viewing.unfold(),
    ),
    Act(
        "study.thinking",
        "h",
        "show all that the models thought, or only its end",
        lambda do: do.viewing.turn_thinking(),
    ),
    Act(
        "study.discriminating",
        "d",
        "count all scored decisions, or only the discriminating ones",
        lambda do: do.viewing.turn_discriminating(),
    ),
    Act(
        "study.next_view",
        "o",
        "next view below: by attribute, over time, agreement, workers",
        lambda do: do.viewing.next_view(1),
    ),
    Act("study.previous_view", "O", "previous view below", lambda do: do.viewing.next_view(-1)),
    Act(
        "study.comparison_target",
        "t",
        "next target to compare the baseline with",
        lambda do: do.viewing.next_comparison(),
    ),
    Act("study.next_repeat", "R", "next repeat", lambda do: do.viewing.next_repeat()),
    Act(
        "study.runs",
        "r",
        "all runs: open, filter, tag, export, delete",
        lambda do: do.opening.runs(),
    ),
    Act(
        "study.bookmark",
        "b",
        "toggle the bookmark",
        lambda do: do.annotating.bookmark(),
    ),
    Act(
        "study.verdict",
        "V",
        "your verdict on the decision: agree, disagree, unsure, none",
        lambda do: do.annotating.give_verdict(),
    ),
    Act(
        "study.compare_columns",
        "c",
        "compare two columns of this run or of any run",
        lambda do: do.opening.compare(),
    ),
    Act(
        "study.findings",
        "w",
        "findings: why numbers of this run may mislead",
        lambda do: do.opening.findings(),
    ),
    Act(
        "study.search",
        "slash",
        "search scenarios and reasoning",
        lambda do: do.opening.search(),
    ),
    Act(
        "study.open_decision",
        "i",
        "open the decision: prompt, reply, schema, timings",
        lambda do: do.opening.decision(),
    ),
    Act(
        "study.edit_scenario",
        "e",
        "what if: edit the scenario and run it in a child run",
        lambda do: do.edits.edit_scenario(),
    ),
    Act(
        "study.edit_profile",
        "p",
        "edit the profile as TOML and run it in a child run",
        lambda do: do.edits.edit_profile(),
    ),
    Act(
        "study.edit_reasoning",
        "E",
        "change the reasoning: does the decision depend on it?",
        lambda do: do.edits.edit_reasoning(),
    ),
    Act(
        "study.edit_targets",
        "v",
        "set the profile's targets and run it in a child run",
        lambda do: do.edits.edit_targets(),
    ),
    Act(
        "study.add_column",
        "A",
        "add a column: a profile from the library or from a file",
        lambda do: do.columns.add(),
    ),
    Act(
        "study.copy_column",
        "C",
        "add a changed copy of the column beside it",
        lambda do: do.columns.copy(),
    ),
    Act(
        "study.remove_column",
        "X",
        "remove the column; the run keeps its decisions",
        lambda do: do.columns.remove(),
    ),
    Act(
        "study.save",
        "W",
        "save the profile, or this scenario, to your library",
        lambda do: do.opening.save(),
    ),
    Act("study.help", "question_mark", "help", lambda do: do.opening.help()),
    Act("study.back", "escape", "back", lambda do: do.viewing.back()),
    Act("study.page_up", "pageup", "scroll the pane up", lambda do: do.host.scroll_page(-1)),
    Act("study.page_down", "pagedown", "scroll the pane down", lambda do: do.host.scroll_page(1)),
    Act("study.top", "home", "top of the pane", lambda do: do.host.scroll_end(-1)),
    Act("study.bottom", "end", "end of the pane", lambda do: do.host.scroll_end(1)),
    Act("study.leave", "q", "leave", lambda do: do.leaving.leave()),
)
