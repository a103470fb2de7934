"""What a model's decisions come from: every file that decides, by its hash, and the machine.

The hashes cover whole files of any size. They are computed in a thread beside loading and deciding,
and kept in a cache (files/hashes.py), so that unchanged files are read for them only once.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import psutil
import torch

from align_tui.backbones.local.deciding_files import deciding_files
from align_tui.backbones.local.files import ModelFiles
from align_tui.config import paths
from align_tui.files.hashes import Stopped, hashes_of

UNLOADED = "not hashed: the model was unloaded before that ended"
PACKAGES = ("torch", "transformers", "tokenizers", "llguidance", "outlines_core", "peft", "gguf")


class FileHashes:
    """The hashes of a model's files, which a thread computes. Call `stop` with the model's end."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._found: dict[str, str] | None = None
        self._stopped = threading.Event()
        self.trouble = ""
        """Why there are no hashes; empty while they are computed, and when they are known."""
        self._thread = threading.Thread(target=self._run, name="hash model files", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            by_name = deciding_files(self._files)
            hashes = hashes_of(by_name.values(), paths.cache_dir(), self._stopped.is_set)
            self._found = {name: hashes[path] for name, path in by_name.items()}
        except Stopped:
            self.trouble = UNLOADED
        except Exception as error:  # a broken folder must cost no decision
            self.trouble = f"its files cannot be hashed: {error}"

    def known(self) -> Mapping[str, str] | None:
        """SHA-256 by name; None while they are computed, and where they cannot be."""
        return self._found

    def wait(self, seconds: float) -> Mapping[str, str] | None:
        """The hashes, after waiting for them so long at most."""
        self._thread.join(seconds)
        return self._found

    def stop(self) -> None:
        """Stop reading; nobody needs the hashes any more."""
        self._stopped.set()
        if self._found is None and not self.trouble:
            self.trouble = UNLOADED


def machine_facts(device: torch.device) -> dict[str, str]:
    """What computes: device, driver, processor, threads and the versions of the packages."""
    found = {"device": str(device)}
    if device.type == "cuda":
        found["device name"] = torch.cuda.get_device_name(device)
        found["CUDA"] = str(torch.version.cuda or torch.version.hip or "")
        found["driver"] = _driver()
    found["processor"] = processor_name()
    if device.type == "cpu":
        found["threads"] = str(torch.get_num_threads())
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {key: value for key, value in found.items() if value}


def _driver() -> str:
    """The version of NVIDIA's driver; empty where the kernel does not tell it."""
    try:
        with Path("/proc/driver/nvidia/version").open(encoding="utf-8", errors="replace") as file:
            words = file.readline(400).split()
    except OSError:
        return ""
    numbers = [word for word in words if word[:1].isdigit() and "." in word]
    return numbers[0] if numbers else ""


def processor_name() -> str:
    """The processor's model name, with the number of its cores."""
    name = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            for line in file.read(20_000).splitlines():
                if line.lower().startswith(("model name", "hardware")):
                    name = line.partition(":")[2].strip() or name
                    break
    except OSError:
        pass
    return f"{name}, {psutil.cpu_count(False) or 1} cores"
