"""`align-tui doctor`: check whether a study can run on this machine."""

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
from align_tui.cli.option_values import database_path
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import list_backbones, read_backbone, typed
from align_tui.config.library import list_profiles, load_profile
from align_tui.core.errors import AlignError, Damaged, StoreError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.files.private import seen_by_others
from align_tui.output.tables import console, waiting
from align_tui.output.terminal import say
from align_tui.store import runs, workers
from align_tui.store.database import network_file_system, open_database
from align_tui.store.repair import check_whole, repair, trouble

OURS = frozenset(BACKBONE_KINDS.entries)
"""The kinds of backbones that doctor can check without loading them. It cannot check others'."""
Finding = tuple[str, str, str]
"""(mark: 'ok', 'warn' or 'fail'; the part that was checked; what doctor found)."""


def examine(
    profiles: Sequence[str] | None, backbones: Sequence[str] | None, db: Path | None
) -> int:
    """Print every finding, and return the exit status: 1 if something would stop a study."""
    out = console()
    styles = {"ok": "green", "warn": "yellow", "fail": "red"}
    failed = False
    checks = (
        _python(), _torch(), _memory(), _database(database_path(db)), _terminal(), _clock(),
        _models(profiles or (), backbones or ()),
    )  # fmt: skip
    for check in checks:
        for mark, what, found in _with_spinner(check):
            out.print(f"{mark:<5}", style=styles[mark], end="")
            out.print(f"{what:<12} {one_line(found)}", soft_wrap=True)
            failed |= mark == "fail"
    return 1 if failed else 0


def repair_database(db: Path | None) -> int:
    """Save what is readable of a damaged run database, and return the exit status."""
    path = database_path(db).expanduser()
    if not path.exists():
        raise StoreError(f"There is no run database at {path}", "Name the file with --db FILE.")
    try:
        with waiting(f"reading {path}"), closing(open_database(path, create=False)) as opened:
            damage = trouble(opened)
    except Damaged as error:
        damage = error.message
    if damage is None:
        say(f"{path} is not damaged. There is nothing to repair.")
        return 0
    with waiting("saving what is readable"):
        saved = repair(path)
    kept = f"{counted(saved.decisions, 'decision')} of {counted(saved.runs, 'run')}"
    say(f"{path} was damaged. A new file with {kept} replaces it.")
    say(f"The damaged file is now {saved.damaged}.")
    if saved.lost:
        say(f"These tables were only partly readable: {', '.join(saved.lost)}.")
    if saved.reopened:
        say(f"The decisions of {counted(saved.reopened, 'sample')} are lost. To decide them again:")
        say("  align-tui run --resume RUN")
    return 0


def _with_spinner(check: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of a check; the terminal shows `checking ...` until the next one is there."""
    while True:
        with waiting("checking"):
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
        yield "fail", "torch", f"Python cannot import it: {error}"
        return
    yield "ok", "torch", f"{torch.__version__}, {counted(torch.get_num_threads(), 'thread')}"
    if not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for CPU"
        yield "ok", "cuda", f"torch finds no GPU; it is {built}"
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
        yield (
            "warn",
            "database",
            (
                f"{path} is on a network file system ({remote}), which may damage it: "
                "name a local file with --db"
            ),
        )
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    mark = "fail" if free < 50e6 else "warn" if free < 1e9 else "ok"
    yield mark, "disk", f"{free / 1e9:.1f} GB free under {folder}"
    if not path.exists():
        yield "ok", "database", f"the first run will create {path}"
        return
    try:
        if seen_by_others(path):
            yield "warn", "database", f"other users can read {path}: run chmod 600 {path}"
        db = open_database(path)
        mode = db.journal_mode()
        size = path.stat().st_size / 1e6
        how = "this account can only read it" if db.read_only else f"journal mode {mode}"
        yield "warn" if db.read_only else "ok", "database", f"{path}, {size:.1f} MB, {how}"
        check_whole(db)
        for worker in workers.living(db):
            mark, state = ("warn", "does not answer") if worker.is_silent else ("ok", worker.state)
            yield mark, "worker", f"{worker.id}: {state}, process {worker.pid}"
        newest = runs.newest(db)
        if newest is not None and newest > time.time() + 60:
            yield (
                "warn",
                "clock",
                ("the newest run starts in the future: somebody may have set the clock back"),
            )
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
        yield "warn", "locale", f"{encoding} is not UTF-8: the screen draws marks in ASCII"
    if os.environ.get("NO_COLOR"):
        yield "ok", "colour", "NO_COLOR is set: the screen uses no colours"


def _clock() -> Iterator[Finding]:
    now = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    yield ("ok" if time.time() > 1_700_000_000 else "fail"), "clock", now


def _models(names: Sequence[str], backbones: Sequence[str]) -> Iterator[Finding]:
    """The models of these profiles on these backbones; without both, all known models."""
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
        used = f"({counted(len(users), 'profile') if len(users) > 1 else users[0]})"
        if spec.kind not in OURS:
            yield (
                "ok",
                "model",
                (f"{spec.label} {used}: doctor cannot check the kind {spec.kind}; a run does"),
            )
        elif not spec.is_local:
            yield _server(spec, used, "fail" if asked else "warn")
        else:
            yield _local(spec, used, "fail" if asked else "warn")


def _local(spec: BackboneSpec, used: str, otherwise: str) -> Finding:
    """Check whether a model would load here. It reads everything except the weights' numbers."""
    from align_tui.backbones.embedding.opening import check_embedding
    from align_tui.backbones.local.load import check_loadable

    label = spec.model or "demo model"
    if spec.kind == "demo-embedding":
        spec = spec.model_copy(update={"kind": "demo"})  # it is the same model
    try:
        check = check_embedding if spec.kind == "embedding" else check_loadable
        files = check(spec)
        size = files.size()
    except AlignError as error:
        return otherwise, "model", f"{label} {used}: {error.message}. {error.hint}"
    return (
        "ok",
        "model",
        f"{label} {used}: {files.gguf or files.folder}, {size.parameters / 1e6:,.1f} M parameters; "
        "its files are complete and match, and the memory suffices",
    )


def _tell_wait(what: str, share: float | None) -> None:
    """Print on stderr what doctor waits for."""
    if " wait " in what or " again in " in what:
        say(f"  {what}", error=True)


def _server(spec: BackboneSpec, used: str, otherwise: str) -> Finding:
    """Ask a backbone's servers what they can do; `otherwise` is the mark if they do not answer."""
    try:
        info = open_backbone(spec, _tell_wait).info
    except AlignError as error:
        return otherwise, "server", f"{spec.label} {used}: {error.message}. {error.hint}"
    abilities = (
        "; ".join(info.notes) or "keeps replies to their schema and returns token probabilities"
    )
    return (
        "warn" if info.notes else "ok",
        "server",
        f"{info.identity} {used} at {info.device}: {abilities}",
    )
