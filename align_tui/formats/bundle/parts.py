"""The parts of a bundle and the shape of each: one JSON object, or one on each line."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Format = Literal["align-tui/bundle/1", "align-tui/bundle/2"]
FORMAT: Final = "align-tui/bundle/2"
"""What is written. 1 has no `halves` and no `fingerprint`, which are read as empty."""
FORMATS: Final[tuple[str, ...]] = get_args(Format)
MANIFEST, README = "manifest.json", "README.txt"
RUN, PROFILES, SCENARIOS = "run.json", "profiles.jsonl", "scenarios.jsonl"
ATTRIBUTES, TARGETS, EXAMPLES = "attributes.json", "targets.json", "examples.jsonl"
SOURCES, TEXTS, SAMPLES, TALLIES = "sources.jsonl", "texts.jsonl", "samples.jsonl", "tallies.jsonl"
MODELS = "models.jsonl"

Name = Annotated[str, Field(max_length=1_000)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Index = Annotated[int, Field(ge=0, le=10_000_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0.0, lt=253_402_300_800.0, allow_inf_nan=False)]
"""Seconds since 1970, before the year 10000."""
RunId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$")]
"""It names files: nothing that leads out of a folder, or that a command takes for an option."""


class Part(BaseModel):
    """Base of all objects of a bundle: unknown keys, other types and NaN are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Listed(Part):
    """One part in the manifest: the SHA-256 and the number of its bytes."""

    sha256: Hash
    bytes: Annotated[int, Field(ge=0, le=2**40)]


class Manifest(Part):
    """manifest.json."""

    format: Format
    run: RunId
    written_by: Name
    parts: Annotated[dict[Name, Listed], Field(max_length=100)]


class RunPart(Part):
    """run.json: the study's settings, what the run is, and what people wrote about it."""

    id: RunId
    name: Name
    created: Time
    day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    parent: RunId | None
    repeat: Annotated[int, Field(ge=1, le=10_000)]
    scoring: Name
    scored_only: bool
    is_demo: bool
    cluster: Literal["family", "question", "none"]
    margin: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] | None
    seed_rule: Literal["seen", "content"]
    notes: list[str]
    versions: dict[str, str]
    tags: list[str]
    note: str


class ProfilePart(Part):
    """A line of profiles.jsonl.

    `hash` is the profile's in its run, and `sha256` that of `body` as it is here; `changed`: a
    home folder or a secret was taken out of it. `model` says which weights decided. `identity` is
    the hash of all that decides beside the weights; None in runs of earlier versions.
    """

    name: Name
    hash: Hash
    sha256: Hash
    changed: bool
    body: dict[str, Any]
    model: str | None
    identity: Hash | None


class HashedPart(Part):
    """A line of scenarios.jsonl or examples.jsonl: a body as JSON, with its hash."""

    hash: Hash
    body: Any


class TextPart(Part):
    """A line of texts.jsonl: a prompt, the turns or the schema of a request, with its hash."""

    hash: Hash
    body: str


class SourcePart(Part):
    """A line of sources.jsonl: a template, a file or another text that decides.

    `profiles` are the numbers of the profiles that decide by it; -1 is the whole run.
    """

    kind: Name
    name: str
    sha256: Hash
    text: str
    profiles: list[Annotated[int, Field(ge=-1, le=10_000)]]


class ModelPart(Part):
    """A line of models.jsonl: what is known of a model that decided a profile."""

    profile: Index
    role: Name
    hash: Hash
    body: Any
    found: Time


class ShownPart(Part):
    """The order (numbers of choices) in which the choices were shown once, and the one taken."""

    order: list[Index]
    choice: Index


class ResultPart(Part):
    """How a sample ended; times are seconds, `started` and `finished` since 1970.

    `waited_s` are those from when the sample was asked for to its claim at `started`. `halves` are
    the two decisions of which one by both orders of the choices is the mean (core/halves.py).
    """

    started: Time
    finished: Time
    choice: Index | None
    choice_text: str
    reasoning: str
    probabilities: list[Number] | None
    votes: list[Number] | None
    notes: list[str]
    shown: list[ShownPart]
    latency_s: Number
    first_token_s: Number | None
    tokens: Index
    error_kind: str | None
    error_message: str | None
    traceback: str | None
    halves: Annotated[list[dict[str, Any]], Field(max_length=2)] = []
    waited_s: Number = 0.0


class ScorePart(Part):
    """A score for one target."""

    correct: bool | None
    distance: Number | None
    discriminating: bool


class ResponsePart(Part):
    """A reply; `prompt`, `messages` and `schema_hash` are hashes of texts.jsonl.

    `fingerprint` is what a server calls the setup that wrote it.
    """

    role: str
    choice: Index | None
    reasoning: str
    raw: str
    prompt: Hash
    messages: Hash
    schema_hash: Hash
    sampling: dict[str, Any]
    prompt_tokens: Index
    tokens: Index
    thinking_tokens: Index
    first_token_s: Number
    total_s: Number
    finish: str
    retried: bool
    order: list[Index] | None
    timeline: list[list[Number]]
    fingerprint: str = ""


class PredictionPart(Part):
    """How one rater rates one choice for one attribute."""

    samples: list[Number]
    reasons: list[str]
    rater: str


class RelevancePart(Part):
    """How much each attribute matters, by choice."""

    rater: str
    by_choice: list[dict[str, Number]]


class RankingPart(Part):
    """How an alignment function ranked the choices."""

    function: str
    measure: str
    scores: list[Number]
    best: list[Index]
    taken: Index
    tie_break: str
    parameters: dict[str, Any]
    notes: list[str]
    sample: Index | None
    details: dict[str, Any]


class StepPart(Part):
    """One step of a decision."""

    name: str
    seconds: Number


class ExamplePart(Part):
    """An example that a prompt showed; `prompt` is a hash of texts.jsonl."""

    example: str
    similarity: Number | None
    attribute: str
    prompt: Hash
    response: str


class SamplePart(Part):
    """A line of samples.jsonl: one profile on one scenario, once (`repeat`, from 0)."""

    scenario: Index
    profile: Index
    repeat: Index
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    status: Literal["pending", "running", "done", "failed"]
    result: ResultPart | None
    scores: dict[str, ScorePart]
    responses: list[ResponsePart]
    predictions: list[dict[str, PredictionPart]] | None
    relevance: RelevancePart | None
    ranking: RankingPart | None
    steps: list[StepPart]
    examples: list[ExamplePart]
    bookmarked: bool
    verdict: Literal["agree", "disagree", "unsure"] | None


class TallyPart(Part):
    """A line of tallies.jsonl: how many decisions of a profile are scored and right."""

    profile: Index
    target: str
    scored: Index
    correct: Index
    discriminating_scored: Index
    discriminating_correct: Index
