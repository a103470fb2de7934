"""A table of methods as text, Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from align_tui.core.stats.macro import Mean
from align_tui.core.stats.rates import Rate
from align_tui.core.text.display import one_line
from align_tui.output.csv_cells import guarded
from align_tui.output.markdown_text import md
from align_tui.output.method_table.data import CHANCE, MethodTable
from align_tui.output.numbers import point

HEADS = ("method", "model", "target")
DASH = "–"
NUMBERS = 9  # cells of `[.29-.71]`

CAPTION = (
    "Alignment accuracy with its 95 % interval (Wilson's, cluster-robust where decisions are "
    "dependent); mean: over attributes, each counted once, "
    "with an interval by MOVER. both: high and low pooled, for methods that are steered. chance: a "
    "uniform random chooser."
)


def _value(rate: Rate | Mean | None) -> str:
    return DASH if rate is None else point(rate.accuracy)


def _interval(rate: Rate | Mean | None, between: str = "-") -> str:
    if rate is None or rate.low is None or rate.high is None:
        return ""
    return f"[{point(rate.low)}{between}{point(rate.high)}]"


def _cells(table: MethodTable) -> Iterator[tuple[tuple[str, str, str], list[Rate | Mean | None]]]:
    for row in table.rows:
        cells: list[Rate | Mean | None] = [row.cells.get(column) for column in table.columns]
        yield (row.method, row.model or DASH, row.direction), [*cells, row.mean]


def _chances(table: MethodTable) -> Iterator[tuple[str, list[float | None]]]:
    """(direction, chance in each column and their mean) for each direction with a chance."""
    for direction in dict.fromkeys(direction for direction, _ in table.chances):
        values = [table.chances.get((direction, column)) for column in table.columns]
        known = [value for value in values if value is not None]
        yield direction, [*values, sum(known) / len(known) if known else None]


def text(table: MethodTable, width: int) -> list[Text]:
    """Lines for a terminal of `width` cells: methods stand above rows, intervals below values.

    Six attributes fit 80 cells. More lines may be longer than the terminal.
    """
    titles = [one_line(title, 40) for title in (*table.columns.values(), "mean")]
    first = max(4, *(min(20, cell_len(row.direction)) for row in table.rows))
    longest = [max(map(cell_len, title.split()), default=0) for title in titles]
    columns = zip(*(cells for _, cells in _cells(table)), strict=True)
    least = [max(NUMBERS, *(len(_interval(cell)) for cell in column)) for column in columns]
    widths = [max(size, word) for size, word in zip(least, longest, strict=True)]
    if first + sum(widths) + len(widths) > width:
        widths = [max(size, min(word, 13)) for size, word in zip(least, longest, strict=True)]
    heads = [wrap(title, size) for title, size in zip(titles, widths, strict=True)]
    lines = [
        _line([head[n] if n < len(head) else "" for head in heads], widths, first, "", "bold")
        for n in range(max(map(len, heads)))
    ]
    before = ("", "")
    for (method, model, direction), cells in _cells(table):
        if (method, model) != before:
            before = method, model
            on = "" if model == DASH else f" on {one_line(model, 60)}"
            lines.append(Text(f"{one_line(method, 60)}{on}", "bold"))
        values = [_value(cell) for cell in cells]
        lines.append(_line(values, widths, first, one_line(direction, 20)))
        lines.append(_line([_interval(cell) for cell in cells], widths, first, "", "dim"))
    chances = list(_chances(table))
    if chances:
        lines.append(Text(CHANCE, "dim"))
    lines += [
        _line(list(map(point, values)), widths, first, one_line(direction, 20), "dim")
        for direction, values in chances
    ]
    return lines


def _line(cells: list[str], widths: list[int], first: int, head: str, style: str = "") -> Text:
    parts = [set_cell_size(head, first)]
    parts += [
        " " * (size - cell_len(cell)) + cell for cell, size in zip(cells, widths, strict=True)
    ]
    return Text(" ".join(parts).rstrip(), style)


def markdown(table: MethodTable) -> str:
    """A Markdown table; nothing in a name is taken for markup."""
    heads = [*HEADS, *map(md, table.columns.values()), "mean"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * 3}{'--:|' * (len(heads) - 3)}"]
    for names, cells in _cells(table):
        shown = [f"{_value(cell)} {_interval(cell)}".rstrip() for cell in cells]
        lines.append(f"| {' | '.join([*map(md, names), *shown])} |")
    for direction, values in _chances(table):
        lines.append(f"| {' | '.join([CHANCE, '', md(direction), *map(point, values)])} |")
    return "\n".join([*lines, "", f"{_caption(table)}", ""])


def latex(table: MethodTable) -> str:
    """A LaTeX table for booktabs; nothing in a name is taken for a command."""
    heads = [*HEADS, *(tex(title) for title in table.columns.values()), "mean"]
    lines = [
        "% needs \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{lll{'r' * (len(heads) - 3)}}}",
        "\\toprule",
        f"{' & '.join(heads)} \\\\",
        "\\midrule",
    ]
    for names, cells in _cells(table):
        shown = [
            f"{tex(_value(cell))} {{\\scriptsize {tex(_interval(cell, '--'))}}}"
            if _interval(cell)
            else tex(_value(cell))
            for cell in cells
        ]
        lines.append(f"{' & '.join([*map(tex, names), *shown])} \\\\")
    chances = list(_chances(table))
    if chances:
        lines.append("\\midrule")
    for direction, values in chances:
        lines.append(
            f"{' & '.join([CHANCE, '', tex(direction), *map(tex, map(point, values))])} \\\\"
        )
    lines += ["\\bottomrule", "\\end{tabular}", f"% {tex(_caption(table))}", ""]
    return "\n".join(lines)


_TEX: Mapping[str, str] = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#",
    "_": "\\_", "%": "\\%", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
    "–": "--", "…": "\\dots{}", "<": "\\textless{}", ">": "\\textgreater{}",
}  # fmt: skip


def tex(text: str) -> str:
    """`text` on one line, with every character that LaTeX takes for its own escaped."""
    return re.sub(r"[\\{}$&#_%~^–…<>]", lambda found: _TEX[found.group()], one_line(text))


def csv_text(table: MethodTable) -> str:
    """CSV: four columns for each attribute (value, interval, scored) and three for the mean."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = list(HEADS)
    for title in table.columns.values():
        head += [title, f"{title} low", f"{title} high", f"{title} scored"]
    writer.writerow([*map(guarded, head), "mean", "mean low", "mean high"])
    for row in table.rows:
        cells: list[str] = [row.method, row.model, row.direction]
        for column in table.columns:
            rate = row.cells.get(column)
            cells += [_exact(rate.accuracy), _exact(rate.low), _exact(rate.high),
                      str(rate.scored)] if rate is not None else ["", "", "", "0"]  # fmt: skip
        mean = row.mean
        cells += (
            [_exact(each) for each in (mean.accuracy, mean.low, mean.high)] if mean else [""] * 3
        )
        writer.writerow(map(guarded, cells))
    for direction, values in _chances(table):
        shown = [CHANCE, "", direction]
        for value in values[:-1]:
            shown += [_exact(value), "", "", ""]
        writer.writerow(map(guarded, [*shown, _exact(values[-1]), "", ""]))
    return out.getvalue()


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)


