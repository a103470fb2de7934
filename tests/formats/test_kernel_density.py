"""Distributions of align-system: pickles that are taken apart and never unpickled."""

from __future__ import annotations

import json
import pickle
import random
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.errors import DatasetError
from align_tui.core.kde_priors import prior_normalised
from align_tui.core.targets import Distribution, RandomEffects, Target
from align_tui.formats.align_system.inert_pickle import PickleRefused, read_pickle
from align_tui.formats.align_system.kernel_density import ALLOWED, read_kernel_density
from align_tui.formats.align_system.target_values import KdeOptions, norm_of
from align_tui.formats.align_system.targets import AlignmentTarget, read_target
from align_tui.output.choice_info import kdma_values
from tests.formats.dataset_files import ATTRIBUTES

REAL = json.loads((Path(__file__).parent / "kernel-density.json").read_text())
"""What scikit-learn itself wrote, in four protocols; two of them are refused."""
GAUSSIAN = REAL["estimates"]["gaussian"]["pickle"]
PICKLE = b64decode(GAUSSIAN)


@pytest.mark.parametrize("kernel", ["gaussian", "tophat", "cosine", "exponential"])
def test_what_scikit_learn_writes_is_read(kernel: str) -> None:
    stored = REAL["estimates"][kernel]
    found = read_kernel_density(stored["pickle"], "someone")
    assert sorted(found.samples) == REAL["samples"]
    assert (found.kernel, found.bandwidth, found.name) == (kernel, stored["bandwidth"], "someone")


def test_what_this_scikit_learn_writes_is_read() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors", reason="scikit-learn is not installed")
    numpy = pytest.importorskip("numpy")
    column = numpy.array([[0.25], [0.5], [1.0]])
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        fitted = neighbors.KernelDensity(bandwidth=0.1, kernel="linear").fit(column)
        text = b64encode(pickle.dumps(fitted, protocol)).decode()
        assert read_kernel_density(text) == Distribution((0.25, 0.5, 1.0), 0.1, "", "linear")


@pytest.mark.parametrize(
    ("kind", "says"), [("weighted", "have weights"), ("twocol", "not one column")]
)
def test_what_would_be_lost_is_refused(kind: str, says: str) -> None:
    with pytest.raises(PickleRefused, match=says):
        read_kernel_density(REAL["estimates"][kind]["pickle"])


