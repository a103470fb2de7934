"""Call every reader of a user's files as the program calls it, on any file."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import resource
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from align_tui.backbones.local.chat_template import render_chat
from align_tui.backbones.local.inventory import glance_at
from align_tui.cli.profiles import EXAMPLE
from align_tui.config import paths
from align_tui.config.attributes import load_attributes, read_pack
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.backbones import read_backbone
from align_tui.config.library import load_profile
from align_tui.config.model_files import small_files, weights
from align_tui.config.model_files.gguf_header import read_header
from align_tui.config.options import Options
from align_tui.config.personas import read_personas
from align_tui.config.prompts.render import render_messages
from align_tui.config.prompts.sandbox import TemplateTrouble
from align_tui.config.reading.files import read_bytes
from align_tui.core.errors import AlignError, BundleError
from align_tui.core.types import canonical, content_hash
from align_tui.formats.align_system.runs import read_run_directory
from align_tui.formats.align_system.targets import read_target
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import write_archive
from align_tui.formats.bundle.content import Bundle, written
from align_tui.formats.bundle.verify import check_content, verify
from align_tui.formats.inspect_log.read import read_inspect_log
from align_tui.formats.read import read_scenarios
from align_tui.studies.assemble import load_study
from align_tui.tui.keymap_file import read_keymap
from tests.fuzzing.mutating import mutated
from tests.fuzzing.nasty import FILES, no_files

REPO = Path(__file__).resolve().parent.parent.parent
SHARED = REPO.parent / "shared" / "data"  # real files of the field, if they exist
LONGEST = 30.0  # seconds of CPU time; a reader that takes longer counts as hanging


def _template(path: Path) -> None:
    profile = load_profile(str(path))
    render_messages(profile, EXAMPLE, profile.target, load_attributes())


class _Tokenizer:
    """A tokenizer for chat templates, with transformers' `apply_chat_template`."""

    special_tokens_map: dict[str, str] = {"bos_token": "<s>"}  # noqa: RUF012

    def __init__(self) -> None:
        from transformers import PreTrainedTokenizerBase

        type(self).apply_chat_template = PreTrainedTokenizerBase.apply_chat_template  # type: ignore[attr-defined]


def _chat(path: Path) -> None:
    tokenizer: Any = _Tokenizer()
    turns = [{"role": "user", "content": "Who is first?"}]
    try:
        render_chat(tokenizer, path.read_text(encoding="utf-8", errors="replace"), turns, {})
    except TemplateTrouble as error:
        assert error.message


def _folder(path: Path) -> None:
    """A model's folder with the file as its config, its index and its adapter's config."""
    folder = path.parent / "model"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("config.json", weights.INDEX, weights.ADAPTER_CONFIG):
        os.link(path, folder / name)
    glance_at(BackboneSpec(kind="transformers", model=str(folder)))
    for look in (weights.missing_parts, weights.adapter_base, weights.count_parameters,
                 small_files.check_small_files):  # fmt: skip
        try:
            look(folder)
        except AlignError as error:
            assert error.message


def _bundle_parts(path: Path) -> None:
    """The file as each part of a bundle whose other parts are good."""
    content, good = read_bytes(path, 10_000_000, BundleError), dict(written(BUNDLE))
    for name in good:
        for check in check_content({**good, name: content}, "r"):
            assert all(len(problem) < 2_000 for problem in check.problems)


READERS: dict[str, Callable[[Path], object]] = {
    "scenarios": lambda path: read_scenarios(path, attributes=load_attributes()),
    "run": lambda path: read_run_directory(path, load_attributes()),
    "inspect": lambda path: read_inspect_log(path, load_attributes()),
    "target": lambda path: read_target(path, attributes=load_attributes()),
    "profile": lambda path: load_profile(str(path)),
    "template": _template,
    "chat": _chat,
    "backbone": read_backbone,
    "study": lambda path: load_study(Options(study=path)),
    "pack": read_pack,
    "personas": lambda path: read_personas(path, load_attributes()),
    "keymap": read_keymap,
    "bundle": verify,
    "bundle part": _bundle_parts,
    "gguf": read_header,
    "safetensors": weights.header_of,
    "config": _folder,
}
ENDINGS = {"bundle": ".zip",
           "profile": ".toml", "template": ".toml", "study": ".toml", "pack": ".toml",
           "personas": ".toml",
           "backbone": ".toml", "keymap": ".toml", "target": ".yaml", "gguf": ".gguf",
           "config": ".json", "safetensors": ".safetensors"}  # fmt: skip