def json_text(table: MethodTable) -> str:
    """One JSON object with every number unrounded."""
    rows = []
    for row in table.rows:
        mean = row.mean
        rows.append(
            {
                "method": row.method,
                "model": row.model,
                "target": row.direction,
                "attributes": {
                    column: {
                        "accuracy": rate.accuracy, "low": rate.low, "high": rate.high,
                        "correct": rate.correct, "scored": rate.scored,
                        "questions": rate.questions, "clusters": rate.clusters,
                        "method": rate.method, "se": rate.se,
                    }
                    for column, rate in row.cells.items()
                },
                "mean": None
                if mean is None
                else {"accuracy": mean.accuracy, "low": mean.low, "high": mean.high, "of": mean.of},
            }
        )  # fmt: skip
    chances = [
        {"target": direction, "attribute": column, "accuracy": value}
        for (direction, column), value in table.chances.items()
    ]
    body = {"over": table.over, "columns": dict(table.columns), "rows": rows, "chance": chances,
            "gaps": list(table.gaps)}  # fmt: skip
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _caption(table: MethodTable) -> str:
    counted = "discriminating scenarios only" if table.over == "discriminating" else "all scored"
    return f"{CAPTION} Over {counted}."


FORMATS: Mapping[str, Callable[[MethodTable], str]] = {
    "markdown": markdown,
    "latex": latex,
    "csv": csv_text,
    "json": json_text,
}
"""Every format but `text`, which depends on the terminal's width."""
