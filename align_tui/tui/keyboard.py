"""Read the terminal's input so that no bytes can end the screen.

Textual's own reader fails at bytes that are not UTF-8 (an umlaut typed in a Latin-1 terminal, half
a paste, an old mouse report) and at sequences with impossible numbers.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

CHUNK, WAIT_S = 4096, 0.1
MOST_CELLS = (2000, 1000)
"""Columns and rows of the largest screen that is drawn; no terminal is larger."""


class Keyboard:
    """Turns bytes into Textual's messages and ignores bytes that mean nothing."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages for the bytes that arrived."""
        text = self._decode(data)
        if text:  # the parser takes an empty text as the end of the input
            yield from self._parse(lambda: self._parser.feed(text))

    def tick(self) -> Iterator[Message]:
        """The messages that are due: an escape that nothing followed is the escape key."""
        yield from self._parse(self._parser.tick)

    def _parse(self, parse: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        try:
            for message in parse():
                if _possible(message):
                    yield message
        except Exception:  # Textual's parser fails at numbers that it does not expect
            before, self._parser = self._parser, XTermParser()
            self._parser.mouse_pixels = before.mouse_pixels
            sizes = (before.terminal_size, before.terminal_pixel_size)
            if all(size is not None and all(size) for size in sizes):
                self._parser.terminal_size, self._parser.terminal_pixel_size = sizes


def _possible(message: Message) -> bool:
    """True if a real terminal can have sent this message."""
    if isinstance(message, events.Key):
        return message.character is None or _is_text(message.character)
    if isinstance(message, events.Resize):
        (width, height), (most_width, most_height) = message.size, MOST_CELLS
        pixels = message.pixel_size
        drawn = pixels is None or all(pixels)
        return 0 < width <= most_width and 0 < height <= most_height and drawn
    return True


def _is_text(character: str) -> bool:
    try:
        character.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def sturdy_driver(driver: type[Driver]) -> type[Driver]:
    """A subclass of that driver which reads through a `Keyboard`; other drivers are unchanged."""
    if not issubclass(driver, LinuxDriver):
        return driver

    class Sturdy(driver):  # type: ignore[valid-type, misc]  # known when it runs
        """Survives any input."""

        def run_input_thread(self) -> None:
            keyboard = Keyboard()
            with selectors.DefaultSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    if selector.select(WAIT_S):
                        data = os.read(self.fileno, CHUNK)
                        if not data:  # no input can come; a terminal that hangs up sends a signal
                            self.exit_event.wait(WAIT_S)
                        for message in keyboard.feed(data):
                            self.process_message(message)
                    for message in keyboard.tick():
                        self.process_message(message)

        def _get_terminal_size(self) -> tuple[int, int]:
            width, height = super()._get_terminal_size()
            return min(width, MOST_CELLS[0]), min(height, MOST_CELLS[1])

    return Sturdy
