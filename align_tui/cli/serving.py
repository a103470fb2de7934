"""`align-tui serve`: what is to be opened is checked here, before anybody comes."""

from __future__ import annotations

from contextlib import closing

from align_tui.cli.options import database_path
from align_tui.core.errors import ConfigError, ServeError
from align_tui.core.text import one_line
from align_tui.output.terminal import say
from align_tui.web.command import Opened, shell_line

OPEN_TO_OTHERS = (
    "Careful: nothing asks for a password. Whoever reaches {host} port {port} can run studies and "
    "read all runs as this user, and a profile may run code of its own. Over SSH there is no need: "
    "serve on 127.0.0.1, and ssh -L {port}:127.0.0.1:{port} HOST from where the browser is."
)


def serve_explorer(opened: Opened, host: str, port: int) -> int:
    """Serve it until ctrl+c; the exit status.

    Raises ServeError without the extra or the port, and whatever is wrong with the study.
    """
    try:
        from align_tui.web.guard import is_loopback
        from align_tui.web.serving import address_of, serve, take_port
    except ImportError as error:
        raise ServeError(
            f"Browsers are served through the package textual-serve: {error}",
            "Install it: pip install 'align-tui[serve]', in a checkout: pip install '.[serve]'",
        ) from error
    title = _title(opened)
    try:
        taken = take_port(host, port)
    except UnicodeError as error:
        raise ServeError(f"{one_line(host, 60)!r} is no host's name", "Like 127.0.0.1") from error
    address = address_of(host, taken)
    if not is_loopback(host):
        said = OPEN_TO_OTHERS.format(host=one_line(host), port=taken.getsockname()[1])
        say(said, error=True)

    def ready() -> None:
        say(f"{address}  (ctrl+c ends it; what workers decide goes on)")

    serve(shell_line(opened.words()), title, host, taken, ready)
    return 0


def _title(opened: Opened) -> str:
    """The name of what is opened, for the browser's tab; raises what opening it would raise."""
    past = opened.run is not None or opened.replay
    if past and not opened.options.is_demo:
        raise ConfigError("A past run opens as it is; it takes no profiles or scenarios")
    if not past:
        from align_tui.studies import load_study

        return f"{one_line(load_study(opened.options).name, 60)} – align-tui"
    from align_tui.store.database import open_database
    from align_tui.store.runs import get_run, resolve

    with closing(open_database(database_path(opened.db), create=False)) as db:
        return f"{one_line(get_run(db, resolve(db, opened.run)).name, 60)} – align-tui"