KEYMAP = b'[study]\nrun_all = "Y"\n"step(1)" = ["j", "ctrl+n"]\nnext_scenario = []\n[app]\n'
INSPECT = (
    b'{"version": 2, "eval": {"created": "2026-01-02T03:04:05Z", "task": "t", "model": "m"}, '
    b'"plan": {"steps": [{"solver": "choice"}]}, "samples": [{"id": 1, "epoch": 1, "input": "i", '
    b'"choices": ["a", "b"], "target": "A", "scores": {"c": {"value": "C", "answer": "A"}}}]}'
)
TARGET = b"id: x\nkdma_values:\n- kdma: merit\n  value: 1\n- kdma: fairness\n  kdes: null\n"
SURVEY = (
    b"question,selections,options\n"
    b"Is it good?,\"defaultdict(<class 'list'>, {'A': [0.5, 0.5], 'B': [1, 0]})\",\"['x', 'y']\"\n"
)
PEOPLE = (
    b'{"id": "k", "text": "t", "ordinal": true, "supplies": ["a"], "shares": {"G": [0.5, 0.5]}, '
    b'"characters": [{"id": "p", "name": "n", "text": "d", "facts": {"a": [null]}}], '
    b'"choices": [{"text": "x", "action": "A", "character": "p"}, {"text": "y"}]}'
)
PROMPTED = (
    b'extends = "fairness-high"\n[prompt]\nuser = "{% for c in choices %}{{ c }}{% endfor %}"'
)


def _bundle() -> Bundle:
    """A bundle of a run of the oracle on one scenario."""
    labels = {"moral_desert": 1.0}
    scenario = {"id": "s", "text": "t", "choices": [{"text": "a", "labels": labels}, {"text": "b",
                "labels": {"moral_desert": 0.25}}]}  # fmt: skip
    profile = {"name": "o", "adm": {"kind": "oracle"},
               "target": [{"attribute": "moral_desert", "value": 1.0}]}  # fmt: skip
    result = {"started": 1.5, "finished": 2.0, "choice": 0, "choice_text": "a", "reasoning": "r",
              "probabilities": [1.0, 0.0], "votes": None, "notes": [], "shown": [],
              "latency_s": 0.5, "first_token_s": None, "tokens": 0, "error_kind": None,
              "error_message": None, "traceback": None}  # fmt: skip
    sample = {"scenario": 0, "profile": 0, "repeat": 0, "seed": 1, "status": "done",
              "result": result, "scores": {"moral_desert=1.0": {"correct": True, "distance": 0.0,
              "discriminating": True}}, "responses": [], "relevance": None, "ranking": None,
              "predictions": [{"moral_desert": {"samples": [1.0], "reasons": [], "rater": "x"}}],
              "steps": [], "examples": [], "bookmarked": False, "verdict": None}  # fmt: skip
    run = {"id": "r", "name": "n", "created": 1.0, "day": "2026-01-01", "parent": None,
           "repeat": 1, "scoring": "distance", "scored_only": False, "is_demo": False,
           "cluster": "family", "margin": None,
           "seed_rule": "seen", "notes": [], "versions": {}, "tags": [], "note": ""}  # fmt: skip
    return Bundle(
        run=p.RunPart.model_validate(run),
        profiles=[p.ProfilePart(name="o", hash="0" * 64, sha256=content_hash(profile),
                                changed=True, body=profile, model=None,
                                identity=None)],
        scenarios=[p.HashedPart(hash=content_hash(canonical(scenario)), body=scenario)],
        attributes=[], targets={"moral_desert=1.0": profile["target"]}, examples=[], sources=[],
        models=[], texts={content_hash("x"): "x"},
        samples=[p.SamplePart.model_validate(sample)], tallies=[],
    )  # fmt: skip


def _bundle_file() -> bytes:
    made = io.BytesIO()
    write_archive(made, "r", "1", written(BUNDLE))
    return made.getvalue()


BUNDLE = _bundle()
CHAT = b"{% for m in messages %}{{ m.role + ': ' ~ m.content|trim }}{% endfor %}{{ bos_token }}"


def _distribution() -> bytes:
    """A target with a pickled estimator, as scikit-learn writes it, and random effects."""
    stored = json.loads((REPO / "tests/formats/kernel-density.json").read_text())
    kdes = {"rawscores": {"kde": stored["estimates"]["gaussian"]["pickle"]}}
    effects = dict.fromkeys(("intercept", "medical_weight", "attr_weight"), 1.5)
    rows = [{"kdma": "fairness", "kdes": kdes}, {"kdma": "merit", "parameters": effects}]
    return json.dumps({"id": "x", "kdma_values": rows}).encode()


