"""Hostile text for every place that holds text, and checks of what reaches a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

from align_tui.config import paths
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.scenarios import Choice
from align_tui.store import run_annotations, runs, workers
from align_tui.store.database import Database
from tests.tui import fakes

# Any name may hold these: C1, a bidi override and an isolate, no width, line ends, markup.
NAME = "\x9b31m\x9d0;t\x9c\u202eb\u2066c\u200b\ufeff\u2028\u2029[red]x[/nope][@click=app.quit]q[/]"
# Text may also hold these: CSI, OSC 8 and 52, BEL, backspace, CR, DEL, NUL, half surrogate pairs.
TEXT = (
    f"T{NAME}\x1b[2J\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x1b]52;c;aGk=\x1b\\"
    "\x07\x08\x7f\r\t\x85\u2067d\u2069\u202ce\u061c\u200f\n=1+1 <script>x</script>"
)
FILE_NAME = NAME.replace("/", "") + "\x1b]0;f\x07\r\udcff"  # the last byte is not UTF-8

_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_INVISIBLE_KEPT = "\u200c\u200d\xad"
# Codes of a driver or a progress bar: they move or hide the cursor, clear a line, or shape the
# pointer.
_MOVES = re.compile(
    r"\x1b\[(?:\d*;?\d*[HfABCDGJKXr]|\?\d+(?:;\d+)*[hl]|\?\d+\$p|[<>=]?\d*u)|\x1b[78c]"
    r"|\x1b\]22;[a-z-]*\x07"
)


def commands_in(seen: str, *, moves: bool = False, ends: str = "\n") -> list[str]:
    """The codes that a terminal would obey, except colours and (with `moves`) a driver's codes."""
    seen = _COLOUR.sub("", seen)
    if moves:
        seen = _MOVES.sub("", seen)
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return sorted(
        {
            repr(char)
            for char in seen
            if unicodedata.category(char) in bad and char not in _INVISIBLE_KEPT + ends
        }
    )


def study(count: int = 4) -> Study:
    """A study with only hostile texts."""
    made = fakes.study(count)
    profiles = tuple(
        Profile.model_validate(
            {
                **profile.model_dump(mode="json", by_alias=True, exclude_none=True),
                "name": f"{number}{NAME}".replace("/", "")[:80],
                "description": TEXT,
            }
        )
        for number, profile in enumerate(made.profiles)
    )
    scenarios = tuple(
        replace(
            each,
            key=f"k{number}{TEXT}",
            title=TEXT,
            text=TEXT * 2,
            choices=tuple(
                Choice(f"{index} {TEXT}", {**choice.labels, f"a{NAME}": 0.5})
                for index, choice in enumerate(each.choices)
            ),
        )
        for number, each in enumerate(made.scenarios)
    )
    return replace(made, name=TEXT, profiles=profiles, scenarios=scenarios, notes=(TEXT,))


def decided_run(db: Database, of: Study, *, failures: bool = True, rest: bool = False) -> str:
    """A decided run of the study; with `rest` a few samples stay open, and one has live text."""
    run = runs.create_run(
        db, of, {"align-tui": TEXT, f"p{TEXT}": TEXT, f"model of {NAME}": f"m; {TEXT}"}
    )
    worker = fakes.FakeWorker(db, of)
    with db.write() as connection:
        connection.execute("UPDATE runs SET state='paused' WHERE id != ?", (run,))
    batch = [each for _ in range(20) for each in worker.claim(100)]
    for claimed in batch:
        if rest and claimed in batch[-3:]:
            worker.write(claimed, f'{{"reasoning": "{TEXT}')
            continue
        if failures and (claimed.scenario, claimed.profile) == (1, 1):
            worker.fail(claimed, "server", f"the server said {TEXT}")
        else:
            worker.finish(claimed, TEXT, took=0.2, thinking=TEXT, notes=(TEXT,))
    run_annotations.set_tags(db, run, [NAME])
    run_annotations.set_note(db, run, TEXT)
    worker.beat(detail=TEXT, model=TEXT, device=TEXT, error=TEXT, notes=TEXT)
    if not rest:
        workers.unregister(db, worker.id)
    return run


def library(folder: Path) -> Path:
    """Write a user's library with hostile names, valid and broken files; a scenario file."""
    row = {
        "id": TEXT, "title": TEXT, "text": TEXT + "\ud83d",
        "choices": [{"text": f"{n} {TEXT}", "labels": {f"a{NAME}": 0.5}} for n in range(2)],
    }  # fmt: skip
    sets = paths.user_scenarios()
    for place in (sets, paths.user_profiles(), paths.user_backbones(), paths.user_attributes()):
        place.mkdir(parents=True, exist_ok=True)
    hostile = json.dumps(NAME, ensure_ascii=False).replace("\x9b", "\\u009b")
    for place, good in (
        (paths.user_profiles(), f'description = {hostile}\n[adm]\nkind = "random"\n'),
        (paths.user_backbones(), f"model = {hostile}\n"),
        (
            paths.user_attributes(),
            f"name = {hostile}\n[[attribute]]\nid = 'harm'\nname = {hostile}\n"
            f"definition = {hostile}\nhigh = {hostile}\nlow = {hostile}\n",
        ),
    ):
        (place / f"good{FILE_NAME}.toml").write_text(good, encoding="utf-8")
        if place != paths.user_attributes():  # a broken one stops every command
            bad = f"{hostile} = {hostile}\n"
            (place / f"bad{FILE_NAME}.toml").write_text(bad, encoding="utf-8")
    (sets / f"good{FILE_NAME}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (sets / f"bad{FILE_NAME}.jsonl").write_text('{"\x9b31m": 1}\n', encoding="utf-8")
    path = folder / f"set{FILE_NAME}.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path
