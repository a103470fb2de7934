"""Limits on a profile's templates: steps, time and memory, and errors with a line."""

from __future__ import annotations

import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from align_tui.cli.profiles import EXAMPLE
from align_tui.config.library import load_profile
from align_tui.config.prompts.render import _SANDBOX, check_template, render_messages
from align_tui.config.prompts.sandbox import TemplateTrouble, compiled, rendered
from align_tui.core.attributes import Attributes
from align_tui.core.errors import ConfigError
from tests.fuzzing.nasty import FILES

NASTY = FILES["template"]


def render(text: str, **values: object) -> str:
    return rendered(compiled(_SANDBOX, text), values)


def refuse(text: str, says: str, line: int | None = None) -> None:
    with pytest.raises(TemplateTrouble, match=says) as caught:
        render(text)
    assert line is None or caught.value.line == line


def test_compiling_works_nothing_out() -> None:
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for text in ("{{ 'a' * 10**9 }}", "{{ 'a'|center(10**9) }}", "{{ 10 ** (10**10) }}"):
        check_template(text, "here")
    assert time.process_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("{{ 'a' * 10**9 }}", "too large", 1),
        ("\n\n{{ 1/0 }}", "ZeroDivisionError", 3),
        ("\n{{ '%1000000000d' % 1 }}", "a width that is larger", 2),
        ("{{ '{:>1000000000}'.format(1) }}", "a width that is larger", 1),
        ("{{ ('{:>1000000000}'|attr('format'))(1) }}", "a width that is larger", 1),
        ("{{ 10 ** (10**10) }}", "number that is too large", 1),
        ("x\n{{ " + "(" * 5000, "nested too deeply", 2),
        ("\n{{ " + "9" * 9000 + " }}", "ValueError", 2),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", "calls itself without end", 1),
        ("\n{% include 'x' %}", "no loader", 2),
        ("{% for i in range(10**6) %}{% endfor %}", "Range too big", 1),
        ("{{ ''.__class__ }}", "unsafe", 1),
        ("{{ 'a'.encode('punycode') }}", "may not call", 1),
        ("\n{{ nothing }}", "is undefined", 2),
        ("\n{{ oops", "unexpected end of template", 2),
    ],
)
def test_whatever_goes_wrong_is_one_error_with_the_line(text: str, says: str, line: int) -> None:
    refuse(text, says, line)


def test_loops_are_counted_also_where_nothing_is_written() -> None:
    inner = "{% for b in range(100000) %}{% endfor %}"
    for text in (
        "{% for a in range(100000) %}" + inner + "{% endfor %}",
        "{% for a in range(100000) %}" + inner.replace(") %}{", ") if false %}{") + "{% endfor %}",
    ):
        began = time.thread_time()
        refuse(text, "it takes")
        assert time.thread_time() - began < 3


def test_what_stands_in_the_template_is_counted_as_often_as_it_is_written() -> None:
    text = "{% for a in range(1000) %}" + "x" * 10_000 + "{% endfor %}"
    refuse(text, "writes more than")
    refuse("{% set a %}" + text + "{% endset %}", "writes more than")


def test_values_cannot_double_themselves() -> None:
    for value, change in (("'aa'", "n.x ~ n.x"), ("[1]", "[n.x, n.x]"), ("'aa'", "n.x + n.x")):
        loop = "{% for i in range(99) %}{% set n.x = " + change + " %}{% endfor %}"
        refuse("{% set n = namespace(x=" + value + ") %}" + loop, "too large")


