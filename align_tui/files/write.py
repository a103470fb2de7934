"""The one way in which files are written: whole or not at all, and never in a device's place.

A new text is written beside the file and takes its name when all of it is on the disk. That must
not happen to what is no regular file: a rename onto /dev/stdout would replace the device. Such a
path is written to where the user named it (`devices=True`), and refused otherwise.
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
# Under /dev/shm lie ordinary files; what else is there belongs to the kernel.
_KERNELS = re.compile(r"/(?:dev|proc|sys)(?!/shm/)(?:/|$)")


def write_text(path: Path, text: str, *, devices: bool = False, mine: bool = False) -> None:
    """Write `text` as UTF-8 so that `path` holds either the old content or all of the new.

    A link is followed, and what it leads to is written. A file that is there keeps its rights; a
    new one has those of the user's umask, or is the user's alone (`mine`). With `devices`, a FIFO
    or a device such as /dev/stdout is written to. Raises OutputError; then nothing has changed.
    """
    with writing(path, devices=devices, mine=mine) as file:
        file.write(as_utf8(text))


@contextmanager
def writing(path: Path, *, devices: bool = False, mine: bool = False) -> Iterator[BinaryIO]:
    """A file to write bytes to, which takes its name when the block ends without an error.

    As `write_text` otherwise. Raises OutputError.
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
        raise OutputError(f"{_shown(path)} is no place for a file", "Choose another folder.")
    try:
        with _special(target, stream) if special else _replacing(target, info, mine=mine) as file:
            yield file
    except BrokenPipeError:
        raise  # who read it has left, and that is no news to anybody
    except OSError as error:
        raise _cannot("written", path, error) from error


def make_folder(folder: Path, *, mine: bool = False) -> None:
    """Make the folder and those above it; raises OutputError."""
    try:
        if mine:
            private.make_folder(folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot("made", folder, error) from error


def as_utf8(text: str) -> bytes:
    """The text's bytes: halves of surrogate pairs are joined, and a lone one becomes U+FFFD."""
    return storable(text).encode("utf-8")


def _cannot(what: str, path: Path, error: Exception) -> OutputError:
    why = getattr(error, "strerror", None) or error
    return OutputError(
        f"{_shown(path)} cannot be {what}: {why}", "Check the folder and its free space."
    )


def _shown(path: Path) -> str:
    return one_line(plain(str(path)))


def _followed(path: Path) -> tuple[Path, int | None]:
    """(where the links of `path` lead, the stream of this process that it names or None)."""
    here = path.absolute()
    for _ in range(MOST_LINKS):
        if (stream := _own_stream(here)) is not None:
            return here, stream
        # Links of folders are the system's to follow; those of the last name are looked at.
        here = here.parent.resolve() / here.name
        if (stream := _own_stream(here)) is not None:
            return here, stream
        if not here.is_symlink():
            return here, None
        here = here.parent / here.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _own_stream(path: Path) -> int | None:
    """The number of the open file of this process that the path is another name of."""
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
    """Refuse what is no regular file and cannot be written to like one."""
    assert info is not None
    if stat.S_ISDIR(info.st_mode):
        raise OutputError(f"{_shown(path)} is a folder, not a regular file", "Name a file in it.")
    if stat.S_ISBLK(info.st_mode):
        raise OutputError(f"{_shown(path)} is a disk, not a regular file", "Choose another file.")
    if not devices:
        raise OutputError(f"{_shown(path)} is not a regular file", "Choose another file.")


@contextmanager
def _special(target: Path, stream: int | None) -> Iterator[BinaryIO]:
    """A device, a pipe or a stream of this process, written to as it stands."""
    if stream is not None:
        for ours in (sys.stdout, sys.stderr):
            if ours is not None:
                ours.flush()  # what was said before comes before
        handle = os.dup(stream)
    else:
        try:
            handle = os.open(target, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise OSError(errno.ENXIO, "nobody reads from it") from error
            raise
        os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        if os.isatty(handle):
            with _told(file) as whole:
                yield whole
        else:
            yield file
        file.flush()


@contextmanager
def _told(file: BinaryIO) -> Iterator[BinaryIO]:
    """A terminal is shown the text without what would command it."""
    import io

    kept = io.BytesIO()
    yield kept
    file.write(as_utf8(plain(kept.getvalue().decode("utf-8", "replace"))))


@contextmanager
def _replacing(target: Path, info: os.stat_result | None, *, mine: bool) -> Iterator[BinaryIO]:
    """A file beside `target` that becomes it."""
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
