"""`align-tui models`: list the models on this machine, and describe one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from align_tui.backbones.local.inventory import Glance, cached_models, glance_at
from align_tui.config.backbones import list_backbones, read_backbone, resolve, typed
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.output.tables import console, quiet_table, waiting
from align_tui.output.terminal import say_json

if TYPE_CHECKING:
    from align_tui.backbones.local.describe import Adapted, Description

WIDE = 120
"""On a terminal of this many columns the model stands beside its backbone, not below it."""
NAMED = 120
"""The most characters of a name or path in a table."""


def list_models(*, as_json: bool) -> None:
    """Print the named backbones and the models of the hub's cache, one on each line."""
    with waiting("looking through the hub's cache"):
        rows = list(_rows())
    if as_json:
        for name, found in rows:
            say_json({"backbone": name or None, **asdict(found)})
        return
    out = console()
    wide = out.width >= WIDE
    table = quiet_table("name", "architecture")
    for heading in ("parameters", "size", "here"):
        table.add_column(heading, justify="left" if heading == "here" else "right", no_wrap=True)
    if wide:
        table.add_column("model", overflow="fold")
    for name, found in rows:
        beside = one_line(found.model, NAMED) if name and name != found.model else ""
        cells = [
            Text(one_line(name or found.model, NAMED)),
            Text(one_line(found.architecture.removesuffix("ForCausalLM"), NAMED) or "–"),
            Text(_count(found.parameters)),
            Text(_bytes(found.stored)),
            Text(found.here),
        ]
        table.add_row(*cells, *([Text(beside)] if wide else []))
        if beside and not wide:
            table.add_row(Text(f"  {beside}", "dim"))
    out.print(table)
    broken = [(name, found) for name, found in rows if found.here in {"in part", "damaged"}]
    for index, (name, found) in enumerate(broken):
        verb = "lacks " if found.here == "in part" else ""
        out.print("\n" * (not index) + one_line(f"{name or found.model}: {verb}{found.lacks}"))
    out.print("\nTo describe a model: align-tui models show NAME", style="dim")


def _rows() -> Iterator[tuple[str, Glance]]:
    """Yield (backbone's name or '', model), the named backbones first. No model comes twice."""
    named = set()
    for entry in list_backbones():
        try:
            spec = read_backbone(entry.path).spec
        except AlignError as error:
            yield entry.name, Glance(entry.name, "damaged", lacks=error.message)
            continue
        found = glance_at(spec)
        # A backbone with its own revision is another snapshot than the cache's list shows.
        named |= {found.model} if spec.is_local and spec.revision is None else set()
        yield entry.name, found
    for found in cached_models():
        if found.model not in named:
            yield "", found


