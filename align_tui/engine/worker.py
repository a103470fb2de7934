"""The worker: one process that serves all runs of a database until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from align_tui.config.profile import MAIN, keys_in
from align_tui.core.decisions import DEFAULT_RENDERING, Attempt
from align_tui.core.errors import AlignError, DeviceLost, Final, Gone, StoreError, ValueRefused
from align_tui.engine.failures import Failure, Failures
from align_tui.engine.guard import LoopSteps
from align_tui.engine.live import LiveText
from align_tui.engine.llm import SampleLlm
from align_tui.engine.messages import say
from align_tui.engine.models import Models, Open
from align_tui.engine.neighbours import Neighbours
from align_tui.engine.outbox import Outbox
from align_tui.engine.sample import RunContexts, Scored, decide
from align_tui.engine.status import Status
from align_tui.engine.watchdog import Limits, Watchdog
from align_tui.store import crash_notes, queue, salvage, suspects, workers
from align_tui.store.database import Database
from align_tui.store.lease_length import lease_s
from align_tui.store.outcomes import Claimed, Decided, Failed, Outcome, Released

TICK_S = 0.05  # live text is written at most 20 times a second
BEAT_S = 1.0
BEATS = 6  # heartbeats in one lease, at least
MAX_ACTIVE = 64  # samples; the model's budget limits how many of their replies decode together
MAX_ACTIVE_GPU = 256
STORE_AT_MOST = 3  # attempts at a sample that end with the decision-maker's own StoreError
END_S = 10.0  # how long cancelled decision-makers may take to end
LOST_AT_MOST = 3  # attempts at a sample that each end with a lost device
URGENT = 8  # samples that somebody looks at, beyond the most active ones
CLAIM_BATCH = 8  # samples claimed in one turn, so that several workers share a short queue


@dataclass(eq=False)
class _Active:
    claimed: Claimed
    task: asyncio.Task[None]
    wish: str = "go"
    has_begun: bool = False
    llm: SampleLlm | None = None


@dataclass
class Settings:
    """A worker's settings; times are in seconds."""

    database: Path
    idle_exit_s: float | None = None
    unload_idle_s: float = 600.0
    lease_s: float = field(default_factory=lease_s)
    gpus: str = ""
    opener: Open | None = field(default=None)
    limits: Limits = field(default_factory=Limits)


def _failed(
    claimed: Claimed, why: Failure, latency_s: float, attempts: tuple[Attempt, ...] = ()
) -> Failed:
    return Failed(claimed, why.kind, why.message, latency_s, attempts, why.traceback)


