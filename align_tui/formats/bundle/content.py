"""What a bundle holds, read from its parts and written to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from align_tui.config.profile import Profile
from align_tui.config.reading.bounded_json import parse_object
from align_tui.config.reading.problem_words import sentence
from align_tui.config.records import with_records_text
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes, attributes_from_json
from align_tui.core.errors import BundleError
from align_tui.core.examples.example_set import example_set_from_json
from align_tui.core.scenarios import Scenario, scenario_from_json
from align_tui.core.targets import Targets, targets_from_json
from align_tui.core.text.display import one_line
from align_tui.core.text.repair import storable_parts
from align_tui.formats.bundle import parts as p

MOST_VALUES = 5_000_000  # in one line: a set of examples is one
_P = TypeVar("_P", bound=p.Part)


@dataclass(frozen=True)
class Bundle:
    """A run with everything that it was made of. `texts` are by hash."""

    run: p.RunPart
    profiles: Sequence[p.ProfilePart]
    scenarios: Sequence[p.HashedPart]
    attributes: Sequence[Mapping[str, Any]] | None
    targets: Mapping[str, Any]
    examples: Sequence[p.HashedPart]
    sources: Sequence[p.SourcePart]
    models: Sequence[p.ModelPart]
    texts: Mapping[str, str]
    samples: Sequence[p.SamplePart]
    tallies: Sequence[p.TallyPart]

    def study(self, placed: Callable[[str], str] = lambda path: path) -> Study:
        """The study of the run. `placed` turns a path of the bundle into one of this machine.

        Raises BundleError for a body that is not a profile, scenario or definition.
        """
        sets = {
            each.hash: _read("an example set", partial(example_set_from_json, each.body))
            for each in self.examples
        }
        records = self._records()
        profiles = []
        for idx, each in enumerate(self.profiles):
            profile = _read(f"profile {each.name}", partial(profile_of, each.body, placed))
            spec = profile.examples
            if spec is not None and spec.set_sha256 in sets:
                loaded = spec.with_set(sets[spec.set_sha256])
                profile = profile.model_copy(update={"examples": loaded})
            profiles.append(with_records_text(profile, records.get(idx)))
        return Study(
            name=self.run.name,
            profiles=tuple(profiles),
            scenarios=tuple(self.scenario(index) for index in range(len(self.scenarios))),
            repeat=self.run.repeat,
            scored_only=self.run.scored_only,
            rule=self.run.scoring,
            is_demo=self.run.is_demo,
            cluster=self.run.cluster,
            margin=self.run.margin,
            notes=tuple(self.run.notes),
            attributes=self.definitions(),
        )

    def _records(self) -> dict[int, str]:
        """The labelled records from which a profile learns, as text, by its number."""
        return {
            at: each.text for each in self.sources if each.kind == "records" for at in each.profiles
        }

    def scenario(self, index: int) -> Scenario:
        """The scenario of that index (from 0)."""
        body = self.scenarios[index].body
        return _read(f"scenario {index + 1}", lambda: scenario_from_json(body))

    def definitions(self) -> Attributes | None:
        """The definitions of attributes; None for a run of version 0.1, which stored none."""
        if self.attributes is None:
            return None
        return _read("attributes", lambda: attributes_from_json(list(self.attributes or ())))

    def stated_targets(self) -> dict[str, Targets]:
        """The targets by their key."""
        return {
            key: _read(f"target {key}", partial(targets_from_json, body))
            for key, body in self.targets.items()
        }


_T = TypeVar("_T")


def _read(what: str, make: Callable[[], _T]) -> _T:
    try:
        return make()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as why:
        raise BundleError(
            f"{one_line(what, 100)} cannot be read: {type(why).__name__}: {one_line(str(why), 200)}"
        ) from why


PATHS = ("adm", "backbone", "models", "examples", "relevance")
"""The tables of a profile that may name files and folders: models, code, records, sets."""


def profile_of(body: Mapping[str, Any], placed: Callable[[str], str]) -> Profile:
    """The profile, with its paths as `placed` gives them."""
    return Profile.from_body(with_paths(body, placed))


def with_paths(body: Mapping[str, Any], placed: Callable[[str], str]) -> dict[str, Any]:
    """A profile's body with other paths of its models, its code, and its sets of scenarios."""
    return {key: _placed(each, placed) if key in PATHS else each for key, each in body.items()}


