"""The command line. Heavy parts are imported inside the commands, so that --help is quick."""

import os
import sys

from align_tui.isolation import leave_working_folder


def main() -> None:
    """Run `align-tui` with the process's arguments, and end it with the right status."""
    leave_working_folder()
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1 or bool(os.environ.get("ALIGN_TUI_DEBUG"))
    sys.exit(run(arguments, debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """The exit status of `align-tui ARGUMENTS`; errors are told on stderr, never as tracebacks."""
    import typer

    from align_tui.cli.app import app
    from align_tui.cli.arguments import repaired_arguments
    from align_tui.core.errors import AlignError

    os.environ["ALIGN_TUI_DEBUG"] = "1" if debug else ""
    # pydantic would read the metadata of every installed package to look for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Nobody is asked about kernels, which transformers would fetch from a hub as code.
    os.environ.setdefault("USE_HUB_KERNELS", "NO")
    try:
        status = typer.main.get_command(app).main(
            repaired_arguments(arguments), prog_name="align-tui", standalone_mode=False
        )
        return status if isinstance(status, int) else 0
    except BrokenPipeError:
        # The reader of our output left (`| head`); the interpreter must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except AlignError as error:
        if debug:
            raise
        tell(error)
        return 2
    except Exception as error:
        status = _click_status(error)
        if status is not None:
            return status
        if debug:
            raise
        print(
            f"align-tui: an error that nobody foresaw: {type(error).__name__}: {error}\n"
            "  Run the same command with --debug for the traceback, and please report it.",
            file=sys.stderr,
        )
        return 1


def _click_status(error: Exception) -> int | None:
    """Show an error of click's own (a wrong option) and give its status; None for another's."""
    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if status is None:
        return None
    if show is not None:
        show()
    return int(status)


def tell(error: Exception) -> None:
    """Title, message and hint of an expected error, on stderr."""
    from align_tui.core.errors import AlignError
    from align_tui.core.text import plain

    if isinstance(error, AlignError):
        print(plain(f"align-tui: {error.title}.\n  {error.message}"), file=sys.stderr)
        if error.hint:
            print(plain(f"  {error.hint}"), file=sys.stderr)
