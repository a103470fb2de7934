"""Read the values of a pickle without unpickling it: nothing is imported, called or built.

The opcodes are taken from `pickletools.genops`, which only takes a pickle apart. Values, tuples and
dictionaries become Python's own; a global becomes its name, and a call becomes a record of what
would be called. Every opcode and every global that is not listed is refused, and so is a pickle
that is longer or has more steps than the limits.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

MAX_BYTES = 2_000_000
MAX_STEPS = 200_000
MAX_NUMBER = 2**63


class PickleRefused(ValueError):
    """The pickle holds something that is not read; the message says what."""


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function by the name under which the pickle would import it."""

    module: str
    name: str


@dataclass(eq=False, slots=True)
class Call:
    """A call that unpickling would make, with the state that it would set on the result."""

    what: Named
    arguments: tuple[Any, ...]
    state: Any = None
    has_state: bool = field(default=False)


Globals: TypeAlias = Collection[tuple[str, str]]
_MARK = object()


class _Machine:
    """The stack and the memo of a pickle, with inert values."""

    def __init__(self, allowed: Globals) -> None:
        self.allowed = allowed
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise PickleRefused("it uses a value that is not there")
        return self.stack.pop()

    def several(self, count: int) -> tuple[Any, ...]:
        values = [self.pop() for _ in range(count)]
        return tuple(reversed(values))

    def since_mark(self) -> list[Any]:
        values: list[Any] = []
        while self.stack:
            value = self.stack.pop()
            if value is _MARK:
                return values[::-1]
            values.append(value)
        raise PickleRefused("it uses a mark that is not there")

    def name(self, module: object, name: object) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise PickleRefused("it names something by a value that is not text")
        if (module, name) not in self.allowed:
            raise PickleRefused(f"it names {module[:60]}.{name[:60]}")
        self.stack.append(Named(module, name))

    def call(self) -> None:
        what, arguments = self.several(2)
        if not isinstance(what, Named) or not isinstance(arguments, tuple):
            raise PickleRefused("it calls something that has no name")
        self.stack.append(Call(what, arguments))

    def build(self) -> None:
        made, state = self.several(2)
        if not isinstance(made, Call) or made.has_state:
            raise PickleRefused("it sets the state of something that is not an object")
        made.state, made.has_state = state, True
        self.stack.append(made)

    def set_items(self, pairs: list[Any]) -> None:
        target = self.pop()
        if not isinstance(target, dict) or len(pairs) % 2:
            raise PickleRefused("it sets items of something that is not a dictionary")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if not isinstance(key, str):
                raise PickleRefused("a dictionary has a key that is not text")
            target[key] = value
        self.stack.append(target)

    def remember(self, place: int) -> None:
        value = self.pop()
        self.memo[place] = value
        self.stack.append(value)

    def recall(self, place: int) -> None:
        if place not in self.memo:
            raise PickleRefused("it recalls a value that it did not keep")
        self.stack.append(self.memo[place])

    def number(self, value: int) -> None:
        if abs(value) >= MAX_NUMBER:
            raise PickleRefused("it has a number of more than 64 bits")
        self.stack.append(value)


_OPCODES: Mapping[str, Callable[[_Machine, Any], object]] = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "MARK": lambda machine, _: machine.stack.append(_MARK),
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "BINFLOAT": lambda machine, value: machine.stack.append(value),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE1": lambda machine, _: machine.stack.append(machine.several(1)),
    "TUPLE2": lambda machine, _: machine.stack.append(machine.several(2)),
    "TUPLE3": lambda machine, _: machine.stack.append(machine.several(3)),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "SETITEM": lambda machine, _: machine.set_items(list(machine.several(2))),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    "GLOBAL": lambda machine, names: machine.name(*names.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.several(2)),
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
    "MEMOIZE": lambda machine, _: machine.remember(len(machine.memo)),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda machine, place: machine.remember(place)),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, place: machine.recall(place)),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1"), lambda machine, value: machine.number(value)
    ),
    **dict.fromkeys(
        ("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES"),
        lambda machine, value: machine.stack.append(value),
    ),
    "BYTEARRAY8": lambda machine, value: machine.stack.append(bytes(value)),
}


def read_pickle(data: bytes, allowed: Globals) -> Any:
    """The value of a pickle of protocol 2 to 5, inert; `allowed` are the globals it may name.

    Raises PickleRefused for whatever is not listed, and for a pickle that is broken or too long.
    """
    if len(data) > MAX_BYTES:
        raise PickleRefused(f"it is longer than {MAX_BYTES:,} bytes")
    machine = _Machine(allowed)
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if step > MAX_STEPS:
                raise PickleRefused(f"it has more than {MAX_STEPS:,} steps")
            if opcode.name == "STOP":
                break
            handle = _OPCODES.get(opcode.name)
            if handle is None:
                raise PickleRefused(f"it uses the opcode {opcode.name}")
            handle(machine, argument)
    except PickleRefused:
        raise
    except Exception as error:  # genops raises many kinds on bytes that are not a pickle
        raise PickleRefused("it is not a pickle") from error
    if len(machine.stack) != 1:
        raise PickleRefused("it is not a pickle of one value")
    return machine.stack[0]
