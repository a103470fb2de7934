"""The worker: one process that serves every run of a database until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from align_tui.config.profile import MAIN, keys_in
from align_tui.core.decisions import AS_IT_IS, Attempt
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
BEATS = 6  # in a lease, at least
MAX_ACTIVE = 64  # samples; how many of their replies decode together is the model's budget
MAX_ACTIVE_GPU = 256
STORE_AT_MOST = 3  # attempts at a sample whose own words to the database fail
END_S = 10.0  # for decision-makers that do not end when they are told to
LOST_AT_MOST = 3  # attempts at a sample, each ended by a device that was lost
URGENT = 8  # more, of what someone looks at
CLAIM_BATCH = 8  # taken a turn, so that several workers share a short queue


@dataclass(eq=False)
class _Active:
    claimed: Claimed
    task: asyncio.Task[None]
    wish: str = "go"
    has_begun: bool = False
    llm: SampleLlm | None = None


@dataclass
class Settings:
    """How a worker behaves; times in seconds."""

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
    """Claims samples, decides them side by side, and writes what comes of it.

    Many methods: each is one duty of a turn, and all of them go by what is active.
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
        self._is_apart = False  # what it decides are suspects, who share a worker with few
        self._dropped = 0.0
        self._store_failures: Counter[int] = Counter()
        self._has_trouble = False
        self._is_copied = False
        self._version = -1
        self._idle_since = time.monotonic()

    def stop(self, why: str = "it was told to") -> None:
        """Ask the worker to end; what it has not decided goes back to the queue."""
        self._why = self._why or why
        self._stopping.set()
        self._due.set()

    async def run(self) -> None:
        """Serve the queue until `stop`, a wish in the database, or a long idle time."""
        due = {"beat": 0.0, "others": 0.0}
        try:
            while not self._stopping.is_set():
                try:
                    await self._turn(due)
                except Final:
                    raise
                except StoreError as error:
                    # A full or locked disk may recover; samples stay leased meanwhile.
                    self._complain(error)
                    self._has_trouble = True
                    await asyncio.sleep(1.0)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), TICK_S)
                self._due.clear()
        except Gone as error:
            with contextlib.suppress(StoreError):
                self._write()  # into the file that has no name any more, and is saved then
            salvage.save(self.db)
            raise salvage.told(self.db, error) from error
        except asyncio.CancelledError:
            self._broken = not self._stopping.is_set()  # code of a user's ended the loop
            raise
        finally:
            if not self._broken:  # else who buries this process counts what it held
                await self._end()

    async def _turn(self, due: dict[str, float]) -> None:
        now = time.monotonic()
        stood_still, self._turned = now - self._turned, now
        beating = now >= due["beat"] or self.status.changed
        if beating:  # before anything else: it is what keeps the samples
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
            self._recover()
            await self._rest(now)

    def _recover(self) -> None:
        """The database takes what is written again: what was wrong is over."""
        if self._has_trouble:
            self._has_trouble = False
            self.status.error = None
            crash_notes.say(self.id, None)

    def _beat(self) -> None:
        self.db.check_there()
        waiting = sum(not active.has_begun for active in self._active.values())
        row = self.status.row(self.models.loaded, len(self._active), waiting)
        asked = workers.beat(self.db, self.id, **row)
        if asked is None:
            # Somebody else took it for gone: it is not, and what it still holds is its own.
            workers.enter_again(self.db, self.id, self.settings.gpus)
            say("another worker took it for gone: it is on the list again")
        elif asked:
            self.stop("it was asked to in the database (align-tui workers stop)")

    async def _rest(self, now: float) -> None:
        """Unload idle models, and end after a long time without work."""
        if self._active:
            self._idle_since = now
            self._is_copied = False
            return
        if not self._is_copied:  # whoever copies the file now has all of it
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
        """Take a bite of the queue; what someone looks at finds room in a full worker too."""
        if not self._active:
            self._is_apart = False
        dropped = time.monotonic() - self._dropped < 1.0
        if self._is_apart or (dropped and any(a.wish == "drop" for a in self._active.values())):
            return
        room = self._capacity()
        busy = [keys_in(active.claimed.backbone) for active in self._active.values()]
        loaded = frozenset(self.models.loaded).union(*busy)
        # While samples are being decided no other model is loaded beside theirs.
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
        """A task that ended without an outcome would keep its sample, and its run, for ever."""
        if claimed.key not in self._active or claimed.key in self._outbox.keys:
            return
        error = None if task.cancelled() else task.exception()
        if error is None:  # cancelled before it began
            self._outbox.add(Released(claimed))
            return
        failure = self._failures.of(self._blocked(error, claimed), claimed.id)
        self._outbox.add(_failed(claimed, failure, 0.0))

    def _follow_orders(self) -> int:
        """Do what is wanted of each sample; how many were lost to other workers."""
        orders = queue.orders(self.db, self.id)
        lost = 0
        for key, active in self._active.items():
            wish = orders.get(key, "drop")
            if wish != "go" and active.wish == "go":  # its run was cancelled, or is gone
                active.wish = wish
                self._dropped = time.monotonic()
                active.task.cancel()
                lost += wish == "drop"
        strays = orders.keys() - self._active.keys()
        if strays:  # a claim whose answer never came: nobody else would ever take them
            queue.give_back(self.db, self.id, strays)
        return lost

    async def _serve(self, claimed: Claimed) -> None:
        """Decide one sample and write what came of it, whatever happens."""
        began = time.monotonic()
        outcome: Scored | Failure | None
        try:
            outcome = await self._decide(claimed, began)
        except asyncio.CancelledError as error:
            outcome = None
            if self._active[claimed.key].wish == "go":  # nobody told it to end: its own code does
                outcome = self._failures.of(error, claimed.id)
        except DeviceLost as error:
            outcome = self._device_lost(claimed, error)
        except StoreError as error:
            outcome = self._store_failed(claimed, error)
        except BaseException as error:  # a sample's failure is stored, and never ends the worker
            outcome = self._failures.of(self._blocked(error, claimed), claimed.id)
        self._live.forget(claimed.key)
        ended = outcome.ended if isinstance(outcome, Scored) else time.monotonic()
        latency_s = ended - began
        try:
            self._outbox.add(self._outcome(claimed, outcome, latency_s))
        except Exception as error:  # nor does a choice that cannot be scored
            failure = self._failures.of(error, claimed.id)
            self._outbox.add(_failed(claimed, failure, latency_s))
        if len(self._outbox) >= len(self._active):
            self._due.set()  # nothing else is going on: no reason to wait for the next turn

    def _blocked(self, error: BaseException, claimed: Claimed) -> BaseException:
        if self.watchdog is None:
            return error
        try:
            return self.watchdog.failure_of(error, claimed.id, self.db)
        except StoreError:
            return error

    def _store_failed(self, claimed: Claimed, error: StoreError) -> Failure | None:
        """The disk's trouble is no sample's: it goes back to the queue, but not for ever."""
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
        """This process can decide nothing more: it ends, and its samples go back to the queue.

        A sample that was there when it happened several times is likely to be the cause, and fails.
        """
        self._complain(error)
        self.stop("its device was lost")
        return self._failures.of(error, claimed.id) if claimed.attempt >= LOST_AT_MOST else None

    async def _decide(self, claimed: Claimed, began: float) -> Scored:
        context = self._contexts.of(claimed.run)
        profile, seed = context.profile(claimed), context.seed(claimed)
        active = self._active[claimed.key]

        def tell(stream: int, text: str) -> None:
            active.has_begun = True
            self._live.tell(claimed.key, began, stream, text)

        async with self.models.use_all(profile.used_models) as backbones:
            context.record_models(self.db, claimed, backbones)
            models = context.models(claimed, backbones)
            main = models.pop(MAIN, None)
            llm = SampleLlm(
                main.backbone if main is not None else None,
                profile.decoding,
                seed,
                tell,
                began,
                claimed.priority,
                main.rendering if main is not None else AS_IT_IS,
                models,
            )
            active.llm = llm
            return await decide(context, claimed, llm)

    def _write(self) -> None:
        """Write what has ended since the last turn."""
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
        crash_notes.say(self.id, f"{error.message}. The run waits, and goes on by itself.")

    async def _end(self) -> None:
        for active in self._active.values():
            active.wish = "release" if active.wish == "go" else active.wish
            active.task.cancel()
        tasks = {active.task for active in self._active.values()}
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=END_S)
            self.is_stuck = bool(left)
        for key in self._active.keys() - self._outbox.keys:  # what does not end
            self._outbox.add(Released(self._active[key].claimed))
        with contextlib.suppress(StoreError):
            self._write()  # before models are let go of, which may take minutes without a beat
        await self.models.close()
        with contextlib.suppress(StoreError):
            self._write()
        with contextlib.suppress(StoreError):
            workers.unregister(self.db, self.id)
        with contextlib.suppress(StoreError):
            self.db.checkpoint()
        self.db.close()
        crash_notes.remove(self.id)
        say(f"worker {self.id[:8]} ends: {self._why or 'an error'}")
