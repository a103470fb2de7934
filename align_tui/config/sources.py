"""Collect the prompts, functions and code that a profile decides with, as texts with hashes.

Texts of this program's own prompts are named as `module:NAME` by the kinds that use them: a text,
a table of texts, or a function whose texts count. `STYLE` stands for the templates of the profile's
prompt style.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import CodeType
from typing import Any, Final

from align_tui.config.adm_kinds import ADM_KINDS
from align_tui.config.adm_params import RunsFile
from align_tui.config.alignment import params_of
from align_tui.config.backbone_kinds import BACKBONE_KINDS
from align_tui.config.code import (
    code_of_model,
    python_files,
    read_code,
    remote_models,
    sha256_of,
)
from align_tui.config.profile import Profile
from align_tui.config.prompts.styles import style_of
from align_tui.config.prompts.target_text import BETWEEN, DEGREES
from align_tui.config.relevance import RELEVANCE_KINDS
from align_tui.config.steps import STEPS, StepParams
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.errors import AlignError, CodeRefused
from align_tui.core.registry import Registry, resolve
from align_tui.core.sources import Source, of_bytes, of_text
from align_tui.core.types import canonical

STYLE: Final = "style"
OURS: Final = "align_tui"


def templates_of(profile: Profile) -> Iterator[Source]:
    """The texts of the prompts that the profile's decision-maker may write, each once.

    Those of the profile itself come first; one that they replace is left out.
    """
    own = profile.prompt
    for key, text in (("prompt.system", own.system), ("prompt.user", own.user)):
        if text is not None:
            yield of_text("template", key, text)
    for key in ("system", "user"):
        text = getattr(profile.adm, key, None)
        if isinstance(text, str):
            yield of_text("template", f"adm.{key}", text)
    for name in dict.fromkeys(_named_texts(profile)):
        if name == STYLE:
            yield from _of_style(profile)
            continue
        try:
            body = _text_of(name)
        except (ImportError, AttributeError, TypeError):
            continue  # another package named a text that it does not have
        yield of_text("template", name.removeprefix(f"{OURS}."), body)


def _named_texts(profile: Profile) -> Iterator[str]:
    for _, _, entry in _entries(profile):
        yield from getattr(entry, "prompts", ())


def _of_style(profile: Profile) -> Iterator[Source]:
    style, own = style_of(profile.prompt.prompt_style), profile.prompt
    name = profile.prompt.prompt_style or "default"
    reasoning = str(getattr(profile.adm, "reasoning", "before"))
    states = profile.adm.traits.states_target and bool(profile.targets)
    if own.system is None:
        which = "aligned" if states else "baseline"
        yield of_text("template", f"style {name}: {which}", getattr(style, which))
    if own.user is None:
        yield of_text("template", f"style {name}: user", style.user)
    if reasoning in style.instructions:
        key = f"style {name}: instruction ({reasoning})"
        yield of_text("template", key, style.instructions[reasoning])
    if states:
        yield of_text("template", "words for targets", canonical([DEGREES, BETWEEN]))


def _text_of(reference: str) -> str:
    """The text, table or texts in a function that `module:NAME` names, as this process has it."""
    found = resolve(reference)
    if isinstance(found, str):
        return found
    if isinstance(found, Mapping):
        return canonical({str(key): str(value) for key, value in found.items()})
    code = getattr(found, "__code__", None)
    if not isinstance(code, CodeType):
        raise TypeError(f"{reference} is not text")
    return canonical([text for text in _texts_in(code) if text != getattr(found, "__doc__", None)])


def _texts_in(code: CodeType) -> Iterator[str]:
    for const in code.co_consts:
        if isinstance(const, str):
            yield const
        elif isinstance(const, CodeType):
            yield from _texts_in(const)


def alignment_of(profile: Profile) -> Iterator[Source]:
    """The alignment function with all of its parameters, those at their defaults too."""
    if not profile.adm.traits.ranks:
        return
    params = params_of(profile.alignment)
    yield of_text("alignment", params.function, canonical(params.arguments))


def files_of(profile: Profile) -> Iterator[Source]:
    """The user's file and the Python files of models that the profile runs.

    A file that cannot be read, or that is no longer the one of the profile, is left out.
    """
    adm = profile.adm
    if isinstance(adm, RunsFile):
        try:
            source = read_code(Path(adm.file))
        except CodeRefused:
            source = None
        if source is not None and adm.code_sha256 in ("", sha256_of(source)):
            yield of_bytes("file", adm.file, source)
    for role, spec in remote_models(profile).items():
        try:
            code = code_of_model(spec)
            if code is None or spec.code_sha256 not in ("", code.sha256):
                continue
            for number, folder in enumerate(code.folders):
                for path in python_files(folder):
                    name = f"{role or 'model'} {number} {path.relative_to(folder).as_posix()}"
                    yield of_bytes("model code", name, read_code(path))
        except CodeRefused:
            continue


def scorer_plugin(rule: str) -> str:
    """The `module:attribute` of a scorer that another package gives; empty for another scorer."""
    from align_tui.core.scorers.registry import SCORERS  # they bring scenarios with them

    return SCORERS.foreign(rule)


def plugins_of(profile: Profile) -> tuple[str, ...]:
    """The `module:attribute` of everything in the profile that other packages give."""
    found = [registry.foreign(name) for registry, name, _ in _entries(profile)]
    for registry, name, entry in _entries(profile):
        rank = getattr(entry, "rank", "")  # an alignment function may lie in another module
        if registry is FUNCTIONS and registry.foreign(name) and isinstance(rank, str):
            found.append(rank)
    return tuple(dict.fromkeys(filter(None, found)))


def _entries(profile: Profile) -> Iterator[tuple[Registry[Any], str, object]]:
    """Each registered part of the profile: its registry, its name, and what is registered."""
    named: list[tuple[Registry[Any], str]] = [(ADM_KINDS, profile.adm.kind)]
    steps = getattr(profile.adm, "steps", ())
    named += [(STEPS, each.step) for each in steps if isinstance(each, StepParams)]
    if profile.relevance is not None:
        named.append((RELEVANCE_KINDS, profile.relevance.kind))
    if profile.adm.traits.ranks:
        named.append((FUNCTIONS, params_of(profile.alignment).function))
    named += [(BACKBONE_KINDS, spec.kind) for spec in profile.used_models.values()]
    for number, (registry, name) in enumerate(named):
        if (registry, name) in named[:number]:
            continue
        try:
            yield registry, name, registry.get(name)
        except AlignError:
            continue  # a stored run whose package is not installed


def plugin_files(reference: str) -> tuple[Source, ...]:
    """The package's version and the Python files of the plug-in that `module:attribute` names.

    They are read from the disk. All files of its package count, or its module alone in a package of
    very many files. Empty if they cannot be found.
    """
    module = reference.partition(":")[0]
    top = module.partition(".")[0]
    if top == OURS:
        return ()
    package = _package(top)
    version = f"{package} {metadata.version(package)}" if package else ""
    found = [of_text("plug-in", package, version)] if package else []
    try:
        return (*found, *_files_of_package(top, module))
    except (CodeRefused, ImportError, ValueError, OSError):
        return tuple(found)


@lru_cache(maxsize=64)
def loaded_plugin_files(reference: str) -> tuple[Source, ...]:
    """The files as they were when this process asked for the first time, soon after the import."""
    return plugin_files(reference)


def _files_of_package(top: str, module: str) -> Iterator[Source]:
    spec = importlib.util.find_spec(top)
    if spec is None:
        return
    for folder in map(Path, spec.submodule_search_locations or ()):
        try:
            paths = python_files(folder)
        except CodeRefused:
            paths = []
            origin = getattr(importlib.util.find_spec(module), "origin", None)
            if isinstance(origin, str):
                yield of_bytes("plug-in", f"{module}.py", read_code(Path(origin)))
        for path in paths:
            name = f"{top}/{path.relative_to(folder).as_posix()}"
            yield of_bytes("plug-in", name, read_code(path))
    if not spec.submodule_search_locations and spec.origin:
        yield of_bytes("plug-in", f"{top}.py", read_code(Path(spec.origin)))


@lru_cache(maxsize=64)
def _package(top: str) -> str:
    """The name of the installed package that has a top-level module; empty if none does."""
    return next(iter(metadata.packages_distributions().get(top, ())), "")
