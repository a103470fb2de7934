"""Write files whole or not at all, and never replace a device.

A new text is written to a temporary file beside the target, which is renamed when all of it is on
the disk. A rename onto /dev/stdout would replace the device, so a path that is not a regular file
is written to directly if the user named it (`devices=True`), and refused otherwise.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from align_tui.core.errors import OutputError
from align_tui.core.text.display import one_line, plain
from align_tui.core.text.repair import storable
from align_tui.files import private

MOST_LINKS = 40
_OWN_STREAM = re.compile(
    r"/dev/(?:(?P<name>stdin|stdout|stderr)|fd/(?P<dev>\d{1,9}))"
    r"|/proc/(?P<whose>self|thread-self|\d+)/fd/(?P<proc>\d{1,9})"
)
_STANDARD = {"stdin": 0, "stdout": 1, "stderr": 2}
# /dev/shm has ordinary files; everything else there belongs to the kernel.
_KERNELS = re.compile(r"/(?:dev|proc|sys)(?!/shm/)(?:/|$)")


def write_text(path: Path, text: str, *, devices: bool = False, mine: bool = False) -> None:
    """Write `text` as UTF-8 so that `path` holds either the old content or all of the new.

    Links are followed. An existing file keeps its rights; a new one gets those of the user's
    umask, or is for the user alone (`mine`). With `devices`, `path` may be a FIFO or a device such
    as /dev/stdout. Raises OutputError; then nothing has changed.
    """
    with writing(path, devices=devices, mine=mine) as file:
        file.write(as_utf8(text))


@contextmanager
def writing(path: Path, *, devices: bool = False, mine: bool = False) -> Iterator[BinaryIO]:
    """A file for bytes that replaces `path` when the block ends without an error.

    Otherwise as `write_text`. Raises OutputError.
    """
    try:
        target, stream = _followed(path)
        info = _status(target) if stream is None else os.fstat(stream)
    # ValueError: a NUL or a lone surrogate in the path itself. RuntimeError: links in a circle.
    except (OSError, ValueError, RuntimeError) as error:
        raise _cannot("written", path, error) from error
    special = stream is not None or (info is not None and not stat.S_ISREG(info.st_mode))
    if special:
        _check_special(path, info, devices=devices)
    elif _KERNELS.match(str(target)):
        raise OutputError(f"{_shown(path)} is in a folder of the system", "Choose another folder.")
    try:
        with _special(target, stream) if special else _replacing(target, info, mine=mine) as file:
            yield file
    except BrokenPipeError:
        raise  # the reader has left, which is no error of the file
    except OSError as error:
        raise _cannot("written", path, error) from error


def make_folder(folder: Path, *, mine: bool = False) -> None:
    """Make the folder and its missing parents; raises OutputError."""
    try:
        if mine:
            private.make_folder(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot("made", folder, error) from error


def as_utf8(text: str) -> bytes:
    """The text as UTF-8: halves of surrogate pairs are joined, and a single one becomes U+FFFD."""
    return storable(text).encode("utf-8")


def _cannot(what: str, path: Path, error: Exception) -> OutputError:
    why = getattr(error, "strerror", None) or error
    return OutputError(
        f"{_shown(path)} cannot be {what}: {why}", "Check the folder and its free space."
    )


def _shown(path: Path) -> str:
    return one_line(plain(str(path)))


def _followed(path: Path) -> tuple[Path, int | None]:
    """(the path that the links of `path` lead to, this process's stream that it names or None)."""
    here = path.absolute()
    for _ in range(MOST_LINKS):
        if (stream := _own_stream(here)) is not None:
            return here, stream
        # The system follows the links of folders; the loop follows those of the last name.
        here = here.parent.resolve() / here.name
        if (stream := _own_stream(here)) is not None:
            return here, stream
        if not here.is_symlink():
            return here, None
        here = here.parent / here.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _own_stream(path: Path) -> int | None:
    """The descriptor of this process that the path names, such as 1 for /dev/stdout, or None."""
    found = _OWN_STREAM.fullmatch(str(path))
    if found is None or found["whose"] not in (None, "self", "thread-self", str(os.getpid())):
        return None
    return _STANDARD[found["name"]] if found["name"] else int(found["dev"] or found["proc"])


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _check_special(path: Path, info: os.stat_result | None, *, devices: bool) -> None:
    """Refuse a folder or a disk, and without `devices` every path that is not a regular file."""
    assert info is not None
    if stat.S_ISDIR(info.st_mode):
        raise OutputError(f"{_shown(path)} is a folder, not a regular file", "Name a file in it.")
    if stat.S_ISBLK(info.st_mode):
        raise OutputError(f"{_shown(path)} is a disk, not a regular file", "Choose another file.")
    if not devices:
        raise OutputError(f"{_shown(path)} is not a regular file", "Choose another file.")


@contextmanager
def _special(target: Path, stream: int | None) -> Iterator[BinaryIO]:
    """Open a device, a pipe or a stream of this process to write to it directly."""
    if stream is not None:
        for own in (sys.stdout, sys.stderr):
            if own is not None:
                own.flush()  # keeps earlier output before this
        handle = os.dup(stream)
    else:
        try:
            handle = os.open(target, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise OSError(errno.ENXIO, "no process reads from it") from error
            raise
        os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        if os.isatty(handle):
            with _safe_for_terminal(file) as whole:
                yield whole
        else:
            yield file
        file.flush()


@contextmanager
def _safe_for_terminal(file: BinaryIO) -> Iterator[BinaryIO]:
    """Collect the text, and write it to the terminal without control codes."""
    import io

    kept = io.BytesIO()
    yield kept
    file.write(as_utf8(plain(kept.getvalue().decode("utf-8", "replace"))))


@contextmanager
def _replacing(target: Path, info: os.stat_result | None, *, mine: bool) -> Iterator[BinaryIO]:
    """Write a temporary file beside `target`, then rename it to `target`."""
    temporary = target.parent / f".align-tui-{os.urandom(8).hex()}.tmp"
    rights = private.FILE if mine or info is not None else 0o666
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    handle = os.open(temporary, flags, rights)
    try:
        with os.fdopen(handle, "wb") as file:
            if info is not None:
                with suppress(OSError):  # root keeps a file with its owner
                    os.fchown(handle, info.st_uid, info.st_gid)
                os.fchmod(handle, stat.S_IMODE(info.st_mode) & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
