"""The keys of the study screen, in the order in which help and palette show them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

STUDY: list[BindingType] = [
    Binding("j,down", "step(1)", "next scenario", id="study.next_scenario"),
    Binding("k,up", "step(-1)", "previous scenario", id="study.previous_scenario"),
    Binding("g", "go(0)", "first scenario", id="study.first_scenario"),
    Binding("G", "go(-1)", "last scenario", id="study.last_scenario"),
    Binding(
        "enter",
        "run_here",
        "all profiles decide this scenario, failed ones again",
        id="study.run_scenario",
    ),
    Binding("x", "ask_again", "ask the focused decision again, which failed", id="study.ask_again"),
    Binding("a", "run_all", "run the whole study", id="study.run_all"),
    Binding("space", "pause", "pause, go on", id="study.pause"),
    Binding("S", "cancel", "stop the run at once: what is being decided too", id="study.cancel"),
    Binding("tab", "focus_by(1)", "next pane", priority=True, id="study.next_pane"),
    Binding("shift+tab", "focus_by(-1)", "previous pane", priority=True, id="study.previous_pane"),
    *(
        Binding(str(n), f"focus_on({n - 1})", f"pane {n}", id=f"study.pane_{n}")
        for n in range(1, 10)
    ),
    Binding("m", "maximise", "maximise the pane", id="study.maximise"),
    Binding(
        "F",
        "filter",
        "filter the list: wrong, failed, an attribute, disagreement, ...",
        id="study.filter",
    ),
    Binding(
        "n",
        "next(1)",
        "next that the filter lists, next hit of a search, or next wrong",
        id="study.next_match",
    ),
    Binding("N", "next(-1)", "the one before of these", id="study.previous_match"),
    Binding("l", "list", "show or hide the list", id="study.list"),
    Binding("s", "unfold", "the whole scenario with its labels", id="study.whole_text"),
    Binding(
        "h",
        "thinking",
        "all that the models thought before their replies, or its end",
        id="study.thinking",
    ),
    Binding(
        "d",
        "discriminating",
        "accuracy over all scored, or over discriminating ones",
        id="study.discriminating",
    ),
    Binding(
        "o",
        "overview(1)",
        "next view below: by attribute, over time, agreement, workers",
        id="study.next_view",
    ),
    Binding("O", "overview(-1)", "previous view below", id="study.previous_view"),
    Binding(
        "t",
        "compare",
        "next target that the baseline is compared with",
        id="study.comparison_target",
    ),
    Binding("R", "repeat", "next repeat", id="study.next_repeat"),
    Binding("r", "runs", "all runs: open, filter, tag, export, delete", id="study.runs"),
    Binding("b", "bookmark", "bookmark the decision, or not", id="study.bookmark"),
    Binding(
        "V",
        "verdict",
        "your verdict on the decision: agree, disagree, unsure, none",
        id="study.verdict",
    ),
    Binding(
        "c", "columns", "compare two columns, of this run or of any", id="study.compare_columns"
    ),
    Binding("slash", "search", "search scenarios and reasoning", id="study.search"),
    Binding(
        "i",
        "inside",
        "inside the decision: prompt, reply, schema, timings",
        id="study.open_decision",
    ),
    Binding(
        "e",
        "edit_scenario",
        "what if: edit the scenario, a run of its own",
        id="study.edit_scenario",
    ),
    Binding(
        "p", "edit_profile", "edit the profile as TOML, a run of its own", id="study.edit_profile"
    ),
    Binding(
        "E",
        "edit_reasoning",
        "change the reasoning: does it carry the decision?",
        id="study.edit_reasoning",
    ),
    Binding(
        "v", "steer", "values: set the profile's targets, a run of its own", id="study.edit_targets"
    ),
    Binding(
        "A",
        "add_column",
        "add a column: a profile of the library, or of a file",
        id="study.add_column",
    ),
    Binding(
        "C", "copy_column", "copy the column, to be changed, beside it", id="study.copy_column"
    ),
    Binding(
        "X",
        "remove_column",
        "remove the column; the run that has it stays",
        id="study.remove_column",
    ),
    Binding(
        "W",
        "save",
        "save the profile, or this scenario, as a file of your library",
        id="study.save",
    ),
    Binding("question_mark", "help", "help", id="study.help"),
    Binding("escape", "back", "back", id="study.back"),
    Binding("pageup", "page(-1)", "scroll the pane up", id="study.page_up"),
    Binding("pagedown", "page(1)", "scroll the pane down", id="study.page_down"),
    Binding("home", "edge(-1)", "top of the pane", id="study.top"),
    Binding("end", "edge(1)", "end of the pane", id="study.bottom"),
    Binding("q", "leave", "leave", id="study.leave"),
]
