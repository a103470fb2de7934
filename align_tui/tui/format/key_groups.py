"""The groups in which the help shows the keys of the study screen."""

from __future__ import annotations

# By title: the names of actions, or the beginnings of names that end with a dot or an underscore.
GROUPS: dict[str, tuple[str, ...]] = {
    "REPLAY": ("replay.",),
    "MOVE": (
        "study.next_scenario",
        "study.previous_scenario",
        "study.first_scenario",
        "study.last_scenario",
        "study.next_group",
        "study.previous_group",
        "study.next_match",
        "study.previous_match",
        "study.search",
        "study.next_pane",
        "study.previous_pane",
        "study.pane_",
        "study.next_repeat",
        "study.page_",
        "study.top",
        "study.bottom",
        "study.back",
    ),
    "DECIDE": (
        "study.run_scenario",
        "study.run_all",
        "study.ask_again",
        "study.pause",
        "study.cancel",
    ),
    "LIST": (
        "study.filter",
        "study.sort",
        "study.sort_back",
        "study.group",
        "study.group_back",
        "study.list",
    ),
    "SEE MORE": (
        "study.open_decision",
        "study.whole_text",
        "study.thinking",
        "study.maximise",
        "study.findings",
        "study.next_view",
        "study.previous_view",
        "study.discriminating",
        "study.comparison_target",
        "study.compare_columns",
    ),
    "WHAT IF": (
        "study.edit_",
        "study.add_column",
        "study.copy_column",
        "study.remove_column",
    ),
    "KEEP": ("study.bookmark", "study.verdict", "study.save", "study.runs"),
}
REST = "MORE"  # the title of all other keys


def group_of(action: str) -> str:
    """The title under which the help shows an action."""
    for title, names in GROUPS.items():
        for name in names:
            if action == name or (name[-1] in "._" and action.startswith(name)):
                return title
    return REST
