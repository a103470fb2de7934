"""The decode batch: replies join and leave at any step, each under its own grammar.

A step reads all pending tokens in one forward pass: the token that a reply has drawn, the tokens
that its grammar forces after it, pieces of prompts, and choices to score. There is no padding.
transformers' own continuous batching takes no logits processor for each request, so it cannot
constrain replies.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

import torch
from transformers import PreTrainedModel

from align_tui.backbones.local.attention import Piece, make_plan, packed_logits
from align_tui.backbones.local.budget import Budget
from align_tui.backbones.local.cuda_graphs import DecodeGraphs
from align_tui.backbones.local.finite_logits import is_finite, not_finite
from align_tui.backbones.local.first_decision import FirstDecision
from align_tui.backbones.local.grammar import Masks
from align_tui.backbones.local.kv_cache import KvCache
from align_tui.backbones.local.prefix_cache import Known, PrefixCache
from align_tui.backbones.local.reader import Probe, Reader
from align_tui.backbones.local.reply import Reply
from align_tui.backbones.local.sampling import draw
from align_tui.backbones.local.schedule import (
    Waiting,
    expected_length,
    least_urgent,
    room_for,
    worth_waiting,
)
from align_tui.backbones.local.windows import windows_of
from align_tui.core.errors import ReplyError

TRIALS = 3  # failed steps that a reply may have taken part in without being at fault
LOOK_AHEAD = 16  # waiting readers to look at, when the first ones wait for another's prompt
FORCED = 32  # so many pending tokens of a reply are read in one step, outside the prefill budget


class DecodeBatch:
    """Replies and probes of one model, each in a slot (its place in `seats`). For one thread.

    Many methods: all parts of a step work on the same seats and caches.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        device: torch.device,
        budget: Budget,
        vocabulary: int,
        name: str = "The model",
    ) -> None:
        """`vocabulary` is how many tokens the grammars know; `name` names the model in errors."""
        self.model = model
        self.device = device
        self.budget = budget
        self.name = name
        self.windows = windows_of(model) or ()
        self.seats: list[Reader] = []
        self.waiting = Waiting()
        self.prefix_cache = PrefixCache(budget.prefix_bytes)
        self._stopped: list[Reader] = []  # reported by the next step that does not fail
        self._has_suspects = False
        self.first_decision: FirstDecision | None = FirstDecision()
        self._tokens_read = 0
        self._cache = KvCache()
        can_record = _can_record(model, device)
        self._graphs = DecodeGraphs(model, self._cache, self.windows) if can_record else None
        self._masks = Masks(vocabulary, 1 if device.type == "cpu" else None)

    @property
    def is_idle(self) -> bool:
        """Is no reader in the batch or waiting?"""
        return not self.seats and not self.waiting

    @property
    def is_held_up(self) -> bool:
        """Did the last step read nothing, since all wait for the first decision's scoring?"""
        return not self.is_idle and not self._tokens_read

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a user must know about how it runs."""
        if self._graphs is None or not self._graphs.refusal:
            return ()
        return (f"its steps run slower, without CUDA graphs ({self._graphs.refusal})",)

    def add(self, reader: Reader) -> None:
        """Queue a reply or a probe; it joins the batch when there is room."""
        if self.is_idle and self.first_decision is not None:
            self.first_decision.reset()
        self.waiting.push(reader)

    def step(self) -> list[Reader]:
        """Admit readers, read pending tokens, draw the next; returns the readers that ended."""
        stopped = [seat for seat in self.seats if seat.stop_requested]
        self._leave(stopped)
        self._stopped += [*stopped, *self.waiting.take_stopped()]
        self._make_room()
        began, self._tokens_read = time.perf_counter(), 0
        if self.first_decision is not None:
            self.first_decision.update(self.seats, self.waiting)
        ready = self._admit_suspect() if self._has_suspects else self._admit()
        ready += self._read()
        self._draw(ready)
        if self.first_decision is not None:
            tokens = self._tokens_read or len(ready)
            self.first_decision.record(time.perf_counter() - began, tokens)
        done = [seat for seat in self.seats if _is_done(seat)]
        self._keep_for_scoring(done)
        self._leave(done)
        ended, self._stopped = [*self._stopped, *done], []
        return ended

    def retreat(self) -> Reader | None:
        """After running out of memory, send all readers back and halve the budget.

        A reader that was alone does not fit at all: it is dropped and returned.
        """
        self.budget.halve(sum(len(seat.ids) for seat in self.seats))
        seats, self.seats = self.seats, []
        self._forget()
        if len(seats) == 1:
            return seats[0]
        for seat in reversed(seats):
            self._send_back(seat)
        return None

    def isolate(self) -> list[Reader]:
        """After a failed step, send all readers back, to read each alone once.

        Drops and returns those at fault: a reader that was alone, and readers that took part in
        too many failed steps.
        """
        seats, self.seats = self.seats, []
        self._forget()
        self._has_suspects = True
        if len(seats) == 1:
            return seats
        for seat in reversed(seats):
            seat.trials += 1
            seat.is_suspect = True
            if seat.trials <= TRIALS:
                self._send_back(seat)
        return [seat for seat in seats if seat.trials > TRIALS]

    def clear(self) -> list[Reader]:
        """Drop all readers (after a failure of the model, or at the end) and return them."""
        dropped = [*self.seats, *self._stopped, *self.waiting.clear()]
        self.seats, self._stopped = [], []
        self._forget()
        return dropped

    def _forget(self) -> None:
        self._cache.clear()
        self.prefix_cache = PrefixCache(self.budget.prefix_bytes)
        if self._graphs is not None:
            self._graphs.clear()

    # --- admission ------------------------------------------------------------------------

    def _admit(self) -> list[tuple[Reply, torch.Tensor]]:
        """Admit waiting readers; returns replies with a fully cached prompt, and their logits."""
        ready = []
        unread = sum(seat.pending for seat in self.seats)
        first = self.first_decision
        # Readers that yield may stand before the one that they yield to (a retried reply).
        able = (each for each in self.waiting if first is None or not first.yields(each))
        for reader in islice(able, LOOK_AHEAD):
            if unread >= self.budget.prefill and reader.growth:
                break
            known = self.prefix_cache.longest(reader.ids, reader.wanted + isinstance(reader, Reply))
            if worth_waiting(self.seats, reader, known.length):
                continue
            if not self._find_room(reader):
                break
            unread += len(reader.ids) - known.length
            if unread > self.budget.prefill and any(seat.is_fresh for seat in self.seats):
                break  # one prompt done soon shows text earlier than two done later
            ready += self._seat(reader, known)
        return ready

    def _seat(self, reader: Reader, known: Known) -> list[tuple[Reply, torch.Tensor]]:
        """Give a reader a slot with its cached beginning; its logits when all of it is cached."""
        self.waiting.remove(reader)
        self.seats.append(reader)  # first: a seated reader is not lost when memory runs out
        reader.begin()
        # Reserve for all that may join, so that not every reader makes the cache grow.
        most = self.budget.tokens // expected_length(reader)
        slots = max(len(self.seats), min(len(self.seats) + len(self.waiting), most))
        self._cache.reserve(slots, expected_length(reader))
        self._cache.load(len(self.seats) - 1, known.layers, known.length)
        reader.read = known.length
        if known.logits is None or not isinstance(reader, Reply):
            return []
        reader.is_fresh = False
        return [(reader, known.logits)]

    def _admit_suspect(self) -> list[tuple[Reply, torch.Tensor]]:
        """Read suspects alone, one after the other, while the other readers wait."""
        if any(seat.is_suspect for seat in self.seats):
            return []
        suspect = next((reader for reader in self.waiting if reader.is_suspect), None)
        self._has_suspects = suspect is not None
        if suspect is None:
            return self._admit()
        cleared = list(self.seats)
        self._leave(cleared)
        for seat in cleared:
            self._send_back(seat)
        return self._seat(suspect, self.prefix_cache.longest(suspect.ids, suspect.wanted))

    def _find_room(self, reader: Reader) -> bool:
        """Is there room for one more, after sending back less urgent readers if need be?"""
        while not room_for(self.seats, reader, self.budget):
            other = least_urgent(self.seats, reader)
            if other is None:
                return False
            self._leave([other])
            self._send_back(other)
        return True

    def _make_room(self) -> None:
        """Send the least urgent back when replies have grown longer than expected."""
        while len(self.seats) > 1:
            if len(self.seats) * max(len(seat.ids) for seat in self.seats) <= self.budget.tokens:
                return
            lowest = min(seat.priority for seat in self.seats)
            other = [seat for seat in self.seats if seat.priority == lowest][-1]
            self._leave([other])
            self._send_back(other)

    def _send_back(self, reader: Reader) -> None:
        reader.read, reader.is_fresh = 0, True
        if isinstance(reader, Probe):
            reader.logits.clear()
        self.waiting.push(reader, again=True)

    def _leave(self, readers: Sequence[Reader]) -> None:
        """Free the slots of readers; the reader in the last slot moves into a freed one."""
        for reader in readers:
            slot, last = self.seats.index(reader), len(self.seats) - 1
            if slot != last:
                self._cache.move(last, slot, self.seats[last].read)
                self.seats[slot] = self.seats[last]
            self.seats.pop()

    def _keep_for_scoring(self, done: Sequence[Reader]) -> None:
        """Keep the caches of finished replies: scoring them then need not read them again."""
        for reader in done:
            if isinstance(reader, Reply) and reader.finish in ("stop", "choice"):
                try:
                    kept = self._cache.copy_out(self.seats.index(reader), reader.read)
                except torch.OutOfMemoryError:  # scoring then reads it again
                    self.prefix_cache.clear()
                    return
                self.prefix_cache.put(reader.ids[: reader.read], kept)

    # --- reading --------------------------------------------------------------------------

    def _pieces(self) -> tuple[list[Piece], list[Piece]]:
        """What this step reads: single tokens, and longer chunks within the budget."""
        singles, chunks = [], []
        room, first = self.budget.prefill, self.first_decision
        slots = sorted(range(len(self.seats)), key=lambda slot: -self.seats[slot].priority)
        for slot in slots:
            seat = self.seats[slot]
            count = seat.pending
            if count > FORCED:
                yields = first is not None and first.yields(seat)
                count = 0 if yields else min(count, room)
                room -= count
            if count == 1:
                singles.append(Piece(slot, seat.read, 1))
            elif count > 1:
                chunks.append(Piece(slot, seat.read, count))
        return sorted(singles, key=lambda piece: piece.slot), chunks

    def _read(self) -> list[tuple[Reply, torch.Tensor]]:
        """Run one forward pass; returns replies without pending tokens, with their logits."""
        singles, chunks = self._pieces()
        pieces = [*singles, *chunks]
        if not pieces:
            return []
        self._cache.reserve(len(self.seats), max(p.start + p.count for p in pieces))
        self._tokens_read = sum(piece.count for piece in pieces)
        ids: list[int] = []
        keep: list[range] = []
        for piece in pieces:
            seat, end = self.seats[piece.slot], piece.start + piece.count
            first = max(piece.start, seat.wanted)
            keep.append(range(len(ids) + first - piece.start, len(ids) + piece.count))
            ids += seat.ids[piece.start : end]
        if self._graphs is not None and not chunks and len(singles) == len(self.seats):
            logits = self._graphs.run(ids, [piece.start for piece in singles])
        else:
            logits = self._forward(ids, singles, chunks, [i for span in keep for i in span])
        ready, at = [], 0
        for piece, span in zip(pieces, keep, strict=True):
            own = logits[at : at + len(span)]
            at += len(span)
            reader = self.seats[piece.slot]
            reader.read += piece.count
            reader.is_suspect = reader.is_suspect and reader.pending > 0
            self._hand_out(reader, piece.slot, own)
            if isinstance(reader, Reply) and reader.pending == 0:
                ready.append((reader, own[-1]))
        return ready

    def _forward(
        self, ids: list[int], singles: list[Piece], chunks: list[Piece], keep: list[int]
    ) -> torch.Tensor:
        """Logits (kept, vocabulary) of the packed tokens whose numbers are in `keep`."""
        plan = make_plan(self._cache, singles, chunks, self.device, self.windows)
        return packed_logits(self.model, torch.tensor(ids, device=self.device), plan, keep)

    def _hand_out(self, reader: Reader, slot: int, logits: torch.Tensor) -> None:
        if isinstance(reader, Probe):
            reader.logits.append(logits.clone())  # the next step writes over a graph's buffer
        if reader.is_fresh and reader.pending == 0:
            reader.is_fresh = False
            if not is_finite(logits[-1]):  # no reader may go on from that
                self._cache.wipe(slot)
                return
            after = logits[-1].clone() if isinstance(reader, Reply) else None
            self.prefix_cache.put(reader.ids, self._cache.copy_out(slot, reader.read), after)

    # --- drawing --------------------------------------------------------------------------

    def _draw(self, ready: Sequence[tuple[Reply, torch.Tensor]]) -> None:
        """Draw the next token of each reply; a fault of one reply ends that reply alone."""
        if not ready:
            return
        replies = [reply for reply, _ in ready]
        logits = torch.stack([scores for _, scores in ready])
        fit = is_finite(logits).tolist()
        if not all(fit):
            self._end_without_numbers(
                [reply for reply, good in zip(replies, fit, strict=True) if not good]
            )
            replies = [reply for reply, good in zip(replies, fit, strict=True) if good]
            logits = logits[[i for i, good in enumerate(fit) if good]]
        if not replies:
            return
        allowed = self._allowed(replies, logits)
        noise = [reply.noise(logits.shape[-1], logits.device) for reply in replies]
        settings = [reply.request.sampling for reply in replies]
        for reply, token in zip(replies, draw(logits, allowed, settings, noise), strict=True):
            if reply.matcher is None or not reply.matcher.is_error():
                reply.take(token)
            if reply.matcher is not None and reply.matcher.is_error():
                reply.finish = "cancelled"
                reply.failure = ReplyError(
                    f"Constrained decoding failed: {reply.matcher.get_error()[:300]}"
                )

    def _end_without_numbers(self, replies: Sequence[Reply]) -> None:
        """End replies whose logits are not finite, and wipe their slots."""
        for reply in replies:
            reply.finish = "cancelled"
            reply.failure = not_finite(self.model, self.name, reply.ids)
            self._cache.wipe(self.seats.index(reply))

    def _allowed(self, replies: Sequence[Reply], logits: torch.Tensor) -> torch.Tensor:
        """Booleans (replies, vocabulary): what each grammar allows, or what thinking allows."""
        width, device = logits.shape[-1], logits.device
        held = [i for i, reply in enumerate(replies) if not reply.is_thinking]
        matchers = [matcher for i in held if (matcher := replies[i].matcher) is not None]
        if len(held) == len(replies):
            return self._masks.allowed(matchers, width, device)
        allowed = torch.zeros(logits.shape, dtype=torch.bool, device=device)
        if held:
            allowed[held] = self._masks.allowed(matchers, width, device)
        for i, reply in enumerate(replies):
            if reply.thought is not None and reply.is_thinking:
                allowed[i] = reply.thought.tokens.allowed.to(device)[:width]
        return allowed


def _can_record(model: PreTrainedModel, device: torch.device) -> bool:
    """Is the whole model on one GPU?"""
    places = {parameter.device for parameter in model.parameters()}
    return device.type == "cuda" and places == {device}


def _is_done(reader: Reader) -> bool:
    if isinstance(reader, Reply):
        return reader.finish is not None
    return reader.pending == 0
