"""`align-tui doctor`: what would stop a study on this machine."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from align_tui.backbones.registry import open_backbone
from align_tui.cli.options import database_path
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import list_backbones, read_backbone, typed
from align_tui.config.library import list_profiles, load_profile
from align_tui.core.errors import AlignError, Damaged, StoreError
from align_tui.core.text.display import one_line
from align_tui.files.private import seen_by_others
from align_tui.output.tables import console, waiting
from align_tui.output.terminal import say
from align_tui.store import runs, workers
from align_tui.store.database import network_file_system, open_database
from align_tui.store.repair import check_whole, repair, trouble

OURS = frozenset(BACKBONE_KINDS.entries)
"""Kinds of backbones that can be looked at without loading them; a package's kind cannot."""
Finding = tuple[str, str, str]
"""(mark: 'ok', 'warn' or 'fail'; what was looked at; what was found)."""


def examine(
    profiles: Sequence[str] | None, backbones: Sequence[str] | None, db: Path | None
) -> int:
    """Print every finding; 1 when something would stop a study, else 0."""
    out = console()
    styles = {"ok": "green", "warn": "yellow", "fail": "red"}
    failed = False
    checks = (
        _python(), _torch(), _memory(), _database(database_path(db)), _terminal(), _clock(),
        _models(profiles or (), backbones or ()),
    )  # fmt: skip
    for check in checks:
        for mark, what, found in told(check):
            out.print(f"{mark:<5}", style=styles[mark], end="")
            out.print(f"{what:<12} {one_line(found)}", soft_wrap=True)
            failed |= mark == "fail"
    return 1 if failed else 0


def repair_database(db: Path | None) -> int:
    """Save what can be read of a damaged run database; the exit status."""
    path = database_path(db).expanduser()
    if not path.exists():
        raise StoreError(f"There is no run database at {path}", "Name one: --db FILE")
    try:
        with waiting(f"reading {path}"), closing(open_database(path, create=False)) as opened:
            said = trouble(opened)
    except Damaged as error:
        said = error.message
    if said is None:
        say(f"{path} is whole: there is nothing to repair.")
        return 0
    with waiting("saving what can be read"):
        saved = repair(path)
    say(f"{path} was damaged. It is a new file now, which holds {saved.decisions} decisions of")
    say(f"{saved.runs} runs; the damaged one is kept as {saved.damaged}.")
    if saved.lost:
        say(f"Not all could be read of: {', '.join(saved.lost)}.")
    if saved.reopened:
        say(f"{saved.reopened} samples lost their decision, and are open again:")
        say("  align-tui run --resume RUN decides them.")
    return 0


def told(check: Iterator[Finding]) -> Iterator[Finding]:
    """The findings, with a word on the terminal while the next one takes its time."""
    while True:
        with waiting("looking"):
            finding = next(check, None)
        if finding is None:
            return
        yield finding


def _python() -> Iterator[Finding]:
    yield "ok", "python", f"{platform.python_version()} at {sys.executable}"


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except (ImportError, OSError) as error:
        yield "fail", "torch", f"cannot be imported: {error}"
        return
    yield "ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} threads"
    if not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for CPU"
        yield "ok", "cuda", f"no GPU to be seen; torch is {built}"
        return
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        name = torch.cuda.get_device_name(index)
        yield "ok", f"cuda:{index}", f"{name}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free"


