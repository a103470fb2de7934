"""A study, and a fake worker that decides samples without a model or an engine."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import align_tui
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.replies import decision_schema, split_thinking, with_thinking
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import target_id
from align_tui.monitor.snapshot import Shown
from align_tui.store import live, queue, workers
from align_tui.store.database import Database
from tests import ending

DEMO = Path(align_tui.__file__).parent / "demo" / "scenarios" / "demo-triage.toml"
TARGETS = (None, ("moral_desert", 1.0), ("moral_desert", 0.0), ("risk_aversion", 1.0))


def profile(name: str, target: tuple[str, float] | None = None, **adm: object) -> Profile:
    """A profile that decides with the demo model."""
    kind = "prompt_aligned" if target else "baseline"
    body: dict[str, object] = {"name": name, "adm": {"kind": kind, **adm}}
    if target:
        body["target"] = [{"attribute": target[0], "value": target[1]}]
    return Profile.model_validate(body)


def scenarios(count: int = 8) -> tuple[Scenario, ...]:
    """Demo scenarios, repeated as often as needed."""
    found = tomllib.loads(DEMO.read_text(encoding="utf-8"))["scenario"]
    out = []
    for number in range(count):
        body = found[number % len(found)]
        key = body["id"] if number < len(found) else f"{body['id']}-{number}"
        choices = tuple(Choice(c["text"], c.get("labels", {})) for c in body["choice"])
        out.append(Scenario(key, body["text"], choices, body.get("title", "")))
    return tuple(out)


def study(count: int = 8, profiles: int = 4, **extra: object) -> Study:
    """The demo's four profiles (or more) on some scenarios."""
    names = ("baseline", "moral-desert-high", "moral-desert-low", "risk-aversion-high")
    made = [profile(names[i], TARGETS[i]) for i in range(min(4, profiles))]
    for i in range(4, profiles):
        made.append(profile(f"fairness-{i}", ("fairness", round((i - 4) / 11, 2))))
    return Study("demo", tuple(made), scenarios(count), **extra)  # type: ignore[arg-type]


class FakeWorker:
    """Claims samples and decides them in this process."""

    def __init__(self, db: Database, of: Study) -> None:
        self.db, self.study = db, of
        self.id = workers.register(db)

    def beat(self, state: str = "working", **extra: object) -> None:
        """Write the heartbeat of a worker."""
        known: dict[str, object] = {"model": "demo", "device": "cpu", "memory_mb": 240.0}
        workers.beat(self.db, self.id, state=state, **{**known, **extra})  # type: ignore[arg-type]

    def claim(self, limit: int = 4) -> list[queue.Claimed]:
        """Claim some pending samples."""
        return queue.claim(self.db, self.id, limit)

    def raw(
        self, claimed: queue.Claimed, reasoning: str | None = None, thinking: str = ""
    ) -> tuple[str, int]:
        """(the reply as a model would write it, its choice)."""
        shown = self.study.scenarios[claimed.scenario]
        choice = (claimed.scenario + claimed.profile) % len(shown.choices)
        why = reasoning or (
            f"The decision-maker weighs who is hurt worst and what each has done. In "
            f"{shown.title or shown.key}, {shown.choices[choice].text.removeprefix('Treat ')} "
            "has the stronger claim: the other can wait, and the difference in what was done "
            "before is plain enough to act on.\n\nSo the first hands go there."
        )
        reply = json.dumps(
            {"reasoning": why, "choice": shown.choices[choice].text}, ensure_ascii=False
        )
        return with_thinking(thinking, reply), choice

    def write(self, claimed: queue.Claimed, text: str, t: float = 0.1, stream: int = 0) -> None:
        """Write a piece of live text."""
        live.append(self.db, self.id, [live.Piece(claimed.id, stream, t, text)])

    def finish(
        self,
        claimed: queue.Claimed,
        reasoning: str | None = None,
        took: float = 1.0,
        thinking: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        """Decide the sample; its thinking counts as three characters a token."""
        raw, choice = self.raw(claimed, reasoning, thinking)
        shown = self.study.scenarios[claimed.scenario]
        size = 8
        steps = range(size, len(raw) + size, size)
        timeline = tuple((took * min(n, len(raw)) / len(raw), min(n, len(raw))) for n in steps)
        thought, prompt = len(thinking) // 3, f"<prompt of {shown.key}>"
        made = Generation(
            raw, prompt, 40, 30 + thought, "stop", 0.05, took, timeline, thinking_tokens=thought
        )
        why = json.loads(split_thinking(raw)[1])["reasoning"]
        reply = Response(
            "positive",
            choice,
            why,
            (Message("user", shown.text),),
            decision_schema(shown.choice_texts),
            Sampling(),
            made,
        )
        count = len(shown.choices)
        sure = tuple(0.9 if i == choice else 0.1 / (count - 1) for i in range(count))
        profile = self.study.profiles[claimed.profile]
        scores = {
            target_id(targets): self.study.scorer.score_now(ChoiceAnswer(choice), shown, targets)
            for targets in self.study.scoring_targets(profile)
        }
        decision = Decision(ChoiceAnswer(choice), why, sure, None, (reply,), notes)
        ending.finish(self.db, self.id, claimed, decision, shown.choices[choice].text, scores, took)

    def fail(self, claimed: queue.Claimed, kind: str, message: str, traceback: str = "") -> None:
        """Let the sample fail."""
        ending.fail(self.db, self.id, claimed, kind, message, 0.5, traceback)

    def release(self, claimed: Sequence[queue.Claimed]) -> None:
        """Put the samples back, undecided."""
        ending.release(self.db, self.id, claimed)

    def stream(
        self,
        batch: Sequence[queue.Claimed],
        pause: float,
        reasoning: str | None = None,
        thinking: str = "",
    ) -> Iterator[None]:
        """Write the batch word by word, yielding after each round; then decide all."""
        begun = time.monotonic()
        texts = [self.raw(claimed, reasoning, thinking)[0].split(" ") for claimed in batch]
        for number in range(max(len(text) for text in texts)):
            t = time.monotonic() - begun
            pieces = [
                live.Piece(claimed.id, 0, t, (" " if number else "") + text[number])
                for claimed, text in zip(batch, texts, strict=True)
                if number < len(text)
            ]
            live.append(self.db, self.id, pieces)
            time.sleep(pause)
            yield
        for claimed in batch:
            self.finish(claimed, reasoning, time.monotonic() - begun, thinking)


def is_bookmarked(shown: Shown) -> bool:
    """True if the user has bookmarked the decision that the pane shows."""
    return shown.annotation is not None and shown.annotation.bookmarked