def _placed(value: Any, placed: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return placed(value) if value.startswith(("/", "~/")) and "\n" not in value else value
    if isinstance(value, Mapping):
        return {key: _placed(each, placed) for key, each in value.items()}
    return [_placed(each, placed) for each in value] if isinstance(value, list) else value


def read_content(parts: Mapping[str, bytes]) -> Bundle:
    """Read the parts of a bundle; raises BundleError that names the part and the line."""
    attributes = _document(parts, p.ATTRIBUTES).get("attributes")
    if attributes is not None and not (
        isinstance(attributes, list) and all(isinstance(each, dict) for each in attributes)
    ):
        raise BundleError(f"{p.ATTRIBUTES}: its attributes are not a list of objects")
    return Bundle(
        run=_model(p.RunPart, _document(parts, p.RUN), p.RUN),
        profiles=list(_lines(parts, p.PROFILES, p.ProfilePart)),
        scenarios=list(_lines(parts, p.SCENARIOS, p.HashedPart)),
        attributes=attributes,
        targets=_document(parts, p.TARGETS),
        examples=list(_lines(parts, p.EXAMPLES, p.HashedPart)),
        sources=list(_lines(parts, p.SOURCES, p.SourcePart)),
        models=list(_lines(parts, p.MODELS, p.ModelPart)),
        texts={each.hash: each.body for each in _lines(parts, p.TEXTS, p.TextPart)},
        samples=list(_lines(parts, p.SAMPLES, p.SamplePart)),
        tallies=list(_lines(parts, p.TALLIES, p.TallyPart)),
    )


def _document(parts: Mapping[str, bytes], name: str) -> dict[str, Any]:
    return _object(_part(parts, name), name)


def _part(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise BundleError(f"The bundle has no {name}", "It may have been changed.")
    return parts[name]


def _object(data: bytes, place: str) -> dict[str, Any]:
    try:
        return storable_parts(parse_object(data, MOST_VALUES))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{place}: {one_line(str(error), 200)}") from error


def _lines(parts: Mapping[str, bytes], name: str, model: type[_P]) -> Iterator[_P]:
    for number, line in enumerate(_part(parts, name).splitlines(), start=1):
        place = f"{name}, line {number}"
        yield _model(model, _object(line, place), place)


def _model(model: type[_P], body: Mapping[str, Any], place: str) -> _P:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = one_line(".".join(map(str, first["loc"])), 100)
        raise BundleError(f"{place}: {one_line(sentence(where, first), 300)}") from error


def written(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """The parts of a bundle as bytes, in a fixed order; equal bundles have equal parts."""
    yield p.README, README_TEXT.encode()
    yield p.RUN, _pretty(bundle.run.model_dump())
    yield p.PROFILES, _rows(bundle.profiles)
    yield p.SCENARIOS, _rows(bundle.scenarios)
    yield p.ATTRIBUTES, _pretty({"attributes": bundle.attributes})
    yield p.TARGETS, _pretty(bundle.targets)
    yield p.EXAMPLES, _rows(bundle.examples)
    yield p.SOURCES, _rows(bundle.sources)
    yield p.MODELS, _rows(bundle.models)
    yield p.SAMPLES, _rows(bundle.samples, sort=False)
    texts = (p.TextPart(hash=key, body=bundle.texts[key]) for key in sorted(bundle.texts))
    yield p.TEXTS, _rows(texts)
    yield p.TALLIES, _rows(bundle.tallies)


def _pretty(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _rows(rows: Iterable[p.Part], *, sort: bool = True) -> bytes:
    """One line for each row. Samples keep the order of their keys: ratings have theirs."""
    return b"".join(
        json.dumps(
            row.model_dump(), sort_keys=sort, ensure_ascii=True, allow_nan=False,
            separators=(",", ":"),
        ).encode()
        + b"\n"
        for row in rows
    )  # fmt: skip


README_TEXT = """\
This is a bundle of align-tui: one run, with everything that it was made of.

It is a zip archive without compression. Every part is text in UTF-8: JSON (.json), or one JSON
object on each line (.jsonl). Any program that unpacks zip files and reads JSON can read it.

manifest.json     the format, and the SHA-256 and size of every other part
run.json          the study's settings, versions, tags and note
profiles.jsonl    the decision-makers, in the order of their numbers (from 0)
scenarios.jsonl   the scenarios with their choices and labels, in the order of their numbers
attributes.json   the definitions that prompts quote
targets.json      the targets that decisions are scored against
examples.jsonl    the sets of examples that prompts show
sources.jsonl     templates, code and other texts that decide
models.jsonl      what is known of the models that decided
samples.jsonl     every sample: its seed, decision, scores, replies, ratings and annotations
texts.jsonl       prompts, turns and schemas, by the hashes that samples.jsonl names
tallies.jsonl     how many decisions are scored, and how many of them are right

A hash is the SHA-256 of the text written as a JSON string in UTF-8, in 64 hexadecimal digits. That
of a part in manifest.json is the SHA-256 of its bytes, as sha256sum prints it.

With align-tui, `align-tui verify FILE` checks all of it, and `align-tui rerun FILE` decides it
again.
"""
