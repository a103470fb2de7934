"""Render a model's chat template as transformers does, in the bounded sandbox.

The template comes with the model's files and so may be hostile. Its cost is bounded like that of a
profile's templates.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.utils import Namespace

from align_tui.config.prompts.metering import TooCostly
from align_tui.config.prompts.sandbox import BoundedEnvironment, compiled, rendered
from align_tui.core.types import JsonObject

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LONGEST_CLOCK = 200


class _Generation(Extension):
    """`{% generation %}` marks a model's text for training; here it renders its body only."""

    tags = {"generation"}  # noqa: RUF012 (as the base class has it)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller: Callable[[], str]) -> str:
        return caller()


class _Dict:
    """`dict` in a template: it makes a dict, and has no attributes that lead to other classes."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


class _Namespace(Namespace):
    """`namespace` in a template; as in transformers, it takes no name that begins with `_`."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        self, given = args[0], dict(*args[1:], **kwargs)
        for name in given:
            _refuse_private(name)
        Namespace.__init__(self, given)

    def __setitem__(self, name: str, value: Any) -> None:
        _refuse_private(name)
        super().__setitem__(name, value)


def _refuse_private(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace may have no name that begins with _: {name!r}")


def _raise_exception(message: object) -> NoReturn:
    raise TemplateError(str(message))


def _strftime_now(format: str) -> str:
    if len(format) > LONGEST_CLOCK:
        raise TooCostly("a date format that is too long")
    return datetime.datetime.now().strftime(format)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _environment() -> BoundedEnvironment:
    made = BoundedEnvironment(extensions=[_Generation, loopcontrols])
    made.filters["tojson"] = _tojson
    made.globals.update(
        raise_exception=_raise_exception,
        strftime_now=_strftime_now,
        dict=_Dict(),
        namespace=_Namespace,
    )
    made.meter_all()
    return made


_SANDBOX = _environment()


@lru_cache(maxsize=32)
def _compiled(template: str) -> Template:
    return compiled(_SANDBOX, template)


def render_chat(
    tokenizer: PreTrainedTokenizerBase,
    template: str,
    turns: Sequence[Mapping[str, str]],
    values: JsonObject,
) -> str:
    """The prompt that `template` makes from the turns, up to the beginning of the model's turn.

    `values` are further variables of the template. Raises TemplateTrouble.
    """
    from transformers import PreTrainedTokenizerBase

    own: Any = type(tokenizer).apply_chat_template
    if own is not PreTrainedTokenizerBase.apply_chat_template:
        # A tokenizer that builds its prompts in code (mistral-common) has no template.
        ways: dict[str, Any] = {**values, "tokenize": False, "add_generation_prompt": True}
        return str(tokenizer.apply_chat_template([dict(turn) for turn in turns], **ways))
    given = {
        **tokenizer.special_tokens_map,
        **values,
        "messages": [dict(turn) for turn in turns],
        "tools": None,
        "documents": None,
        "add_generation_prompt": True,
    }
    return rendered(_compiled(template), given)
