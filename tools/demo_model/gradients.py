"""The gradient of a batch: several processes compute parts of it and add them up."""

from __future__ import annotations

from multiprocessing.queues import Queue
from typing import Any

import torch
import torch.multiprocessing as processes
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from .batches import NO_TAG, Batch
from .model import ModelShape, TinyLlama

Part = tuple[list[Any], float, int, int]
JUDGING, LOOKING = 0.5, 0.3
PATIENCE_S = 1800  # so that the trainer does not wait for a dead process for ever


def share_of_loss(model: TinyLlama, part: Part, read: Any) -> tuple[Tensor, Tensor]:
    """(the part's share of the whole loss, the answer's share of it).

    The answer's loss is the weighted mean cross-entropy over the batch's weighted positions. The
    whole loss adds JUDGING times the mean cross-entropy of each fact's meaning and patient, and
    LOOKING times that of the position of the fact that the answer judges next (its last token or
    the one after it).
    """
    arrays, total, tagged, looked = part
    ids, weights, judgements, patients, looks = (torch.from_numpy(array) for array in arrays)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden, tapped, looking = read(ids[:, :-1])
        chosen = weights[:, 1:] > 0
        logits = model.logits(hidden[chosen])
        at = judgements[:, :-1] != NO_TAG
        verdict = model.judge(tapped[at])
    losses = F.cross_entropy(logits.float(), ids[:, 1:][chosen], reduction="none")
    answer = (losses * weights[:, 1:][chosen]).sum() / total
    kinds = model.shape.judgements
    what = F.cross_entropy(verdict[:, :kinds].float(), judgements[:, :-1][at], reduction="sum")
    whom = F.cross_entropy(verdict[:, kinds:].float(), patients[:, :-1][at], reduction="sum")
    start = looks[:, :-1] != NO_TAG
    seen = torch.log_softmax(looking[start], -1)
    facts = looks[:, :-1][start]
    where = -torch.logaddexp(
        seen.gather(1, facts[:, None]), seen.gather(1, facts[:, None] + 1)
    ).sum()
    return answer + JUDGING * (what + whom) / tagged + LOOKING * where / looked, answer


def _work(
    shape: ModelShape,
    shared: dict[str, Tensor],
    sums: dict[str, Tensor],
    parts: Queue[Part],
    done: Queue[float],
) -> None:
    """Run in a process: add the gradients of parts to `sums` until the trainer ends."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    model = TinyLlama(shape)
    for name, parameter in model.named_parameters():
        parameter.data = shared[name]
    read = torch.compile(model, dynamic=True)
    while True:
        whole, answer = share_of_loss(model, parts.get(), read)
        whole.backward()  # type: ignore[no-untyped-call]
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                sums[name] += parameter.grad
                parameter.grad = None
        done.put(answer.item())


def _shared_zeros(like: Tensor) -> Tensor:
    zeros = torch.zeros_like(like)
    zeros.share_memory_()  # type: ignore[no-untyped-call]
    return zeros


class Gradients:
    """Gives the parts of a batch to processes that share the weights, and sums their gradients.

    Each process takes the next part when it is done, so that a busy processor delays one part and
    not the whole step. Products are in bfloat16, weights and sums in float32.
    """

    def __init__(self, model: TinyLlama, workers: int, part: int = 8) -> None:
        self.model, self.part = model, part
        model.share_memory()
        shared = {name: parameter.data for name, parameter in model.named_parameters()}
        context = processes.get_context("spawn")
        self.parts: Queue[Part] = context.Queue()
        self.done: Queue[float] = context.Queue()
        self.sums: list[dict[str, Tensor]] = [
            {name: _shared_zeros(value) for name, value in shared.items()} for _ in range(workers)
        ]
        self.processes = [
            context.Process(
                target=_work, args=(model.shape, shared, sums, self.parts, self.done), daemon=True
            )
            for sums in self.sums
        ]
        for process in self.processes:
            process.start()

    def add(self, batch: Batch) -> float:
        """Set the gradient of the batch's loss on the model; returns the answer's loss."""
        total = max(1.0, float(batch.weights[:, 1:].sum()))
        tagged = max(1, int((batch.judgements != NO_TAG).sum()))
        looked = max(1, int((batch.looks != NO_TAG).sum()))
        columns: list[NDArray[Any]] = [batch.ids, batch.weights]
        columns += [batch.judgements, batch.patients, batch.looks]
        starts = range(0, len(batch.ids), self.part)
        for at in starts:
            self.parts.put(([c[at : at + self.part] for c in columns], total, tagged, looked))
        loss = sum(self.done.get(timeout=PATIENCE_S) for _ in starts)
        for name, parameter in self.model.named_parameters():
            found = [sums[name] for sums in self.sums]
            parameter.grad = torch.stack(found).sum(0)
            for each in found:
                each.zero_()
        return loss
