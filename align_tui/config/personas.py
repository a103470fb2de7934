"""Read packs of personas (TOML): the shipped ones and the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from align_tui.config import paths
from align_tui.config.adm_params import Reasoned
from align_tui.config.attributes import load_attributes
from align_tui.config.entries import Entry, did_you_mean, entries
from align_tui.config.profile import Profile
from align_tui.config.reading.file_kinds import PERSONAS, refuse_other
from align_tui.config.reading.files import as_path, exists, is_dir, resolved, shown
from align_tui.config.reading.toml import Strict, parse, read_text, validate
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from align_tui.core.personas import Persona, PersonaAnswer
from align_tui.core.text.plurals import counted

MAX_PERSONAS = 1_000
MAX_QUESTIONS = 100
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AnswerSpec(Strict):
    """`[persona.answers.ATTRIBUTE]`: the answer's `value` (1 to 10) and its `text`."""

    value: float = Field(ge=1.0, le=10.0, allow_inf_nan=False)
    text: Text


class QuestionSpec(Strict):
    """`[questions.ATTRIBUTE]`: its `text`, and what attributes it is `also` about."""

    text: Text
    also: tuple[Name, ...] = Field((), max_length=MAX_QUESTIONS)


class PersonaSpec(Strict):
    """`[[persona]]` of a pack."""

    name: Name
    backstory: Text
    answers: dict[str, AnswerSpec] = Field(default_factory=dict, max_length=MAX_QUESTIONS)


class PersonaPack(Strict):
    """A file of personas. `questions` has the question about each attribute."""

    name: Name
    description: str = ""
    questions: dict[str, QuestionSpec] = Field(default_factory=dict, max_length=MAX_QUESTIONS)
    persona: tuple[PersonaSpec, ...] = Field(min_length=1, max_length=MAX_PERSONAS)

    @model_validator(mode="after")
    def _answers_have_questions(self) -> Self:
        names = [each.name for each in self.persona]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two personas are called {name!r}")
        for each in self.persona:
            if unasked := sorted(set(each.answers) - set(self.questions)):
                raise ValueError(f"{each.name} answers {unasked[0]!r}, but [questions] lacks it")
        return self

    def people(self) -> tuple[Persona, ...]:
        """The personas as core values, with their answers in the order of the questions."""
        return tuple(
            Persona(
                each.name,
                each.backstory.strip(),
                tuple(
                    PersonaAnswer(
                        (name, *question.also),
                        question.text.strip(),
                        each.answers[name].text.strip(),
                        each.answers[name].value,
                    )
                    for name, question in self.questions.items()
                    if name in each.answers
                ),
            )
            for each in self.persona
        )

    def canonical(self, attributes: Attributes) -> PersonaPack:
        """The pack with the ids of the attributes that its questions name by an alias."""

        def spelled(by_name: Mapping[str, Any]) -> dict[str, Any]:
            return {attributes.canonical(name): value for name, value in by_name.items()}

        return self.model_copy(
            update={
                "questions": spelled(self.questions),
                "persona": tuple(
                    each.model_copy(update={"answers": spelled(each.answers)})
                    for each in self.persona
                ),
            }
        )


class AsksPersonas(Reasoned):
    """Parameters of a decision-maker that asks personas.

    `personas` is the name or the file of a pack. The reader of the profile puts the pack itself
    into `pack`, so that it is stored with the run and is part of the profile's hash.
    """

    personas: str = Field("emergency-workers", min_length=1, max_length=4_000)
    n_personas: int = Field(3, ge=1, le=200)
    pack: PersonaPack | None = None

    @property
    def replies_per_question(self) -> int:
        """The number of personas."""
        return self.n_personas

    @model_serializer(mode="wrap")
    def _without_empty(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: each for key, each in dump(self).items() if key != "pack" or each is not None}


def list_packs() -> list[Entry]:
    """All packs of personas; the user's file hides a shipped one of the same name."""
    return entries(paths.shipped_personas(), paths.user_personas())


def is_file_name(name: str) -> bool:
    """Is the name of a pack that of a file, and not one of the library?"""
    return name.endswith(".toml") or "/" in name or "\\" in name


def find_pack(name: str) -> Path:
    """The file of a pack given as a path or as a library name; raises ConfigError."""
    if is_file_name(name):
        path = as_path(name)
        if exists(path) and not is_dir(path):
            return path
        raise ConfigError(f"There is no file of personas {shown(path)}", "Check adm.personas.")
    names = {entry.name: entry.path for entry in list_packs()}
    if name in names:
        return names[name]
    raise ConfigError(
        f"There is no pack of personas called {name!r}",
        did_you_mean(name, list(names), f"Packs: {', '.join(names) or 'none'}."),
    )


def read_personas(path: Path, attributes: Attributes) -> PersonaPack:
    """Read a pack from its file; raises ConfigError."""
    text = read_text(path)
    table = parse(text, str(path))
    refuse_other(table, PERSONAS, str(path))
    return validate(PersonaPack, table, str(path), text).canonical(attributes)


def is_pack_unchanged(adm: AsksPersonas) -> bool:
    """Is the pack that the parameters name still the one that they hold?"""
    try:
        return read_personas(find_pack(adm.personas), load_attributes()) == adm.pack
    except ConfigError:
        return False


def placed_pack(name: str, folder: Path) -> str:
    """The name of a pack, with an absolute path if it names a file in `folder`."""
    if not is_file_name(name):
        return name
    return paths.stored_path(resolved(folder / as_path(name)))


def with_personas(profile: Profile, attributes: Attributes, where: str) -> Profile:
    """The profile with the pack of personas that it names; raises ConfigError.

    A profile that has its pack already, such as an edited one of a run, keeps it.
    """
    adm = profile.adm
    if not isinstance(adm, AsksPersonas):
        return profile
    pack = adm.pack
    if pack is None:
        pack = read_personas(find_pack(adm.personas), attributes)
    if len(pack.persona) < adm.n_personas:
        raise ConfigError(
            f"{where}: adm.n_personas is {adm.n_personas}, but the pack {pack.name!r} has "
            f"{counted(len(pack.persona), 'persona')}",
            "Lower n_personas, or add personas to a pack of your own.",
        )
    return profile.model_copy(update={"adm": adm.model_copy(update={"pack": pack})})
