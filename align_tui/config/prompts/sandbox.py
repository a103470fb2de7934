"""Templates of anybody, rendered at a bounded price: Jinja's sandbox, with everything metered.

Nothing is worked out while a template is compiled. What it makes is measured before it is made
(metering.py). Whatever goes wrong is one error that names the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from types import BuiltinMethodType, MethodType, TracebackType
from typing import Any, cast

from jinja2 import Environment, Template, TemplateError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import (
    ImmutableSandboxedEnvironment,
    SandboxedEscapeFormatter,
    SandboxedFormatter,
)
from markupsafe import Markup

from align_tui.config.prompts import metering, prices
from align_tui.config.prompts.metering import TooCostly, allow, meter, weight
from align_tui.core.text.repair import storable

LONGEST_TEMPLATE = 200_000
MOST_PARTS = 40_000
"""Names, signs, blanks and texts between them; compiling takes the square of `elif`s."""
LONGEST_MESSAGE = 500
OPERATORS = frozenset({"+", "-", "*", "/", "//", "**", "%"})


class TemplateTrouble(Exception):
    """What is wrong with a template, and in which of its lines.

    `costly`: it would take too much time or memory, and the same again.
    """

    def __init__(self, message: str, line: int | None = None, *, costly: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.costly = costly


class _Metered(CodeGenerator):
    """Generates code that counts: each block that is run, each value that is made."""

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        body = list(nodes)
        self.writeline(f"environment.step({_own_text(body)})")
        super().blockvisit(body, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        if node.test is not None:
            at = {"lineno": node.lineno, "environment": self.environment}
            passed = nodes.EnvironmentAttribute("passed", **at)
            counted = nodes.Call(passed, [nodes.Const(True, **at)], [], None, None, **at)
            node.test = nodes.And(counted, node.test, **at)
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        escaped = "markup_join" if frame.eval_ctx.autoescape else "str_join"
        if frame.eval_ctx.volatile:
            escaped = "(markup_join if context.eval_ctx.volatile else str_join)"
        self.write(f"environment.concatenated({escaped}, (")
        for arg in node.nodes:
            self.visit(arg, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self.write("environment.made(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("environment.made(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        is_value = node.ctx == "load"
        self.write("environment.made(" if is_value else "")
        super().visit_Tuple(node, frame)
        self.write(")" if is_value else "")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        is_slice = isinstance(node.arg, nodes.Slice)
        self.write("environment.made(" if is_slice else "")
        super().visit_Getitem(node, frame)
        self.write(")" if is_slice else "")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        self.write("environment.passed(")
        super().visit_Compare(node, frame)
        self.write(")")


def _own_text(body: Sequence[nodes.Node]) -> int:
    """How many characters a block writes that stand in the template itself."""
    outputs = [node for node in body if isinstance(node, nodes.Output)]
    texts = [part for node in outputs for part in node.nodes]
    return sum(len(part.data) for part in texts if isinstance(part, nodes.TemplateData))


@pass_context
def _written(context: Context, value: Any) -> Any:
    """Jinja's `finalize`: with a context it is no constant, so nothing is folded."""
    if not isinstance(value, str):
        allow(weight(value))
        value = str(value)
    meter().write(len(value))
    return value


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """An environment whose templates cost no more than metering.py allows."""

    code_generator_class = _Metered
    intercepted_binops = OPERATORS

    def __init__(self, **options: Any) -> None:
        super().__init__(
            optimized=False, finalize=_written, trim_blocks=True, lstrip_blocks=True, **options
        )
        del self.globals["lipsum"]  # random words have no place in a prompt

    def meter_all(self) -> None:
        """Put the meter before every filter and test; after the last one was added."""
        for name, made in list(self.filters.items()):
            self.filters[name] = prices.metered(name, cast(Callable[..., Any], made))
        for name, test in list(self.tests.items()):
            self.tests[name] = prices.metered("", cast(Callable[..., Any], test))

    @staticmethod
    def step(written: int) -> None:
        """Called by every block that is run."""
        meter().step(written)

    @staticmethod
    def made(value: Any) -> Any:
        """Called around every value that is put together."""
        return meter().make(value)

    @staticmethod
    def passed(value: Any) -> Any:
        """Called around what may take long by itself, such as a comparison."""
        meter().look()
        return value

    @staticmethod
    def concatenated(join: Callable[[Sequence[Any]], Any], parts: Sequence[Any]) -> Any:
        """`a ~ b`."""
        allow(weight(parts))
        return meter().make(join(parts))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`; a filter such as `sort` asks for thousands at once."""
        meter().tick()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`, and each step of a filter's `attribute`."""
        meter().tick()
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`left + right` and the like."""
        meter().look()
        metering.binary(operator, left, right)
        return meter().make(super().call_binop(context, operator, left, right))

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """`called(...)`."""
        meter().look()
        if isinstance(called, BuiltinMethodType | MethodType):
            args = prices.method(called.__self__, called.__name__, args, kwargs)
        return meter().make(super().call(context, called, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`str.format`, its widths and its length bounded."""
        if super().wrap_str_format(value) is None:
            return None
        text = value.__self__
        if isinstance(text, Markup):
            formatter: SandboxedFormatter = _EscapeFormatter(self, escape=text.escape)
        else:
            formatter = _Formatter(self)
        takes_map = value.__name__ == "format_map"

        def bounded(*args: Any, **kwargs: Any) -> str:
            if takes_map:
                (kwargs,) = args
                args = ()
            meter().look()
            made: str = type(text)(formatter.vformat(text, args, kwargs))
            return made

        return bounded


