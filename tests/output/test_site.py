"""Pages of runs: they load nothing, execute one script of ours, and link to each decision."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.cli.browse_command import write_pages
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.output.site.data import run_data
from align_tui.output.site.pages import HERE, index_page, run_page, write_site
from align_tui.store.database import Database, open_database
from tests import hostile
from tests.output.test_align_browser import decide_all, profile
from tests.output.test_events_schema import mixed
from tests.tui import fakes

NASTY = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;<!--\u2028\x1b[31m\u202e"
)
VOID = {"meta", "link", "input", "br", "img", "rect"}


class Page(HTMLParser):
    """A parsed page: its elements, the text of its blocks, and the open elements at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: dict[str, list[str]] = {"script": [], "style": []}
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.blocks:
            self.blocks[tag].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside in self.blocks:
            self.blocks[inside][-1] += data
        else:
            self.texts.append(data)

    @property
    def data(self) -> Any:
        """The data block of a run's page."""
        return json.loads(self.blocks["script"][0])

    @property
    def policy(self) -> str:
        return next(
            str(attrs["content"])
            for tag, attrs in self.elements
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        )


def source_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def check(text: str, *, scripts: int) -> Page:
    """The page, after the checks that every page must pass."""
    page = Page(text)
    assert page.open == []
    assert page.policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in page.policy and "'self'" not in page.policy
    [style] = page.blocks["style"]
    assert source_hash(style) in page.policy
    assert len(page.blocks["script"]) == scripts
    assert all(source_hash(script) in page.policy for script in page.blocks["script"][1:])
    for tag, attrs in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "link", "form", "base")
        assert not any(name.startswith("on") or name in ("src", "style") for name in attrs), attrs
        target = attrs.get("href")
        assert target is None or re.fullmatch(r"(\.\./index|runs/[\w\-.%]+)\.html", target), target
    assert not hostile.commands_in("".join(page.texts))
    return page


def nasty_study() -> Study:
    scenarios = tuple(
        Scenario(
            f"k{i} {NASTY}", f"text {NASTY}",
            (Choice(f"a {NASTY}", {"moral_desert": 1.0, NASTY: 0.5}), Choice("b")), f"T{i} {NASTY}",
        )
        for i in range(2)
    )  # fmt: skip
    named = profile("<b onclick=x>&\"'", target=[{"attribute": "moral_desert", "value": 0.7}])
    return Study(f"study {NASTY}", (named, profile("base")), scenarios, repeat=2)


def test_hostile_text_stays_text(database: Database, tmp_path: Path) -> None:
    study = nasty_study()
    run = decide_all(database, study)
    index, of_run = write_site(database, [run], tmp_path)
    check(index.read_text(encoding="utf-8"), scripts=0)
    page = check(of_run.read_text(encoding="utf-8"), scripts=2)
    assert "<script>alert(1)" in page.data["scenarios"][0]["text"]
    assert "alert(1)" not in page.blocks["script"][1]
    for sign in "<>&\u2028":
        assert sign not in page.blocks["script"][0]
    assert not hostile.commands_in(json.dumps(page.data, ensure_ascii=False))


