"""In a browser: an application whose server is gone has nobody left to show anything to."""

from __future__ import annotations

import os
from threading import Timer

from textual.driver import Driver
from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp

END_S = 5.0  # for an application to end by itself


def ending_driver(driver: type[WebDriver]) -> type[Driver]:
    """That driver, ending the application when its input ends; a terminal has SIGHUP for that."""

    class Ending(driver):  # type: ignore[valid-type, misc]
        """Reads until there is nobody to read from."""

        def run_input_thread(self) -> None:
            super().run_input_thread()
            if not self.exit_event.is_set():
                # Also where its event loop answers nobody any more.
                last = Timer(END_S, os._exit, (1,))
                last.daemon = True
                last.start()
                self._app.post_message(ExitApp())

    return Ending
