"""Check the cost of a template's methods and filters before they are called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import GeneratorType
from typing import Any

from align_tui.config.prompts import metering
from align_tui.config.prompts.metering import TooCostly, allow, meter, weight, width

_PADS = frozenset({"center", "ljust", "rjust", "zfill"})
# For each character of the text Python searches the whole part again.
_SEARCHES = frozenset({"rfind", "rindex", "rpartition", "rsplit", "strip", "lstrip", "rstrip"})
_TEXT_METHODS = (
    _PADS
    | _SEARCHES
    | frozenset(
        """capitalize casefold count endswith expandtabs find format format_map index join lower
    partition removeprefix removesuffix replace split
    splitlines startswith swapcase title upper isalnum isalpha isascii isdecimal isdigit
    isidentifier islower isnumeric isprintable isspace istitle isupper""".split()  # noqa: SIM905
    )
)
_NUMBER_METHODS = frozenset({"is_integer", "bit_length", "bit_count", "conjugate", "hex"})


def method(
    owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The arguments to call a value's method with; raises TooCostly for a costly call."""
    known = _TEXT_METHODS if isinstance(owner, str) else _NUMBER_METHODS
    if isinstance(owner, str | bytes | int | float) and name not in known:
        raise TooCostly(f"a template may not call {type(owner).__name__}.{name}")
    if not isinstance(owner, str):
        return args
    if name in _PADS:
        width(args[0] if args else 0)
    elif name in _SEARCHES:
        metering.work(owner, args[0] if args else kwargs.get("sep", ""))
    elif name == "expandtabs":
        size = args[0] if args else kwargs.get("tabsize", 8)
        width(size)
        allow(len(owner) + owner.count("\t") * abs(int(size)))
    elif name == "replace" and len(args) >= 2:
        metering.replaced(owner, *args[:3])
    elif name == "join" and args:
        return (metering.joined(args[0], owner), *args[1:])
    return args


# Filters that pad, fill or split something by a number.
_WIDE = frozenset({"center", "indent", "batch", "slice", "wordwrap", "round", "tojson", "truncate"})
# Filters that split a text into its characters.
_EACH = frozenset(
    """batch groupby list map max min random reject rejectattr select selectattr slice sort sum
    unique""".split()  # noqa: SIM905
)
# Filters whose time grows faster than the text, with the longest text that they may get.
_SLOW = {
    "wordwrap": 20_000,
    "urlize": 10_000,
    "pprint": 20_000,
    "xmlattr": 100_000,
    "striptags": 100_000,
}


def metered(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter or a test: count the call, check its cost, and measure its result."""
    first = 1 if getattr(function, "jinja_pass_arg", None) is not None else 0

    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        meter().look()
        if name:
            given = list(args[first:])
            if name == "join" and given:
                between = given[1] if len(given) > 1 else kwargs.get("d", "")
                given[0] = metering.joined(given[0], between)
            _check(name, given, kwargs)
            if name == "sum" and given:  # a sum of lists makes ever longer lists
                given[0] = metering.each(iter(given[0]))
            args = (*args[:first], *given)
        made = function(*args, **kwargs)
        return metering.each(made) if isinstance(made, GeneratorType) else meter().make(made)

    return asked


def _check(name: str, given: list[Any], kwargs: Mapping[str, Any]) -> None:
    further = [*given[1:], *kwargs.values()]
    if not given:
        return
    size = weight(given[0])
    allow(size)
    if name in _WIDE:
        for value in further:
            width(value)
    if size > _SLOW.get(name, metering.LARGEST):
        raise TooCostly(f"{name} takes a text of at most {_SLOW[name]:,} characters")
    if name == "format":
        metering.percent(str(given[0]), tuple(given[1:]) or dict(kwargs))
    elif name == "replace":
        found = {**dict(zip(("old", "new", "count"), given[1:], strict=False)), **kwargs}
        if "old" in found and "new" in found:
            metering.replaced(given[0], **{k: found[k] for k in ("old", "new", "count")
                                           if k in found})  # fmt: skip
    elif name == "trim":
        metering.work(given[0], further[0] if further else "")
    elif name in ("indent", "wordwrap"):
        text = str(given[0])
        lines = text.count("\n") + 1 if name == "indent" else len(text)
        wide = max((v if isinstance(v, int) else weight(v) for v in further), default=4)
        if name == "indent" or any(isinstance(value, str) for value in further):
            allow(len(text) + lines * wide)
    elif name == "tojson":
        _check_json(given[0], size, further)
    elif name in _EACH and isinstance(given[0], str):
        allow((metering.ITEM + 1) * len(given[0]))
    if name == "sum" and any(isinstance(value, list | tuple) for value in further):
        allow(size + weight(further))


def _check_json(value: Any, size: int, further: list[Any]) -> None:
    """Raise TooCostly if the JSON is too long: each value may get its own, indented line."""
    wide = 0
    for each in further:
        parts = each if isinstance(each, list | tuple) else [each]
        wide += sum(len(part) for part in parts if isinstance(part, str))
        wide += sum(max(0, part) for part in parts if isinstance(part, int))
    if wide:
        allow(size + wide * metering.depth(value) * (size // metering.ITEM + 1))