def show_model(value: str, *, as_json: bool) -> int:
    """Print what a model is; the exit status is 1 if the model cannot decide scenarios.

    Raises ConfigError for an unknown name, and for a model on a server.
    """
    backbone = resolve(typed(value))
    spec = backbone.spec
    if not spec.is_local:
        raise ConfigError(
            f"{value} is a model on a server, and its files are not on this machine",
            f"To check the server: align-tui doctor --backbone {value}",
        )
    if spec.kind == "demo-embedding":
        spec = spec.model_copy(update={"kind": "demo"})  # it is the same model
    with waiting(f"reading {value}"):
        from align_tui.backbones.local.describe import describe

        found = describe(spec, backbone.name or value)
    if as_json:
        say_json({**asdict(found), "loads": found.loads})
        return 0 if found.loads else 1
    out = console()
    out.print(Text(one_line(found.name), "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, fact in lines(found):
        grid.add_row(Text(label, "dim"), Text(one_line(fact)))
    out.print(grid)
    _print_troubles(found)
    return 0 if found.loads else 1


def _print_troubles(found: Description) -> None:
    out = console()
    if not found.troubles:
        out.print("\nThe checks found no problem.")
        return
    stops = [trouble for trouble in found.troubles if trouble.stops]
    others = [trouble for trouble in found.troubles if not trouble.stops]
    for heading, style, troubles in (
        ("Problems that stop the model", "red", stops),
        ("Other problems", "yellow", others),
    ):
        if not troubles:
            continue
        out.print(f"\n{heading}", style=style)
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for trouble in troubles:
            grid.add_row("-", Text(one_line(trouble.said)))
            if trouble.hint:
                grid.add_row("", Text(one_line(trouble.hint), "dim"))
        out.print(grid)


def lines(found: Description) -> Iterator[tuple[str, str]]:
    """Yield (label, fact) for each known fact of a description."""
    yield "kind", found.kind
    if found.place:
        yield "place", found.place
    if found.identity:
        # A line has room for this many digits; --json has all of them.
        yield "identity", re.sub(r"(sha256:[0-9a-f]{24})[0-9a-f]+", r"\1…", found.identity)
    for adapted in found.adapted:
        yield "adapts", _adapted(adapted)
    if found.architecture:
        layers = f", {counted(found.layers, 'layer')}" if found.layers else ""
        yield "architecture", f"{found.architecture}{layers}"
    if found.parameters is not None and found.stored is not None:
        bits = 8 * found.stored / max(1, found.parameters)
        yield (
            "parameters",
            f"{_count(found.parameters)}, {_bytes(found.stored)} stored ({bits:.3g} bits each)",
        )
    if found.needed is not None and found.free is not None:
        yield (
            "memory",
            f"{_bytes(found.needed)} as {found.dtype} on {found.device}, "
            f"which has {_bytes(found.free)} free",
        )
    yield from _text_lines(found)


def _text_lines(found: Description) -> Iterator[tuple[str, str]]:
    """Yield (label, fact) on how a model reads and writes text."""
    known = [
        f"{number:,} {what}"
        for number, what in (
            (found.vocabulary, "in the model"),
            (found.tokenizer, "in the tokenizer"),
        )
        if number is not None
    ]
    if len(known) == 2 and found.vocabulary == found.tokenizer:
        known = [f"{found.vocabulary:,}, in both model and tokenizer"]
    if known:
        yield "vocabulary", ", ".join(known)
    if found.positions is not None or found.windows:
        limit = counted(found.positions, "token") if found.positions is not None else "no limit"
        yield "context", limit
    if found.windows:
        yield "window", found.windows
    if found.batched is not None:
        yield "decoding", "batched" if found.batched else "one reply at a time"
    if found.tokenizer is None:
        return
    yield "template", _template(found)
    yield "thinking", _thinking(found)


def _template(found: Description) -> str:
    if found.template is None:
        return (
            "none: the prompt is plain text with question and answer"
            if not found.has_template
            else "the model has one, but it cannot be used"
        )
    system = (
        "keeps the system turn"
        if found.template.keeps_system
        else "has no system role: the system text goes before the first user turn"
    )
    return f"{system}; writes {'the day of the run' if found.template.writes_date else 'no date'}"


def _thinking(found: Description) -> str:
    if found.thinking is None:
        return "none"
    when = "by itself" if found.thinking.by_itself else "on demand"
    marks = found.thinking.marks
    switches = ", ".join(found.thinking.switches)
    return (
        f"{when} (decoding.thinking), between {marks.opens.strip()} and {marks.closes.strip()}; "
        f"{f'switched by {switches}' if switches else 'the template has no switch'}"
    )


def _adapted(adapted: Adapted) -> str:
    details = [
        adapted.method,
        f"rank {adapted.rank}" if adapted.rank is not None else "",
        f"on {', '.join(adapted.layers[:8])}" if adapted.layers else "",
        f"{_count(adapted.parameters)} parameters" if adapted.parameters is not None else "",
    ]
    return f"{adapted.base} ({', '.join(filter(None, details))})"


def _count(number: int | None) -> str:
    """`7.25 B`, `135 M`, `104 k`."""
    if number is None:
        return "–"
    for unit, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return str(number)


def _bytes(number: int | None) -> str:
    """`14.5 GB`, `269 MB`, `410 kB`."""
    if number is None:
        return "–"
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number / 1e3:.3g} kB"
