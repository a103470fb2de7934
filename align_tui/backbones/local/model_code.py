"""Allow a model's own code to run only when the user has trusted its hash."""

from __future__ import annotations

from align_tui.backbones.local.files import ModelFiles
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.config.code import Code, code_of_model
from align_tui.config.trust import allow, unknown
from align_tui.core.errors import CodeRefused

ELSEWHERE = frozenset({"code_revision", "trust_remote_code", "allow_all_kernels", "use_kernels"})
"""Keys of `load` that make transformers run other code than the hashed code."""


def check_code(spec: BackboneSpec, files: ModelFiles) -> None:
    """Raise CodeRefused unless the code that loading would run is trusted and unchanged."""
    named = sorted(ELSEWHERE & set(spec.load))
    attention = spec.load.get("attn_implementation")
    if named or (isinstance(attention, str) and "/" in attention):
        raise CodeRefused(
            f"load.{named[0] if named else 'attn_implementation'} would fetch code and run it",
            "Remove it from [backbone] load. To run code in the model's folder, set "
            "trust_remote_code = true.",
        )
    code = _code(spec, files)
    if code is not None:
        allow(code, spec.code_sha256)
    elif spec.code_sha256:
        raise CodeRefused(f"{spec.label} no longer has the code that you trusted")


def only_trusted(spec: BackboneSpec) -> BackboneSpec:
    """The spec for describing a model, with trust_remote_code off for untrusted code."""
    if not spec.trust_remote_code:
        return spec
    try:
        code = code_of_model(spec)
        is_trusted = code is None or not unknown([code])
    except CodeRefused:
        is_trusted = False
    return spec if is_trusted else spec.model_copy(update={"trust_remote_code": False})


def _code(spec: BackboneSpec, files: ModelFiles) -> Code | None:
    """The model's code; raises CodeRefused when loading would use other folders than its hash."""
    code = code_of_model(spec)
    if code is None:
        return None
    folders = {folder.resolve() for folder in code.folders}
    if not {each.resolve() for each in (files.folder, *files.adapters)} <= folders:
        raise CodeRefused(f"The code of {spec.label} is in a folder that its hash does not cover")
    return code
