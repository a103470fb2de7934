"""Read scikit-learn's KernelDensity from align-system's base64 pickles, without unpickling them.

A target of align-system that is a distribution holds a pickled estimator, and unpickling runs
whatever code a pickle names. Here the pickle is only taken apart (inert_pickle.py); of what it
holds, kernel, bandwidth and the samples of the tree are taken: one array of one column. Every
class, array or option that is not known is refused.
"""

from __future__ import annotations

import binascii
import math
import struct
from base64 import b64decode
from typing import Any

from align_tui.core.targets import KERNELS, Distribution
from align_tui.formats.align_system.inert_pickle import Call, Named, PickleRefused, read_pickle

MAX_SAMPLES = 10_000
MAX_TEXT = 2_700_000
"""The most characters of base64."""

_TREES = ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree",
          "sklearn.neighbors.kd_tree", "sklearn.neighbors.ball_tree")  # fmt: skip
_METRICS = ("sklearn.metrics._dist_metrics", "sklearn.neighbors._dist_metrics",
            "sklearn.neighbors.dist_metrics")  # fmt: skip
_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
_BUFFERS = ("numpy.core.numeric", "numpy._core.numeric")
ALLOWED = frozenset(
    {
        ("sklearn.neighbors._kde", "KernelDensity"),
        ("sklearn.neighbors.kde", "KernelDensity"),
        *((module, name) for module in _TREES
          for name in ("newObj", "KDTree", "BallTree", "KDTree64", "BallTree64")),
        *((module, name) for module in _METRICS
          for name in ("newObj", "EuclideanDistance", "EuclideanDistance64")),
        *((module, name) for module in _ARRAYS for name in ("_reconstruct", "scalar")),
        *((module, "_frombuffer") for module in _BUFFERS),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    }
)  # fmt: skip
"""The classes and functions that a pickle of this one class names, in any version."""

LINE_METRICS = ("euclidean", "l2", "minkowski")
"""The metrics of scikit-learn that are the absolute difference on a line."""


def read_kernel_density(text: str, name: str = "") -> Distribution:
    """The distribution of a base64 pickle of a fitted KernelDensity of one column.

    Raises PickleRefused, a ValueError whose message says what is not read.
    """
    if len(text) > MAX_TEXT:
        raise PickleRefused(f"it is longer than {MAX_TEXT:,} characters")
    try:
        data = b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PickleRefused("it is not base64") from error
    value = read_pickle(data, ALLOWED)
    state = _state(value, "KernelDensity")
    if not isinstance(state, dict):
        raise PickleRefused("it is not a KernelDensity with its parameters")
    kernel = next((each for each in KERNELS if each == state.get("kernel")), None)
    if kernel is None:
        raise PickleRefused("its kernel is none of scikit-learn's")
    if state.get("metric") not in LINE_METRICS or state.get("metric_params"):
        raise PickleRefused("its metric is not the Euclidean one")
    if "tree_" not in state:
        raise PickleRefused("it was not fitted")
    bandwidth = _number(state.get("bandwidth_", state.get("bandwidth")))
    if not (math.isfinite(bandwidth) and bandwidth > 0.0):
        raise PickleRefused("its bandwidth is not a number above 0")
    return Distribution(_samples(state["tree_"]), bandwidth, name, kernel)


def _state(value: object, name: str) -> Any:
    if not isinstance(value, Call) or value.what.name != name:
        raise PickleRefused(f"it is not a {name}")
    return value.state


def _samples(tree: object) -> tuple[float, ...]:
    """The samples (each 0..1) of a KDTree or BallTree: the first part of its state."""
    state = _state(tree, "newObj")
    kind = tree.arguments[0] if isinstance(tree, Call) and tree.arguments else None
    if not isinstance(kind, Named) or not kind.name.startswith(("KDTree", "BallTree")):
        raise PickleRefused("its tree is neither a KDTree nor a BallTree")
    if not isinstance(state, tuple) or len(state) < 12:
        raise PickleRefused("its tree has no state that is known")
    if len(state) > 12 and state[12] is not None:
        raise PickleRefused("its samples have weights")
    shape, numbers = _array(state[0])
    if len(shape) != 2 or shape[1] != 1:
        raise PickleRefused("its samples are not one column")
    for number in numbers:
        if not 0.0 <= number <= 1.0:
            raise PickleRefused(f"its sample {number:g} is not in 0..1")
    if not numbers:
        raise PickleRefused("it has no samples")
    return numbers


def _array(value: object) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Shape and numbers of a numpy array, as the array or as the buffer that it was stored by."""
    if isinstance(value, Call) and value.what.name == "_frombuffer" and len(value.arguments) == 4:
        raw, dtype, shape, _ = value.arguments
    elif isinstance(value, Call) and value.what.name == "_reconstruct":
        state = value.state
        if not isinstance(state, tuple) or len(state) != 5:
            raise PickleRefused("an array has no state that is known")
        _, shape, dtype, _, raw = state
    else:
        raise PickleRefused("its samples are not an array")
    whole = isinstance(shape, tuple) and all(type(each) is int and each >= 0 for each in shape)
    if not whole:
        raise PickleRefused("an array has no shape that is known")
    count = math.prod(shape)
    if count > MAX_SAMPLES:
        raise PickleRefused(f"it has more than {MAX_SAMPLES:,} samples")
    return shape, _unpacked(raw, dtype, count)


def _unpacked(raw: object, dtype: object, count: int) -> tuple[float, ...]:
    data = _bytes(raw)
    code, size = _float_type(dtype)
    if len(data) != count * size:
        raise PickleRefused("an array has too many or too few bytes for its numbers")
    return struct.unpack(f"{code[0]}{count}{code[1]}", data)


def _float_type(dtype: object) -> tuple[str, int]:
    """The struct code of a numpy type (byte order and letter) and its size; only floats."""
    state = _state(dtype, "dtype")
    kind = dtype.arguments[0] if isinstance(dtype, Call) and dtype.arguments else None
    letters = {"f8": ("d", 8), "f4": ("f", 4)}
    if not isinstance(kind, str) or kind not in letters or not isinstance(state, tuple):
        raise PickleRefused("an array has numbers that are not floats")
    order = state[1] if len(state) > 1 else None
    if order not in ("<", ">"):
        raise PickleRefused("an array has no byte order that is known")
    letter, size = letters[kind]
    return order + letter, size


def _bytes(value: object) -> bytes:
    """Bytes, which protocol 2 stores as the call that encodes a text."""
    if isinstance(value, Call) and value.what == Named("_codecs", "encode"):
        text = value.arguments[0] if value.arguments else None
        if isinstance(text, str) and value.arguments[1:] == ("latin1",):
            try:
                return text.encode("latin-1")
            except UnicodeEncodeError as error:
                raise PickleRefused("a text is not bytes") from error
    if not isinstance(value, bytes):
        raise PickleRefused("an array has no bytes")
    return value


def _number(value: object) -> float:
    """A number, or numpy's scalar of one."""
    if isinstance(value, Call) and value.what.name == "scalar" and len(value.arguments) == 2:
        dtype, raw = value.arguments
        return _unpacked(raw, dtype, 1)[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise PickleRefused("its bandwidth is not a number")