def test_a_page_has_every_decision_and_what_it_was_made_of(
    database: Database, tmp_path: Path
) -> None:
    run, study = mixed(database)
    index, of_run = write_site(database, [run], tmp_path)
    data = check(of_run.read_text(encoding="utf-8"), scripts=2).data
    assert [p["name"] for p in data["profiles"]] == [p.name for p in study.profiles]
    assert [s["key"] for s in data["scenarios"]] == [s.key for s in study.scenarios]
    made = {(d["profile"], d["scenario"]): d for d in data["decisions"]}
    assert len(made) == 8
    rated = made[1, 0]
    assert rated["predictions"][0]["moral_desert"]["reasons"] == ["he helped", "=1+1"]
    assert rated["relevance"]["by_choice"] and rated["ranking"]["best"] == [0, 1]
    assert rated["reasoning"] == "So." and rated["steps"][0]["seconds"] == 0.25
    assert made[2, 0]["answer"] == {"kind": "text", "text": "Both of them."}
    assert made[3, 1]["error"]["kind"] == "truncated"
    assert made[1, 1]["thinking"] == "let me see"
    assert data["profiles"][1]["points"] == {"moral_desert": 1.0}
    assert data["profiles"][1]["scores"][0]["id"] == "moral_desert=1.0"
    assert data["profiles"][1]["settings"]["adm.kind"] == "prompt_aligned"
    assert not any(name.startswith("backbone") for name in data["profiles"][1]["settings"])
    listed = Page(index.read_text(encoding="utf-8"))
    assert ("a", {"href": f"runs/{run}.html"}) in listed.elements
    assert any(study.name in text for text in listed.texts)


def test_pages_of_other_runs_stay_and_other_peoples_pages_too(
    database: Database, tmp_path: Path
) -> None:
    first, second = (decide_all(database, fakes.study(1, profiles=1)) for _ in range(2))
    write_site(database, [first], tmp_path)
    write_site(database, [second, second], tmp_path)
    assert sorted(p.stem for p in (tmp_path / "runs").iterdir()) == sorted([first, second])
    links = [attrs["href"] for tag, attrs in Page(
        (tmp_path / "index.html").read_text(encoding="utf-8")).elements if tag == "a"]  # fmt: skip
    assert links == [f"runs/{second}.html"]
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "index.html").write_text("<h1>mine</h1>")
    with pytest.raises(ConfigError, match="not a page of align-tui"):
        write_site(database, [first], theirs)
    assert (theirs / "index.html").read_text() == "<h1>mine</h1>"


@settings(max_examples=15)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_text_ends_the_block_of_data(text: str) -> None:
    data: dict[str, Any] = {
        "run": "r", "study": text, "started": "", "state": text, "decided": 0, "failed": 0,
        "open": 0, "rule": text, "repeat": 1, "notes": [text], "versions": {text: text},
        "profiles": [], "scenarios": [], "decisions": [{"reasoning": text + NASTY}],
    }  # fmt: skip
    page = Page(run_page(data))
    assert page.data["decisions"] == data["decisions"] and len(page.blocks["script"]) == 2
    assert len(Page(index_page([data])).blocks["script"]) == 0


def test_the_script_sets_text_and_asks_for_nothing() -> None:
    script = (HERE / "run.js").read_text(encoding="utf-8")
    ways = "innerHTML outerHTML insertAdjacentHTML document.write eval( Function( fetch( "
    ways += "XMLHttpRequest import( localStorage cookie"
    for way in ways.split():
        assert way not in script
    assert "</" not in script  # nothing in it ends its element
    assert "</" not in (HERE / "site.css").read_text(encoding="utf-8")
    for key in "jkhlnN":
        assert re.search(rf"\b{key}: \(\) =>", script)
    node = shutil.which("node")
    if node is not None:
        subprocess.run([node, "--check", HERE / "run.js"], check=True, timeout=60)


def test_a_run_that_goes_on_is_shown_as_far_as_it_is(database: Database) -> None:
    from align_tui.store import runs

    run = runs.create_run(database, fakes.study(2, profiles=2), {})
    data = run_data(database, run)
    assert data["decisions"] == [] and data["open"] == 4
    check(run_page(data), scripts=2)


def test_the_command_writes_all_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs.db"
    with closing(open_database(path)) as db:
        made = [decide_all(db, fakes.study(1, profiles=1)) for _ in range(2)]
    assert write_pages([], path, tmp_path / "www") == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "www" / "index.html")
    assert sorted(p.stem for p in (tmp_path / "www" / "runs").iterdir()) == sorted(made)
    assert write_pages([made[0][-4:]], path, tmp_path / "one") == 0
    assert [p.stem for p in (tmp_path / "one" / "runs").iterdir()] == [made[0]]
