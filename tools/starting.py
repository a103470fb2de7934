"""Measure the time to the first frame, in turn with a hello-world Textual app behind Typer."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from pathlib import Path

from terminal import Terminal

HELLO_TEXTUAL = """
import typer
app = typer.Typer()
@app.command()
def a() -> None:
    from textual.app import App
    from textual.widgets import Footer, Header, Static
    class Hello(App):
        def compose(self):
            yield Header(); yield Static("hello world"); yield Footer()
    Hello().run()
app()
"""
# This study waits for a key, so that only the frame is timed.
OPENED = ("-s", "demo-triage", "-p", "baseline", "-p", "random")
FIRST, STUDY = "opening", "1/40"


def frames(
    command: list[str], shown: tuple[str, ...], environment: Mapping[str, str]
) -> list[float]:
    """Seconds from the start until the program sent each of the texts, in order."""
    terminal = Terminal(command, columns=120, rows=40, environment=environment)
    try:
        out: list[float] = []
        for text in shown:
            terminal.seconds_until(text)
            out.append(terminal.age())
        return out
    finally:
        terminal.close()


def measure(rounds: int, environment: Mapping[str, str], folder: Path) -> dict[str, float]:
    """first_frame_ratio and study_ratio (the study on the screen), with medians in seconds."""
    script = folder / "hello_tui.py"
    script.write_text(HELLO_TEXTUAL)
    hello: list[float] = []
    first: list[float] = []
    study: list[float] = []
    for number in range(rounds + 1):
        theirs = frames([sys.executable, str(script)], ("hello world",), environment)
        ours = frames([sys.executable, "-m", "align_tui", *OPENED], (FIRST, STUDY), environment)
        if number:  # the first round only warms the caches
            hello += theirs
            first.append(ours[0])
            study.append(ours[1])
    base = statistics.median(hello)
    return {
        "first_frame_ratio": round(statistics.median(first) / base, 3),
        "study_ratio": round(statistics.median(study) / base, 3),
        "hello_s": round(base, 3),
        "first_frame_s": round(statistics.median(first), 3),
        "study_s": round(statistics.median(study), 3),
    }
