"""Start llama.cpp's server with the demo model, as its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from align_tui.config import paths
from tests.conftest import REPO
from tests.servers.gguf_file import write_gguf


@contextmanager
def llama_server(folder: Path) -> Iterator[str]:
    """The base URL of a server of the demo model; writes its GGUF into `folder`."""
    model = write_gguf(paths.demo_model(), folder / "demo.gguf")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.llama_server", str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=REPO,
            text=True,
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        address = process.stdout.readline().strip()  # waits until the server listens or ends
        assert address.startswith("http://"), (folder / "server.log").read_text()[-2000:]
        yield f"{address}/v1"
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
