"""`align-tui serve`: what is to be opened is checked here, before anybody comes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from align_tui.cli.consent import consent
from align_tui.cli.options import database_path
from align_tui.core.errors import ConfigError, ServeError
from align_tui.core.text.display import one_line
from align_tui.output.terminal import say
from align_tui.web.command import Opened, command

if TYPE_CHECKING:
    from align_tui.config.study import Study

OPEN_TO_OTHERS = (
    "Careful: there is no password but the token in the address, and no encryption: whoever reads "
    "the traffic of {host} port {port} has the token, and can then run studies and read all runs "
    "as this user. Over SSH there is no need: serve on 127.0.0.1, and "
    "ssh -L {port}:127.0.0.1:{port} HOST from where the browser is."
)


def serve_explorer(opened: Opened, host: str, port: int, *, trust: bool = False) -> int:
    """Serve it until ctrl+c; the exit status.

    With `trust` the code that it runs is trusted; else the page asks, when it is to be decided.
    Raises ServeError without the extra or the port, and whatever is wrong with the study.
    """
    try:
        from align_tui.web.guard import is_loopback
        from align_tui.web.pages import Tabs
        from align_tui.web.serving import address_of, serve, take_port
        from align_tui.web.token import Token
    except ImportError as error:
        raise ServeError(
            f"Browsers are served through the package textual-serve: {error}",
            "Install it: pip install 'align-tui[serve]', in a checkout: pip install '.[serve]'",
        ) from error
    study = _study(opened)
    if trust:
        consent(study, trust=True)
    try:
        taken = take_port(host, port)
    except UnicodeError as error:
        raise ServeError(f"{one_line(host, 60)!r} is no host's name", "Like 127.0.0.1") from error
    token = Token()
    address = address_of(host, taken, token)
    if not is_loopback(host):
        said = OPEN_TO_OTHERS.format(host=one_line(host), port=taken.getsockname()[1])
        say(said, error=True)

    def ready() -> None:
        say(address)
        say("ctrl+c ends it; what workers decide goes on", error=True)

    title = f"{one_line(study.name, 60)} – align-tui"
    serve(Tabs(command(opened), title), token, host, taken, ready)
    return 0


def _study(opened: Opened) -> Study:
    """What is opened; raises what opening it would raise."""
    past = opened.run is not None or opened.replay
    if past and not opened.options.is_demo:
        raise ConfigError("A past run opens as it is; it takes no profiles or scenarios")
    if not past:
        from align_tui.studies.assemble import load_study

        return load_study(opened.options)
    from align_tui.store.database import open_database
    from align_tui.store.runs import load_study as load_past
    from align_tui.store.runs import resolve

    with closing(open_database(database_path(opened.db), create=False)) as db:
        return load_past(db, resolve(db, opened.run))
