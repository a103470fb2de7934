"""The training loop: stage after stage, with checkpoints and a log of the accuracies."""

from __future__ import annotations

import json
import random
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from . import batches as feed
from .gradients import Gradients
from .model import TinyLlama, export, learning_rate
from .prompts import Sample, SampleMaker
from .scenarios import Mix
from .templates import Pools
from .tokenizer import END, PAD, files, special_id


@dataclass(frozen=True)
class Stage:
    """One stage of the curriculum: its mixes with shares, its steps and rate."""

    name: str
    mixes: list[tuple[float, Mix]]
    steps: int
    rate: float
    warm: int = 30
    floor: float = 0.3
    batch: int = 48
    check: int = 100
    publish: bool = False
    emphasis: feed.Emphasis = field(default_factory=feed.Emphasis)


@dataclass
class Progress:
    """The progress that the log keeps between stages."""

    tokens: int = 0
    seconds: float = 0.0
    best: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)


def optimizer_for(model: TinyLlama) -> torch.optim.AdamW:
    """AdamW with weight decay only on the matrices of the blocks."""
    matrices = [p for n, p in model.named_parameters() if p.dim() > 1 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.dim() < 2 or "embed" in n]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}],
        lr=1e-3,
        betas=(0.9, 0.98),
        fused=True,
    )


@dataclass(frozen=True)
class Reading:
    """The shares of a validation set that are right, given the correct answer up to each point.

    `answer`: every deciding word, so that greedy decoding writes this answer; `first`: the first
    judgement; `facts`: the meaning of each fact; `whom`: the patient that a fact is about.
    """

    answer: float
    first: float
    facts: float
    whom: float


def read_rows(model: TinyLlama, rows: list[feed.Encoded], pad: int) -> Reading:
    """Score a model on fixed rows."""
    answers = firsts = facts = whom = told = 0
    model.train(False)
    ordered = sorted(rows, key=lambda row: len(row.ids))
    kinds = model.shape.judgements
    with torch.inference_mode():
        for at in range(0, len(ordered), 40):
            batch = feed.collate(ordered[at : at + 40], pad)
            ids, keys = torch.from_numpy(batch.ids), torch.from_numpy(batch.keys)[:, 1:]
            hidden, tapped, _ = model(ids[:, :-1])
            hit = torch.ones(keys.shape, dtype=torch.bool)
            hit[keys] = model.logits(hidden[keys]).argmax(-1) == ids[:, 1:][keys]
            answers += int(hit.all(dim=1).sum())
            weights = torch.from_numpy(batch.weights)[:, 1:]
            firsts += int(hit[torch.arange(len(ids)), weights.argmax(1)].sum())
            judgements = torch.from_numpy(batch.judgements)[:, :-1]
            tagged = judgements != feed.NO_TAG
            verdict = model.judge(tapped[tagged])
            patients = torch.from_numpy(batch.patients)[:, :-1]
            facts += int((verdict[:, :kinds].argmax(-1) == judgements[tagged]).sum())
            whom += int((verdict[:, kinds:].argmax(-1) == patients[tagged]).sum())
            told += int(tagged.sum())
    model.train()
    told = max(1, told)
    return Reading(answers / len(rows), firsts / len(rows), facts / told, whom / told)


def fixed_rows(
    tokenizer: Tokenizer, pools: Pools, mix: Mix, count: int, seed: int, aligned: bool | None = None
) -> list[feed.Encoded]:
    """Make a fixed validation set from a mix: all samples, or only aligned or baseline ones."""
    rng = random.Random(seed)
    rows: list[feed.Encoded] = []

    def fits(sample: Sample) -> bool:
        return aligned is None or bool(sample.targets) == aligned

    for sample in SampleMaker(pools, mix, rng).stream():
        if fits(sample) and len(sample.best) == 1:
            rows.append(feed.encode(tokenizer, sample, rng))
        if len(rows) >= count:
            return rows
    return rows


def rounded(reading: Reading) -> dict[str, float]:
    """A reading as JSON for the log."""
    return {name: round(value, 3) for name, value in vars(reading).items()}


class Trainer:
    """Trains one model stage by stage, and keeps the log and the published folder."""

    def __init__(
        self,
        model: TinyLlama,
        tokenizer: Tokenizer,
        pools: Pools,
        cells: dict[str, list[feed.Encoded]],
        folder: Path,
        log: Path,
        seed: int,
        workers: int,
    ) -> None:
        self.model, self.tokenizer, self.cells = model, tokenizer, cells
        self.pools = pools
        self.folder, self.log_path, self.seed = folder, log, seed
        self.pad, self.end = special_id(tokenizer, PAD), special_id(tokenizer, END)
        self.optimizer = optimizer_for(model)
        self.gradients = Gradients(model, workers)
        self.progress = Progress()

    def publish(self) -> None:
        export(self.model, self.folder, files(self.tokenizer), self.pad, self.end)

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(state, path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])

    def _record(self, stage: Stage, step: int, loss: float, own: Reading, started: float) -> None:
        cells = (
            {name: read_rows(self.model, rows, self.pad) for name, rows in self.cells.items()}
            if stage.publish
            else {}
        )
        entry = {
            "stage": stage.name,
            "step": step,
            "tokens": self.progress.tokens,
            "minutes": round((self.progress.seconds + time.time() - started) / 60, 1),
            "loss": round(loss, 4),
            "own": rounded(own),
            "cells": {name: rounded(reading) for name, reading in cells.items()},
        }
        self.progress.log.append(entry)
        print(json.dumps(entry), flush=True)
        self.log_path.write_text(json.dumps(self.progress.log, indent=1) + "\n", encoding="utf-8")
        if cells:
            mean = sum(reading.answer for reading in cells.values()) / len(cells)
            if mean >= self.progress.best:
                self.progress.best = mean
                self.publish()

    def run(self, stage: Stage, number: int) -> None:
        """Train one stage to its last step."""
        pools = self.pools
        own_rows = fixed_rows(
            self.tokenizer, pools, stage.mixes[0][1], 160, self.seed + 900 + number
        )
        started = time.time()
        seed = self.seed * 1000 + number
        stream = feed.ahead(self.tokenizer, pools, stage.mixes, stage.batch, seed, stage.emphasis)
        running = 0.0
        with closing(stream):  # type: ignore[type-var]
            for step, batch in enumerate(stream):
                rate = learning_rate(step, stage.steps, stage.rate, stage.warm, stage.floor)
                for group in self.optimizer.param_groups:
                    group["lr"] = rate
                loss = self.gradients.add(batch)
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)
                self.progress.tokens += batch.tokens
                running = loss if step == 0 else 0.95 * running + 0.05 * loss
                done = step + 1
                if done % 100 == 0:
                    print(
                        f"{stage.name} {done} {self.progress.tokens} {running:.3f}"
                        f" {time.time() - started:.0f}s",
                        flush=True,
                    )
                if done % stage.check and done < stage.steps:
                    continue
                own = read_rows(self.model, own_rows, self.pad)
                self._record(stage, done, running, own, started)
                if done >= stage.steps:
                    break
        self.progress.seconds += time.time() - started
