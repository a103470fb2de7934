"""Before a study runs: look whether its models are here, and ask whether its code may run.

There is one question for each file of code, once. A server that still loads its model is waited for
as long as the user allowed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from align_tui.config.code import Code, codes_of, runs_code
from align_tui.config.trust import remember, unknown
from align_tui.core.errors import AlignError, BackboneError, ServerUnreachable

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Database
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.view_state import ViewState

REFUSED = "not trusted: nothing was started"


class Trusting:
    """Looks for models and asks for trust before a study is run."""

    def __init__(self, state: ViewState, host: StudyHost, *, ascii_only: bool) -> None:
        self._state, self.host, self._ascii = state, host, ascii_only
        self._waits = 0  # how many waits for a server have begun: only the last one goes on

    def before(
        self,
        study: Study,
        then: Callable[[], None],
        refused: Callable[[AlignError | str], None] | None = None,
        *,
        waits: bool = True,
    ) -> None:
        """Call `then` once the models are here and the user trusts all code.

        Otherwise call `refused` with the reason; without it the screen shows the reason. Without
        `waits` it waits for no server: an open dialog would hide the message that ends the wait.
        """
        refused = refused or self._show
        specs = (spec for each in study.profiles for spec in each.used_models.values())
        if not any(map(runs_code, study.profiles)) and not any(s.may_be_missing for s in specs):
            then()
            return

        def job(_: Database) -> tuple[Code, ...] | AlignError:
            from align_tui.config.ready import require_ready  # it takes 40 ms to load

            try:
                require_ready(study.profiles)
                codes = codes_of(study.profiles)
                asked = unknown(codes, study.own_code)
                remember(code for code in codes if code not in asked)
            except AlignError as error:
                return error
            return asked

        def back(untrusted: tuple[Code, ...] | AlignError) -> None:
            from align_tui.config.server_ready import allowed_wait_s

            seconds = allowed_wait_s() if waits else 0.0
            if isinstance(untrusted, ServerUnreachable) and seconds:
                again = partial(self.before, study, then, refused)
                self._wait(study, untrusted, seconds, again, refused)
            elif isinstance(untrusted, AlignError):
                refused(untrusted)
            else:
                self._ask(untrusted, then, refused)

        self.host.do(job, back, holds=True)

    def _wait(
        self,
        study: Study,
        error: AlignError,
        seconds: float,
        then: Callable[[], None],
        refused: Callable[[AlignError | str], None],
    ) -> None:
        """Show what is waited for, and look every second; closing the message ends the wait."""
        from align_tui.config.ready import servers_of
        from align_tui.config.server_ready import EVERY_S, first_trouble

        self._waits += 1
        mine, until = self._waits, time.monotonic() + seconds
        servers = servers_of(study.profiles)

        def show(error: AlignError) -> None:
            left = max(0.0, until - time.monotonic())
            self.host.complain(
                f"{error.message}. align-tui waits for it, {left:.0f} s at most",
                "Closing this message ends the wait.",
            )

        def back(found: BackboneError | None) -> None:
            if mine != self._waits or not self._state.trouble:
                refused("the wait for the server has ended")  # the user closed the message
            elif isinstance(found, ServerUnreachable) and time.monotonic() < until:
                show(found)
                self.host.aside(lambda: first_trouble(servers), back, EVERY_S)
            elif found is not None:
                self.host.put_away()
                refused(found)
            else:
                self.host.put_away()
                then()

        show(error)
        self.host.aside(lambda: first_trouble(servers), back, EVERY_S)

    def _show(self, reason: AlignError | str) -> None:
        if isinstance(reason, AlignError):
            self.host.complain(reason.message, reason.hint)
        else:
            self.host.say(reason)

    def _ask(
        self,
        asked: Sequence[Code],
        then: Callable[[], None],
        refused: Callable[[AlignError | str], None],
    ) -> None:
        from align_tui.tui.dialogs.trust import TrustDialog

        if not asked:
            then()
            return
        code, rest = asked[0], asked[1:]

        def answered(yes: bool | None) -> None:
            if not yes:
                refused(REFUSED)
                return
            self.host.do(
                lambda _: remember([code]), lambda _: self._ask(rest, then, refused), holds=True
            )

        self.host.ask(TrustDialog(code, self._ascii), answered)
