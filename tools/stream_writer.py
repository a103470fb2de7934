"""Write live text into a run database as a worker does, as a load for the screen.

python tools/stream_writer.py RUNS.DB PANES     # prints the run's id, then writes until it is ended

It writes into every pane of the first two scenarios, so that both always have the same load:
TOKENS_PER_S for all panes of each, in 20 commits a second. A decision takes TOKENS tokens.
"""

from __future__ import annotations

import json
import random
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

import align_tui
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.replies import decision_schema
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import target_id
from align_tui.store import live, queue, runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.outcomes import Decided, end_all

PACK = Path(align_tui.__file__).parent / "demo" / "scenarios" / "demo-triage.toml"
TOKENS_PER_S, COMMITS_PER_S, TOKENS = 800, 20, 300
STREAMING, REPEATS = 2, 200
ATTRIBUTES = ("moral_desert", "risk_aversion", "fairness", "protocol_focus")
WORDS = (
    "the", "patient", "who", "is", "bleeding", "badly", "and", "was", "first", "to", "help",
    "others", "cannot", "wait", "while", "a", "sprained", "ankle", "can", "so", "treat", "them",
    "now", "steady", "protocol", "says", "nothing", "else", "of", "merit",
)  # fmt: skip


def scenarios() -> tuple[Scenario, ...]:
    """The demo's scenarios."""
    found = tomllib.loads(PACK.read_text(encoding="utf-8"))["scenario"]
    return tuple(
        Scenario(
            body["id"],
            body["text"],
            tuple(Choice(c["text"], c.get("labels", {})) for c in body["choice"]),
            body.get("title", ""),
        )
        for body in found
    )


def study(panes: int) -> Study:
    """A study of a number of profiles with targets on the demo's scenarios."""
    profiles = tuple(
        Profile.model_validate(
            {
                "name": f"stream-{number + 1}",
                "adm": {"kind": "prompt_aligned"},
                "target": [
                    {
                        "attribute": ATTRIBUTES[number // 2 % len(ATTRIBUTES)],
                        "value": float(number % 2),
                    }
                ],
            }
        )
        for number in range(panes)
    )
    return Study(f"{panes} streams", profiles, scenarios(), repeat=REPEATS)


class Writer:
    """Claims samples and writes their texts word by word, all at the same pace."""

    def __init__(self, db: Database, of: Study) -> None:
        self.db, self.study = db, of
        self.id = workers.register(db)
        self.panes = len(of.profiles)
        self._words = random.Random(1)

    def decide(self, batch: Sequence[queue.Claimed]) -> None:
        """Write the texts of a batch, then end each sample."""
        begun = time.monotonic()
        words = [self._words.choices(WORDS, k=TOKENS) for _ in batch]
        share = TOKENS_PER_S / self.panes / COMMITS_PER_S
        written, commits = 0, 0
        while written < TOKENS:
            commits += 1
            upto = min(TOKENS, int(share * commits))
            t = time.monotonic() - begun
            head = '{"reasoning": "' if not written else " "
            pieces = [
                live.Piece(claimed.id, 0, t, head + " ".join(text[written:upto]))
                for claimed, text in zip(batch, words, strict=True)
                if upto > written
            ]
            live.append(self.db, self.id, pieces)
            written = upto
            time.sleep(max(0.0, begun + commits / COMMITS_PER_S - time.monotonic()))
            if commits % COMMITS_PER_S == 0:
                self.beat(len(batch))
        for claimed, text in zip(batch, words, strict=True):
            self._finish(claimed, " ".join(text), time.monotonic() - begun)

    def beat(self, active: int) -> None:
        """Write a heartbeat, so that it keeps its samples."""
        workers.beat(
            self.db, self.id, state="working", model="demo", device="cpu", memory_mb=240.0,
            tokens_per_s=float(TOKENS_PER_S), active=active,
        )  # fmt: skip

    def _finish(self, claimed: queue.Claimed, why: str, took: float) -> None:
        shown = self.study.scenarios[claimed.scenario]
        choice = self._words.randrange(len(shown.choices))
        text = shown.choices[choice].text
        raw = json.dumps({"reasoning": why, "choice": text})
        made = Generation(
            raw, shown.text, 100, TOKENS, "stop", 0.05, took, ((0.05, 1), (took, len(raw)))
        )
        reply = Response(
            "positive", choice, why, (Message("user", shown.text),),
            decision_schema(shown.choice_texts), Sampling(), made,
        )  # fmt: skip
        targets = self.study.profiles[claimed.profile].target
        scores = {
            target_id(targets): self.study.scorer.score_now(ChoiceAnswer(choice), shown, targets)
        }
        sure = tuple(0.9 if i == choice else 0.1 for i in range(len(shown.choices)))
        decision = Decision(ChoiceAnswer(choice), why, sure, None, (reply,))
        end_all(self.db, self.id, [Decided(claimed, decision, text, scores, took)])


def main() -> None:
    """Create the run, print its id, and write."""
    db = open_database(Path(sys.argv[1]))
    made = study(int(sys.argv[2]))
    run = runs.create_run(db, made, {}, enqueue=False)
    wanted = [pair for pair in made.pairs() if pair[0] < STREAMING or pair[2] == 0]
    runs.enqueue(db, run, made, wanted)
    first = [pair for pair in wanted if pair[0] < STREAMING]
    runs.enqueue(db, run, made, first, priority=1)
    writer = Writer(db, made)
    writer.beat(0)
    print(run, flush=True)
    while batch := queue.claim(db, writer.id, STREAMING * writer.panes):
        writer.decide(batch)


if __name__ == "__main__":
    main()
