"""Paints a snapshot on the widgets of the study screen: computes the layout and the lines."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from align_tui.config.study import OUT_OF_DEPTH
from align_tui.core.text.display import one_line
from align_tui.monitor.marks import mark_of
from align_tui.monitor.snapshot import Shown, Snapshot
from align_tui.monitor.votes import vote
from align_tui.tui.format import footer, scenario
from align_tui.tui.format.filters import is_listed
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.layout import Layout, plan, too_small
from align_tui.tui.format.outside import outside_words
from align_tui.tui.format.pane_facts import ALONE, Beside
from align_tui.tui.format.panes import PaneView, current, greeting, pane_view
from align_tui.tui.format.status import StatusView, shown_name, status_line
from align_tui.tui.format.styled_text import cut, fit_distinct
from align_tui.tui.format.tabs import Tab, tabs_line
from align_tui.tui.format.targets import baseline_of, compared, profile_name, signs
from align_tui.tui.format.transport import Ticks, transport_line
from align_tui.tui.screens.study.choice_room import ChoiceRoom
from align_tui.tui.screens.study.overview import OverviewPresenter
from align_tui.tui.screens.study.scenario_list import ScenarioListPresenter
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.listed import ListedScenarios
    from align_tui.tui.screens.study.views.registry import Views
    from align_tui.tui.screens.study.widgets import StudyWidgets


BESIDE = 20  # cells of the baseline's name in the facts of other panes


class Presenter:
    """Paints one study; keeps the last layout."""

    def __init__(
        self,
        widgets: StudyWidgets,
        study: Study,
        glyphs: Glyphs,
        scenarios: ListedScenarios,
        views: Views,
        *,
        replay: bool,
    ) -> None:
        self.widgets = widgets
        self.study = study
        self.glyphs = glyphs
        self.scenarios = scenarios
        self.replay = replay
        self.layout: Layout | None = None
        self.depth = OUT_OF_DEPTH in study.notes
        pairs = list(study.pairs())
        self.planned, self._asked = len(pairs), len({scenario for scenario, _, _ in pairs})
        self._names = [profile_name(profile) for profile in study.profiles]
        self._baselines = [baseline_of(study, number) for number in range(len(study.profiles))]
        self._needs_comparison = any(not p.target for p in study.profiles)
        self._name = lru_cache(maxsize=4)(self._shown_name)
        self._wanted = lru_cache(maxsize=4)(
            lambda width: scenario.lines_wanted(study.scenarios, width)
        )
        self.scenario_list = ScenarioListPresenter(widgets.listing, study, glyphs, scenarios)
        self._ticks = Ticks()
        self.overview = OverviewPresenter(widgets, study, glyphs, views)
        self._rows_wanted = 0
        self._choices = ChoiceRoom(study.scenarios, glyphs)
        self._measured_for = (0, 0)  # what the layout was last computed for, see `_room_wanted`

    def targets(self, state: ViewState) -> tuple[str | None, ...]:
        """The id of the target that each profile is scored against."""
        return compared(self.study, state.compare)

    def measure(self, snapshot: Snapshot, state: ViewState) -> bool:
        """Compute the layout and apply it if it changed; False when the screen is too small."""
        width, height = self.widgets.size
        small = too_small(width, height)
        self.widgets.set_small(small)
        if small:
            self.layout = None
            return False
        profiles = len(self.study.profiles)
        planned = partial(
            plan,
            width,
            height,
            profiles=profiles,
            scenarios=len(self.study.scenarios),
            focus=state.focus,
            maximised=state.maximised,
            unfolded=state.unfolded,
            list_asked=state.list_asked,
            replay=self.replay,
        )
        first = planned()
        inner = first.main_width - 4
        whole = self._wanted(inner).whole
        self._measured_for = choices, spare = self._room_wanted(snapshot, state, inner)
        if state.unfolded and self.study.scenarios:
            shown = self.study.scenarios[state.scenario]
            whole = len(scenario.scenario_lines(shown, inner, 9999, self.glyphs, unfolded=True)[0])
        self._rows_wanted = self._overview_rows(snapshot, state)
        layout = planned(
            scenario_lines=whole,
            choice_lines=choices,
            overview_wanted=self._rows_wanted,
            spare=spare,
        )
        if layout != self.layout:
            self.layout = layout
            self.widgets.apply(layout)
        return True

    def paint(self, snapshot: Snapshot, state: ViewState) -> None:
        """Paint everything."""
        if self._is_stale(snapshot, state) and not self.measure(snapshot, state):
            return
        assert self.layout is not None
        targets = self.targets(state)
        self._status(snapshot, state)
        self._scenario(snapshot, state)
        self.scenario_list.paint(snapshot, state, self.layout, targets)
        self._panes(snapshot, state, targets)
        size = (self.widgets.size.width, self.widgets.size.height - self.replay)
        self.overview.paint(snapshot, state, targets, size, self.layout.overview_height)
        self._bottom(snapshot, state, targets)

    def _is_stale(self, snapshot: Snapshot, state: ViewState) -> bool:
        """True if the layout must be computed again.

        A worker that starts or ends changes the lines of the overview; another scenario may have
        longer choices.
        """
        if self.layout is None or self._overview_rows(snapshot, state) != self._rows_wanted:
            return True
        return self._room_wanted(snapshot, state, self.layout.main_width - 4) != self._measured_for

    def _room_wanted(self, snapshot: Snapshot, state: ViewState, width: int) -> tuple[int, int]:
        """(lines that the choices need, lines that the panes spare for them)."""
        least = self._wanted(width).choices
        lines = max(least, self._choices.wanted(state.scenario, width))
        return lines, self._choices.spared(self._shown_as(snapshot, state))

    def _shown_as(self, snapshot: Snapshot, state: ViewState) -> object:
        """What decides how many lines the panes can spare; None before the panes were read."""
        if snapshot.scenario != state.scenario or state.unfolded:
            return None
        settled = tuple((shown.sample, shown.status) for shown in snapshot.panes)
        place = (self.widgets.size, state.scenario, state.focus, state.maximised, state.thinking)
        return (*place, self._rows_wanted, state.list_asked, settled)

    def _overview_rows(self, snapshot: Snapshot, state: ViewState) -> int:
        width, height = self.widgets.size
        return self.overview.lines_wanted(snapshot, state, width, height - self.replay)

    def _shown_name(self, width: int) -> str:
        """The study's name as the status line of that width shows it."""
        among = (*self._names, *(one_line(each.key) for each in self.study.scenarios))
        return shown_name(self.study.name, among, width, self.glyphs)

    def _status(self, snapshot: Snapshot, state: ViewState) -> None:
        width = self.widgets.size.width
        view = StatusView(
            self._name(width),
            self.planned,
            self.depth,
            state.starting,
            self.replay,
            self.widgets.names,
        )
        self.widgets.status.paint((status_line(view, snapshot, width, self.glyphs),))

    def _scenario(self, snapshot: Snapshot, state: ViewState) -> None:
        assert self.layout is not None
        panel = self.widgets.panel
        if not self.study.scenarios:
            return
        shown = self.study.scenarios[state.scenario]
        width, height = self.layout.main_width - 4, self.layout.scenario_height - 2
        lines, complete = scenario.scenario_lines(
            shown, width, height, self.glyphs, unfolded=state.unfolded
        )
        title = scenario.scenario_title(
            shown,
            state.scenario,
            len(self.study.scenarios),
            width,
            self.glyphs,
            listed=is_listed(self.scenarios.listed(snapshot, state), state.scenario),
            filtered=self.scenario_list.without_list(snapshot, state, self.layout),
        )
        subtitle = scenario.scenario_subtitle(
            shown, complete or state.unfolded, width, self.glyphs, self.widgets.names
        )
        panel.show(lines, title, subtitle, state.scenario, height)

    def _panes(self, snapshot: Snapshot, state: ViewState, targets: tuple[str | None, ...]) -> None:
        assert self.layout is not None
        if not self.study.scenarios:
            return
        choices = self.study.scenarios[state.scenario].choice_texts
        greet, keys, views = "", self.widgets.names, list[PaneView]()
        if snapshot.reading:
            greet = "reading the run"
        elif not (state.starting or self.replay or snapshot.counts.known):
            greet = greeting(self.planned, self._asked, self.glyphs, keys, state.missing)
        for place, index in enumerate(self.layout.grid.panes):
            profile = self.study.profiles[index]
            known = snapshot.panes[index] if index < len(snapshot.panes) else Shown(index)
            shown, cell = current(known, snapshot, state.scenario)
            outside = ""
            if shown.status == "absent" and not snapshot.reading:
                outside = outside_words(self.study, profile, self.study.scenarios[state.scenario])
            pane = self.widgets.panes[index]
            size = pane.size  # Textual works it out each time
            view = pane_view(
                profile,
                shown,
                cell,
                snapshot,
                choices,
                targets[index],
                size.width or self._pane_width(place),
                self.glyphs,
                keys,
                height=size.height or self._pane_height(),
                scenario=state.scenario,
                repeats=self.study.repeat,
                focused=index == state.focus,
                depth=self.depth and profile.asks_demo,
                starting=state.starting,
                greet=outside or (greet if place == 0 or snapshot.reading else ""),
                thinking=state.thinking,
                among=self._names,
                beside=self._beside(index, snapshot, state),
            )
            pane.paint(view)
            views.append(view)
        self._tabs(snapshot, state, targets)
        key = self._shown_as(snapshot, state)
        if key is not None and self._choices.find(key, state.scenario, self.layout, views):
            self.measure(snapshot, state)

    def _beside(self, index: int, snapshot: Snapshot, state: ViewState) -> Beside:
        """What a pane's decision is compared with, once the shown scenario has been read."""
        if snapshot.scenario != state.scenario or index >= len(snapshot.panes):
            return ALONE
        repeats = snapshot.rows[state.scenario][index] if snapshot.rows else ()
        number = self._baselines[index]
        if number is None or number >= len(snapshot.panes):
            return Beside(repeats)
        profiles = self.study.profiles
        same = profiles[number].model_label == profiles[index].model_label
        name = fit_distinct(self._names[number], BESIDE, self.glyphs.more, self._names)
        return Beside(repeats, snapshot.panes[number], name, same)

    def _pane_width(self, place: int) -> int:
        """The width in cells inside a pane that has not been laid out yet."""
        assert self.layout is not None
        grid = self.layout.grid
        return max(1, self.layout.main_width * grid.spans[place] // grid.columns - 4)

    def _pane_height(self) -> int:
        """The height in lines inside a pane that has not been laid out yet."""
        assert self.layout is not None
        return max(1, self.layout.panes_height // self.layout.grid.rows - 2)

    def _tabs(self, snapshot: Snapshot, state: ViewState, targets: tuple[str | None, ...]) -> None:
        assert self.layout is not None
        if not self.layout.grid.tabs:
            return
        row = snapshot.rows[state.scenario] if snapshot.rows else ()
        tabs = []
        for index, profile in enumerate(self.study.profiles):
            votes = vote(row[index]) if row else None
            tabs.append(
                Tab(
                    self._names[index],
                    signs(profile.target, self.glyphs),
                    mark_of(row[index], targets[index]) if row else "none",
                    votes.choice if votes is not None else None,
                    focused=index == state.focus,
                )
            )
        self.widgets.tabs.paint((tabs_line(tabs, self.layout.main_width, self.glyphs),))

    def _bottom(
        self, snapshot: Snapshot, state: ViewState, targets: tuple[str | None, ...]
    ) -> None:
        width = self.widgets.size.width
        transport = snapshot.transport
        if transport is not None:
            line = transport_line(transport, self._ticks, targets, width, self.glyphs)
            self.widgets.transport.paint((line,))
        if state.notice:
            self.widgets.keys.paint(
                (cut(((f" {state.notice}", "bright"),), width, self.glyphs.more),)
            )
            return
        if state.greets:
            line = footer.greeting_line(self.widgets.names, width, self.glyphs)
            self.widgets.keys.paint((line,))
            return
        thinking = any(shown.thinking for shown in snapshot.panes)
        stepping: footer.Stepping = "hit" if state.hits else "match" if state.wanted else "wrong"
        if transport is not None:
            keys = footer.replay_keys(
                self.widgets.names,
                self.glyphs,
                playing=transport.playing,
                following=transport.following,
                stepping=stepping,
                thinking=thinking,
            )
        else:
            keys = footer.main_keys(
                self.widgets.names,
                self.glyphs,
                paused=snapshot.state in ("paused", "stopped"),
                stepping=stepping,
                failed=bool(snapshot.counts.failed),
                thinking=thinking,
                baseline=self._needs_comparison,
            )
        self.widgets.keys.paint((footer.key_line(keys, width),))