class _Widths:
    """What a format's fields may ask for."""

    def format_field(self, value: Any, spec: str) -> Any:
        meter().tick()
        digits = "".join(sign if sign.isdigit() else " " for sign in spec[:1000]).split()
        if len(spec) > 1000 or any(len(number.lstrip("0")) > 4 for number in digits):
            raise TooCostly(f"a width that is larger than {metering.WIDEST:,}")
        meter().charge(weight(value) + (metering.WIDEST if digits else 0))
        return super().format_field(value, spec)  # type: ignore[misc]  # a mixin


class _Formatter(_Widths, SandboxedFormatter):
    pass


class _EscapeFormatter(_Widths, SandboxedEscapeFormatter):
    pass


def compiled(environment: Environment, text: str) -> Template:
    """The template of that text; raises TemplateTrouble."""
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateTrouble(f"it is longer than {LONGEST_TEMPLATE:,} characters", costly=True)
    try:
        parts = islice(environment.lexer.tokeniter(text, None), MOST_PARTS + 1)
        is_long = sum(1 for _ in parts) > MOST_PARTS
    except TemplateError:
        is_long = False  # the parser says the same, and where
    if is_long:
        raise TemplateTrouble(f"it has more than {MOST_PARTS:,} parts", costly=True)
    try:
        return environment.from_string(text)
    except Exception as error:  # RecursionError, Python's own SyntaxError, ...
        raise TemplateTrouble(_said(error), _line_of_source(error)) from error


def rendered(template: Template, values: Mapping[str, Any]) -> str:
    """What the template writes with these values; raises TemplateTrouble, and nothing else."""
    end = metering.begin()
    try:
        text = "".join(template.root_render_func(template.new_context(dict(values))))
        return storable(text)  # a template can write half a character: '\\ud83d'
    except Exception as error:
        costly = isinstance(error, TooCostly | MemoryError)
        line = _line(template, error.__traceback__)
        raise TemplateTrouble(_said(error), line, costly=costly) from error
    finally:
        end()


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply, or calls itself without an end"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    said = " ".join(str(error).split())[:LONGEST_MESSAGE]
    if isinstance(error, TemplateError):
        return said or type(error).__name__
    if isinstance(error, SyntaxError):
        return f"it cannot be compiled: {error.msg}"
    return f"{type(error).__name__}: {said}"


def _line_of_source(error: Exception) -> int | None:
    """The line that was read, or compiled, when a template was refused."""
    if isinstance(error, TemplateError):
        return getattr(error, "lineno", None)
    found = at_token = None
    trace = error.__traceback__
    while trace is not None:
        known = trace.tb_frame.f_locals
        stream = getattr(known.get("self"), "stream", None)
        for line in (
            getattr(getattr(stream, "current", None), "lineno", None),
            getattr(known.get("node"), "lineno", None),
        ):
            found = line if isinstance(line, int) else found
        at_token = known.get("lineno", at_token)
        trace = trace.tb_next
    return found or at_token


def _line(template: Template, trace: TracebackType | None) -> int | None:
    """The template's line in which an error was raised: of its own code, the innermost frame's."""
    code = template.root_render_func.__code__.co_filename
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code:
            found = trace.tb_lineno
        trace = trace.tb_next
    return template.get_corresponding_lineno(found) if found is not None else None
