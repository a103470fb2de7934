"""Keymap files of version 0.1: their names of tables and actions, with today's names.

Version 0.1 named a table after a class of the program and an action after a method of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.keys import KeyLine

MESSAGE = {
    "dismiss": "back",
    "line(1)": "down",
    "line(-1)": "up",
    "page(1)": "page_down",
    "page(-1)": "page_up",
    "edge(-1)": "top",
    "edge(1)": "bottom",
}
FINDER = {
    "dismiss": "back",
    "move(1)": "next",
    "move(-1)": "previous",
    "move(10)": "page_down",
    "move(-10)": "page_up",
}
YES_OR_NO = {"answer(True)": "yes", "answer(False)": "no"}
STUDY = {
    "step(1)": "next_scenario",
    "step(-1)": "previous_scenario",
    "go(0)": "first_scenario",
    "go(-1)": "last_scenario",
    "run_here": "run_scenario",
    "ask_again": "ask_again",
    "run_all": "run_all",
    "pause": "pause",
    "focus_by(1)": "next_pane",
    "focus_by(-1)": "previous_pane",
    **{f"focus_on({number - 1})": f"pane_{number}" for number in range(1, 10)},
    "maximise": "maximise",
    "filter": "filter",
    "next(1)": "next_match",
    "next(-1)": "previous_match",
    "list": "list",
    "unfold": "whole_text",
    "thinking": "thinking",
    "discriminating": "discriminating",
    "overview(1)": "next_view",
    "overview(-1)": "previous_view",
    "compare": "comparison_target",
    "repeat": "next_repeat",
    "runs": "runs",
    "bookmark": "bookmark",
    "verdict": "verdict",
    "columns": "compare_columns",
    "search": "search",
    "inside": "open_decision",
    "edit_scenario": "edit_scenario",
    "edit_profile": "edit_profile",
    "edit_reasoning": "edit_reasoning",
    "steer": "edit_targets",
    "add_column": "add_column",
    "copy_column": "copy_column",
    "remove_column": "remove_column",
    "save": "save",
    "help": "help",
    "back": "back",
    "page(-1)": "page_up",
    "page(1)": "page_down",
    "edge(-1)": "top",
    "edge(1)": "bottom",
    "leave": "leave",
}
REPLAY = {
    **{action: name for action, name in STUDY.items() if action not in ("run_here", "run_all")},
    "follow": "follow",
    "ask_again": "ask_again",
    "nothing": "nothing",
    "pause": "pause",
    "edge(-1)": "start",
    "edge(1)": "end",
    "seek(-1)": "seek_back",
    "seek(1)": "seek_forward",
    "decision(-1)": "previous_decision",
    "decision(1)": "next_decision",
    "token(1)": "next_token",
    "token(-1)": "previous_token",
    "scenario(1)": "next_decided_scenario",
    "scenario(-1)": "previous_decided_scenario",
    "time": "go_to_time",
    "speed(1)": "faster",
    "speed(-1)": "slower",
}
# By the table's name in version 0.1: its name today, and the names of its actions.
OLD: dict[str, tuple[str, dict[str, str]]] = {
    "app": ("app", {"leave": "leave", "command_palette": "palette"}),
    "study": ("study", STUDY),
    "replay": ("replay", REPLAY),
    "taped": ("recording", REPLAY),
    "runs": (
        "runs",
        {
            "step(1)": "next_run",
            "step(-1)": "previous_run",
            "go(0)": "first_run",
            "go(-1)": "last_run",
            "open": "open",
            "replay": "replay",
            "filter": "filter",
            "search": "search",
            "choose": "choose",
            "compare": "compare",
            "tags": "tags",
            "note": "note",
            "rename": "rename",
            "export": "export",
            "import": "import",
            "delete": "delete",
            "undo": "undo",
            "trash": "trash",
            "page(-1)": "page_up",
            "page(1)": "page_down",
            "help": "help",
            "back": "back",
        },
    ),
    "compare": (
        "compare",
        {
            "step(1)": "next_row",
            "step(-1)": "previous_row",
            "go(0)": "first_row",
            "go(-1)": "last_row",
            "next(1)": "next_difference",
            "next(-1)": "previous_difference",
            "only": "only_differences",
            "second(1)": "next_column",
            "second(-1)": "previous_column",
            **{f"pick({number - 1})": f"column_{number}" for number in range(1, 10)},
            "swap": "swap",
            "add": "add",
            "remove": "remove",
            "discriminating": "discriminating",
            "versus": "comparison_target",
            "settings": "settings",
            "page(-1)": "page_up",
            "page(1)": "page_down",
            "help": "help",
            "back": "back",
        },
    ),
    "inside": (
        "decision",
        {
            **MESSAGE,
            "section(1)": "next_part",
            "section(-1)": "previous_part",
            "copy": "copy",
            "pager": "pager",
        },
    ),
    "text": ("message", MESSAGE),
    "help": ("help", MESSAGE),
    "ask": ("input", {"dismiss": "back"}),
    "note": ("text", {"dismiss": "back", "save": "save"}),
    "sure": ("confirm", YES_OR_NO),
    "trust": ("trust", YES_OR_NO),
    "edit": ("edit", {"dismiss": "back", "apply(0)": "run", "apply(1)": "run_other"}),
    "steer": (
        "target_editor",
        {
            "dismiss": "back",
            "apply": "run",
            "move(1)": "next_attribute",
            "move(-1)": "previous_attribute",
            "turn(1)": "more",
            "turn(-1)": "less",
            "put(1.0)": "high",
            "put(0.0)": "low",
            "clear": "clear",
        },
    ),
    "filter": (
        "filter",
        {
            "dismiss": "back",
            "apply": "apply",
            "move(1)": "next_line",
            "move(-1)": "previous_line",
            "flip": "flip",
            "clear": "clear",
            "turn('d')": "disagreement",
            "turn('w')": "wrong",
            "turn('f')": "failed",
            "turn('o')": "open",
            "turn('b')": "bookmarked",
            "turn('v')": "verdict",
            "turn('e')": "edited",
            **{f"turn('{number}')": f"attribute_{number}" for number in range(1, 10)},
        },
    ),
    "finding": ("finder", FINDER),
    "pick": ("pick", FINDER),
    "search": ("search", FINDER),
    "everywhere": ("search_all_runs", FINDER),
    "add": ("add_column", FINDER),
    "save": ("save", {"dismiss": "back", "turn(1)": "next", "turn(-1)": "previous"}),
    "leave": (
        "leave",
        {"answer('leave')": "leave", "answer('stop')": "stop", "answer('stay')": "stay"},
    ),
}


def renamed(line: KeyLine, names: Mapping[str, Collection[str]]) -> KeyLine:
    """The line with today's names; unchanged if version 0.1 had no such action.

    `names` are today's actions by table. A line that names one of them stays as it is. Any other
    is looked up among the old names, such as `dismiss` in [text], which was another dialog's table.
    """
    if line.action in names.get(line.screen, ()) or line.screen not in OLD:
        return line
    section, actions = OLD[line.screen]
    if line.action not in actions:
        # If a table of today has this name, the user more likely means that one.
        return line if line.screen in names else replace(line, screen=section)
    return replace(line, screen=section, action=actions[line.action])
