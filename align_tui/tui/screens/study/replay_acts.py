"""The acts that a replay adds to those of the study screen, or has in their place."""

from __future__ import annotations

from collections.abc import Callable

from align_tui.tui.acts import Act
from align_tui.tui.screens.study.actions.playing import STEP_S, Playing

REPLAY_ACTS: tuple[Act[Playing], ...] = (
    Act("replay.pause", "space", "play or pause", lambda do: do.feed.toggle()),
    Act("replay.seek_back", "left", "back by 5 s", lambda do: do.feed.seek(-STEP_S)),
    Act("replay.seek_forward", "right", "forward by 5 s", lambda do: do.feed.seek(STEP_S)),
    Act(
        "replay.previous_decision",
        "shift+left",
        "previous decision",
        lambda do: do.feed.seek_decision(-1),
    ),
    Act(
        "replay.next_decision",
        "shift+right",
        "next decision",
        lambda do: do.feed.seek_decision(1),
    ),
    Act(
        "replay.next_token",
        "full_stop",
        "pause and go forward by a token",
        lambda do: do.feed.seek_token(1),
    ),
    Act(
        "replay.previous_token",
        "comma",
        "pause and go back by a token",
        lambda do: do.feed.seek_token(-1),
    ),
    Act(
        "replay.next_decided_scenario",
        "right_square_bracket",
        "go to where the next scenario is decided",
        lambda do: do.next_decided_scenario(1),
    ),
    Act(
        "replay.previous_decided_scenario",
        "left_square_bracket",
        "go to where the previous scenario is decided",
        lambda do: do.next_decided_scenario(-1),
    ),
    Act(
        "replay.go_to_time",
        "T",
        "go to a time, or to a percentage of the run",
        lambda do: do.ask_for_time(),
    ),
    Act(
        "replay.faster",
        "plus,equals_sign,greater_than_sign",
        "faster",
        lambda do: do.feed.change_speed(1),
    ),
    Act(
        "replay.slower",
        "minus,less_than_sign",
        "slower",
        lambda do: do.feed.change_speed(-1),
    ),
    Act("replay.start", "home", "go to the start", lambda do: do.feed.seek(0.0, absolute=True)),
    Act("replay.end", "end", "go to the end", lambda do: do.feed.seek(float("inf"), absolute=True)),
    Act("replay.follow", "f", "follow the scenario that is being decided", lambda do: do.follow()),
    Act("replay.follow", "enter", "", lambda do: do.follow()),
    Act("replay.nothing", "a", "", lambda do: do.nothing()),
    Act("replay.ask_again", "x", "", lambda do: do.refuse()),
    Act("replay.cancel", "S", "", lambda do: do.nothing()),
)

INSTEAD: dict[str, Callable[[Playing], object]] = {
    "study.pause": lambda do: do.feed.toggle(),
    "study.run_scenario": lambda do: do.follow(),
    "study.run_all": lambda do: do.refuse(),
    "study.ask_again": lambda do: do.refuse(),
    "study.cancel": lambda do: do.nothing(),
}
"""What acts of the study screen do in a replay, whichever keys the user gives them."""
