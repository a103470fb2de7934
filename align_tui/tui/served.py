"""In a browser: end the application when its server is gone."""

from __future__ import annotations

import os
from threading import Timer

from textual.driver import Driver
from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

END_S = 5.0  # seconds in which the application must end by itself


def ending_driver(driver: type[WebDriver]) -> type[Driver]:
    """A subclass of that driver which ends the application when its input ends.

    In a terminal SIGHUP does that.
    """

    class Ending(driver):  # type: ignore[valid-type, misc]
        """Reads until the input ends."""

        def run_input_thread(self) -> None:
            super().run_input_thread()
            if not self.exit_event.is_set():
                # The timer ends the process even if the event loop no longer answers.
                last = Timer(END_S, os._exit, (1,))
                last.daemon = True
                last.start()
                self._app.post_message(ExitApp())

    return Ending
