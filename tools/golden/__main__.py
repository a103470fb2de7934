"""Compare this program with golden vectors, the results of align-system's own functions.

    python -m tools.golden FILE.jsonl...

A file has one case in each line: {"case": name, "input": ..., "expected": ...}. The case's name
(votes-0001), or else the file's (votes.jsonl), says which family it belongs to. The tool prints one
JSON object: for every family the number of cases, how many are equal, and the first unequal ones
with their differences. The exit code is 0 only if there are cases and all are equal. An unknown
family, an unreadable line and a missing file are not equal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .families import FAMILIES

FIRST = 5  # the most unequal cases that the report shows of each family


@dataclass
class Tally:
    """The results of one family's cases."""

    known: bool
    cases: int = 0
    equal: int = 0
    unequal: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: str, differs: Sequence[str]) -> None:
        """Add one case; `differs` is empty if it is equal."""
        self.cases += 1
        if not differs:
            self.equal += 1
        elif len(self.unequal) < FIRST:
            self.unequal.append({"case": case, "differs": list(differs)})

    def body(self) -> dict[str, Any]:
        """The tally as JSON."""
        body: dict[str, Any] = {"cases": self.cases, "equal": self.equal}
        if not self.known:
            body["known"] = False
        if self.unequal:
            body["unequal"] = self.unequal
        return body


def family_of(path: Path, case: str) -> str | None:
    """The known family in the case's name, or else in the file's; None if neither has one."""
    for text in (case, path.name):
        begins = re.match(r"\w*", text)
        if begins is not None and begins.group() in FAMILIES:
            return begins.group()
    return None


def label_of(path: Path, case: str) -> str:
    """A name for an unknown family: the case's name without its number, or the file's."""
    return case.rpartition("-")[0] or path.name.partition(".")[0]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, with their numbers from 1."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line


def check_line(path: Path, number: int, line: str, tallies: dict[str, Tally]) -> None:
    """Check one line and add it to the tally of its family."""
    where = f"{path.name} line {number}"
    try:
        body = json.loads(line)
        case, given, expected = str(body["case"]), body["input"], body["expected"]
    except (ValueError, TypeError, KeyError) as error:
        family = family_of(path, "") or path.name.partition(".")[0]
        differs = [f"the line is not a case: {type(error).__name__}: {error}"]
        tallies.setdefault(family, Tally(family in FAMILIES)).add(where, differs)
        return
    known = family_of(path, case)
    if known is None:
        differs = ["no check knows this family"]
        tallies.setdefault(label_of(path, case), Tally(False)).add(case, differs)
    else:
        tallies.setdefault(known, Tally(True)).add(case, differences(known, given, expected))


def differences(family: str, given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. A case in the wrong form, or an error, counts as one too."""
    try:
        return FAMILIES[family](given, expected)
    except Exception as error:  # after any error the case is not equal
        return [f"{type(error).__name__}: {error}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.golden", description="Compare with golden vectors."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    files: list[Path] = parser.parse_args(arguments).files
    tallies: dict[str, Tally] = {}
    unreadable = {}
    for path in files:
        try:
            for number, line in lines_of(path):
                check_line(path, number, line, tallies)
        except (OSError, UnicodeDecodeError) as error:
            unreadable[str(path)] = f"{type(error).__name__}: {error}"
    cases, equal = (sum(getattr(t, of) for t in tallies.values()) for of in ("cases", "equal"))
    report: dict[str, Any] = {
        "cases": cases,
        "equal": equal,
        "families": {name: tally.body() for name, tally in sorted(tallies.items())},
    }
    if unreadable:
        report["unreadable"] = unreadable
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0 if cases and cases == equal and not unreadable else 1


if __name__ == "__main__":
    sys.exit(main())
