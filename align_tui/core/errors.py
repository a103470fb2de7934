"""Every error that a user may meet: a title, what happened, and what to do about it."""

from __future__ import annotations

from align_tui.core.text.repair import storable

LONGEST = 4_000


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class AlignError(Exception):
    """Base of all expected errors; the program shows the title, the message and the hint.

    Message and hint may quote any text and are stored with samples, so both are repaired here.
    """

    title = "Something went wrong"
    kind = "error"
    status = 2
    """The exit status of the command line: 2 means a wrong option, file or setting."""

    unforeseen = False
    """Does it stand for an error of other code, whose traceback is kept? True for classes that are
    raised where any error of that code is caught."""

    def __init__(self, message: str, hint: str = "") -> None:
        # The text of a file or a server may be of any length, and people read this.
        self.message = _cut(storable(message))
        self.hint = _cut(storable(hint))
        super().__init__(self.message)


class ConfigError(AlignError):
    """A profile, study or attribute pack that cannot be used."""

    title = "This configuration cannot be used"
    kind = "config"


class NoTerminal(ConfigError):
    """A command needs a terminal, to draw a screen or to ask, and there is none."""

    title = "There is no terminal"


class DatasetError(AlignError):
    """A scenario file that cannot be read or written."""

    title = "These scenarios cannot be used"
    kind = "dataset"


class TargetFileError(DatasetError):
    """A target file that cannot be read."""

    title = "This target cannot be used"


class RunFileError(DatasetError):
    """A run of another program that cannot be read."""

    title = "This run cannot be imported"


class BundleError(AlignError):
    """A bundle that cannot be read, or is not one."""

    title = "This bundle cannot be used"
    kind = "bundle"


class OutputError(AlignError):
    """A file, or standard output, that cannot be written."""

    title = "The output cannot be written"
    kind = "output"
    status = 1


class StoreError(AlignError):
    """The run database cannot be opened, read or written."""

    title = "The run database cannot be used"
    kind = "store"


class ValueRefused(StoreError):
    """The database refuses one value; nothing else is wrong."""

    title = "The run database refuses a value"
    unforeseen = True


class Final(StoreError):
    """Waiting does not bring the run database back: processes that use it end, and report why."""


class Damaged(Final):
    """The file is no longer a whole database."""

    title = "The run database is damaged"
    kind = "damaged"


class Gone(Final):
    """The file was deleted, moved or replaced while it was in use."""

    title = "The run database is gone"
    kind = "gone"


class BackboneError(AlignError):
    """A model cannot be loaded, or failed while it ran."""

    title = "The model cannot be used"
    kind = "backbone"


class OutOfMemory(BackboneError):
    """The device has not enough memory for the model or for a generation."""

    title = "Out of memory"
    kind = "out_of_memory"


class NotFinite(BackboneError):
    """A model computed NaN or infinity for a sample: no token can be drawn from that."""

    title = "The model computes no finite numbers"
    kind = "not_finite"


class DeviceLost(BackboneError):
    """The device failed, and this process cannot use it any more."""

    title = "The device was lost"
    kind = "device"
    unforeseen = True


class MissingPackage(BackboneError):
    """An optional client library is not installed."""

    title = "A package is missing"
    kind = "package"


class ServeError(AlignError):
    """The application cannot be served to a browser."""

    title = "The page cannot be served"
    kind = "serve"


class ServerError(BackboneError):
    """A model server failed, or its reply cannot be used."""

    title = "The server cannot be used"
    kind = "server"


class ServerUnreachable(ServerError):
    """A model server does not answer at its address, or not in time."""

    title = "The server cannot be reached"
    kind = "unreachable"


class ServerBusy(ServerError):
    """An overloaded server refused a request on every attempt."""

    title = "The server is overloaded"
    kind = "busy"


class KeyRefused(ServerError):
    """The API key is missing, or the server refuses it."""

    title = "The server refuses the API key"
    kind = "key"


class PromptTooLong(ServerError):
    """The prompt and the requested reply together exceed the model's context."""

    title = "The prompt is too long for the model"
    kind = "too_long"


class ReplyError(AlignError):
    """A model's reply that cannot be read: cut short, or not what the schema asks for."""

    title = "The reply cannot be read"
    kind = "reply"


class Truncated(ReplyError):
    """A reply that reached max_tokens twice."""

    title = "The reply was cut"
    kind = "truncated"


class AdmError(AlignError):
    """A decision-maker that raised an error, or returned an invalid decision."""

    title = "The decision-maker failed"
    kind = "adm"
    unforeseen = True


class AlignmentError(AdmError):
    """An alignment function cannot rank the choices: predictions, targets or relevance lack."""

    title = "The choices cannot be ranked"
    kind = "alignment"


class ExampleError(AdmError):
    """In-context examples that cannot be selected or written."""

    title = "The examples cannot be used"
    kind = "examples"


class CodeRefused(AlignError):
    """Code of a file that nobody trusted, or that changed since somebody trusted it."""

    title = "This code is not trusted"
    kind = "code"


class SourceChanged(AlignError):
    """A prompt, a function or code is not the one that the run was made with."""

    title = "What the run was made with has changed"
    kind = "changed"


class EndedWorker(AdmError):
    """A sample whose worker process ended on every attempt."""

    title = "The sample ended its worker"
    kind = "ended_worker"


class Cancelled(AlignError):
    """The caller no longer waits for a model's reply."""

    title = "Cancelled"
    kind = "cancelled"


def is_unforeseen(error: BaseException) -> bool:
    """Is its traceback worth keeping: is the error, or a cause it stands for, no AlignError?

    For example, the message suffices if a decision-maker returned an invalid choice; if it raised
    a KeyError, it does not.
    """
    if not isinstance(error, AlignError):
        return True
    seen: set[int] = set()
    cause = error.__cause__ if error.unforeseen else None
    while cause is not None and id(cause) not in seen:
        if not isinstance(cause, AlignError):
            return True
        seen.add(id(cause))
        cause = cause.__cause__
    return False
