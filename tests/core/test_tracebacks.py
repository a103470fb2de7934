"""Tracebacks as text: complete, bounded, without keys, and removed from a log for users."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.secrets import environment_secrets
from align_tui.core.errors import AdmError, BackboneError, ConfigError, is_unforeseen
from align_tui.core.text.redaction import Secret
from align_tui.core.text.repair import storable
from align_tui.core.text.tracebacks import (
    LONGEST,
    kept_text,
    logged,
    shortened,
    traceback_of,
    without_tracebacks,
)

KEY = "sk-proj-4f9QzX81mmW0"


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def test_it_is_what_python_prints_with_what_caused_it() -> None:
    error = raised(AdmError("mine.py raised KeyError"), raised(KeyError("weight")))
    text = traceback_of(error)
    assert text.index("KeyError: 'weight'") < text.index("direct cause") < text.index("AdmError")
    assert f'File "{__file__}"' in text


def test_the_middle_of_a_long_one_is_left_out() -> None:
    text = traceback_of(raised(ValueError("x" * 10_000_000 + "the end")))
    assert len(text) <= LONGEST
    assert text.startswith("Traceback (most") and text.endswith("the end")
    assert "characters left out ...]" in text


def test_it_has_no_key_and_no_half_of_a_character() -> None:
    text = traceback_of(raised(ValueError(f"{KEY} \ud83d {'x' * 30_000} {KEY}")), [Secret(KEY)])
    assert KEY not in text and text.count("***") >= 2 and storable(text) == text


def test_an_exception_that_cannot_be_printed_has_one_too() -> None:
    class Odd(Exception):
        def __str__(self) -> NoReturn:
            raise SystemExit(3)

        def __getattribute__(self, name: str) -> object:
            if name == "__notes__":
                raise KeyboardInterrupt
            return super().__getattribute__(name)

    assert "Odd" in traceback_of(raised(Odd()))


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(100, 200))
def test_any_text_is_bounded_and_a_short_one_stays(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= max(most, 100)
    assert kept_text(text) == storable(text).strip("\n")


def test_a_log_is_read_without_its_tracebacks() -> None:
    trace = traceback_of(raised(RuntimeError("no CUDA"), raised(KeyError("a"))))
    log = f"worker 1 begins\n{trace}\nsample 3 failed:\n{logged(trace)}\nworker 1 ends: an error"
    said = without_tracebacks(log)
    assert "File" not in said and "Traceback" not in said and "direct cause" not in said
    assert said.splitlines() == [
        "worker 1 begins", "KeyError: 'a'", "RuntimeError: no CUDA", "sample 3 failed:",
        "worker 1 ends: an error",
    ]  # fmt: skip
    dump = "Fatal Python error: Aborted\n\nThread 0x01 (most recent call first):\n  File x\n"
    assert without_tracebacks(dump) == "Fatal Python error: Aborted"
    group = traceback_of(raised(BaseExceptionGroup("two", [raised(KeyError()), raised(OSError())])))
    assert without_tracebacks(f"before\n{group}\nafter") == "before\nafter"


def test_which_errors_are_unforeseen() -> None:
    assert is_unforeseen(ValueError()) and is_unforeseen(SystemExit())
    assert not is_unforeseen(ConfigError("no")) and not is_unforeseen(AdmError("no choice"))
    assert is_unforeseen(raised(AdmError("it raised"), KeyError()))
    assert not is_unforeseen(raised(AdmError("no"), ConfigError("no")))
    known = raised(BackboneError("damaged"), OSError())
    assert not is_unforeseen(known)
    assert isinstance(known, BackboneError)
    known.unforeseen = True
    assert is_unforeseen(known)


def test_keys_of_the_environment_are_known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_SERVER", "named-by-a-profile")
    monkeypatch.setenv("SHORT_TOKEN", "word")
    found = {secret.text for secret in environment_secrets(["MY_SERVER", "NOT_SET"])}
    assert {KEY, "named-by-a-profile"} <= found and "word" not in found
    assert "named-by-a-profile" not in {secret.text for secret in environment_secrets()}