class Worker:
    """Claims samples, decides them side by side, and writes the outcomes.

    Many methods: each is one duty of a turn, and all of them need the active samples.
    """

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        self.id = workers.register(db, settings.gpus, say)
        self.status = Status()
        opener = {"opener": settings.opener} if settings.opener is not None else {}
        self.models = Models(self.status.loading, **opener)
        self._live = LiveText()
        self._outbox = Outbox()
        self._failures = Failures()
        self._active: dict[tuple[int, int], _Active] = {}  # by sample and attempt
        self._neighbours = Neighbours(self.id, settings.lease_s, say)
        self._beat_s = min(BEAT_S, settings.lease_s / BEATS)
        self._turned = time.monotonic()
        self._why = ""
        self._contexts = RunContexts(db, self._failures.learn_keys)
        self._stopping = asyncio.Event()
        self._due = asyncio.Event()
        self.steps = LoopSteps()
        self.watchdog: Watchdog | None = None
        self.is_stuck = False
        self._broken = False
        self._is_apart = False  # its samples are suspects, which few others may run beside
        self._dropped = 0.0
        self._store_failures: Counter[int] = Counter()
        self._has_trouble = False
        self._is_copied = False
        self._version = -1
        self._idle_since = time.monotonic()

    def stop(self, why: str = "somebody stopped it") -> None:
        """Ask the worker to end; its undecided samples go back to the queue."""
        self._why = self._why or why
        self._stopping.set()
        self._due.set()

    async def run(self) -> None:
        """Serve the queue until `stop`, a request in the database, or a long idle time."""
        due = {"beat": 0.0, "others": 0.0}
        try:
            while not self._stopping.is_set():
                try:
                    await self._turn(due)
                except Final:
                    raise
                except StoreError as error:
                    # A full disk or a lock may pass; the worker keeps its samples meanwhile.
                    self._complain(error)
                    self._has_trouble = True
                    await asyncio.sleep(1.0)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), TICK_S)
                self._due.clear()
        except Gone as error:
            with contextlib.suppress(StoreError):
                self._write()  # into the deleted file, which is saved next
            salvage.save(self.db)
            raise salvage.with_saved_file(self.db, error) from error
        except asyncio.CancelledError:
            self._broken = not self._stopping.is_set()  # then a user's code ended the loop
            raise
        finally:
            if not self._broken:  # else another worker counts this end for the samples
                await self._end()

    async def _turn(self, due: dict[str, float]) -> None:
        now = time.monotonic()
        stood_still, self._turned = now - self._turned, now
        beating = now >= due["beat"] or self.status.changed
        if beating:  # first of all, since a heartbeat keeps the samples
            due["beat"] = now + self._beat_s
            self._beat()
        self._write()
        self._live.flush(self.db, self.id)
        version = self.db.version()
        if version != self._version or stood_still > self.settings.lease_s:
            self._version = version
            lost = self._follow_orders()
            if stood_still > self.settings.lease_s:
                say(f"it stood still for {stood_still:.0f} s; others took {lost} of its samples")
        if now >= due["others"]:
            due["others"] = now + self._neighbours.every_s
            self._neighbours.take_back(self.db)
        self._claim()
        if beating:
            self._contexts.record_hashes()
            self._recover()
            await self._rest(now)

    def _recover(self) -> None:
        """The database accepts writes again, so clear the trouble."""
        if self._has_trouble:
            self._has_trouble = False
            self.status.error = None
            crash_notes.write_trouble(self.id, None)

    def _beat(self) -> None:
        self.db.check_there()
        waiting = sum(not active.has_begun for active in self._active.values())
        row = self.status.row(self.models.loaded, len(self._active), waiting)
        asked = workers.beat(self.db, self.id, **row)
        if asked is None:
            # Another worker took this one for gone. It keeps the samples that it still holds.
            workers.enter_again(self.db, self.id, self.settings.gpus)
            say("another worker thought that this one was gone, so this one registered again")
        elif asked:
            self.stop("somebody asked it to stop (align-tui workers stop)")

    async def _rest(self, now: float) -> None:
        """Unload idle models, and end the worker after a long time without work."""
        if self._active:
            self._idle_since = now
            self._is_copied = False
            return
        if not self._is_copied:  # so that a copy of the file holds everything
            self._is_copied = self.db.checkpoint()
        await self.models.unload_idle(self.settings.unload_idle_s)
        limit = self.settings.idle_exit_s
        long = limit is not None and now - self._idle_since >= limit
        if long and workers.leave_if_idle(self.db, self.id):
            self.stop(f"it had nothing to do for {limit:g} s")

    def _capacity(self) -> int:
        limits = [
            backbone.info.side_by_side
            or (MAX_ACTIVE_GPU if backbone.info.device.startswith("cuda") else MAX_ACTIVE)
            for backbone in self.models.loaded.values()
        ]
        return max(limits, default=MAX_ACTIVE) - len(self._active)

    def _claim(self) -> None:
        """Claim a batch of samples; a full worker still claims a few that somebody looks at."""
        if not self._active:
            self._is_apart = False
        dropped = time.monotonic() - self._dropped < 1.0
        if self._is_apart or (dropped and any(a.wish == "drop" for a in self._active.values())):
            return
        room = self._capacity()
        busy = [keys_in(active.claimed.backbone) for active in self._active.values()]
        loaded = frozenset(self.models.loaded).union(*busy)
        # While it decides samples, the worker loads no other model beside theirs.
        claimed = queue.claim(
            self.db,
            self.id,
            min(CLAIM_BATCH, room if room > 0 else room + URGENT),
            prefer=loaded,
            only=loaded if self._active else None,
            urgent=room <= 0,
        )
        if not claimed and not self._active:
            claimed = suspects.claim(self.db, self.id, room)
            self._is_apart = bool(claimed)
        for each in claimed:
            task = self.steps.start(each.id, self._serve(each), f"sample {each.id}")
            self._active[each.key] = _Active(each, task)
            task.add_done_callback(partial(self._make_sure, each))

    def _make_sure(self, claimed: Claimed, task: asyncio.Task[None]) -> None:
        """Clean up an ended task: without an outcome its sample would stay open for ever."""
        if claimed.key not in self._active or claimed.key in self._outbox.keys:
            return
        error = None if task.cancelled() else task.exception()
        if error is None:  # cancelled before it began
            self._outbox.add(Released(claimed))
            return
        failure = self._failures.of(self._blocked(error, claimed), claimed.id)
        self._outbox.add(_failed(claimed, failure, 0.0))

    def _follow_orders(self) -> int:
        """Cancel samples that the database wants back; how many other workers took over."""
        orders = queue.orders(self.db, self.id)
        lost = 0
        for key, active in self._active.items():
            wish = orders.get(key, "drop")
            if wish != "go" and active.wish == "go":  # its run was cancelled or deleted
                active.wish = wish
                self._dropped = time.monotonic()
                active.task.cancel()
                lost += wish == "drop"
        strays = orders.keys() - self._active.keys()
        if strays:  # claims whose answer never came: no other worker would take them
            queue.give_back(self.db, self.id, strays)
        return lost

    async def _serve(self, claimed: Claimed) -> None:
        """Decide one sample and write the outcome, whatever happens."""
        began = time.monotonic()
        outcome: Scored | Failure | None
        try:
            outcome = await self._decide(claimed, began)
        except asyncio.CancelledError as error:
            outcome = None
            if self._active[claimed.key].wish == "go":  # its own code cancelled it, not the worker
                outcome = self._failures.of(error, claimed.id)
        except DeviceLost as error:
            outcome = self._device_lost(claimed, error)
        except StoreError as error:
            outcome = self._store_failed(claimed, error)
        except BaseException as error:  # store the failure; it must not end the worker
            outcome = self._failures.of(self._blocked(error, claimed), claimed.id)
        self._live.forget(claimed.key)
        ended = outcome.ended if isinstance(outcome, Scored) else time.monotonic()
        latency_s = ended - began
        try:
            self._outbox.add(self._outcome(claimed, outcome, latency_s))
        except Exception as error:  # store this failure too
            failure = self._failures.of(error, claimed.id)
            self._outbox.add(_failed(claimed, failure, latency_s))
        if len(self._outbox) >= len(self._active):
            self._due.set()  # nothing else is active, so start the next turn at once

    def _blocked(self, error: BaseException, claimed: Claimed) -> BaseException:
        if self.watchdog is None:
            return error
        try:
            return self.watchdog.failure_of(error, claimed.id, self.db)
        except StoreError:
            return error

    def _store_failed(self, claimed: Claimed, error: StoreError) -> Failure | None:
        """Put a sample back after the database failed, but fail it after several attempts."""
        self._store_failures[claimed.id] += 1
        if isinstance(error, Final):
            return None
        again = self._store_failures[claimed.id] < STORE_AT_MOST
        if again and not isinstance(error, ValueRefused):
            self._complain(error)
            self._has_trouble = True
            return None
        return self._failures.of(error, claimed.id)

    def _device_lost(self, claimed: Claimed, error: DeviceLost) -> Failure | None:
        """Stop the worker, which can decide nothing more, and put its samples back.

        A sample that was active at several such losses is likely the cause, so it fails.
        """
        self._complain(error)
        self.stop("it lost its device")
        return self._failures.of(error, claimed.id) if claimed.attempt >= LOST_AT_MOST else None

    async def _decide(self, claimed: Claimed, began: float) -> Scored:
        context = self._contexts.of(claimed.run)
        profile, seed = context.profile(claimed), context.seed(claimed)
        active = self._active[claimed.key]

        def tell(stream: int, text: str) -> None:
            if active.has_begun and not text:
                return  # one row says that a model began
            active.has_begun = True
            self._live.tell(claimed.key, began, stream, text)

        if not profile.used_models:
            tell(0, "")  # it waits for no model
        async with self.models.use_all(profile.used_models) as backbones:
            context.record_models(self.db, claimed, backbones)
            models = context.models(claimed, backbones)
            history, notes = context.histories.of(self.db, claimed)
            main = models.pop(MAIN, None)
            llm = SampleLlm(
                main.backbone if main is not None else None,
                profile.decoding,
                seed,
                tell,
                began,
                claimed.priority,
                main.rendering if main is not None else DEFAULT_RENDERING,
                models,
                history,
            )
            active.llm = llm
            return await decide(context, claimed, llm, notes)

    def _write(self) -> None:
        """Write the outcomes since the last turn."""
        flushed = self._outbox.flush(self.db, self.id)
        ended = [self._active.pop(key) for key in flushed if key in self._active]
        if ended:
            self.status.error = None
        for run in {each.claimed.run for each in ended}:
            if self._active and queue.is_over(self.db, run):
                self.db.checkpoint()

    def _outcome(
        self, claimed: Claimed, outcome: Scored | Failure | None, latency_s: float
    ) -> Outcome:
        if outcome is None:
            return Released(claimed)
        if isinstance(outcome, Failure):
            llm = self._active[claimed.key].llm
            attempts = tuple(llm.attempts.values()) if llm is not None else ()
            return _failed(claimed, outcome, latency_s, attempts)
        decision = outcome.decision
        text = self._contexts.of(claimed.run).text_of(claimed, decision.answer)
        return Decided(claimed, decision, text, outcome.scores, latency_s)

    def _complain(self, error: AlignError) -> None:
        if self.status.error != error.message:
            say(f"{error.message} {error.hint}")
        self.status.error = error.message
        crash_notes.write_trouble(self.id, f"{error.message}. The run waits and resumes by itself.")

    async def _end(self) -> None:
        for active in self._active.values():
            active.wish = "release" if active.wish == "go" else active.wish
            active.task.cancel()
        tasks = {active.task for active in self._active.values()}
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=END_S)
            self.is_stuck = bool(left)
        for key in self._active.keys() - self._outbox.keys:  # samples that do not end
            self._outbox.add(Released(self._active[key].claimed))
        with contextlib.suppress(StoreError):
            self._write()  # before it unloads models, which may take minutes without a heartbeat
        await self.models.close()
        with contextlib.suppress(StoreError):
            self._write()
            self._contexts.record_hashes()
        with contextlib.suppress(StoreError):
            workers.unregister(self.db, self.id)
        with contextlib.suppress(StoreError):
            self.db.checkpoint()
        self.db.close()
        crash_notes.remove(self.id)
        say(f"worker {self.id[:8]} ends: {self._why or 'an error'}")
