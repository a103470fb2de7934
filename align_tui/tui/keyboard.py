"""What a terminal sends, whatever its bytes are: nothing of it may end the screen.

A byte that is no UTF-8 (an umlaut typed in a Latin-1 terminal, half a paste, an old report of the
mouse) and sequences with impossible numbers end Textual's own reader.
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
"""Columns and rows of the largest screen that is drawn; numbers beyond are no terminal's."""


class Keyboard:
    """Turns bytes into the messages that they mean; what means nothing is passed over."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages of the bytes that came."""
        text = self._decode(data)
        if text:  # an empty one would be the parser's end
            yield from self._borne(lambda: self._parser.feed(text))

    def tick(self) -> Iterator[Message]:
        """The messages that time brings: an escape that nothing followed is the key."""
        yield from self._borne(self._parser.tick)

    def _borne(self, parse: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        try:
            for message in parse():
                if _possible(message):
                    yield message
        except Exception:  # what Textual's parser makes of numbers that it never expected
            before, self._parser = self._parser, XTermParser()
            self._parser.mouse_pixels = before.mouse_pixels
            sizes = (before.terminal_size, before.terminal_pixel_size)
            if all(size is not None and all(size) for size in sizes):
                self._parser.terminal_size, self._parser.terminal_pixel_size = sizes


def _possible(message: Message) -> bool:
    """Can a terminal have meant that?"""
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
    """That driver, reading its terminal through a `Keyboard`; one without a terminal stays."""
    if not issubclass(driver, LinuxDriver):
        return driver

    class Sturdy(driver):  # type: ignore[valid-type, misc]  # known when it runs
        """Survives whatever is typed."""

        def run_input_thread(self) -> None:
            keyboard = Keyboard()
            with selectors.DefaultSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    if selector.select(WAIT_S):
                        data = os.read(self.fileno, CHUNK)
                        if not data:  # nobody is there to type; who hangs up sends a signal
                            self.exit_event.wait(WAIT_S)
                        for message in keyboard.feed(data):
                            self.process_message(message)
                    for message in keyboard.tick():
                        self.process_message(message)

        def _get_terminal_size(self) -> tuple[int, int]:
            width, height = super()._get_terminal_size()
            return min(width, MOST_CELLS[0]), min(height, MOST_CELLS[1])

    return Sturdy
