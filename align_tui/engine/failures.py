"""Turn errors into a sample's failure: a sentence for users, a traceback for developers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.config.secrets import environment_secrets
from align_tui.config.study import Study
from align_tui.core.errors import LONGEST, AdmError, AlignError, is_unforeseen
from align_tui.core.text.display import one_line
from align_tui.core.text.error_text import error_text
from align_tui.core.text.redaction import Secret
from align_tui.core.text.tracebacks import logged, shortened, traceback_of, without_secrets
from align_tui.engine.messages import say

REMEMBERED = 1_000  # tracebacks that the log has already


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sample has no decision. `traceback` is empty for a foreseen error."""

    kind: str
    message: str
    traceback: str = ""


def to_failure(error: BaseException, secrets: Iterable[Secret] = ()) -> Failure:
    """An error as the database stores it. An unforeseen one names its type and has a traceback.

    SystemExit and KeyboardInterrupt can only come from a decision-maker's code here: signals stop
    the worker in another way.
    """
    secrets = tuple(secrets)
    trace = traceback_of(error, secrets) if is_unforeseen(error) else ""
    if isinstance(error, AlignError):
        message = f"{error.message}\n{error.hint}" if error.hint else error.message
        return Failure(error.kind, without_secrets(message, secrets if trace else ()), trace)
    message = shortened(
        without_secrets(shortened(error_text(error), 4 * LONGEST), secrets), LONGEST
    )
    if not isinstance(error, Exception):
        return Failure(AdmError.kind, f"The decision-maker raised {message}", trace)
    return Failure("internal", message, trace)


class Failures:
    """Makes failures from errors, and logs each traceback that differs from the earlier ones.

    Otherwise a decision-maker that fails everywhere would fill the disk. The database has the
    traceback of every sample.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()  # the variables that hold API keys
        self._logged: dict[int, int] = {}  # hash of a traceback's calls: the sample it was of

    def learn_keys(self, study: Study) -> None:
        """Hide the study's API keys in failures from now on."""
        specs = [profile.backbone.server for profile in study.profiles]
        self._names |= {spec.api_key_env for spec in specs if spec.api_key_env}

    def of(self, error: BaseException, sample: int) -> Failure:
        """Make the failure of a sample, and log it."""
        failure = to_failure(error, environment_secrets(self._names))
        if failure.traceback:
            self._log(failure, sample)
        return failure

    def _log(self, failure: Failure, sample: int) -> None:
        calls = [
            line for line in failure.traceback.splitlines() if line.lstrip(" |").startswith("File ")
        ]
        place = hash(tuple(calls))
        first = self._logged.get(place)
        if first is not None:
            message = one_line(failure.message, 300)
            say(f"sample {sample} failed at the same place as sample {first}: {message}")
            return
        if len(self._logged) >= REMEMBERED:
            self._logged.clear()
        self._logged[place] = sample
        say(f"sample {sample} failed:\n{logged(failure.traceback)}")
