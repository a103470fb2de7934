"""A study with every kind of decision, and changes of its bundle that somebody may make."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from align_tui.config.study import Study
from align_tui.core.types import canonical, content_hash
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.archive import write_archive
from align_tui.formats.bundle.content import Bundle, written
from align_tui.formats.bundle.verify import verify
from tests import again


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


def other_definition(bundle: Bundle) -> Bundle:
    """What high means of an attribute is another text; nothing else in the bundle has its hash."""
    assert bundle.attributes
    bodies = [{**each, "high": f"Not: {each['high']}"} for each in bundle.attributes]
    return replace(bundle, attributes=bodies)


def other_template(bundle: Bundle) -> Bundle:
    """A template is another one, with a hash that fits it."""
    changed = [
        each.model_copy(update={"text": "other", "sha256": hashlib.sha256(b"other").hexdigest()})
        if each.kind == "template"
        else each
        for each in bundle.sources
    ]
    return replace(bundle, sources=changed)
