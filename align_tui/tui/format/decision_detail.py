"""The sections of the decision screen: messages, prompt, raw replies, schema, hashes and more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.config.code import recorded_code
from align_tui.core.answers import letter
from align_tui.core.replies import split_thinking
from align_tui.core.seeds import SEED_RULES
from align_tui.core.text.display import plain
from align_tui.core.text.plurals import counted
from align_tui.core.time_spent import time_spent
from align_tui.tui.format.basis_detail import basis_parts
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.status_text import annotation_words, error_words, spent_words

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.monitor.decision_detail import DecisionDetail, Entered
    from align_tui.monitor.rows import StoredResponse


@dataclass(frozen=True, slots=True)
class Section:
    """One part, with its raw text, which the screen must make safe before it shows it."""

    title: str
    text: str


def heading_style(row: str) -> str:
    """The style of a row that is a heading, `== messages ==` or `-- user --`; else ""."""
    if row.startswith("== ") and row.endswith(" =="):
        return "title"
    return "key" if row.startswith("-- ") and row.endswith(" --") else ""


def sections(detail: DecisionDetail, glyphs: Glyphs) -> tuple[Section, ...]:
    """One section with everything, then each part by itself."""
    profile, replies = detail.profile, detail.replies
    parts = [Section("decision", _decision(detail))]
    if detail.traceback:
        parts.append(Section("traceback", detail.traceback))
    answer = _open_answer(detail)
    parts += [Section("answer", answer)] if answer else []
    choices = detail.scenario.choice_texts
    parts += [Section(*part) for part in basis_parts(detail.shown.basis, profile.target, choices)]
    for number, (reply, where) in enumerate(zip(replies, detail.entered, strict=True), start=1):
        which = f" {number}" if len(replies) > 1 else ""
        thinking, raw = split_thinking(reply.raw)
        parts += [
            Section(f"messages{which}", _messages(profile, reply, where, glyphs)),
            Section(f"prompt{which}", reply.prompt),
            *([Section(f"thinking{which}", thinking)] if thinking else []),
            Section(f"raw reply{which}", raw),
            Section(f"schema{which}", json.dumps(reply.schema, indent=2, ensure_ascii=False)),
            Section(f"cost{which}", cost_lines(reply)),
        ]
    parts.append(Section("hashes", _hashes(detail)))
    names = {"prompt": "prompt as the model saw it"}
    whole = "\n\n".join(f"== {names.get(part.title, part.title)} ==\n{part.text}" for part in parts)
    return (Section("everything", whole), *parts)


def _open_answer(detail: DecisionDetail) -> str:
    """The whole text of an open answer; empty for a choice or a failure."""
    result = detail.shown.result
    if result is None or result.error_kind or result.choice is not None:
        return ""
    return result.choice_text


def _of_them(thinking: int) -> str:
    """`, 120 of them thinking` behind a number of tokens."""
    return f", {thinking} of them thinking" if thinking else ""


def _decision(detail: DecisionDetail) -> str:
    profile, shown, replies = detail.profile, detail.shown, detail.replies
    out: list[str] = [f"profile   {profile.name}", f"kind      {profile.adm.kind}"]
    if profile.needs_model:
        out.append(f"backbone  {profile.backbone.model or profile.backbone.kind}")
    out += [f"{role:<8}  {spec.model or spec.kind}" for role, spec in profile.models.items()]
    result = shown.result
    if result is not None:
        out.append(f"sample    {result.sample}, repeat {result.repeat + 1}")
        thought = sum(reply.thinking_tokens for reply in replies)
        took = f"{result.latency_s:.3f} s, {counted(result.tokens, 'token')}"
        out.append(f"took      {took}{_of_them(thought)}")
        ends = [(reply.timeline, reply.first_token_s) for reply in replies]
        if spent := time_spent(result.latency_s, ends, result.waited_s):
            out.append(f"time      {spent_words(spent)}")
        if result.error_kind:
            out += [f"failed    {error_words(result)[0]}", result.error_message or ""]
        elif result.choice is not None:
            out.append(f"chose     {letter(result.choice)}  {result.choice_text}")
        else:
            out.append(f"answered  {result.choice_text}")
        if result.probabilities:
            shares = "  ".join(
                f"{letter(i)} {value:.4f}" for i, value in enumerate(result.probabilities)
            )
            out.append(f"choices   {shares}   (normalised, not calibrated)")
        if result.votes:
            votes = "  ".join(f"{letter(i)} {value:.4f}" for i, value in enumerate(result.votes))
            out.append(f"votes     {votes}")
        out += [f"order     {line}" for line in _orders(detail)]
        out += [f"note      {note}" for note in result.notes]
    if remark := annotation_words(shown.annotation):
        out.append(f"remark    {remark}")
    for target, score in (detail.scores or {}).items():
        verdict = {True: "right", False: "wrong", None: "unscored"}[score.correct]
        far = "" if score.distance is None else f", distance {score.distance:g}"
        extra = ", discriminating" if score.discriminating else ""
        out.append(f"score     {target}: {verdict}{far}{extra}")
    if not replies:
        failed = result is not None and result.error_kind
        out.append(
            "\nThe decision failed before a reply was complete."
            if failed
            else "\nNo model was asked."
        )
    return "\n".join(out)


def _orders(detail: DecisionDetail) -> list[str]:
    """The order in which the choices were shown; of several, each with the choice taken in it."""
    result, count = detail.shown.result, len(detail.scenario.choices)
    if result is None or not detail.profile.shows_order:
        return []
    orders = dict.fromkeys((each.order, each.choice) for each in result.shown)
    if not orders:
        is_own = detail.profile.choice_order == "given" and result.choice is not None
        return ["the scenario's own"] if is_own and count else []
    if len(orders) == 1:
        [(order, _)] = orders
        return [" ".join(map(letter, order))]
    return [f"{' '.join(map(letter, order))}: {letter(choice)}" for order, choice in orders]


def _messages(profile: Profile, reply: StoredResponse, entered: Entered, glyphs: Glyphs) -> str:
    begin, end = ("[[", "]]") if glyphs.ascii else ("⟦", "⟧")
    bodies = [str(message.get("content", "")) for message in reply.messages]
    if entered is not None:
        bodies = [
            "".join(f"{begin}{text}{end}" if own else text for text, own in parts)
            for parts in entered
        ]
    out = []
    if any(own for parts in entered or () for _, own in parts):
        out.append(f"({begin} and {end} enclose the text that comes from the target's attribute)")
    elif entered is None and profile.target:
        out.append(
            "(the text that comes from the target's attribute is not marked, because the profile's "
            "prompt has changed: today's definitions or templates give another one)"
        )
    for message, body in zip(reply.messages, bodies, strict=True):
        out.append(f"-- {message.get('role', '?')} --\n{body}")
    return "\n\n".join(out)


def cost_lines(reply: StoredResponse) -> str:
    """What one reply cost: its role, order, server, times, tokens and sampling."""
    speed = reply.tokens / reply.total_s if reply.total_s > 0 else 0.0
    order = f"order     {' '.join(map(letter, reply.order))}\n" if reply.order else ""
    server = f"server    fingerprint {reply.fingerprint}\n" if reply.fingerprint else ""
    return (
        f"role      {reply.role}\n{order}{server}"
        f"time      first token {reply.first_token_s:.3f} s, whole {reply.total_s:.3f} s\n"
        f"tokens    {reply.prompt_tokens} in, {reply.tokens} out"
        f"{_of_them(reply.thinking_tokens)} ({speed:.0f}/s), "
        f"ended by {reply.finish}"
        + (f", {reply.cut}" if reply.cut else "")
        + (", asked twice" if reply.retried else "")
        + "\n"
        "sampling  " + ", ".join(f"{k} {v}" for k, v in reply.sampling.items())
    )


def _hashes(detail: DecisionDetail) -> str:
    profile, model, scenario = detail.profile, detail.model, detail.scenario
    out = [
        ("scenario", scenario.hash),
        ("  seen", f"{scenario.seen_hash} (text and choices)"),
        ("  scored", f"{scenario.scored_hash} (labels)"),
        *_inputs(detail),
        ("profile", f"{profile.hash} (all but its name)"),
        ("model", model or "not recorded"),
        *((f"code of {what}", sha256) for what, sha256 in recorded_code(profile).items()),
    ]
    for number, reply in enumerate(detail.replies, start=1):
        which = f" {number}" if len(detail.replies) > 1 else ""
        out += [
            (f"messages{which}", reply.messages_hash),
            (f"prompt{which}", reply.prompt_hash),
            (f"schema{which}", reply.schema_hash),
        ]
    return "SHA-256\n" + "\n".join(f"{name:<11} {value}" for name, value in out)


def _inputs(detail: DecisionDetail) -> list[tuple[str, str]]:
    """What the seeds are made from, and which definitions of attributes the prompts use."""
    inputs = detail.inputs
    if inputs is None:
        return []
    out = [("seeds from", f"the scenario's {SEED_RULES[inputs.seed_rule]}")]
    if detail.profile.attributes:
        defined = inputs.definition_of(detail.profile.attributes)
        out.append(("definitions", defined or "not stored with the run; today's packs are shown"))
    return out


def inside_title(sections: Sequence[Section], at: int, width: int, glyphs: Glyphs) -> str:
    """`inside this decision · prompt 3/7`."""
    place = f"{plain(sections[at].title)} {at + 1}/{len(sections)}"
    full = f"inside this decision {glyphs.sep} {place}"
    return full if len(full) <= width else place