def _memory() -> Iterator[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    yield "ok", "memory", f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free"


def _database(path: Path) -> Iterator[Finding]:
    remote = network_file_system(path)
    if remote:
        yield "warn", "database", f"{path} lies on a network file system ({remote}): use --db"
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    mark = "fail" if free < 50e6 else "warn" if free < 1e9 else "ok"
    yield mark, "disk", f"{free / 1e9:.1f} GB free under {folder}"
    if not path.exists():
        yield "ok", "database", f"{path} will be made with the first run"
        return
    try:
        if seen_by_others(path):
            yield "warn", "database", f"others of this machine can read {path}: chmod 600 it"
        db = open_database(path)
        mode = db.journal_mode()
        size = path.stat().st_size / 1e6
        how = "cannot be written: to be read only" if db.read_only else f"journal mode {mode}"
        yield "warn" if db.read_only else "ok", "database", f"{path}, {size:.1f} MB, {how}"
        check_whole(db)
        for worker in workers.living(db):
            mark, state = ("warn", "does not answer") if worker.is_silent else ("ok", worker.state)
            yield mark, "worker", f"{worker.id}: {state}, process {worker.pid}"
        newest = runs.newest(db)
        if newest is not None and newest > time.time() + 60:
            yield "warn", "clock", "the newest run was made in the future: was the clock set back?"
        db.close()
    except AlignError as error:
        yield "fail", "database", f"{error.message}. {error.hint}"


def _terminal() -> Iterator[Finding]:
    size = shutil.get_terminal_size()
    colours = os.environ.get("COLORTERM") or os.environ.get("TERM", "unknown")
    mark = "ok" if size.columns >= 80 and size.lines >= 24 else "warn"
    yield mark, "terminal", f"{size.columns}x{size.lines}, {colours}"
    encoding = locale.getpreferredencoding(False)
    if "utf" not in encoding.lower():
        yield "warn", "locale", f"{encoding} is not UTF-8: marks are drawn in ASCII"
    if os.environ.get("NO_COLOR"):
        yield "ok", "colour", "NO_COLOR is set: marks without colour"


def _clock() -> Iterator[Finding]:
    now = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    yield ("ok" if time.time() > 1_700_000_000 else "fail"), "clock", now


def _models(names: Sequence[str], backbones: Sequence[str]) -> Iterator[Finding]:
    """The models of those profiles on those backbones; without either, of all that are known."""
    asked = bool(names or backbones)
    specs: dict[str, tuple[BackboneSpec, list[str]]] = {}
    for name in names or [str(entry.path) for entry in list_profiles()]:
        for backbone in [typed(each) for each in backbones] or (None,):
            try:
                profile = load_profile(name, backbone=backbone)
            except AlignError as error:
                yield "fail", "profile", error.message
                continue
            for spec in profile.used_models.values():
                users = specs.setdefault(spec.key, (spec, []))[1]
                if profile.name not in users:
                    users.append(profile.name)
    for known in list_backbones() if not asked else ():
        try:
            spec = read_backbone(known.path).spec
        except AlignError as error:
            yield "fail", "backbone", error.message
            continue
        specs.setdefault(spec.key, (spec, []))[1].append(f"--backbone {known.name}")
    for spec, users in specs.values():
        used = f"(of {len(users)} profiles)" if len(users) > 1 else f"(of {users[0]})"
        if spec.kind not in OURS:
            yield "ok", "model", f"{spec.label} {used}: of the kind {spec.kind}, asked by a run"
        elif not spec.is_local:
            yield _server(spec, used, "fail" if asked else "warn")
        else:
            yield _local(spec, used, "fail" if asked else "warn")


def _local(spec: BackboneSpec, used: str, otherwise: str) -> Finding:
    """Whether a model would load here: all is checked but the weights' numbers."""
    from align_tui.backbones.local.load import check_loadable

    label = spec.model or "demo model"
    try:
        files = check_loadable(spec)
        size = files.size()
    except AlignError as error:
        return otherwise, "model", f"{label} {used}: {error.message}. {error.hint}"
    return (
        "ok",
        "model",
        f"{label} {used}: {files.gguf or files.folder}, {size.parameters / 1e6:,.1f} M parameters; "
        "its files are whole, fit each other and have room here",
    )


def _tell_wait(what: str, share: float | None) -> None:
    """On standard error, so that nobody waits without knowing what for."""
    if " wait " in what or " again in " in what:
        say(f"  {what}", error=True)


def _server(spec: BackboneSpec, used: str, otherwise: str) -> Finding:
    """What a profile's servers say of themselves; `otherwise` marks those that say nothing."""
    try:
        info = open_backbone(spec, _tell_wait).info
    except AlignError as error:
        return otherwise, "server", f"{spec.label} {used}: {error.message}. {error.hint}"
    said = "; ".join(info.notes) or "holds replies to their schema, tells token probabilities"
    return (
        "warn" if info.notes else "ok",
        "server",
        f"{info.identity} {used} at {info.device}: {said}",
    )
