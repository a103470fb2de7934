"""The result of a run as a table for people; it fits 80 columns."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from align_tui.config.study import Study
from align_tui.core.column_names import model_beside, with_model
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.plurals import counted
from align_tui.output.decision_json import target_words
from align_tui.output.events import Event
from align_tui.output.numbers import point

PIPED_WIDTH = 240
LATE_S = 3.0  # a pipe cannot erase a line, so it is told only of long waits


class PlainConsole(Console):
    """A console that styles text, and never reads the text as markup or escape codes.

    To keep columns straight, callers make a text `plain` before they print it.
    """

    def __init__(self, *, file: TextIO | None = None, width: int | None = None) -> None:
        super().__init__(file=file, width=width, markup=False, highlight=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As Rich has it, with the text of every piece made safe to show."""
        for piece in super().render(renderable, options):
            text, style, control = piece
            safe = text if control or text.isprintable() or text == "\n" else plain(text)
            # A link would be an escape code with an address from the text.
            linked = style is not None and style.link is not None
            if safe is text and not linked:
                yield piece
            else:
                yield Segment(safe, style.update_link(None) if linked and style else style, control)

    def on_broken_pipe(self) -> None:
        """Raise it again: the command handles it."""
        raise  # noqa: PLE0704 - Rich calls it while it handles that


def console(*, error: bool = False) -> PlainConsole:
    """A console for people on standard output or error; it does not fold lines in a pipe."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return PlainConsole(file=stream, width=width)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Print on stderr what the command does now: on a terminal at once, else after LATE_S."""
    err = console(error=True)
    said = f"{one_line(what, 200)} ..."
    if err.is_terminal:
        with err.status(Text(said), spinner="line"):
            yield
        return
    late = Timer(LATE_S, err.print, (said,), {"soft_wrap": True})
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def quiet_table(*columns: str) -> Table:
    """A table without lines."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def percent(rate: dict[str, Any]) -> str:
    """'.85 [.62-.95] 17/20 {12 q, 8 c}' (see `size_words`), or a dash where nothing is scored."""
    if rate["accuracy"] is None:
        return "–"
    parts = [point(rate[key]) for key in ("accuracy", "low", "high")]
    sizes = size_words(rate["scored"], rate["questions"], rate["clusters"])
    return f"{parts[0]} [{parts[1]}-{parts[2]}] {rate['correct']}/{rate['scored']}{sizes}"


def size_words(decisions: int, questions: int, clusters: int) -> str:
    """` {18 q, 10 c}`: so many questions and clusters; empty if each decision is both."""
    if decisions == questions == clusters:
        return ""
    return f" {{{questions} q, {clusters} c}}" if clusters < questions else f" {{{questions} q}}"


def result_table(study: Study, summary: Event) -> Table:
    """Two lines for each profile and target: all scored samples, and the discriminating ones.

    The targets of a profile for which nothing is scored share one line without numbers.

    The model stands below the profile's name, so that long names of both fit 80 columns.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("profile", overflow="fold")
    table.add_column("target", overflow="fold")
    table.add_column("scored")
    for heading in ("accuracy", "95 %", "right", "chance"):
        table.add_column(heading, justify="right", no_wrap=True)
    sized = any(map(_size, _rates(summary)))
    if sized:
        table.add_column("over", justify="right", no_wrap=True)
    for profile, of in zip(summary["profiles"], study.profiles, strict=True):
        beside = one_line(model_beside(profile["profile"], profile["model"] or ""), 58)
        names = [Text(one_line(profile["profile"], 60))]
        names += [Text(f"  {beside}", "dim")] if beside else []
        found = list(zip(profile["scores"], study.scoring_targets(of), strict=True))
        shown = [each for each in found if each[0]["all"]["scored"]]
        for score, targets in shown:
            for key, over in (("all", "all"), ("discriminating", "discr.")):
                rate = score[key]
                only = key == "discriminating"
                table.add_row(
                    names.pop(0) if names else Text(""),
                    Text(one_line(target_words(targets), 80) if not only else ""),
                    over,
                    point(rate["accuracy"]),
                    f"{point(rate['low'])}-{point(rate['high'])}" if rate["scored"] else "–",
                    f"{rate['correct']}/{rate['scored']}",
                    point(score["chance_discriminating" if only else "chance"]),
                    *([_size(rate).strip(" {}")] if sized else []),
                )
        if len(shown) < len(found) or not found:
            silent = [targets for score, targets in found if not score["all"]["scored"]]
            table.add_row(names.pop(0) if names else Text(""), _unscored(silent, shown), *["–"] * 5)
        if names:
            table.add_row(names.pop(0))
    return table


def _unscored(silent: Sequence[Targets], shown: Sequence[object]) -> Text:
    """The targets for which no decision of a profile is scored, as one cell of the table."""
    if len(silent) == 1:
        return Text(one_line(target_words(silent[0]), 80))
    return Text(f"{len(silent)} {'other ' if shown else ''}targets" if silent else "–")


def _rates(summary: Event) -> Iterator[dict[str, Any]]:
    for profile in summary["profiles"]:
        for score in profile["scores"]:
            yield from (score["all"], score["discriminating"])


def _size(rate: dict[str, Any]) -> str:
    return size_words(rate["scored"], rate["questions"], rate["clusters"])


def similarity_lines(study: Study, summary: Event) -> list[str]:
    """A line for each profile and target: 1 minus the mean distance from the group's shares.

    Empty unless the scorer compares shares.
    """
    if not study.scorer.compares_shares:
        return []
    return [
        f"{one_line(profile['profile'])}: {1 - score['mean_distance']:.3f} like "
        f"{one_line(target_words(targets), 80)} (1 - {study.scorer.name})"
        for profile, of in zip(summary["profiles"], study.profiles, strict=True)
        for score, targets in zip(profile["scores"], study.scoring_targets(of), strict=True)
        if score["mean_distance"] is not None and sum(each.weight for each in targets) == 1.0
    ]


def loose_ends(summary: Event) -> list[str]:
    """A line for every profile that has failed or open samples."""
    return [
        f"{one_line(with_model(p['profile'], p['model'] or ''))}: "
        f"{p['failed']} failed, {p['pending']} open"
        for p in summary["profiles"]
        if p["failed"] or p["pending"]
    ]


def thinking_lines(study: Study, shares: Mapping[int, tuple[int, int]]) -> list[str]:
    """A line for each profile whose model thought.

    `shares` are (tokens, thinking tokens) by profile index, from `store.thinking`.
    """
    return [
        f"{one_line(profile.name)}: thinking made {thinking} of {counted(tokens, 'token')} "
        f"({thinking / tokens:.0%})"
        for index, profile in enumerate(study.profiles)
        for tokens, thinking in [shares.get(index, (0, 0))]
        if thinking and tokens
    ]


CAPTION = (
    "Alignment accuracy (repeats averaged first) with its 95 % interval: Wilson's, cluster-robust "
    "where decisions are dependent. discr.: only scenarios whose choices differ in their distance "
    "to the target."
)
