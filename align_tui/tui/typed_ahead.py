"""Keys typed ahead: each goes where the user sees it go once the key before it is dealt with.

A terminal sends several keys in one packet when the user types faster than the screen answers.
Textual gives all of them to the widget that has the focus at that moment, so a key reached the
screen below a dialog that the key before it opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.events import Event
    from textual.message_pump import MessagePump
    from textual.timer import Timer

# How often a marker has to come back from one widget, and from all of them, after a key.
ROUNDS, MOST_ROUNDS = 2, 12
LOOK_S = 0.05
# Looks in vain after which a marker (2 s), or an answer of the store (10 s), counts as lost. They
# are looks, because the time in which the whole program stands still does not count.
LOST_LOOKS, PROMISED_LOOKS = 40, 200
MOST_HELD = 4_096


class Passed(Message):
    """A marker that travels behind a key: what got the key before has dealt with it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class TypedAhead:
    """Gives one key at a time to the application, and holds those that came meanwhile.

    A key is dealt with when a marker that follows it has come back from the focused widget, when no
    promise is open and when the marker came back from whatever has the focus then. So it is also
    dealt with when the screen or dialog that it opens is mounted. Nothing waits here, a lost marker
    holds keys for two seconds at most, and a broken promise for ten: no fault eats a key.
    """

    def __init__(self, app: App[Any], give: Callable[[Event], Awaitable[None]]) -> None:
        self._app, self._give_on = app, give
        self._held: deque[Event] = deque(maxlen=MOST_HELD)
        self._busy = False
        self._at: MessagePump = app
        self._number = self._rounds = self._all_rounds = self._looks = 0
        self._promises: set[object] = set()
        self._timer: Timer | None = None  # kept, because a new one for each key costs more
        self._watched = False

    @property
    def settled(self) -> bool:
        """True if every key was given and has been dealt with."""
        return not (self._busy or self._held)

    async def take(self, event: Event) -> None:
        """Give the event to the application, now or once those before it are dealt with."""
        if not (self._busy or self._held or self._promises):
            await self._give(event)
            return
        self._held.append(event)
        if not self._watched:
            self._looks = 0
            self._watch()

    def promise(self) -> Callable[[], None]:
        """Hold keys until the function that this returns is called, from any thread."""
        promise = object()
        self._promises.add(promise)

        def kept() -> None:
            if promise in self._promises:
                self._promises.discard(promise)
                self._app.call_later(self._go_on)

        return kept

    async def passed(self, number: int) -> None:
        """A marker has come back; others than the newest mean nothing."""
        if number != self._number or not self._busy:
            return
        self._looks = 0
        if self._promises:
            return  # `kept` goes on
        self._rounds += 1
        self._all_rounds += 1
        if self._all_rounds < MOST_ROUNDS and (
            self._where() is not self._at or self._rounds < ROUNDS or self._stirs()
        ):
            await self._ask()
        else:
            await self._free()

    def _stirs(self) -> bool:
        """Is there a message that may change what has the focus?"""
        return any(pump.message_queue_size for pump in (self._at, *self._app.screen_stack[-1:]))

    def _where(self) -> MessagePump:
        """What gets a key that is given now."""
        app = self._app
        return (app.focused or app.screen) if app.screen_stack else app

    async def _give(self, event: Event) -> None:
        self._busy = True
        self._rounds = self._all_rounds = self._looks = 0
        self._at = self._where()
        try:
            await self._give_on(event)
        finally:
            await self._ask(self._at)
            if not self._watched:
                self._watch()

    async def _ask(self, at: MessagePump | None = None) -> None:
        """Send a marker to `at`, or to what has the focus now."""
        where = at or self._where()
        if where is not self._at:
            self._at, self._rounds = where, 0
        self._number += 1
        marker = Passed(self._number)
        marker.set_sender(where)
        if not where.post_message(marker):
            self._app.post_message(marker)  # it has closed

    async def _free(self) -> None:
        self._busy = False
        while self._held and not self._busy:
            event = self._held.popleft()
            if self._app.screen_stack:
                await self._give(event)
        if self.settled and self._watched and self._timer is not None:
            self._watched = False
            self._timer.pause()

    def _watch(self) -> None:
        """Look from now on, until every key is dealt with."""
        self._watched = True
        if self._timer is None:
            self._timer = self._app.set_interval(LOOK_S, self._look)
        else:
            self._timer.reset()

    async def _go_on(self) -> None:
        """A promise was kept: look where the focus is now."""
        if self._promises:
            return
        self._looks = 0
        if self._busy:
            self._rounds = self._all_rounds = 0
            await self._ask()
        elif self._held:
            await self._free()

    async def _look(self) -> None:
        """Find out whether a marker or a promise was lost."""
        if self.settled:
            return
        self._looks += 1
        if self._promises:
            if self._looks > PROMISED_LOOKS:
                self._promises.clear()
                await self._free()
        elif not self._busy or self._looks > LOST_LOOKS:
            await self._free()
        elif not (self._at.is_running and self._at.is_attached):
            await self._ask()  # what had the focus is gone, and the marker with it
