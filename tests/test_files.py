"""Files are written whole or not at all, with the right permissions, and never replace devices."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from align_tui.core.errors import OutputError
from align_tui.files import private
from align_tui.files.write import make_folder, write_text


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_file_has_the_umasks_rights_and_a_private_one_none_for_others(
    tmp_path: Path, usual_umask: object
) -> None:
    write_text(tmp_path / "named", "x")
    write_text(tmp_path / "mine", "x", mine=True)
    make_folder(tmp_path / "a" / "b", mine=True)
    assert (rights(tmp_path / "named"), rights(tmp_path / "mine")) == (0o644, 0o600)
    assert (rights(tmp_path / "a"), rights(tmp_path / "a" / "b")) == (0o700, 0o700)


@pytest.mark.parametrize("mine", [False, True])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_there_keeps_its_rights(tmp_path: Path, mode: int, mine: bool) -> None:
    path = tmp_path / "there"
    path.write_text("old", encoding="utf-8")
    path.chmod(mode)
    write_text(path, "new", mine=mine)
    assert (path.read_text(encoding="utf-8"), rights(path)) == ("new", mode)


def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link, far = (tmp_path / "folder" / "t", tmp_path / "link", tmp_path / "far")
    link.symlink_to("folder/t")
    far.symlink_to(link)
    write_text(far, "through two, to what is not there yet")
    target.chmod(0o640)
    write_text(far, "again")
    assert far.is_symlink() and link.is_symlink() and not target.is_symlink()
    assert (target.read_text(encoding="utf-8"), rights(target)) == ("again", 0o640)
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["t"]


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("c")
    for path in (tmp_path / "a", tmp_path / "c" / "x"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_text(path, "x")


def test_no_device_pipe_or_folder_is_ever_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "folder").mkdir()
    for path in ("/dev/null", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/2"):
        with pytest.raises(OutputError, match="not a regular file"):
            write_text(Path(path), "x")
    for name in ("pipe", "null", "folder", "folder/..", ""):
        with pytest.raises(OutputError, match="not a regular file"):
            write_text(tmp_path / name, "x")
    assert (tmp_path / "null").is_symlink() and Path("/dev/null").is_char_device()
    assert (tmp_path / "pipe").is_fifo()
    for path in ("/dev/align-tui-no-device", "/proc/none", "/sys/none", f"/dev/../dev/x-{id(0)}"):
        with pytest.raises(OutputError):
            write_text(Path(path), "x", devices=True)
        assert not Path(path).exists()


def test_devices_are_written_to_where_that_is_wanted(tmp_path: Path) -> None:
    write_text(Path("/dev/null"), "x", devices=True)
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OutputError, match="No space left on device"):
        write_text(Path("/dev/full"), "x", devices=True)
    with pytest.raises(OutputError, match="is a folder"):
        write_text(tmp_path, "x", devices=True)


def test_a_pipe_is_written_to_and_one_that_nobody_reads_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="no process reads from it"):
        write_text(pipe, "x", devices=True)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    another = os.open(pipe, os.O_WRONLY)  # so that a fast reader does not find the end at once
    read: list[bytes] = []
    with os.fdopen(handle, "rb") as file:
        reader = threading.Thread(target=lambda: read.append(file.read()))
        writer = threading.Thread(target=lambda: write_text(pipe, "much " * 50_000, devices=True))
        writer.start()
        reader.start()
        writer.join(20)
        os.close(another)
        reader.join(20)
    assert read == [b"much " * 50_000]
    assert pipe.is_fifo()


WRITE = """
import sys
from pathlib import Path
from align_tui.files.write import write_text
print("before")
for path in sys.argv[1:]:
    write_text(Path(path), "[" + path + "]", devices=True)
print("after")
"""


def test_names_of_standard_output_are_written_in_their_turn(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", str(tmp_path / "link")]
    told = "before\n" + "".join(f"[{name}]" for name in names) + "after\n"
    command = [sys.executable, "-c", WRITE, *names]
    piped = subprocess.run(command, capture_output=True, text=True)
    assert (piped.stdout, piped.stderr) == (told, "")
    out = tmp_path / "out"
    out.write_text("kept\n", encoding="utf-8")
    with out.open("ab") as file:  # as `>>` opens it: a replaced file would lose the line
        subprocess.run(command, stdout=file, check=True)
    assert out.read_text(encoding="utf-8") == "kept\n" + told


def test_private_folders_leave_those_that_are_there_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private.make_folder(tmp_path / "x" / "y")
    private.make_folder(tmp_path / "x" / "y")
    assert (rights(tmp_path), rights(tmp_path / "x")) == (0o755, 0o700)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "z"):
        with pytest.raises(OSError):
            private.make_folder(folder)
