"""Bundles: the same bytes for the same run, every change found, no secret, and decided again."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.cli import run as command
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.errors import AlignError, BundleError, ConfigError, StoreError
from align_tui.core.scenarios import Choice
from align_tui.core.types import canonical, content_hash
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import read_archive, write_archive
from align_tui.formats.bundle.content import Bundle, read_content, written
from align_tui.formats.bundle.verify import read_bundle, verify
from align_tui.output.report.data import gather
from align_tui.services import rerunning
from align_tui.services.bundling import bundle_of, import_bundle, write_bundle
from align_tui.services.rescoring import rescore
from align_tui.store import results, run_annotations, runs, search
from align_tui.store.database import Database, open_database
from align_tui.studies.rescoring import Rescoring
from tests import again
from tests.conftest import make_study

OLD = Path(__file__).parent.parent / "data" / "v0_1"


def study() -> Study:
    aligned = again.profile(
        "aligned", "prompt_aligned", adm={"n_positive": 2, "n_negative": 1}, order="shuffled",
        decoding={"temperature": 0.7},
    )  # fmt: skip
    examples = {"scenarios": "demo-triage", "number": 1}
    shown = again.profile("shown", "baseline", examples=examples)
    rated = again.profile("rated", "comparative_regression")
    from align_tui.config.attributes import load_attributes
    from align_tui.studies.examples import with_examples

    shown = with_examples(shown, load_attributes())
    return Study("s", (aligned, shown, rated, again.profile("o", "oracle")), again.scenarios(3),
                 cluster="question", margin=0.125)  # fmt: skip


def failed(path: Path) -> list[str]:
    return [check.name for check in verify(path) if check.status == "failed"]


def rewritten(bundle: Bundle, path: Path) -> Path:
    """A bundle that was changed by somebody who also wrote the manifest anew."""
    with path.open("wb") as file:
        write_archive(file, bundle.run.id, "1", written(bundle))
    return path


@pytest.fixture
def whole(database: Database, tmp_path: Path) -> tuple[str, Path]:
    run = again.decided(database, study())
    first = next(iter(runs_samples(database, run)))
    run_annotations.set_verdict(database, first, "agree")
    run_annotations.toggle_bookmark(database, first)
    run_annotations.set_tags(database, run, ["paper"])
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    return run, path


def runs_samples(db: Database, run: str) -> list[int]:
    return [row[0] for row in db.read("SELECT id FROM samples WHERE run=? ORDER BY id", (run,))]


def test_the_same_run_has_the_same_bytes_and_holds_all_of_it(
    database: Database, tmp_path: Path, whole: tuple[str, Path]
) -> None:
    run, path = whole
    write_bundle(database, run, tmp_path / "second.zip")
    assert path.read_bytes() == (tmp_path / "second.zip").read_bytes()
    assert all(check.status == "ok" for check in verify(path)), verify(path)
    bundle = read_bundle(path)
    assert bundle == bundle_of(database, run) and dict(written(bundle)) == dict(
        read_archive(path).parts
    )
    assert bundle.run.tags == ["paper"] and bundle.samples[0].verdict == "agree"
    assert bundle.samples[0].bookmarked and bundle.samples[0].responses[0].raw
    assert bundle.study() == runs.load_study(database, run)
    shown = bundle.study().profiles[1].examples
    assert shown is not None and shown.loaded.examples
    assert bundle.examples and bundle.attributes and bundle.tallies
    assert {each.kind for each in bundle.sources} >= {"template", "alignment"}
    with zipfile.ZipFile(path) as archive:  # any program reads it
        lines = archive.read(p.SAMPLES).decode().splitlines()
        assert len(lines) == 12 and json.loads(lines[0])["result"]["choice"] in (0, 1, 2)
        assert "sha256sum" in archive.read(p.README).decode()


def test_a_fresh_database_decides_it_again_alike(tmp_path: Path, whole: tuple[str, Path]) -> None:
    run, path = whole
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        bundle, is_file = rerunning.read_source(None, str(path))
        made = rerunning.study_to_repeat(bundle)
        new = rerunning.start(db, bundle, made, {"align-tui": "test"})
        row = runs.get_run(db, new)
        assert is_file and row.parent is None and row.pending == 12
        assert runs.run_versions(db, new)["repeats run"] == run
        again.decide_all(db, new)
        found = rerunning.compared(db, bundle, new)
        assert found.is_equal and found.same_texts == len(found.samples) == 12, found
        # The bundle of the new run is that of the old one, but for its name and its times.
        same = bundle_of(db, new)
        assert same.profiles == bundle.profiles and same.texts == bundle.texts
        assert [each.seed for each in same.samples] == [each.seed for each in bundle.samples]
        # Another model decides otherwise, and the comparison says where.
        other = rerunning.start(db, bundle, made, {"align-tui": "test"})
        again.decide_all(db, other, salt="another model")
        found = rerunning.compared(db, bundle, other)
        assert not found.is_equal and found.count("differs") and found.same_texts >= 3
        # A run of the database is repeated as well as a bundle; what is open differs.
        source, is_file = rerunning.read_source(db, new)
        third = rerunning.start(db, source, rerunning.study_to_repeat(source), {})
        assert not is_file and rerunning.compared(db, source, third).count("missing") == 12


def test_an_imported_bundle_is_the_run_as_it_was(
    tmp_path: Path, whole: tuple[str, Path], database: Database
) -> None:
    run, path = whole
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        assert import_bundle(db, path) == run
        write_bundle(db, run, tmp_path / "again.zip")
        assert (tmp_path / "again.zip").read_bytes() == path.read_bytes()
        assert results.tallies(db, run) == results.tallies(database, run)
        assert search.search(db, "Because") and gather(db, [run])
        with pytest.raises(StoreError, match="in this database already"):
            import_bundle(db, path)
        other = rewritten(other_tally(read_bundle(path)), tmp_path / "changed.zip")
        with pytest.raises(BundleError, match="tally"):
            import_bundle(db, other)
        runs.delete_run(db, run)
        assert import_bundle(db, path) == run


def changed_sample(bundle: Bundle, **changes: Any) -> Bundle:
    first, *others = bundle.samples
    return replace(bundle, samples=[first.model_copy(update=changes), *others])


def flipped_score(bundle: Bundle) -> Bundle:
    [(key, score)] = bundle.samples[0].scores.items()
    return changed_sample(
        bundle, scores={key: score.model_copy(update={"correct": not score.correct})}
    )


def other_choice(bundle: Bundle) -> Bundle:
    result = bundle.samples[0].result
    assert result is not None and result.choice is not None
    choice = 1 - result.choice
    text = bundle.scenario(0).choices[choice].text
    return changed_sample(
        bundle, result=result.model_copy(update={"choice": choice, "choice_text": text})
    )


def other_label(bundle: Bundle) -> Bundle:
    """A label is changed, with the hash of the scenario."""
    body = json.loads(json.dumps(bundle.scenarios[0].body))
    for choice in body["choices"]:
        choice["labels"] = {key: 1 - value for key, value in choice["labels"].items()}
    row = p.HashedPart(hash=content_hash(canonical(body)), body=body)
    return replace(bundle, scenarios=[row, *bundle.scenarios[1:]])


def other_body(bundle: Bundle) -> Bundle:
    body = {**bundle.scenarios[0].body, "text": "Another scenario"}
    row = bundle.scenarios[0].model_copy(update={"body": body})
    return replace(bundle, scenarios=[row, *bundle.scenarios[1:]])


def other_profile(bundle: Bundle) -> Bundle:
    body = {**bundle.profiles[0].body, "decoding": {"temperature": 0.0}}
    row = bundle.profiles[0].model_copy(update={"body": body, "sha256": content_hash(body)})
    return replace(bundle, profiles=[row, *bundle.profiles[1:]])


def other_text(bundle: Bundle) -> Bundle:
    return replace(bundle, texts={**bundle.texts, min(bundle.texts): "Another prompt"})


def lost_text(bundle: Bundle) -> Bundle:
    kept = bundle.samples[0].responses[0].prompt
    return replace(bundle, texts={k: v for k, v in bundle.texts.items() if k != kept})


def other_source(bundle: Bundle, kind: str = "template") -> Bundle:
    changed = [
        each.model_copy(update={"text": "other"}) if each.kind == kind else each
        for each in bundle.sources
    ]
    return replace(bundle, sources=changed)


def other_tally(bundle: Bundle) -> Bundle:
    row = bundle.tallies[0].model_copy(update={"correct": bundle.tallies[0].correct + 1})
    return replace(bundle, tallies=[row, *bundle.tallies[1:]])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (flipped_score, {"scores", "tallies"}),
        (other_choice, {"scores"}),
        (other_label, {"scores"}),
        (other_body, {"hashes", "samples"}),
        (other_profile, {"hashes"}),
        (other_text, {"hashes"}),
        (lost_text, {"samples"}),
        (other_source, {"hashes"}),
        (other_tally, {"tallies"}),
        (lambda b: changed_sample(b, seed=1), {"samples"}),
        (lambda b: changed_sample(b, scenario=99), {"samples"}),
        (lambda b: changed_sample(b, status="failed"), {"samples"}),
        (lambda b: replace(b, samples=[b.samples[0], *b.samples]), {"samples"}),
        (lambda b: replace(b, tallies=[]), {"tallies"}),
    ],
)
def test_a_change_is_found_though_the_manifest_is_written_anew(
    change: Callable[[Bundle], Bundle], found: set[str], tmp_path: Path, made: Path
) -> None:
    path = rewritten(change(read_bundle(made)), tmp_path / "changed.zip")
    assert found <= set(failed(path)), verify(path)


@functools.lru_cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="align-tui-bundle-"))
    with contextlib.closing(open_database(folder / "runs.db")) as db:
        write_bundle(db, again.decided(db, study()), folder / "run.zip")
    return folder / "run.zip"


@pytest.fixture
def made() -> Path:
    """A bundle that several tests read and none changes."""
    return _made()


@settings(max_examples=15)
@given(st.data())
def test_any_changed_byte_of_any_part_is_found(data: st.DataObject) -> None:
    content = bytearray(_made().read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entries = [each for each in archive.infolist() if each.file_size]
    entry = data.draw(st.sampled_from(entries))
    begin = entry.header_offset + 30 + len(entry.filename)
    at = begin + data.draw(st.integers(0, entry.file_size - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path = _made().with_name("flipped.zip")
    path.write_bytes(bytes(content))
    with contextlib.suppress(BundleError):  # zip's own checksum, or no manifest, finds it first
        assert failed(path), entry.filename


SECRET = "sk-proj-4f9aVq2LmZ77pQ81xT"  # gitleaks:allow


def test_no_secret_and_no_home_folder_is_in_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / "alice"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MY_SERVER_KEY", SECRET)
    monkeypatch.setenv("ODD_NAME", "another-secret-9")
    server = {
        "base_urls": ["http://localhost:1/v1"], "api_key_env": "ODD_NAME",
        "extra": {"headers": {"Authorization": "Bearer hidden-777"}, "max_tokens": 7},
    }  # fmt: skip
    asked = Profile.model_validate(
        {"name": "a", "adm": {"kind": "baseline"},
         "backbone": {"kind": "openai", "model": str(home / "model"), "server": server}}
    )  # fmt: skip
    scenarios = list(again.scenarios(2))
    scenarios[1] = replace(
        scenarios[1], text=f"The key {SECRET}", choices=(Choice(f"{SECRET}"), Choice("b"))
    )
    study = Study("s", (asked,), tuple(scenarios), notes=(f"in {home}/x", SECRET))
    versions = {"from": f"{home}/runs", "key": SECRET}
    run = runs.create_run(database, study, versions)
    again.decide_all(database, run)
    run_annotations.set_note(database, run, f"with {SECRET} at {home}")
    with database.write() as connection:
        connection.execute(
            "UPDATE results SET reasoning=?, notes=?", (SECRET, json.dumps([SECRET]))
        )
        connection.execute("UPDATE responses SET raw=?", (f"{SECRET} another-secret-9",))
        connection.execute("UPDATE run_profiles SET model=?", (f"{home}/model sha256:1",))
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    content = path.read_bytes()
    for hidden in (SECRET, "another-secret-9", "hidden-777", str(home), "alice"):
        assert hidden.encode() not in content, hidden
    bundle = read_bundle(path)
    assert bundle.profiles[0].changed and b"ODD_NAME" in content
    assert bundle.profiles[0].body["backbone"]["server"]["extra"]["max_tokens"] == 7
    assert bundle.profiles[0].body["backbone"]["model"] == "~/model"
    assert not {"parts", "schema", "hashes"} & set(failed(path)), verify(path)
    back = rerunning.study_to_repeat(bundle)
    assert back.profiles[0].backbone.model == str(home / "model")
    assert rerunning.servers_of(back) == (("http://localhost:1/v1", "ODD_NAME"),)


def archive_of(path: Path, entries: dict[str, bytes], **more: Any) -> Path:
    with zipfile.ZipFile(path, "w", **more) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_hostile_files_are_refused_in_a_sentence(tmp_path: Path, made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        good = {name: archive.read(name) for name in archive.namelist()}
    path = tmp_path / "bad.zip"
    bomb = {**good, p.TEXTS: b"\0" * 5_000_000}
    with pytest.raises(BundleError, match="unpacks to more"):
        read_archive(archive_of(path, bomb, compression=zipfile.ZIP_DEFLATED), most=1_000_000)
    for entries, said in (
        ({**good, "../../etc/x": b""}, "entry"),
        ({**good, "/etc/x": b""}, "entry"),
        ({f"{i}.json": b"" for i in range(1_500)}, "too many entries"),
        ({k: v for k, v in good.items() if k != p.MANIFEST}, "no manifest"),
        ({**good, p.MANIFEST: b'{"format": "align-tui/bundle/9"}'}, "newer|reads"),
        ({**good, p.MANIFEST: b'{"format": 3}'}, "format"),
        ({**good, p.MANIFEST: b"[" * 100_000}, "manifest.json"),
    ):
        with pytest.raises(BundleError, match=said):
            read_archive(archive_of(path, entries))
    path.write_bytes(b"no zip at all")
    with pytest.raises(BundleError, match="not a zip"):
        verify(path)
    sample = json.loads(good[p.SAMPLES].splitlines()[0])
    changes: list[dict[str, Any]] = [
        {"seed": 10**5_000}, {"seed": -1}, {"repeat": 1.5}, {"scores": []}, {"more": 1},
        {"status": "odd"}, {"result": {**sample["result"], "latency_s": "1"}},
    ]  # fmt: skip
    for change in changes:
        try:
            line = json.dumps({**sample, **change})
        except ValueError:
            line = json.dumps(sample).replace(str(sample["seed"]), "9" * 5_000)
        with pytest.raises(BundleError, match="line 1"):
            read_content({**good, p.SAMPLES: line.encode()})
    not_a_number = json.dumps(sample).replace("0.5", "NaN", 1)
    for line in (not_a_number, "{", '{"a": 1, "a": 2}', "[" * 99_999):
        with pytest.raises(BundleError, match="line 1"):
            read_content({**good, p.SAMPLES: line.encode()})


def test_runs_of_version_0_1_are_bundled_and_checked(tmp_path: Path) -> None:
    shutil.copy(OLD / "runs.db", tmp_path / "old.db")
    with contextlib.closing(open_database(tmp_path / "old.db")) as db:
        for number, row in enumerate(runs.list_runs(db)):
            path = tmp_path / f"{number}.zip"
            write_bundle(db, row.id, path)
            assert failed(path) == [], verify(path)
            bundle = read_bundle(path)
            assert bundle.run.seed_rule == "content"
            if row.done and all(e.adm.traits.can_decide for e in bundle.study().profiles):
                new = rerunning.start(db, bundle, rerunning.study_to_repeat(bundle), {})
                assert bundle_of(db, new).run.seed_rule == "content"
                assert bundle_of(db, new).run.day == bundle.run.day


def test_a_rescored_run_is_bundled_and_decided_again(database: Database, tmp_path: Path) -> None:
    run = again.decided(database, study())
    child = rescore(database, run, Rescoring(scoring="naacl", alignment="squared_distance")).run
    path = tmp_path / "child.zip"
    write_bundle(database, child, path)
    assert failed(path) == []
    bundle = read_bundle(path)
    before = bundle_of(database, run)
    assert bundle.run.parent == run and bundle.texts == before.texts
    templates = [each for each in before.sources if each.kind == "template"]
    assert [each for each in bundle.sources if each.kind == "template"] == templates
    new = rerunning.start(database, bundle, rerunning.study_to_repeat(bundle), {})
    again.decide_all(database, new)
    assert rerunning.compared(database, bundle, new).is_equal


def test_what_cannot_be_decided_again_is_refused(database: Database, tmp_path: Path) -> None:
    imported = Profile.model_validate({"name": "i", "adm": {"kind": "imported", "adm": "x"}})
    run = runs.create_run(database, replace(make_study(), profiles=(imported,)), {})
    with pytest.raises(ConfigError, match="cannot decide again"):
        rerunning.study_to_repeat(bundle_of(database, run))
    with pytest.raises(BundleError, match="no file"):
        rerunning.read_source(database, str(tmp_path / "none.zip"))
    empty = bundle_of(database, runs.create_run(database, make_study(), {}))
    with pytest.raises(BundleError, match="no decision"):
        rerunning.start(database, empty, empty.study(), {})


CODE = "async def decide(scenario, targets, llm, parameters):\n    return 0\n"


def test_code_in_a_bundle_runs_only_when_it_is_trusted(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from align_tui.config.code import with_hashes

    file = tmp_path / "mine.py"
    file.write_text(CODE)
    adm = {"kind": "custom", "file": str(file), "needs_model": False}
    custom = with_hashes(Profile.model_validate({"name": "c", "adm": adm}))
    run = again.decided(database, Study("s", (custom,), again.scenarios(2)))
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    file.write_text("raise SystemExit")  # this machine's file is another one now
    monkeypatch.delenv("ALIGN_TUI_TRUST")
    fresh = str(tmp_path / "fresh.db")
    assert command(["rerun", str(path), "--db", fresh]) == 2
    assert "cannot ask you" in capsys.readouterr().err and not Path(fresh).exists()
    [profile] = rerunning.study_to_repeat(read_bundle(path)).profiles
    stored = Path(profile.adm.file)  # type: ignore[attr-defined]
    assert stored.read_text() == CODE and stored != file
    bundle = other_source(read_bundle(path), "file")
    with pytest.raises(BundleError, match="not the code that decided"):
        rerunning.study_to_repeat(bundle)
    bundle = replace(read_bundle(path), sources=[])
    with pytest.raises(ConfigError, match="does not have it"):
        rerunning.study_to_repeat(bundle)


def test_the_commands(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = again.decided(database, make_study())
    db, path = str(tmp_path / "runs.db"), tmp_path / "run.zip"
    assert command(["bundle", run, "-o", str(path), "--db", db]) == 0
    capsys.readouterr()
    assert command(["verify", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] and {each["name"] for each in said["checks"]} >= {"parts", "scores"}
    changed = rewritten(other_tally(read_bundle(path)), tmp_path / "changed.zip")
    assert command(["verify", str(changed)]) == 1
    assert "the tally is not that of its scores" in capsys.readouterr().out
    assert command(["rerun", str(path), "--db", str(tmp_path / "new.db"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["equal"] and said["same_decision"] == 6 and said["repeats"] == run
    other = rewritten(other_choice(read_bundle(path)), tmp_path / "other.zip")
    assert command(["rerun", str(other), "--db", str(tmp_path / "new.db")]) == 1
    assert "another decision" in capsys.readouterr().out


def test_errors_are_titled(tmp_path: Path) -> None:
    with pytest.raises(AlignError) as refused:
        verify(tmp_path)
    assert refused.value.title == "This bundle cannot be used"


def test_servers_of_a_bundle_are_asked_only_after_a_yes(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = {"base_urls": ["http://localhost:1/v1"], "api_key_env": "MY_KEY"}
    backbone = {"kind": "openai", "model": "m", "server": server}
    asked = Profile.model_validate({"name": "a", "adm": {"kind": "baseline"}, "backbone": backbone})
    run = again.decided(database, Study("s", (asked,), again.scenarios(1)))
    path, fresh = tmp_path / "run.zip", tmp_path / "fresh.db"
    write_bundle(database, run, path)
    monkeypatch.delenv("ALIGN_TUI_TRUST")
    assert command(["rerun", str(path), "--db", str(fresh)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "http://localhost:1/v1 (with the key in MY_KEY)" in said and not fresh.exists()
