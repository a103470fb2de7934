"""Every change of a bundle is found, and a hostile file is refused in a sentence."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.study import Study
from align_tui.core.errors import AlignError, BundleError
from align_tui.formats.bundle import archive as bundle_archive
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import read_archive
from align_tui.formats.bundle.content import Bundle, read_content
from align_tui.formats.bundle.verify import read_bundle, verify
from align_tui.services.bundling import import_bundle, write_bundle
from align_tui.store import runs
from align_tui.store.database import Database, open_database
from tests import again
from tests.store.bundle_changes import (
    changed_sample,
    failed,
    flipped_score,
    lost_text,
    other_body,
    other_choice,
    other_definition,
    other_label,
    other_profile,
    other_source,
    other_tally,
    other_template,
    other_text,
    rewritten,
    study,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that several tests read and none changes."""
    folder = tmp_path_factory.mktemp("bundle")
    with contextlib.closing(open_database(folder / "runs.db")) as db:
        write_bundle(db, again.decided(db, study()), folder / "run.zip")
    return folder / "run.zip"


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
        (other_definition, {"hashes"}),
        (other_template, {"hashes"}),
        (lambda b: same_names(b), {"run"}),
        (lambda b: same_keys(b), {"run", "samples"}),
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


@settings(max_examples=15)
@given(st.data())
def test_any_changed_byte_of_any_part_is_found(made: Path, data: st.DataObject) -> None:
    content = bytearray(made.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entries = [each for each in archive.infolist() if each.file_size]
    entry = data.draw(st.sampled_from(entries))
    begin = entry.header_offset + 30 + len(entry.filename)
    at = begin + data.draw(st.integers(0, entry.file_size - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path = made.with_name("flipped.zip")
    path.write_bytes(bytes(content))
    with contextlib.suppress(BundleError):  # zip's own checksum, or no manifest, finds it first
        assert failed(path), entry.filename


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


def test_errors_are_titled(tmp_path: Path) -> None:
    with pytest.raises(AlignError) as refused:
        verify(tmp_path)
    assert refused.value.title == "This bundle cannot be used"


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bundle_of_the_first_format_is_read(tmp_path: Path, made: Path) -> None:
    """It has neither the two orders of a decision nor fingerprints, and its keys are sorted."""
    parts = parts_of(made)
    lines = [json.loads(line) for line in parts[p.SAMPLES].splitlines()]
    for line in lines:
        for each in (*line["responses"], line["result"]):
            for key in ("halves", "fingerprint"):
                each.pop(key, None)
    parts[p.SAMPLES] = b"".join(json.dumps(line, sort_keys=True).encode() + b"\n" for line in lines)
    manifest = json.loads(parts.pop(p.MANIFEST))
    assert manifest["format"] == "align-tui/bundle/2"
    data = parts[p.SAMPLES]
    manifest["parts"][p.SAMPLES] = {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    manifest["format"] = "align-tui/bundle/1"
    path = archive_of(tmp_path / "old.zip", {**parts, p.MANIFEST: json.dumps(manifest).encode()})
    assert failed(path) == [], verify(path)
    with contextlib.closing(open_database(tmp_path / "fresh.db")) as db:
        run = import_bundle(db, path)
        assert runs.get_run(db, run).done == 12


def test_a_file_that_was_cut_or_that_claims_to_be_large_is_refused(
    tmp_path: Path, made: Path
) -> None:
    content, path = made.read_bytes(), tmp_path / "cut.zip"
    for length in (0, 3, 4, 29, 100, 5_000, len(content) // 2, len(content) - 30, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(BundleError):
            read_archive(path)
    path.write_bytes(content + b"more")  # what stands behind the end is no part of it
    with contextlib.suppress(BundleError):
        assert read_archive(path).parts == read_archive(made).parts
    packed = archive_of(path, parts_of(made), compression=zipfile.ZIP_DEFLATED)
    assert failed(packed) == []  # packed for sending
    with patch.object(bundle_archive, "LEAST_MOST", 1_000_000):
        assert failed(packed) == []
        bomb = archive_of(path, {"x": b"\0" * 9_000_000}, compression=zipfile.ZIP_DEFLATED)
        with pytest.raises(BundleError, match=r"unpacks to more than [0-9.]+ MB"):
            read_archive(bomb)


def test_orders_that_do_not_give_the_decision_are_found(database: Database, tmp_path: Path) -> None:
    voted = again.profile("v", "prompt_aligned", order="both", adm={"n_positive": 3})
    rated = again.profile("r", "comparative_regression", order="both")
    run = again.decided(database, Study("s", (voted, rated), again.scenarios(3)))
    path = tmp_path / "run.zip"
    write_bundle(database, run, path)
    assert failed(path) == []
    bundle = read_bundle(path)
    first = bundle.samples[0]
    assert first.result is not None and len(first.result.halves) == 2
    given, turned = first.result.halves
    other = {**given, "votes": list(reversed(given["votes"])), "choice": 1 - given["choice"]}
    for halves, found in (
        ([other, {**turned, "votes": other["votes"]}], "samples"),
        ([given], "schema"), ([{}, {}], "schema"), ([{**given, "choice": "x"}, turned], "schema"),
        ([{**given, "replies": 99}, turned], "schema"),
        ([{**given, "votes": [1.0]}, turned], "samples"),
    ):  # fmt: skip
        result = first.result.model_copy(update={"halves": halves})
        changed = replace(
            bundle, samples=[first.model_copy(update={"result": result}), *bundle.samples[1:]]
        )
        assert found in failed(rewritten(changed, tmp_path / "changed.zip")), halves


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../../etc/x"}, {"id": ""}, {"id": "-rf"}, {"parent": "a/b"}, {"day": "today"},
        {"created": 1e300}, {"created": -1.0}, {"margin": -5.0}, {"repeat": 0},
    ],
)  # fmt: skip
def test_a_run_with_impossible_settings_is_refused(change: dict[str, Any], made: Path) -> None:
    parts = parts_of(made)
    parts[p.RUN] = json.dumps(json.loads(parts[p.RUN]) | change).encode()
    with pytest.raises(BundleError, match=rf"run.json: {next(iter(change))}\b"):
        read_content(parts)


def same_names(bundle: Bundle) -> Bundle:
    first = bundle.profiles[0]
    return replace(bundle, profiles=[first, first, *bundle.profiles[2:]])


def same_keys(bundle: Bundle) -> Bundle:
    return replace(bundle, scenarios=[bundle.scenarios[0]] * len(bundle.scenarios))
