"""`align-tui serve`: check the study or run, then serve the explorer to browsers."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from align_tui.cli.option_values import database_path
from align_tui.cli.trust import require_trust
from align_tui.core.errors import ConfigError, ServeError
from align_tui.core.text.display import one_line
from align_tui.output.terminal import say
from align_tui.web.command import Opened, command

if TYPE_CHECKING:
    from align_tui.config.study import Study

OPEN_TO_OTHERS = (
    "Careful: other machines can reach {host} port {port}. There is no password except the token "
    "in the address, and no encryption. Somebody who reads the traffic gets the token, and can "
    "then run studies and read all runs as this user. SSH is safer: "
    "serve on 127.0.0.1, and on the browser's machine "
    "run ssh -L {port}:127.0.0.1:{port} HOST."
)


def serve_explorer(opened: Opened, host: str, port: int, *, trust: bool = False) -> int:
    """Serve the explorer until ctrl+c; return the exit status.

    With `trust` it trusts the code of the study; else the page asks before it runs the code.
    Raises ServeError if the extra `serve` is not installed or the port cannot be used, and the
    errors of reading the study.
    """
    try:
        from align_tui.web.guard import is_loopback
        from align_tui.web.pages import Tabs
        from align_tui.web.serving import address_of, serve, take_port
        from align_tui.web.token import Token
    except ImportError as error:
        raise ServeError(
            f"align-tui serve needs the package textual-serve: {error}",
            "Install it: pip install 'align-tui[serve]' (in a checkout: "
            "pip install -e '.[serve]').",
        ) from error
    study = _study(opened)
    if trust:
        require_trust(study, trust=True)
    try:
        taken = take_port(host, port)
    except UnicodeError as error:
        raise ServeError(
            f"{one_line(host, 60)!r} cannot be the name of a host",
            "Give an address of this machine, such as --host 127.0.0.1.",
        ) from error
    token = Token()
    address = address_of(host, taken, token)
    if not is_loopback(host):
        warning = OPEN_TO_OTHERS.format(host=one_line(host), port=taken.getsockname()[1])
        say(warning, error=True)

    def ready() -> None:
        say(address)
        say("Press ctrl+c to stop the server. Workers continue their runs.", error=True)

    title = f"{one_line(study.name, 60)} – align-tui"
    serve(Tabs(command(opened), title), token, host, taken, ready)
    return 0


def _study(opened: Opened) -> Study:
    """Read the study that the browser will open, so that its errors appear here."""
    past = opened.run is not None or opened.replay
    if past and not opened.options.is_demo:
        raise ConfigError(
            "A past run opens as it is", "Leave out the study, the profiles and other options."
        )
    if not past:
        from align_tui.studies.assemble import load_study

        return load_study(opened.options)
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study as load_past
    from align_tui.store.runs import resolve

    with closing(open_database(database_path(opened.db), create=False)) as db:
        return load_past(db, resolve(db, opened.run))
