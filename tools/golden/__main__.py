"""Compare this program with golden vectors, the results of align-system's own functions.

    python -m tools.golden FILE.jsonl...

A file has one case in each line: {"case": name, "input": ..., "expected": ...}. The case's name
(votes-0001), or else the file's (votes.jsonl), says which family it belongs to. A case of the
detailed set also has a "kind", and a name such as votes/positive_only/000. The tool prints one JSON
object: for every family, and for every kind of it, the number of cases, how many are equal, how
many no check knows, and the first unequal ones with their differences. The exit code is 0 only if
there are cases and all are equal. An unknown family or kind, an unreadable line and a missing file
are not equal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .detailed import kinds_of
from .families import FAMILIES, Check
from .field_files import set_field_files
from .tally import Tally


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


def detailed_family_of(path: Path, case: str) -> str:
    """The family of a case that names its kind: before the case's first slash, or the file's."""
    found, slash, _ = case.partition("/")
    return found if slash and found else path.name.partition(".")[0]


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
        kind = str(body["kind"]) if "kind" in body else None
    except (ValueError, TypeError, KeyError) as error:
        family = family_of(path, "") or path.name.partition(".")[0]
        differs = [f"the line is not a case: {type(error).__name__}: {error}"]
        tallies.setdefault(family, Tally()).add_case(where, None, differs)
        return
    check: Check | None
    if kind is not None:
        family = detailed_family_of(path, case)
        check = (kinds_of(family) or {}).get(kind)
    else:
        known = family_of(path, case)
        family = known or label_of(path, case)
        check = FAMILIES[known] if known else None
    found = differences(check, given, expected) if check else None
    tallies.setdefault(family, Tally()).add_case(case, kind, found)


def differences(check: Check, given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. A case in the wrong form, or an error, counts as one too."""
    try:
        return check(given, expected)
    except Exception as error:  # after any error the case is not equal
        return [f"{type(error).__name__}: {error}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.golden", description="Compare with golden vectors."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    files: list[Path] = parser.parse_args(arguments).files
    set_field_files(files)
    tallies: dict[str, Tally] = {}
    unreadable = {}
    for path in files:
        try:
            for number, line in lines_of(path):
                check_line(path, number, line, tallies)
        except (OSError, UnicodeDecodeError) as error:
            unreadable[str(path)] = f"{type(error).__name__}: {error}"
    cases, equal, unknown = (
        sum(getattr(tally, of) for tally in tallies.values())
        for of in ("cases", "equal", "unknown")
    )
    report: dict[str, Any] = {"cases": cases, "equal": equal, "unknown": unknown}
    report["families"] = {name: tally.report() for name, tally in sorted(tallies.items())}
    if unreadable:
        report["unreadable"] = unreadable
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0 if cases and cases == equal and not unreadable else 1


if __name__ == "__main__":
    sys.exit(main())
