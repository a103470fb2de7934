"""The values of one target of align-system: a number, a distribution, or random-effects parameters.

A distribution is stored as `kdes`: by norm (`rawscores`, `localnorm`, `globalnorm`), a base64
pickle of scikit-learn's KernelDensity. It is read without unpickling (kernel_density.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from align_tui.core.errors import AlignmentError
from align_tui.core.kde_priors import FACTOR, prior_normalised, prior_of
from align_tui.core.targets import KERNELS, Distribution, RandomEffects
from align_tui.core.text.display import one_line
from align_tui.core.types import Json
from align_tui.formats.align_system.inert_pickle import PickleRefused
from align_tui.formats.align_system.kernel_density import MAX_SAMPLES, read_kernel_density
from align_tui.formats.values import FilePosition, as_list, as_object

Norm: TypeAlias = Literal["rawscores", "globalnorm", "localnorm", "priornorm"]
"""Which of a target's estimates is read; `priornorm` corrects `rawscores` by the prior of its
attribute."""
NORMS: tuple[Norm, ...] = get_args(Norm)
STORED: tuple[Norm, ...] = ("rawscores", "globalnorm", "localnorm")
PARAMETERS = ("intercept", "medical_weight", "attr_weight")
LARGEST_PARAMETER = 1e6


@dataclass(frozen=True, slots=True)
class KdeOptions:
    """Which estimate of a target's `kdes` is read, by which prior.

    Without `norm` it is the first of rawscores, globalnorm and localnorm that the target has.
    `prior_factor` (0..1) is the share that `priornorm` corrects.
    """

    norm: Norm | None = None
    prior_factor: float = FACTOR


def norm_of(name: str) -> Norm:
    """The norm of that name; raises AlignmentError that lists them."""
    found = next((norm for norm in NORMS if norm == name), None)
    if found is None:
        raise AlignmentError(f"There is no norm {name!r}", f"Known norms: {', '.join(NORMS)}.")
    return found


def read_kdes(
    kdes: Json, place: FilePosition, where: str, attribute: str, name: str, options: KdeOptions
) -> Distribution:
    """The distribution in `kdes` of a target; raises PickleRefused where it is not read.

    Raises DatasetError if the norm that was asked for is not there, and AlignmentError for a prior
    that is not known. `name` is the distribution's.
    """
    table = as_object(kdes, place, f"{where}.kdes")
    norm = options.norm or next((each for each in STORED if each in table), None)
    stored = "rawscores" if norm == "priornorm" else norm
    if norm == "priornorm":
        prior_of(attribute)
    if norm is None:
        raise PickleRefused(f"it has none of {', '.join(STORED)}")
    if stored not in table:
        known = ", ".join(one_line(str(each), 40) for each in list(table)[:8]) or "none"
        raise place.error(
            f"{where}: {one_line(attribute)} has no estimate {stored}",
            f"Its norms: {known}.",
        )
    entry = table[stored]
    text = entry.get("kde") if isinstance(entry, dict) else entry
    if not isinstance(text, str):
        raise PickleRefused("it holds no text")
    found = read_kernel_density(text, one_line(name, 80))
    if norm == "priornorm":
        return prior_normalised(found, attribute, options.prior_factor)
    return found


def read_distribution(given: Json, place: FilePosition, where: str) -> Distribution:
    """The `distribution` that this program's own export writes: samples, bandwidth, kernel, name.

    Raises DatasetError for anything else.
    """
    table = as_object(given, place, f"{where}.distribution")
    listed = as_list(table.get("samples"), place, f"{where}.distribution.samples")
    samples = tuple(_number(each, place, f"{where}.distribution.samples") for each in listed)
    bandwidth = _number(table.get("bandwidth"), place, f"{where}.distribution.bandwidth")
    kernel = next((each for each in KERNELS if each == table.get("kernel", "gaussian")), None)
    good = kernel is not None and bandwidth > 0.0 and all(0.0 <= each <= 1.0 for each in samples)
    if kernel is None or not good or not 0 < len(samples) <= MAX_SAMPLES:
        raise place.error(
            f"{where}: its distribution is not one of samples in 0..1 under a kernel",
            f"It has up to {MAX_SAMPLES:,} samples, a bandwidth above 0, and one of the kernels "
            f"{', '.join(KERNELS)}.",
        )
    return Distribution(samples, bandwidth, one_line(str(table.get("name", "")), 80), kernel)


def read_parameters(given: Json, place: FilePosition, where: str) -> RandomEffects | None:
    """The random-effects parameters of a target, a list of {name, value} or a table.

    None if there are none at all. Raises DatasetError for one that is missing, unknown or no
    number.
    """
    found = _by_name(given)
    if not found:
        return None
    said = ", ".join(one_line(str(name), 60) for name in list(found)[:8])
    missing = [name for name in PARAMETERS if name not in found]
    if missing or len(found) > len(PARAMETERS):
        raise place.error(
            f"{where}: its parameters are {said}, which align-tui cannot read",
            f"It reads random effects: {', '.join(PARAMETERS)}.",
        )
    return RandomEffects(*(_number(found[name], place, f"{where}.{name}") for name in PARAMETERS))


def _by_name(given: Json) -> dict[str, Json]:
    if isinstance(given, dict):
        return dict(given)
    found: dict[str, Json] = {}
    for each in given if isinstance(given, list) else ():
        name, value = (
            (each.get("name"), each.get("value")) if isinstance(each, dict) else (each, None)
        )
        if name is not None:
            found[str(name)] = value
    return found


def _number(value: Json, place: FilePosition, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise place.error(f"{where} must be a number")
    if not abs(value) <= LARGEST_PARAMETER:
        raise place.error(f"{where} = {value:g} is not in -1,000,000..1,000,000")
    return float(value)
