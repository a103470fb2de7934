"""Compare two bundles of one study decision by decision: a run, and what repeats it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from align_tui.core.text.display import one_line
from align_tui.formats.bundle import parts as p
from align_tui.formats.bundle.content import Bundle

Kind = Literal["same", "differs", "failed", "failed_before", "failed_both", "missing"]
"""`failed`: only now; `failed_before`: only then; `missing`: it has not ended."""

FACTS = ("device name", "device", "dtype", "attention", "server", "model")
"""What is told of the machine or the server where it differs."""
MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """One sample then and now. `same_text`: all replies and the reasoning are equal."""

    profile: str
    scenario: str
    repeat: int
    kind: Kind
    same_text: bool
    before: p.ResultPart | None
    after: p.ResultPart | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All samples that ended in the first bundle; `notes` say what else differs."""

    samples: tuple[Compared, ...]
    notes: tuple[str, ...] = ()

    def count(self, *kinds: Kind) -> int:
        """How many samples are of these kinds."""
        return sum(each.kind in kinds for each in self.samples)

    @property
    def same_texts(self) -> int:
        """How many samples have the same decision and the same texts."""
        return sum(each.kind == "same" and each.same_text for each in self.samples)

    @property
    def is_equal(self) -> bool:
        """Are all decisions equal? A sample that failed then and now is not a decision."""
        return bool(self.samples) and not self.count(
            "differs", "failed", "failed_before", "missing"
        )


def compare(before: Bundle, after: Bundle) -> Comparison:
    """Compare the samples that ended in `before` with those of the same places in `after`."""
    now = {(each.scenario, each.profile, each.repeat): each for each in after.samples}
    found = []
    for each in before.samples:
        if each.result is None:
            continue
        other = now.get((each.scenario, each.profile, each.repeat))
        result = other.result if other is not None else None
        found.append(
            Compared(
                before.profiles[each.profile].name,
                str(before.scenario(each.scenario).key),
                each.repeat,
                _kind(each.result, result),
                other is not None and _texts(each) == _texts(other),
                each.result,
                result,
            )
        )
    return Comparison(tuple(found), tuple(_notes(before, after)))


def _kind(before: p.ResultPart, after: p.ResultPart | None) -> Kind:
    if after is None:
        return "missing"
    if before.error_kind is not None:
        return "failed_both" if after.error_kind is not None else "failed_before"
    if after.error_kind is not None:
        return "failed"
    same = before.choice == after.choice and before.choice_text == after.choice_text
    return "same" if same else "differs"


def _texts(sample: p.SamplePart) -> tuple[str, list[str]]:
    reasoning = sample.result.reasoning if sample.result is not None else ""
    return reasoning, [each.raw for each in sample.responses]


def _notes(before: Bundle, after: Bundle) -> list[str]:
    """What else is not the same: models, packages and sources."""
    notes = []
    for one, other in zip(before.profiles, after.profiles, strict=False):
        if one.model and other.model and one.model != other.model:
            notes.append(f"{one.name}: decided by {one.model} then, and by {other.model} now.")
    notes += _model_notes(before, after)
    old, new = before.run.versions, after.run.versions
    differ = [
        f"{name} {old[name]}, now {new[name]}"
        for name in sorted(old.keys() & new.keys())
        if old[name] != new[name]
    ]
    if differ:
        notes.append(f"Other versions: {'; '.join(differ)}.")
    then = {(each.kind, each.name): each.sha256 for each in before.sources}
    now = {(each.kind, each.name): each.sha256 for each in after.sources}
    changed = [
        f"{kind} {name}"
        for kind, name in sorted(then.keys() & now.keys())
        if then[kind, name] != now[kind, name] and kind != "program"
    ]
    if changed:
        notes.append(f"Changed since: {', '.join(changed)}.")
    return notes


def _model_notes(before: Bundle, after: Bundle) -> list[str]:
    """In which files, devices and fingerprints of servers the models differ, as far as is known."""
    notes: dict[str, None] = {}
    for then in before.models:
        for now in after.models:
            if (then.profile, then.role) != (now.profile, now.role):
                continue
            files = [_table(each, "files") for each in (then, now)]
            if all(files):
                names = sorted(k for k in files[0] | files[1] if files[0].get(k) != files[1].get(k))
                if names:
                    said = ", ".join(one_line(name, 80) for name in names[:MOST_FILES])
                    more = f" and {len(names) - MOST_FILES} more" if len(names) > MOST_FILES else ""
                    notes[f"Other files of the model: {said}{more}."] = None
            facts = [_table(each, "facts") for each in (then, now)]
            for name in FACTS:
                one, other = (str(each.get(name, "")) for each in facts)
                if one != other:
                    said = f"{one_line(one, 120) or 'none'} then, {one_line(other, 120) or 'none'}"
                    notes[f"Another {name}: {said} now."] = None
    marks = [", ".join(_fingerprints(each)) for each in (before, after)]
    if marks[0] != marks[1]:
        said = f"{marks[0] or 'none'} then, {marks[1] or 'none'} now"
        notes[f"Other fingerprints of the server: {one_line(said, 400)}."] = None
    return list(notes)


def _table(model: p.ModelPart, key: str) -> dict[str, Any]:
    found = model.body.get(key) if isinstance(model.body, dict) else None
    return found if isinstance(found, dict) else {}


def _fingerprints(bundle: Bundle) -> list[str]:
    return sorted({r.fingerprint for each in bundle.samples for r in each.responses} - {""})
