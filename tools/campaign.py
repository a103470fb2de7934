"""Test the program with real processes, real signals, odd servers and odd files.

python tools/campaign.py [--minutes 10] [--kinds kills,pauses,...] [--seed today]

Trials of all kinds take turns until the time is over; each has its own folder, database and
processes. Prints JSON: `trials`, `decisions`, `failures` (with the seed that repeats the trial)
and, by kind, the trials, seconds and actions. The exit status is 1 if anything failed.

kills    SIGKILL ends workers and runs; a killed run is resumed
pauses   SIGSTOP stops workers, runs or both for up to four leases, then SIGCONT
clocks   the wall clock is set by 5 s, 60 s or a day, forward and back
poison   decision-makers end the process, crash, or return what no database takes
servers  a server lies, stutters, hangs up, sends noise and echoes the key
fuzz     odd files for every reader (tools/fuzz_readers.py)
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from campaigns.fuzz import fuzz
from campaigns.poison import poison
from campaigns.servers import servers
from campaigns.signals import clocks, kills, pauses
from campaigns.trial import Place, Trial, place

KINDS: dict[str, Callable[[Place], None]] = {
    work.__name__: work for work in (kills, pauses, clocks, poison, servers, fuzz)
}


def run_trial(kind: str, seed: str) -> Trial:
    """Run one trial; an error becomes one of its failures."""
    trial = Trial(kind, seed)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        place(Path(folder), trial) as at,
    ):
        KINDS[kind](at)
    return trial


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """The figures of all trials, and of each kind."""
    kinds: dict[str, Any] = {}
    for kind in KINDS:
        own = [trial for trial in trials if trial.kind == kind]
        done: Counter[str] = Counter()
        for trial in own:
            done.update(trial.done)
        kinds[kind] = {
            "trials": len(own),
            "failed": sum(bool(trial.failures) for trial in own),
            "decisions": sum(trial.decisions for trial in own),
            "seconds": round(sum(trial.seconds for trial in own), 1),
            "done": dict(sorted(done.items())),
        }
    failures = [
        {"kind": trial.kind, "seed": trial.seed, "failures": trial.failures}
        for trial in trials
        if trial.failures
    ]
    return {
        "trials": len(trials),
        "decisions": sum(trial.decisions for trial in trials),
        "kinds": {kind: told for kind, told in kinds.items() if told["trials"]},
        "failures": failures,
    }


def main() -> None:
    """Run the campaign and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--kinds", default=",".join(KINDS), help="the kinds, with commas between")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--trial", help="run only this one: KIND:SEED of a failure")
    args = parser.parse_args()
    if args.trial:
        kind, _, seed = args.trial.partition(":")
        trials = [run_trial(kind, seed)]
    else:
        trials = []
        end = time.monotonic() + 60 * args.minutes
        for number in itertools.count():
            for kind in args.kinds.split(","):
                trials.append(run_trial(kind, f"{args.seed}-{number}"))
                last = trials[-1]
                said = last.failures or "clean"
                print(f"{kind} {last.seed}: {last.seconds} s, {said}", file=sys.stderr, flush=True)
            if time.monotonic() >= end:
                break
    found = summary(trials)
    print(json.dumps(found))
    raise SystemExit(1 if found["failures"] else 0)


if __name__ == "__main__":
    main()
