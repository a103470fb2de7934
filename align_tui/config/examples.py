"""`[examples]` of a profile: which solved scenarios a prompt shows before its question."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import (
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from align_tui.config.reading.toml import Strict
from align_tui.config.value_types import Sha256
from align_tui.core.errors import ExampleError
from align_tui.core.examples.example_set import ChoiceOrder, ExampleSet, Normalise
from align_tui.core.examples.selection import LeaveOut, Method, SelectionRule

Similarity = Literal["bm25", "embedding", "words"]
"""How texts are compared: by rare words, by a model in the role `embedding`, by their overlap."""
EMBEDDING: Final = "embedding"
"""The role of the model that compares texts."""


class ExamplesSpec(Strict):
    """`[examples]`: a set of labelled scenarios, how many are shown, and how they are selected.

    `scenarios` are names or files of scenario sets of any format. `attributes` (without any: those
    of the target) are those whose labels the examples show; `*` stands for those of the target.
    `set_sha256` is the hash of the set, which the program fills in, so that the profile's hash
    covers texts, labels and reasons. `as_reference` keeps what align-system does otherwise: see
    docs/decision-makers.md.
    """

    scenarios: tuple[str, ...] = Field(min_length=1, max_length=100)
    number: int = Field(5, ge=0, le=200)
    method: Method = "prompt"
    similarity: Similarity = "bm25"
    least_similar: bool = False
    most_similar: Literal["first", "last"] = "last"
    leave_out: LeaveOut = "scenario"
    normalise: Normalise = "none"
    choice_order: ChoiceOrder = "given"
    attributes: tuple[str, ...] = Field((), max_length=1_000)
    seed: int = Field(0, ge=0, le=2**62)
    as_reference: bool = False
    set_sha256: Sha256 = ""
    _loaded: ExampleSet | None = PrivateAttr(None)

    @field_validator("scenarios", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = dump(self)
        return {k: v for k, v in dumped.items() if k != "set_sha256" or v}

    @property
    def rule(self) -> SelectionRule:
        """The rule by which examples are selected."""
        return SelectionRule(
            number=self.number,
            method=self.method,
            leave_out=self.leave_out,
            least_similar=self.least_similar,
            most_similar_first=self.most_similar == "first",
            in_listed_order=self.as_reference,
        )

    @property
    def needs_embedding(self) -> bool:
        """Does a model in the role `embedding` compare the texts?"""
        return self.similarity == EMBEDDING and self.rule.compares and self.number > 0

    @property
    def is_loaded(self) -> bool:
        """Has the set been read?"""
        return self._loaded is not None

    @property
    def loaded(self) -> ExampleSet:
        """The set. Raises ExampleError if it was not read, or is lost with a damaged database."""
        if self._loaded is None:
            raise ExampleError(
                "The examples of this profile are not here",
                "A damaged database may have lost them. Start a new run.",
            )
        return self._loaded

    def with_set(self, found: ExampleSet) -> ExamplesSpec:
        """A copy that holds the set and its hash."""
        copy = self.model_copy(update={"set_sha256": found.sha256})
        copy._loaded = found
        return copy
