"""The only way to standard output and standard error, for people and for data.

People get plain text: no character of a scenario, a reply or a file's name can command their
terminal, and characters that its encoding lacks are replaced. Data is written unchanged, in UTF-8
in every locale, unless a terminal would show it.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

from align_tui.core.errors import OutputError
from align_tui.core.text.display import plain
from align_tui.files.write import as_utf8

REPLACING = "align-tui"
"""The name under which Python's codecs know how we replace what an encoding lacks."""
_LIKE = dict(zip("–—‐‑−…×·‘’‚“”„✓✗○◐●│─▸«»", '-----~x.\'\'\'"""+xo*O|->""', strict=True))
_lacking: set[str] = set()


def prepare() -> None:
    """Prepare the standard streams so that no character of a text makes a write fail."""
    _fill_closed()
    codecs.register_error(REPLACING, _replaced)
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, REPLACING),
        (sys.stderr, REPLACING),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _fill_closed() -> None:
    """Open closed streams (`>&-`), so that no other file gets the number of a standard stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    _lacking.add(error.encoding)
    return "".join(map(_like, lacking)), error.end


def _like(char: str) -> str:
    """A similar ASCII character, or question marks of the same width."""
    if char in _LIKE:
        return _LIKE[char]
    import unicodedata  # few commands need it; it would slow every start

    base = unicodedata.normalize("NFKD", char)[:1]
    if base.isascii() and base.isprintable() and base:
        return base
    if unicodedata.combining(char):
        return ""
    return "??" if unicodedata.east_asian_width(char) in "WF" else "?"


def say(text: str, *, error: bool = False) -> None:
    """Print a text for people as a line. Raises OutputError, except for standard error."""
    stream = sys.stderr if error else sys.stdout
    try:
        stream.write(plain(text) + "\n")
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as trouble:
        if not error:
            raise cannot(trouble) from trouble
        silence(stream)  # nobody can read an error about standard error


def ask(question: str) -> str:
    """Ask the user and return the answer without blanks around it; empty at the end of input."""
    sys.stderr.write(plain(question))
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def say_data(pieces: Iterable[str]) -> None:
    """Write data for files and programs, as UTF-8. Raises OutputError.

    On a terminal it makes the data safe to show, as `say` does.
    """
    stream = sys.stdout
    buffer = None if stream.isatty() else getattr(stream, "buffer", None)
    try:
        stream.flush()
        for piece in pieces:
            if buffer is not None:
                buffer.write(as_utf8(piece))
            else:
                stream.write(plain(piece))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot(error) from error


def say_json(value: Any) -> None:
    """Write a value as one line of JSON, and flush it. Raises OutputError."""
    from align_tui.output.json_text import json_text

    shown = sys.stdout.isatty() and not _is_utf8(sys.stdout)
    say_data([json_text(value, ascii_only=shown) + "\n"])


def _is_utf8(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def cannot(error: OSError) -> OutputError:
    """The error for a standard output that cannot be written."""
    return OutputError(
        f"Standard output: {error.strerror or error}", "Name a file with -o, or free disk space."
    )


def settle() -> None:
    """Flush standard output. Raises OutputError."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot(error) from error


def silence(stream: TextIO) -> None:
    """Discard later writes to the stream; otherwise Python writes again at exit and complains."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def tell_what_lacked() -> None:
    """Print once that align-tui replaced characters, if it did."""
    if _lacking:
        encodings = " and ".join(sorted(_lacking))
        _lacking.clear()
        say(
            f"align-tui: replaced some characters that {encodings} does not have.\n"
            "  To see all characters, use a UTF-8 locale or set PYTHONUTF8=1.",
            error=True,
        )
