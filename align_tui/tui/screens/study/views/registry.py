"""Every view of the overview, one line each, in the order in which a key turns to them."""

from __future__ import annotations

from dataclasses import replace

from align_tui.core.registry import Registry
from align_tui.tui.screens.study.views.base import OverviewView

VIEWS = Registry(
    "view of the overview",
    "align_tui.views",
    OverviewView,
    {
        "accuracy": "align_tui.tui.screens.study.views.accuracy:ACCURACY",
        "by attribute": "align_tui.tui.screens.study.views.by_attribute:BY_ATTRIBUTE",
        "over time": "align_tui.tui.screens.study.views.over_time:OVER_TIME",
        "agreement": "align_tui.tui.screens.study.views.agreement:AGREEMENT",
        "workers": "align_tui.tui.screens.study.views.workers:WORKERS",
    },
)


class Views:
    """The views of one screen: ours at once, those of other packages when they were looked for."""

    def __init__(self) -> None:
        self.all: tuple[OverviewView, ...] = tuple(VIEWS.get(name) for name in VIEWS.entries)

    def look_for_more(self) -> tuple[OverviewView, ...]:
        """All views, those of other packages too. It reads files: call it in a thread.

        A view gets the name that it is registered by, so that no two have the same one.
        """
        return tuple(replace(view, name=name) for name, view in VIEWS.loaded())
