"""Every error that a user may meet: a title, what happened, and what to do about it."""

from __future__ import annotations

from align_tui.core.text.repair import storable

LONGEST = 4_000


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class AlignError(Exception):
    """Base of all expected errors; whoever shows one prints title, message and hint.

    They quote text from anywhere and are stored with samples, so both are repaired here.
    """

    title = "Something went wrong"
    kind = "error"
    status = 2
    """What the command line ends with: 2 is a wrong option, file or setting."""

    unforeseen = False
    """Does it stand for an error of other code, whose traceback is kept? Set it where whatever
    that code raises is caught."""

    def __init__(self, message: str, hint: str = "") -> None:
        # What a file or a server says may be of any length, and people read this.
        self.message = _cut(storable(message))
        self.hint = _cut(storable(hint))
        super().__init__(self.message)


class ConfigError(AlignError):
    """A profile, study or attribute pack that cannot be used."""

    title = "This configuration cannot be used"
    kind = "config"


class DatasetError(AlignError):
    """A scenario file that cannot be read or written."""

    title = "These scenarios cannot be used"
    kind = "dataset"


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
    """A value that the database does not take: the fault of that value, and of nothing else."""

    title = "The run database does not take it"
    unforeseen = True


class Final(StoreError):
    """The run database will not come back by waiting: whoever works on it ends, and says why."""


class Damaged(Final):
    """The file is no longer a whole database."""

    title = "The run database is damaged"
    kind = "damaged"


class Gone(Final):
    """The file was deleted, moved or replaced while it was in use."""

    title = "The run database is gone"
    kind = "gone"


class BackboneError(AlignError):
    """A model cannot be loaded or failed while it ran."""

    title = "The model cannot be used"
    kind = "backbone"


class OutOfMemory(BackboneError):
    """The device has not enough memory for the model or for a generation."""

    title = "Out of memory"
    kind = "out_of_memory"


class NotFinite(BackboneError):
    """A model computed NaN or infinity for a sample: nothing can be drawn from that."""

    title = "The model computes no numbers"
    kind = "not_finite"


class DeviceLost(BackboneError):
    """The device failed so that this process can do nothing more with it."""

    title = "The device was lost"
    kind = "device"
    unforeseen = True


class MissingPackage(BackboneError):
    """A client library that is installed only on wish, and is not here."""

    title = "A package is missing"
    kind = "package"


class ServeError(AlignError):
    """The application cannot be opened to a browser."""

    title = "The page cannot be served"
    kind = "serve"


class ServerError(BackboneError):
    """A model server failed, or answered what cannot be used."""

    title = "The server cannot be used"
    kind = "server"


class ServerUnreachable(ServerError):
    """Nobody answers at a server's address, or not in time."""

    title = "The server cannot be reached"
    kind = "unreachable"


class ServerBusy(ServerError):
    """A server that turned the request away for load, as often as it was asked."""

    title = "The server is overloaded"
    kind = "busy"


class KeyRefused(ServerError):
    """The API key is missing, or the server does not take it."""

    title = "The API key does not open the server"
    kind = "key"


class PromptTooLong(ServerError):
    """The prompt and the wanted reply exceed what the model reads."""

    title = "The prompt is too long for the model"
    kind = "too_long"


class ReplyError(AlignError):
    """A model's reply that is no decision: cut short, or not what the schema asks for."""

    title = "The reply is no decision"
    kind = "reply"


class Truncated(ReplyError):
    """A reply cut at max_tokens, twice."""

    title = "The reply was cut"
    kind = "truncated"


class AdmError(AlignError):
    """A decision-maker that raised, or decided what is no choice."""

    title = "The decision-maker failed"
    kind = "adm"
    unforeseen = True


class AlignmentError(AdmError):
    """Predictions, targets or relevance that an alignment function cannot rank choices by."""

    title = "The choices cannot be ranked"
    kind = "alignment"


class CodeRefused(AlignError):
    """Code that a file brings, and that nobody trusted, or that is no longer what was trusted."""

    title = "This code is not run"
    kind = "code"


class EndedWorker(AdmError):
    """A sample during which the process that decided it ended, as often as it was tried."""

    title = "It ended the worker"
    kind = "ended_worker"


class Cancelled(AlignError):
    """Whoever asked a model no longer waits for its answer."""

    title = "Cancelled"
    kind = "cancelled"


def is_unforeseen(error: BaseException) -> bool:
    """Is a traceback worth keeping: is the error none of ours, or does it stand for such a one?

    A decision-maker that decides what is no choice has said all there is to say, for example; one
    that raised a KeyError has not.
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
