"""The keys of the study screen, in the order in which help and palette show them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

STUDY: list[BindingType] = [
    Binding("j,down", "step(1)", "next scenario"),
    Binding("k,up", "step(-1)", "previous scenario"),
    Binding("g", "go(0)", "first scenario"),
    Binding("G", "go(-1)", "last scenario"),
    Binding("enter", "run_here", "all profiles decide this scenario, failed ones again"),
    Binding("a", "run_all", "run the whole study"),
    Binding("space", "pause", "pause, go on"),
    Binding("tab", "focus_by(1)", "next pane", priority=True),
    Binding("shift+tab", "focus_by(-1)", "previous pane", priority=True),
    *(Binding(str(n), f"focus_on({n - 1})", f"pane {n}") for n in range(1, 10)),
    Binding("m", "maximise", "maximise the pane"),
    Binding("n", "next(1)", "next wrong, or next hit of a search"),
    Binding("N", "next(-1)", "previous wrong, or previous hit"),
    Binding("l", "list", "show or hide the list"),
    Binding("s", "unfold", "the whole scenario with its labels"),
    Binding("d", "discriminating", "accuracy over all scored, or over discriminating ones"),
    Binding("t", "compare", "next target that the baseline is compared with"),
    Binding("R", "repeat", "next repeat"),
    Binding("r", "runs", "all runs: open, filter, tag, export, delete"),
    Binding("b", "bookmark", "bookmark the decision, or not"),
    Binding("V", "verdict", "your verdict on the decision: agree, disagree, unsure, none"),
    Binding("c", "columns", "compare two columns, of this run or of any"),
    Binding("slash", "search", "search scenarios and reasoning"),
    Binding("i", "inside", "inside the decision: prompt, reply, schema, timings"),
    Binding("e", "edit_scenario", "what if: edit the scenario, a run of its own"),
    Binding("p", "edit_profile", "edit the profile as TOML, a run of its own"),
    Binding("E", "edit_reasoning", "change the reasoning: does it carry the decision?"),
    Binding("v", "steer", "values: set the profile's targets, a run of its own"),
    Binding("question_mark", "help", "help"),
    Binding("escape", "back", "back"),
    Binding("pageup", "page(-1)", "scroll the pane up"),
    Binding("pagedown", "page(1)", "scroll the pane down"),
    Binding("home", "edge(-1)", "top of the pane"),
    Binding("end", "edge(1)", "end of the pane"),
    Binding("q", "leave", "leave"),
]
