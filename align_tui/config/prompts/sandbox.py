"""Render untrusted templates at a bounded cost: Jinja's sandbox with a meter on every operation.

Compiling a template computes none of its values. Values are measured before they are made
(metering.py). Every error becomes a TemplateTrouble that names the line.
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
"""The most tokens of a template; compiling takes time with the square of its `elif`s."""
LONGEST_MESSAGE = 500
OPERATORS = frozenset({"+", "-", "*", "/", "//", "**", "%"})


class TemplateTrouble(Exception):
    """An error in a template, with its line.

    `costly`: the template takes too much time or memory, and would do so again.
    """

    def __init__(self, message: str, line: int | None = None, *, costly: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.costly = costly


class _Metered(CodeGenerator):
    """Generates code that counts each block that runs and each value that is made."""

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
    """The number of characters of the template's own text that a block writes."""
    outputs = [node for node in body if isinstance(node, nodes.Output)]
    texts = [part for node in outputs for part in node.nodes]
    return sum(len(part.data) for part in texts if isinstance(part, nodes.TemplateData))


@pass_context
def _written(context: Context, value: Any) -> Any:
    """Jinja's `finalize`; it takes the context, so that Jinja does not fold it as a constant."""
    if not isinstance(value, str):
        allow(weight(value))
        value = str(value)
    meter().write(len(value))
    return value


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """An environment whose templates stay within the limits of metering.py."""

    code_generator_class = _Metered
    intercepted_binops = OPERATORS

    def __init__(self, **options: Any) -> None:
        super().__init__(
            optimized=False, finalize=_written, trim_blocks=True, lstrip_blocks=True, **options
        )
        del self.globals["lipsum"]  # random words have no place in a prompt

    def meter_all(self) -> None:
        """Meter every filter and test; call this after the last one was added."""
        for name, made in list(self.filters.items()):
            self.filters[name] = prices.metered(name, cast(Callable[..., Any], made))
        for name, test in list(self.tests.items()):
            self.tests[name] = prices.metered("", cast(Callable[..., Any], test))

    @staticmethod
    def step(written: int) -> None:
        """Count a block; the generated code of every block calls this."""
        meter().step(written)

    @staticmethod
    def made(value: Any) -> Any:
        """Count a value; the generated code calls this around every new value."""
        return meter().make(value)

    @staticmethod
    def passed(value: Any) -> Any:
        """Count a step; the generated code calls this around comparisons, which may be slow."""
        meter().look()
        return value

    @staticmethod
    def concatenated(join: Callable[[Sequence[Any]], Any], parts: Sequence[Any]) -> Any:
        """Evaluate `a ~ b`."""
        allow(weight(parts))
        return meter().make(join(parts))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Evaluate `obj.attribute`; a filter such as `sort` asks for thousands at once."""
        meter().tick()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Evaluate `obj[argument]`, and each step of a filter's `attribute`."""
        meter().tick()
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Evaluate `left + right` and other operators."""
        meter().look()
        metering.binary(operator, left, right)
        return meter().make(super().call_binop(context, operator, left, right))

    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Evaluate `called(...)`."""
        meter().look()
        if isinstance(called, BuiltinMethodType | MethodType):
            args = prices.method(called.__self__, called.__name__, args, kwargs)
        return meter().make(super().call(context, called, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Wrap `str.format` to limit its widths and its length."""
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
    """Limits the widths of a format's fields."""

    def format_field(self, value: Any, spec: str) -> Any:
        meter().tick()
        digits = "".join(sign if sign.isdigit() else " " for sign in spec[:1000]).split()
        if len(spec) > 1000 or any(len(number.lstrip("0")) > 4 for number in digits):
            raise TooCostly(f"it has a width that is larger than {metering.WIDEST:,}")
        meter().charge(weight(value) + (metering.WIDEST if digits else 0))
        return super().format_field(value, spec)  # type: ignore[misc]  # a mixin


class _Formatter(_Widths, SandboxedFormatter):
    pass


class _EscapeFormatter(_Widths, SandboxedEscapeFormatter):
    pass


def compiled(environment: Environment, text: str) -> Template:
    """Compile a template; raises TemplateTrouble."""
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateTrouble(f"it is longer than {LONGEST_TEMPLATE:,} characters", costly=True)
    try:
        parts = islice(environment.lexer.tokeniter(text, None), MOST_PARTS + 1)
        is_long = sum(1 for _ in parts) > MOST_PARTS
    except TemplateError:
        is_long = False  # the parser reports this error, with its line
    if is_long:
        raise TemplateTrouble(f"it has more than {MOST_PARTS:,} parts", costly=True)
    try:
        return environment.from_string(text)
    except Exception as error:  # RecursionError, Python's own SyntaxError, ...
        raise TemplateTrouble(_message_of(error), _line_of_source(error)) from error


def rendered(template: Template, values: Mapping[str, Any]) -> str:
    """Render the template with these values; raises TemplateTrouble and no other error."""
    end = metering.begin()
    try:
        text = "".join(template.root_render_func(template.new_context(dict(values))))
        return storable(text)  # a template can write half a character: '\\ud83d'
    except Exception as error:
        costly = isinstance(error, TooCostly | MemoryError)
        line = _line(template, error.__traceback__)
        raise TemplateTrouble(_message_of(error), line, costly=costly) from error
    finally:
        end()


def _message_of(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply, or calls itself without end"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    message = " ".join(str(error).split())[:LONGEST_MESSAGE]
    if isinstance(error, TemplateError):
        return message or type(error).__name__
    if isinstance(error, SyntaxError):
        return f"it cannot be compiled: {error.msg}"
    return f"{type(error).__name__}: {message}"


def _line_of_source(error: Exception) -> int | None:
    """The template's line at which the parser or compiler failed."""
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
    """The template's line in which an error was raised, from the innermost frame of its code."""
    code = template.root_render_func.__code__.co_filename
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == code:
            found = trace.tb_lineno
        trace = trace.tb_next
    return template.get_corresponding_lineno(found) if found is not None else None