@pytest.mark.parametrize("name", sorted(set(NASTY) - {"ifs"}))
def test_a_profile_with_such_a_template_is_refused_with_a_title(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("p") / "p.toml"
    path.write_bytes(NASTY[name](0))
    with pytest.raises(ConfigError, match=r"prompt\.user") as caught:
        profile = load_profile(str(path))
        render_messages(profile, EXAMPLE, (), Attributes())
    assert "template line" in caught.value.message or name in ("fors", "lists")


def test_a_template_that_costs_little_may_do_all_of_it() -> None:
    text = (
        "{% set n = namespace(all=[]) %}{% for c in choices if c|length > 1 %}"
        "{% set n.all = n.all + [loop.index ~ '. ' ~ c] %}{% endfor %}"
        "{{ n.all|join('; ') }} {{ '%-5s|%.2f' % ('a', 1/3) }} {{ '{:>6}'.format('x') }} "
        "{{ 'a,b'.split(',')|map('upper')|list }} {{ {'a': 1}|tojson }} {{ 2**10 }} "
        "{{ 'x' * 3 }} {% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(1) }} {{ choices[1:]|first }} "
        "{{ 'abc'|replace('b', '-') }} {{ ('a\nb')|indent(2) }} {{ 'w '.center(6) }}|"
    )
    values = {"choices": ["one", "two", "x"]}
    plain = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    assert render(text, **values) == plain.from_string(text).render(**values)


PIECES = st.sampled_from(
    ["{{ a }}", "{{ b|upper }}", "{{ a ~ b }}", "{{ b * 3 }}", "{{ b[1:] }}", "{{ c|join(b) }}",
     "{% for x in c %}{{ loop.index }}{{ x }}{% endfor %}", "{% if a > 1 %}y{% else %}n{% endif %}",
     "{% set d = c + [a] %}{{ d }}", "{{ '%s-%03d' % (b, a) }}", "{{ c|length }}", "\n  text \n",
     "{% for x in c if x != 'q' %}{{ x|replace('q', b) }}{% endfor %}", "{{ {'k': c}|tojson }}",
     "{{ c|map('title')|list }}", "{{ '{}/{}'.format(a, b) }}", "{{ a / 7 }}", "{{ (a, b) }}",
     "{% set e %}{{ b }}!{% endset %}{{ e }}", "{{ b in c }}", "{{ a is odd }}", "{{ none }}"]
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=8), st.integers(-9, 99), st.text(max_size=9))
def test_it_writes_what_jinja_writes(pieces: list[str], a: int, b: str) -> None:
    values = {"a": a, "b": b, "c": ["q", b, "zwei"]}
    plain = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    text = "".join(pieces)
    assert render(text, **values) == plain.from_string(text).render(**values)


@pytest.mark.parametrize(
    "text",
    [
        "{{ long.rfind('ab' ~ 'a' * 1000000) }}",
        "{{ long.rsplit('ab' ~ 'a' * 1000000) }}",
        "{{ long.strip('b' * 3000000 ~ 'a') }}",
        "{{ long|trim('b' * 3000000 ~ 'a') }}",
        "{{ long|sort|length }}",
        "{{ long|batch(1)|list|length }}",
        "{{ range(99999)|sort(attribute='real,' * 100000)|length }}",
        "{{ range(99999)|map(attribute='real' ~ '.real' * 500000)|list|length }}",
        "{{ (range(99999)|batch(1)|sum(start=[]))|length }}",
        "{{ ('f' * 3999999)|int(0, 16) // ('f' * 1999999)|int(0, 16) > 1 }}",
        "{{ ([1] * 100000)|tojson(9999)|length }}",
    ],
)
def test_one_call_that_looks_at_no_clock_is_bounded_too(text: str) -> None:
    began, before = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refuse("{% set long = 'a' * 3999999 %}\n" + text, "it (makes|takes|searches)", 2)
    assert time.thread_time() - began < 4
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_half_a_character_that_a_template_writes_is_repaired() -> None:
    assert render(r"{{ '\ud83d' }}!") == "\ufffd!"
    assert render(r"{{ '\ud83d' }}{{ '\ude00' }}") == "\U0001f600"


@pytest.mark.parametrize(
    "text", ["{% if a %}" + "{% elif b %}x" * 15_000 + "{% endif %}", "{{a}}" * 39_999]
)
def test_a_template_that_is_long_to_compile_is_refused(text: str) -> None:
    began = time.thread_time()
    refuse(text, "more than 40,000 parts")
    assert time.thread_time() - began < 2


def test_a_long_text_with_few_marks_is_no_long_template() -> None:
    text = "An example of many.\n" * 9_000
    assert render(text + "{{ 1 }}") == text + "1"
