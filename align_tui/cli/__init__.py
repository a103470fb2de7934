"""The command line. Heavy parts are imported inside the commands, so that --help is quick."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from align_tui.isolation import leave_working_folder

if TYPE_CHECKING:
    from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""What a write to a stream fails with that is full, gone or closed; it names no file."""


def main() -> None:
    """Run `align-tui` with the process's arguments, and end it with the right status."""
    leave_working_folder()
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1 or bool(os.environ.get("ALIGN_TUI_DEBUG"))
    sys.exit(run(arguments, debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """The exit status of `align-tui ARGUMENTS`; errors are told on stderr, never as tracebacks."""
    from align_tui.output import terminal

    os.environ["ALIGN_TUI_DEBUG"] = "1" if debug else ""
    # pydantic would read the metadata of every installed package to look for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Nobody is asked about kernels, which transformers would fetch from a hub as code.
    os.environ.setdefault("USE_HUB_KERNELS", "NO")
    terminal.prepare()
    try:
        status = _command(arguments)
        terminal.settle()
    except BrokenPipeError:
        # The reader of our output left (`| head`); the interpreter must not flush into it again.
        terminal.silence(sys.stdout)
        return 0
    except BaseException as error:
        if isinstance(error, SystemExit | GeneratorExit):
            raise
        status = _told(error, debug=debug)
        _let_go()
    terminal.tell_what_lacked()
    return status


def _command(arguments: list[str]) -> int:
    import typer

    from align_tui.cli.app import app
    from align_tui.cli.arguments import repaired_arguments

    command = typer.main.get_command(app)
    status = command.main(
        repaired_arguments(arguments), prog_name="align-tui", standalone_mode=False
    )
    return status if isinstance(status, int) else 0


def _let_go() -> None:
    """Have what could not be written forgotten, lest the interpreter fails with it once more."""
    from align_tui.core.errors import OutputError
    from align_tui.output import terminal

    try:
        terminal.settle()
    except (OutputError, BrokenPipeError):
        terminal.silence(sys.stdout)


def _told(error: BaseException, *, debug: bool) -> int:
    """Tell an error on stderr, with its traceback where that is wanted; its exit status."""
    import typer

    from align_tui.core.decision_checks import told
    from align_tui.core.errors import AlignError
    from align_tui.core.text.display import one_line
    from align_tui.output.terminal import cannot, say

    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return 130
    status = _click_status(error)
    if status is not None:
        return status
    if debug:
        import traceback

        say("".join(traceback.format_exception(error)).rstrip(), error=True)
    if isinstance(error, OSError) and error.filename is None and error.errno in FULL:
        error = cannot(error)
    where = _kept(error)
    if isinstance(error, AlignError):
        tell(error)
        return error.status
    what = one_line(told(error), 1000)
    say(f"align-tui: an error that nobody foresaw: {what}", error=True)
    if not debug:
        how = f"Its traceback is in {where}" if where else "--debug shows its traceback"
        say(f"  {how}: please report it.", error=True)
    return 1


def _kept(error: BaseException) -> Path | None:
    """Keep the traceback of an error that nobody foresaw; the file that has it, if one has."""
    from align_tui.config.failure_log import command_log, keep_error
    from align_tui.core.errors import is_unforeseen

    if not is_unforeseen(error):
        return None
    return command_log() if keep_error(command_log(), error) else None


def _click_status(error: BaseException) -> int | None:
    """Show an error of click's own (a wrong option) and give its status; None for another's."""
    from align_tui.output.terminal import say

    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if status is None:
        return None
    if show is not None:
        said = io.StringIO()  # a wrong option is quoted as it was typed
        show(file=said)
        say(said.getvalue().rstrip(), error=True)
    return int(status)


def tell(error: Exception) -> None:
    """Title, message and hint of an expected error, on stderr."""
    from align_tui.core.errors import AlignError
    from align_tui.output.terminal import say

    if isinstance(error, AlignError):
        say(f"align-tui: {error.title}.\n  {error.message}", error=True)
        if error.hint:
            say(f"  {error.hint}", error=True)
