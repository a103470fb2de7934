"""A decision turned inside out: every prompt, raw reply, schema, seed and timing as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from align_tui.core.scoring import Score
from align_tui.core.text import plain
from align_tui.tui.snapshot import Shown
from align_tui.tui.view.decision import letter
from align_tui.tui.view.words import error_words

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.store.results import StoredResponse


def _heading(text: str) -> str:
    return f"\n== {text} =="


def inside_text(
    profile: Profile,
    shown: Shown,
    replies: Sequence[StoredResponse],
    scores: Mapping[str, Score],
) -> str:
    """All of it, made safe to show."""
    out: list[str] = [f"profile   {profile.name}", f"kind      {profile.adm.kind}"]
    if profile.needs_model:
        out.append(f"backbone  {profile.backbone.model or profile.backbone.kind}")
    result = shown.result
    if result is not None:
        out.append(f"sample    {result.sample}, repeat {result.repeat + 1}")
        out.append(f"took      {result.latency_s:.3f} s, {result.tokens} tokens")
        if result.error_kind:
            out += [f"failed    {error_words(result)[0]}", result.error_message or ""]
        elif result.choice is not None:
            out.append(f"chose     {letter(result.choice)}  {result.choice_text}")
        if result.probabilities:
            said = "  ".join(
                f"{letter(i)} {value:.4f}" for i, value in enumerate(result.probabilities)
            )
            out.append(f"choices   {said}   (normalised, not calibrated)")
        if result.votes:
            said = "  ".join(f"{letter(i)} {value:.4f}" for i, value in enumerate(result.votes))
            out.append(f"votes     {said}")
        out += [f"note      {note}" for note in result.notes]
    for target, score in scores.items():
        verdict = {True: "right", False: "wrong", None: "unscored"}[score.correct]
        far = "" if score.distance is None else f", distance {score.distance:g}"
        extra = ", discriminating" if score.discriminating else ""
        out.append(f"score     {target}: {verdict}{far}{extra}")
    if not replies:
        out.append("\nNo model was asked for this decision.")
    for number, reply in enumerate(replies, start=1):
        out += _reply(number, len(replies), reply)
    return plain("\n".join(out))


def _reply(number: int, of: int, reply: StoredResponse) -> list[str]:
    out = [_heading(f"reply {number} of {of}: {reply.role}")]
    speed = reply.tokens / reply.total_s if reply.total_s > 0 else 0.0
    out.append(
        f"first token {reply.first_token_s:.3f} s, whole {reply.total_s:.3f} s, "
        f"{reply.prompt_tokens} tokens in, {reply.tokens} out ({speed:.0f}/s), "
        f"ended by {reply.finish}" + (", asked twice" if reply.retried else "")
    )
    out.append("sampling  " + ", ".join(f"{k} {v}" for k, v in reply.sampling.items()))
    out += [_heading("prompt as the model saw it"), reply.prompt]
    out += [_heading("raw reply"), reply.raw]
    out += [_heading("schema"), json.dumps(reply.schema, indent=2, ensure_ascii=False)]
    return out
