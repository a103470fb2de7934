"""Anchors made from labelled records: a model extracts the scored findings and condenses them.

It is the generated system prompt of align-system (commit 6d59f0d): descriptions with scores are
collected, a model extracts short findings from 32 of them at a time, equal ones are dropped, and
the model condenses the rest to the shortest list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from align_tui.adms.base import Llm
from align_tui.adms.rating.rated import dialogue
from align_tui.adms.reply import read_object, write_reply
from align_tui.core.attributes import Anchor, Attribute
from align_tui.core.decisions import Response
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Scenario
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject, derive_seed

CHUNK = 32
MOST_FINDINGS = 40
FINDING_CHARS = 160
FINDINGS = "findings"

EXTRACT = """\
You read descriptions of people, each with a score for {name}. {definition} Extract the short \
findings that the scores go by, each with its score. Answer in JSON with the key "findings": a \
list of objects with "finding" (a few words) and "score"."""

CONDENSE = """\
You are given findings about people, each with a score for {name}. {definition} Condense them to \
the shortest list that keeps every different finding: write each in a few plain words, and join \
those that mean the same. Answer in JSON with the key "findings": a list of objects with "finding" \
and "score"."""


def labelled_descriptions(
    scenarios: Iterable[Scenario], attribute: Attribute
) -> tuple[Anchor, ...]:
    """The description of each person with the score of the choice that concerns them.

    A score of 0 is left out: it says that nothing was found. Equal pairs come once.
    """
    found: dict[Anchor, None] = {}
    for scenario in scenarios:
        people = {each.id: each.text.strip() for each in scenario.characters}
        for choice in scenario.choices:
            label, text = choice.labels.get(attribute.id), people.get(choice.character, "")
            if label is None or not text:
                continue
            score = round(label * attribute.factor)
            if score:
                found[Anchor(score, " ".join(text.split()))] = None
    return tuple(found)


@dataclass
class AnchorMaker:
    """Makes the anchors of attributes once for all samples of a profile in a worker.

    Only the first sample that needs an attribute asks the model; the others wait for it. The seed
    is the profile's, so every worker and every sample gets the same anchors from the same model.
    """

    records: tuple[Scenario, ...]
    seed: int
    _made: dict[str, tuple[Anchor, ...]] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def anchors(
        self, llm: Llm, attribute: Attribute, stream: Iterator[int]
    ) -> tuple[tuple[Anchor, ...], tuple[Response, ...]]:
        """The anchors of the attribute, and the replies that made them (none if they are known).

        `stream` gives numbers after those of the sample's ratings, whose seeds must not depend on
        which sample makes the anchors.
        Raises AdmError if the records label nobody for the attribute, ReplyError and Truncated.
        """
        async with self._locks.setdefault(attribute.id, asyncio.Lock()):
            if attribute.id in self._made:
                return self._made[attribute.id], ()
            described = labelled_descriptions(self.records, attribute)
            if not described:
                raise AdmError(
                    f"No record has a described person with a label of {attribute.id} above 0, "
                    "so no anchors can be made from it",
                    'Name other records in adm.records, or set adm.anchors = "pack".',
                )
            found, responses = await self._ask(llm, attribute, described, stream)
            self._made[attribute.id] = found
            return found, responses

    async def _ask(
        self,
        llm: Llm,
        attribute: Attribute,
        described: Sequence[Anchor],
        stream: Iterator[int],
    ) -> tuple[tuple[Anchor, ...], tuple[Response, ...]]:
        chunks = [described[i : i + CHUNK] for i in range(0, len(described), CHUNK)]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._reply(llm, attribute, EXTRACT, chunk, (number, next(stream)))
                )
                for number, chunk in enumerate(chunks)
            ]
        extracted = tuple(dict.fromkeys(anchor for task in tasks for anchor in task.result()[0]))
        responses = [task.result()[1] for task in tasks]
        found, last = await self._reply(
            llm, attribute, CONDENSE, extracted or described, (len(chunks), next(stream))
        )
        return found or extracted, (*responses, last)

    async def _reply(
        self,
        llm: Llm,
        attribute: Attribute,
        asks: str,
        given: Sequence[Anchor],
        numbers: tuple[int, int],
    ) -> tuple[tuple[Anchor, ...], Response]:
        """Ask for findings.

        `numbers` are the reply's number among those of the attribute, which seeds it, and its
        stream in the sample.
        """
        number, stream = numbers
        system = asks.format(name=attribute.name, definition=attribute.definition)
        user = "\n".join(f"- {each.text}: {each.score}" for each in given)
        messages, schema = dialogue(system, (), user), findings_schema(attribute)
        seed = derive_seed(self.seed, "anchors", attribute.id, number)
        sampling = replace(llm.sampling(stream), seed=seed)
        made, used, retried = await write_reply(llm, messages, schema, sampling, stream=stream)
        found = read_object(made.text, lambda body: read_findings(body, attribute))
        return found, Response(
            role=f"anchors of {attribute.id}",
            choice=None,
            reasoning="\n".join(f"{each.text} [{each.score}]" for each in found),
            messages=messages,
            schema=schema,
            sampling=used,
            generation=made,
            retried=retried,
        )


def findings_schema(attribute: Attribute) -> JsonObject:
    """The schema of a reply that lists findings with their scores."""
    least, greatest = attribute.bounds
    each: Json = {
        "type": "object",
        "properties": {
            "finding": {"type": "string", "minLength": 1, "maxLength": FINDING_CHARS},
            "score": {"type": "integer", "minimum": least, "maximum": greatest},
        },
        "required": ["finding", "score"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            FINDINGS: {"type": "array", "items": each, "minItems": 1, "maxItems": MOST_FINDINGS}
        },
        "required": [FINDINGS],
        "additionalProperties": False,
    }


def read_findings(body: JsonObject, attribute: Attribute) -> tuple[Anchor, ...]:
    """The findings of a reply, each once. Raises KeyError, TypeError or ValueError."""
    listed = body[FINDINGS]
    if not isinstance(listed, list):
        raise TypeError("the findings are not a list")
    found: dict[Anchor, None] = {}
    for each in listed[:MOST_FINDINGS]:
        text, score = str(each["finding"]), each["score"]
        if not isinstance(score, int) or isinstance(score, bool):
            raise TypeError(f"the score {score!r} is not a whole number")
        if not 0 <= score <= attribute.bounds[1]:
            raise ValueError(f"the score {score} is not from 0 to {attribute.bounds[1]}")
        found[Anchor(score, storable(" ".join(text.split()))[:FINDING_CHARS])] = None
    return tuple(found)
