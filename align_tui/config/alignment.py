"""`[alignment]` of a profile: the function that ranks the choices, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from align_tui.config.reading.by_name import ClassByName
from align_tui.config.reading.toml import Strict
from align_tui.core.alignment.ranking import AlignmentFunction, History, Ranking
from align_tui.core.alignment.registry import FUNCTIONS, AlignmentEntry
from align_tui.core.errors import ConfigError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.registry import resolve
from align_tui.core.targets import Targets
from align_tui.core.types import Json

DEFAULT = "average_distance"
HISTORY = "history"  # a key of a ranking's details


class AlignmentParams(Strict):
    """Base of every `[alignment]` table.

    The keys beside `function` are the function's keyword parameters.
    """

    function: str = Field("", max_length=200)

    @property
    def arguments(self) -> dict[str, Json]:
        """The function's parameters by name, as JSON."""
        return self.model_dump(mode="json", exclude={"function"})


class AverageDistanceParams(AlignmentParams):
    """Parameters of `average_distance`, and of others that rank by distances as it does.

    `misaligned` prefers the farthest choice; `probabilistic` draws by the probabilities. `epsilon`
    is added to each distance before it is inverted; with `exact_ties` distances are equal only to
    the last bit, as in align-system.
    """

    misaligned: bool = False
    probabilistic: bool = False
    exact_ties: bool = False
    epsilon: float = Field(1e-16, gt=0.0, le=1.0, allow_inf_nan=False)


class LikelihoodParams(AlignmentParams):
    """Parameters of `kde_max_likelihood`.

    `misaligned` prefers the least likely choice; `probabilistic` draws by the probabilities; with
    `exact_ties` probabilities are equal only to the last bit.
    """

    misaligned: bool = False
    probabilistic: bool = False
    exact_ties: bool = False


class CumulativeKdeParams(AverageDistanceParams):
    """Parameters of the two cumulative functions of distributions.

    With `normalisation = "prior"` the target's density is divided by how often each label occurs,
    and `prior_factor` is the share of that correction.
    """

    normalisation: Literal["none", "prior"] = "none"
    prior_factor: float = Field(0.5, ge=0.0, le=1.0, allow_inf_nan=False)


class MidpointParams(AlignmentParams):
    """Parameters of `medical_urgency_midpoint` and its weighted form.

    `misaligned` swaps the votes; `probabilistic` draws by the shares of votes; with `exact_ties`
    ratings are equal only to the last bit, as in align-system.
    """

    misaligned: bool = False
    probabilistic: bool = False
    exact_ties: bool = False


class RandomEffectsParams(AlignmentParams):
    """Parameters of `random_effects` and `random_effects_multinomial`.

    `misaligned` prefers the least likely choice; `probabilistic` draws by the probabilities; with
    `exact_ties` probabilities are equal only to the last bit, as in align-system.
    """

    misaligned: bool = False
    probabilistic: bool = False
    exact_ties: bool = False


class MedicalOnlyParams(AlignmentParams):
    """Parameters of `medical_only`.

    `misaligned` prefers the least urgent choice; `probabilistic` draws by the scores. `tie` says
    which of equally urgent choices is taken: the first, or one drawn by the seed.
    """

    misaligned: bool = False
    probabilistic: bool = False
    tie: Literal["first", "seed"] = "first"


class SquaredDistanceParams(AlignmentParams):
    """Parameters of `squared_distance`.

    `misaligned` prefers the greatest error. `tie` says which of equally good choices is taken: the
    first, as in align-system, or one drawn by the seed.
    """

    misaligned: bool = False
    tie: Literal["first", "seed"] = "seed"


class KaleidoDistanceParams(AlignmentParams):
    """Parameters of `kaleido_distance`.

    `weighting` says what relevance does to the distances of attributes: each is divided by it, or
    multiplied and then divided by the number of attributes (`count`) or by all relevance
    (`relevance`). `misaligned` prefers the farthest choice; `tie` says which of equally near
    choices is taken: the first, or one drawn by the seed.
    """

    weighting: Literal["divided", "count", "relevance"] = "divided"
    misaligned: bool = False
    tie: Literal["first", "seed"] = "first"


class MissingFunctionParams(AlignmentParams):
    """A stored `[alignment]` table whose function is not installed; its keys are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)


OURS: Mapping[str, type[AlignmentParams]] = {
    "average_distance": AverageDistanceParams,
    "squared_distance": SquaredDistanceParams,
    "cumulative_average_distance": AverageDistanceParams,
    "relevance_average_distance": AverageDistanceParams,
    "kde_sample": AverageDistanceParams,
    "kde_max_likelihood": LikelihoodParams,
    "kde_js": AverageDistanceParams,
    "kde_cumulative_js": CumulativeKdeParams,
    "kde_relevance_cumulative_js": CumulativeKdeParams,
    "kaleido_distance": KaleidoDistanceParams,
    "medical_only": MedicalOnlyParams,
    "medical_urgency_midpoint": MidpointParams,
    "medical_urgency_midpoint_weighted": MidpointParams,
    "random_effects": RandomEffectsParams,
    "random_effects_multinomial": RandomEffectsParams,
}
"""Parameter classes by the function's name. Entries of other packages name theirs themselves."""


def params_class(entry: AlignmentEntry) -> type[AlignmentParams]:
    """The class of a function's parameters; raises ConfigError if another package's is invalid."""
    if not entry.parameters:
        return OURS.get(entry.name, AlignmentParams)
    try:
        found = resolve(entry.parameters)
    except (Exception, SystemExit) as error:  # another package's module runs when it is imported
        raise ConfigError(
            f"The parameters of the alignment function {entry.name!r} cannot be loaded from "
            f"{entry.parameters}: {type(error).__name__}: {error}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, AlignmentParams)):
        raise ConfigError(
            f"The parameters of the alignment function {entry.name!r} ({entry.parameters}) "
            "are not AlignmentParams"
        )
    return found


AlignmentTable = Annotated[
    AlignmentParams | None,
    ClassByName("function", FUNCTIONS, params_class, AlignmentParams, MissingFunctionParams),
]


def params_of(alignment: AlignmentParams | None, **changes: Any) -> AlignmentParams:
    """The parameters of a profile's function, or of the default one, with `changes`.

    Raises ConfigError for a parameter that the function does not have.
    """
    found = alignment or OURS[DEFAULT](function=DEFAULT)
    for name in changes:
        if name not in type(found).model_fields:
            raise ConfigError(
                f"The alignment function {found.function!r} has no parameter {name!r}",
                "Choose another function under [alignment].",
            )
    return found.model_copy(update=changes)


def alignment_function(params: AlignmentParams) -> AlignmentFunction:
    """The alignment function with its parameters. Raises ConfigError if it cannot be loaded.

    A function that needs the history records the one that it got in the ranking's details, so that
    its decision can be checked alone.
    """
    entry = FUNCTIONS.get(params.function)
    function: AlignmentFunction = partial(entry.load(), **params.arguments)
    return _recording(function) if entry.needs_history else function


def _recording(function: AlignmentFunction) -> AlignmentFunction:
    def rank(
        predictions: Predictions,
        targets: Targets,
        relevance: Relevance | None,
        history: History,
        seed: int,
    ) -> Ranking:
        ranking = function(predictions, targets, relevance, history, seed)
        used: Json = {attribute: list(values) for attribute, values in history.items()}
        return replace(ranking, details={**ranking.details, HISTORY: used})

    return rank