class Bomb:
    """An object whose unpickling would make a file."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.where,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_other_classes_are_refused_and_nothing_runs(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "it-ran"
    for value in (Bomb(mark), {"kernel": Bomb(mark)}, [1], {1}, 2**70, object()):
        text = b64encode(pickle.dumps(value, protocol)).decode()
        with pytest.raises(PickleRefused):
            read_kernel_density(text)
    assert not mark.exists()


def replaced(old: bytes, new: bytes) -> str:
    """The Gaussian pickle with other bytes of the same length in one place."""
    assert PICKLE.count(old) >= 1 and len(old) == len(new)
    return b64encode(PICKLE.replace(old, new)).decode()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"sklearn.neighbors._kde", b"subprocess............", "it names subprocess"),
        (b"KernelDensity", b"KernelDensitx", "it names sklearn.neighbors._kde.KernelDensitx"),
        (b"gaussian", b"gaussiam", "its kernel is none"),
        (b"euclidean", b"manhattan", "its metric"),
        (b"tree_", b"trey_", "was not fitted"),
        (b"f8", b"i8", "numbers that are not floats"),
        (b"\x9a\x99\x99\x99\x99\x99\xb9?", b"\x9a\x99\x99\x99\x99\x99\xf9?", "1.6 is not in 0..1"),
        (b"\x9a\x99\x99\x99\x99\x99\xb9?", b"\x00\x00\x00\x00\x00\x00\xf8\x7f", "nan is not in"),
    ],
)
def test_an_altered_estimate_is_refused(old: bytes, new: bytes, says: str) -> None:
    with pytest.raises(PickleRefused, match=says):
        read_kernel_density(replaced(old, new))


def test_pickles_that_hold_what_is_not_there_are_refused() -> None:
    for data, says in [
        (b"", "not a pickle"),
        (b".", "one value"),
        (b"\x80\x04).", "not a KernelDensity"),
        (b"\x80\x04\x85.", "not there"),
        (b"\x80\x04N0.", "the opcode POP"),
        (b"\x80\x04h\x07.", "did not keep"),
        (b"\x80\x04NNb.", "not an object"),
        (b"\x80\x04NNR.", "no name"),
        (b"\x80\x04NNNs.", "not a dictionary"),
        (b"\x80\x04}K\x01Ns.", "not text"),
        (b"\x80\x04u.", "a mark"),
        (b"(" * 300_000 + b".", "200,000 steps"),
        (b"N" * 2_000_001, "2,000,000 bytes"),
        (b"\x80\x04c" + b"a\nb\n.", "it names a.b"),
        (b"\x80\x04\x8a\x09" + b"\x7f" * 9 + b".", "64 bits"),
    ]:
        with pytest.raises(PickleRefused, match=says):
            read_kernel_density(b64encode(data).decode())
    for text in ("not base64!", "A" * 2_700_001):
        with pytest.raises(PickleRefused):
            read_kernel_density(text)


@given(st.integers(0, 10_000))
def test_no_damage_does_anything_but_refuse_or_read_numbers(seed: int) -> None:
    generator = random.Random(seed)
    data = bytearray(PICKLE)
    for _ in range(generator.randint(1, 4)):
        data[generator.randrange(len(data))] = generator.randrange(256)
    try:
        found = read_kernel_density(b64encode(bytes(data)).decode())
    except PickleRefused as refused:
        assert str(refused)
    else:
        assert all(0.0 <= sample <= 1.0 for sample in found.samples) and found.bandwidth > 0.0


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    try:
        read_pickle(data, ALLOWED)
    except PickleRefused as refused:
        assert str(refused)


def read(tmp_path: Path, body: Any, **options: Any) -> AlignmentTarget:
    path = tmp_path / "target.json"
    path.write_text(json.dumps(body))
    return read_target(path, attributes=ATTRIBUTES, options=KdeOptions(**options))


KDES = {
    "rawscores": {"kde": GAUSSIAN},
    "globalnorm": {"kde": REAL["estimates"]["cosine"]["pickle"]},
}
KDE = Distribution((0.1, 0.3, 0.3, 0.75), 0.075, "t")


def test_a_target_that_is_a_distribution_is_read_by_its_norm(tmp_path: Path) -> None:
    body = {"id": "t", "kdma_values": [{"kdma": "Fairness", "kdes": KDES}]}
    found = read(tmp_path, body)
    assert (found.targets, found.kdes, found.notes) == ((Target("fairness", KDE),), {}, ())
    other = read(tmp_path, body, norm=norm_of("globalnorm")).targets[0].value
    assert isinstance(other, Distribution) and other.kernel == "cosine"
    with pytest.raises(DatasetError, match="no estimate localnorm") as caught:
        read(tmp_path, body, norm=norm_of("localnorm"))
    assert "rawscores, globalnorm" in caught.value.hint
    # Older files have one distribution beside the only attribute.
    beside = {"id": "t", "kdes": KDES, "kdma_values": [{"kdma": "Fairness"}]}
    assert read(tmp_path, beside).targets == found.targets


def test_a_prior_is_known_of_two_attributes(tmp_path: Path) -> None:
    body: Any = {"id": "t", "kdma_values": [{"kdma": "QualityOfLife", "kdes": KDES}]}
    found = read(tmp_path, body, norm=norm_of("priornorm"), prior_factor=0.25)
    assert found.targets[0].value == prior_normalised(KDE, "QualityOfLife", 0.25)
    body["kdma_values"][0]["kdma"] = "Fairness"
    found = read(tmp_path, body, norm=norm_of("priornorm"))
    assert found.targets == () and "no prior of 'Fairness'" in found.notes[0]


def test_a_value_comes_before_a_distribution(tmp_path: Path) -> None:
    body = {"id": "t", "kdma_values": [{"kdma": "Fairness", "value": 0.25, "kdes": KDES}]}
    found = read(tmp_path, body)
    assert found.targets == (Target("fairness", 0.25),) and "is unused" in found.notes[0]


def test_random_effects_are_read_with_and_without_a_value(tmp_path: Path) -> None:
    named = [
        {"name": "attr_weight", "value": -2},
        {"name": "intercept", "value": 0.5},
        {"name": "medical_weight", "value": 1.5},
    ]
    table = {each["name"]: each["value"] for each in named}
    for given_parameters in (named, table):
        entry: dict[str, Any] = {"kdma": "Fairness", "value": None, "parameters": given_parameters}
        found = read(tmp_path, {"id": "t", "kdma_values": [entry]})
        assert found.targets == (Target("fairness", RandomEffects(0.5, 1.5, -2.0)),)
        entry["value"] = 0.25
        found = read(tmp_path, {"id": "t", "kdma_values": [entry]})
        assert found.targets == (Target("fairness", RandomEffects(0.5, 1.5, -2.0, 0.25)),)
    for wrong, says in [
        (named[:2], "which align-tui cannot read"),
        ([*named, {"name": "sd", "value": 1}], "which align-tui cannot read"),
        ([*named[:2], {"name": "medical_weight", "value": "x"}], "must be a number"),
        ([*named[:2], {"name": "medical_weight", "value": 1e9}], "is not in"),
    ]:
        body = {"id": "t", "kdma_values": [{"kdma": "Fairness", "parameters": wrong}]}
        with pytest.raises(DatasetError, match=says):
            read(tmp_path, body)


def test_what_this_program_exports_is_read_back(tmp_path: Path) -> None:
    targets = (
        Target("fairness", Distribution((0.1, 0.9), 0.2, "p7", "tophat")),
        Target("merit", RandomEffects(0.5, 1.5, -2.0)),
        Target("moral_desert", RandomEffects(0.5, 1.5, -2.0, 0.25)),
        Target("risk_aversion", 0.25),
    )
    body: Any = {"id": "t", "kdma_values": kdma_values(targets)}
    assert read(tmp_path, body).targets == targets
    wrongs: list[dict[str, Any]] = [
        {"samples": []}, {"samples": [1.5]}, {"bandwidth": 0}, {"kernel": "box"}
    ]  # fmt: skip
    for wrong in wrongs:
        entry = body["kdma_values"][0]
        changed = {**entry, "distribution": {**entry["distribution"], **wrong}}
        with pytest.raises(DatasetError, match="its distribution is not"):
            read(tmp_path, {"id": "t", "kdma_values": [changed]})