def good_files() -> dict[str, list[bytes]]:
    """Good files of the project and of the field, by reader."""

    def of(*patterns: tuple[Path, str]) -> list[bytes]:
        found = [p for folder, pattern in patterns for p in sorted(folder.glob(pattern))]
        return [p.read_bytes() for p in found if p.is_file() and p.stat().st_size < 100_000]

    records = of((SHARED / "align_system", "**/*.json"), (SHARED / "mta", "*.json"))
    model = paths.demo_model()
    header = (model / "model.safetensors").read_bytes()
    small = b'[{"input": {"scenario_id": "s", "state": "t", "choices": [{"unstructured": "a"}]}}]'
    return {
        "scenarios": [
            *of((paths.shipped_scenarios(), "*"), (REPO / "tests/data", "*")),
            *(*records, SURVEY, PEOPLE),
        ],
        "run": [*records, small],
        "inspect": [INSPECT],
        "target": [TARGET, _distribution()],
        "profile": of((paths.shipped_profiles(), "*.toml")),
        "template": [PROMPTED],
        "chat": [CHAT],
        "backbone": of((paths.shipped_backbones(), "*.toml")),
        "study": of((paths.shipped_examples(), "*.toml")),
        "pack": of((paths.shipped_attributes(), "*.toml")),
        "personas": of((paths.shipped_personas(), "*.toml")),
        "keymap": [KEYMAP],
        "bundle": [_bundle_file()],
        "bundle part": [data for _, data in written(BUNDLE)],
        "gguf": [make(8) for make in FILES["gguf"].values()],
        "safetensors": [header[: 8 + int.from_bytes(header[:8], "little")]],
        "config": of((model, "*config.json")),
    }


class Hang(BaseException):
    """Raised in a reader that takes too long; no reader may catch it."""


@dataclass
class Figures:
    """The results of all inputs. `escapes` are errors without a title, and hangs."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    escapes: list[dict[str, str]] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""
    over_5_s: int = 0
    slow: list[str] = field(default_factory=list)

    @property
    def most_memory_mb(self) -> int:
        """The most memory that this process has used so far, in MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    def read(self, reader: str, path: Path, what: str) -> None:
        """Let a reader read one file, and note the result."""
        self.inputs += 1
        signal.signal(signal.SIGPROF, _hang)
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        began = time.process_time()
        try:
            READERS[reader](path)
            self.accepted += 1
        except AlignError as error:
            self.refused += 1
            if not error.message.strip() or not error.title or len(error.message) > 4000:
                self._escape(reader, what, "an error without a sentence, or too long a one")
        except (Exception, Hang):
            self._escape(reader, what, traceback.format_exc()[-1500:])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - began
        self.over_5_s += took > 5
        if took > 2:
            self.slow.append(f"{reader}: {what}: {took:.1f} s")
        if took > self.slowest_s:
            self.slowest_s, self.slowest = round(took, 2), f"{reader}: {what}"

    def _escape(self, reader: str, what: str, said: str) -> None:
        self.escapes.append({"reader": reader, "input": what, "said": said})


def _hang(number: int, frame: object) -> None:
    raise Hang


def inputs(
    seed: int, largest: int, without: Sequence[str] = ()
) -> Iterator[tuple[str, str, bytes]]:
    """Yield (reader, description, content) for ever: each nasty file once, then random ones."""
    chance = random.Random(seed)
    good = good_files()
    for reader, makers in FILES.items():
        for name, make in makers.items() if reader not in without else ():
            yield reader, f"{name}, {largest}", make(largest)
    names = sorted(good)
    for number in itertools.count():
        reader = chance.choice(names)
        if number % 200 == 199:  # smaller ones go to another reader too
            kind = chance.choice(sorted(FILES))
            name = chance.choice(sorted(FILES[kind]))
            size = chance.choice([1, 50, 5000])
            yield reader, f"{kind}, {name}, {size}", FILES[kind][name](size)
            continue
        other = good[chance.choice(names)]
        content = mutated(chance.choice(good[reader]), chance.choice(other), chance)
        yield reader, f"mutation {number} of seed {seed}", content


def fuzz(count: int, seed: int, folder: Path, largest: int, without: Sequence[str] = ()) -> Figures:
    """Let `count` hostile inputs be read in this process; skip nasty files of `without`."""
    figures = Figures()
    for path, reader in itertools.product(no_files(folder / "none"), sorted(READERS)):
        if reader not in ("chat", "config"):
            figures.read(reader, path, repr(path)[:80])
    for reader, what, content in inputs(seed, largest, without):
        if figures.inputs >= count:
            break
        path = folder / f"input{ENDINGS.get(reader, '.json')}"
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        figures.read(reader, path, what)
    return figures


def commands(reader: str, path: Path) -> Sequence[str]:
    """The arguments with which `align-tui` reads a file at `path`; empty if no command does."""
    return {
        "scenarios": ["scenarios", "show", str(path)],
        "run": ["import", str(path)],
        "inspect": ["import", str(path)],
        "profile": ["profiles", "show", str(path)],
        "template": ["profiles", "show", str(path)],
        "backbone": ["profiles", "show", "baseline", "--backbone", str(path)],
        "study": ["run", str(path), "--limit", "1", "-p", "random"],
        "keymap": ["keys"],
        "bundle": ["verify", str(path)],
        "pack": ["profiles", "check"],
    }.get(reader, [])
