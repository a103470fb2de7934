"""The command line. Commands import heavy modules when they run, so that --help is quick."""

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
"""Errors of a write to a stream that is full, gone or closed. They name no file."""


def main() -> None:
    """Run `align-tui` with the arguments of this process, and exit with its status."""
    leave_working_folder()
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1 or bool(os.environ.get("ALIGN_TUI_DEBUG"))
    sys.exit(run(arguments, debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run `align-tui ARGUMENTS`, print errors on stderr, and return the exit status.

    With `debug` the errors have their tracebacks.
    """
    from align_tui.output import terminal

    os.environ["ALIGN_TUI_DEBUG"] = "1" if debug else ""
    # Without this pydantic reads the metadata of every installed package to look for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Without this transformers downloads kernels from a hub, and they are code.
    os.environ.setdefault("USE_HUB_KERNELS", "NO")
    terminal.prepare()
    try:
        status = _command(arguments)
        terminal.settle()
    except BrokenPipeError:
        # The reader of the pipe ended (`| head`). The interpreter must not flush into it again.
        terminal.silence(sys.stdout)
        return 0
    except BaseException as error:
        if isinstance(error, SystemExit | GeneratorExit):
            raise
        status = _report(error, debug=debug)
        _drop_unwritten()
    terminal.tell_what_lacked()
    return status


def _command(arguments: list[str]) -> int:
    import typer

    from align_tui.cli.app import app
    from align_tui.cli.argument_repair import repaired_arguments

    command = typer.main.get_command(app)
    status = command.main(
        repaired_arguments(arguments), prog_name="align-tui", standalone_mode=False
    )
    return status if isinstance(status, int) else 0


def _drop_unwritten() -> None:
    """Drop the output that cannot be written, so that the interpreter does not fail at its end."""
    from align_tui.core.errors import OutputError
    from align_tui.output import terminal

    try:
        terminal.settle()
    except (OutputError, BrokenPipeError):
        terminal.silence(sys.stdout)


def _report(error: BaseException, *, debug: bool) -> int:
    """Print an error on stderr, with its traceback if `debug`, and return the exit status."""
    import typer

    from align_tui.core.errors import AlignError
    from align_tui.core.text.display import one_line
    from align_tui.core.text.error_text import error_text
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
    log = _keep_traceback(error)
    if isinstance(error, AlignError):
        tell(error)
        return error.status
    what = one_line(error_text(error), 1000)
    say(f"align-tui: an unexpected error: {what}", error=True)
    if not debug:
        how = f"The traceback is in {log}" if log else "--debug shows the traceback"
        say(f"  {how}. Please report it.", error=True)
    return 1


def _keep_traceback(error: BaseException) -> Path | None:
    """Write the traceback of an unexpected error to a log file, and return the file.

    Returns None for an expected error, and if the file cannot be written.
    """
    from align_tui.config.failure_log import command_log, keep_error
    from align_tui.core.errors import is_unforeseen

    if not is_unforeseen(error):
        return None
    return command_log() if keep_error(command_log(), error) else None


def _click_status(error: BaseException) -> int | None:
    """Print an error of click (a wrong option) and return its status; None for other errors."""
    from align_tui.output.terminal import say

    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if status is None:
        return None
    if show is not None:
        message = io.StringIO()  # `say` cleans it: click quotes a wrong option as it was typed
        show(file=message)
        say(message.getvalue().rstrip(), error=True)
    return int(status)


def tell(error: Exception) -> None:
    """Print the title, message and hint of an expected error on stderr."""
    from align_tui.core.errors import AlignError
    from align_tui.output.terminal import say

    if isinstance(error, AlignError):
        say(f"align-tui: {error.title}.\n  {error.message}", error=True)
        if error.hint:
            say(f"  {error.hint}", error=True)
