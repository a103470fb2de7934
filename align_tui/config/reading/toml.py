"""Parse and validate TOML with errors that name file, line, key and the nearest valid name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from align_tui.config.reading import files
from align_tui.config.reading.bounded_toml import parse_toml
from align_tui.config.reading.by_name import ClassByName
from align_tui.config.reading.problem_words import sentence
from align_tui.core.errors import ConfigError
from align_tui.core.text.nearest import close_to
from align_tui.core.text.repair import storable_parts

Table = dict[str, Any]
M = TypeVar("M", bound=BaseModel)
MAX_BYTES = 2_000_000
MOST_VALUES = 50_000
LONGEST_QUOTE = 300
_HEADER = re.compile(r"\[{1,2}+([^\[\]\n]{1,500}+)\]")
_KEY = re.compile(
    r"""\s*+((?:"[^"\n]{0,200}+"|'[^'\n]{0,200}+'|[\w\-]{1,200}+)"""
    r"""(?:[ \t]*+\.[ \t]*+(?:"[^"\n]{0,200}+"|[\w\-]{1,200}+)){0,64}+)[ \t]*+="""
)


class Strict(BaseModel):
    """Base of all tables read from TOML: unknown keys are errors, and objects are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_text(path: Path) -> str:
    """Read a file's text; raises ConfigError."""
    return files.read_text(path, MAX_BYTES)


def parse(text: str, where: str) -> Table:
    """Parse the tables of `text`; raises ConfigError that names the line."""
    try:
        return parse_toml(text, MOST_VALUES)
    except ValueError as error:
        wrong = isinstance(error, tomllib.TOMLDecodeError)
        hint = "Profiles, studies and packs are TOML files." if wrong else ""
        raise ConfigError(f"{where}: this is not TOML: {error}", hint) from error


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line (from 1) of the key with that path, or the nearest table's; None if unknown."""
    want = [str(part) for part in path if isinstance(part, str)]
    indices = [part for part in path if isinstance(part, int)]
    table: list[str] = []
    seen: dict[str, int] = {}
    best: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line.lstrip()) if line.lstrip().startswith("[") else None
        if header:
            table = [part.strip().strip("\"'") for part in header.group(1).split(".")]
            name = ".".join(table)
            seen[name] = seen.get(name, -1) + 1
            if want[: len(table)] == table and (not indices or seen[name] == indices[0]):
                best = number if best is None or len(table) <= len(want) else best
            continue
        key = _KEY.match(line)
        if key:
            parts = [part.strip().strip("\"'") for part in key.group(1).split(".")]
            full = table + parts
            right_one = not indices or not table or seen.get(".".join(table)) == indices[0]
            if right_one and (full == want or full == want[: len(full)]):
                return number
    return best


def validate(model: type[M], table: Mapping[str, Any], where: str, text: str = "") -> M:
    """Validate `table` as a `model`; the first problem is raised as ConfigError.

    Every text in it is repaired: an override on the command line may have any bytes.
    """
    try:
        return model.model_validate(storable_parts(table))
    except ValidationError as error:
        raise first_problem(error, model, table, where, text) from error


def first_problem(
    error: ValidationError, model: type[BaseModel], table: Mapping[str, Any], where: str, text: str
) -> ConfigError:
    """The first problem that pydantic found, with place, key and the nearest valid name."""
    problems: Sequence[Mapping[str, Any]] = error.errors(include_url=False)
    problem = problems[0]
    if problem["type"] == "missing":  # a misspelled key is missing too
        misspelled = (each for each in problems if each["type"] == "extra_forbidden")
        problem = next((e for e in misspelled if e["loc"][:-1] == problem["loc"][:-1]), problem)
    path, tags = _as_written(problem["loc"], table)
    if problem["type"] == "union_tag_invalid":
        path.append(str(problem["ctx"]["discriminator"]).strip("'"))
    line = line_of(text, path) if text else None
    place = f"{where}, line {line}" if line else where
    key = _cut(".".join(str(part) for part in path))
    if problem["type"] == "extra_forbidden":
        names = field_names(model, path[:-1], tags, table)
        close = close_to(str(path[-1]), names, n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(names)}."
        return ConfigError(f"{place}: unknown key {key!r}", hint)
    if problem["type"] == "missing":
        return ConfigError(f"{place}: the key {key!r} is missing")
    return ConfigError(f"{place}: {_cut(sentence(key, problem))}", _allowed(problem))


def _cut(text: str) -> str:
    """Cut a text of a file, which may be of any length, for an error message."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"


def _as_written(
    loc: Sequence[str | int], table: Mapping[str, Any]
) -> tuple[list[str | int], list[str]]:
    """The path as the file has it, and the tags of unions that pydantic adds to it."""
    path: list[str | int] = []
    tags: list[str] = []
    here: Any = table
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        inside = isinstance(here, Mapping) and part in here
        indexed = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if inside or indexed:
            here = here[part]
            path.append(part)
        elif last:
            path.append(part)
        else:
            tags.append(str(part))
    return path, tags


def _allowed(problem: Mapping[str, Any]) -> str:
    ctx = problem.get("ctx", {})
    if "hint" in ctx:
        return str(ctx["hint"])
    given = ctx.get("tag", problem.get("input"))
    expected = ctx.get("expected_tags", ctx.get("expected"))
    if isinstance(given, str) and isinstance(expected, str):
        close = close_to(given, re.findall(r"'([^']+)'", expected), n=1)
        known = f"Known: {expected}." if "tag" in ctx else ""
        return f"Did you mean {close[0]!r}?" if close else known
    return ""


def field_names(
    model: type[BaseModel],
    path: Sequence[str | int],
    tags: Sequence[str] = (),
    table: Mapping[str, Any] | None = None,
) -> list[str]:
    """The keys that the table at `path` may have.

    `tags` select the member of a union; `table` names the class in a registry.
    """
    here: Any = model
    value: Any = table
    listed: ClassByName[Any] | None = None  # of the tables in a list
    for part in path:
        value = _part(value, part)
        if isinstance(part, int) and listed is not None:
            here, listed = listed.model_for(value), None
        if isinstance(part, int) or not (isinstance(here, type) and issubclass(here, BaseModel)):
            continue
        info = next((f for name, f in here.model_fields.items() if part in (name, f.alias)), None)
        if info is None:
            here = None
            continue
        named = _by_name(info.metadata)
        listed = next(filter(None, map(_metadata_by_name, get_args(info.annotation))), None)
        here = _model_in(info.annotation, tags) if named is None else named.model_for(value)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [info.alias or name for name, info in here.model_fields.items()]
    return []


def _by_name(metadata: Iterable[Any]) -> ClassByName[Any] | None:
    return next((each for each in metadata if isinstance(each, ClassByName)), None)


def _metadata_by_name(annotation: Any) -> ClassByName[Any] | None:
    return _by_name(getattr(annotation, "__metadata__", ()))


def _part(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (LookupError, TypeError):
        return None


def _model_in(annotation: Any, tags: Sequence[str]) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(part, tags) for part in getattr(annotation, "__args__", ())]
    models = [model for model in found if model is not None]
    tagged = [
        model
        for model in models
        if any(set(getattr(f.annotation, "__args__", ())) & set(tags)
               for f in model.model_fields.values())
    ]  # fmt: skip
    return next(iter(tagged or models), None)
