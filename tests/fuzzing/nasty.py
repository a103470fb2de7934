"""Files that could hang a reader: for each a name, its reader, and a function that makes it."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

Make = Callable[[int], bytes]
HEAD = b'format = "align-tui/scenarios/1"\n'
SCENARIO = {"id": "a", "text": "t", "choices": [{"text": "a"}, {"text": "b"}]}
PROMPT = 'extends = "baseline"\n[prompt]\nuser = {}\n'


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _record(key: str) -> list[object]:
    record = {"probe_id": key, "scenario": "s", "probe": "p", "choices": ["a", "b"]}
    return [record, [{"f": 1}, {"f": 0}]]


def template(text: str) -> bytes:
    """A profile with a text as its user template."""
    return PROMPT.format(json.dumps(text)).encode()


FILES: dict[str, dict[str, Make]] = {
    "scenarios": {
        "equal keys": lambda n: b"{" + b",".join([b'"a":1'] * n) + b"}",
        "equal ids": lambda n: _json([_record("a") for _ in range(n // 4)]),
        "equal ids by line": lambda n: b"\n".join([_json(SCENARIO)] * (n // 4)),
        "many choices": lambda n: _json(
            [[{"probe_id": "a", "scenario": "s", "probe": "p", "choices": ["x"] * (n * 5)}, []]]
        ),
        "choices of a line": lambda n: _json({**SCENARIO, "choices": [{"text": "x"}] * n}),
        "deep lists": lambda n: b"[" * n + b"]" * n,
        "deep objects": lambda n: b'{"a":' * n + b"1" + b"}" * n,
        "long number": lambda n: b'[{"input": ' + b"9" * (n * 10) + b"}]",
        "long fraction": lambda n: b'[{"input": 0.' + b"9" * (n * 10) + b"}]",
        "empty lists": lambda n: b"[" + b"[]," * (n * 20) + b"[]]",
        "blank lines": lambda n: b'{"a": 1}' + b"\n" * (n * 20),
        "surrogates": lambda n: _json([[{"probe_id": "\ud800" * min(n, 400)}, []]]),
        "NUL": lambda n: _json(SCENARIO) + b"\0" * n,
        "dotted key": lambda n: HEAD + b".".join([b"a"] * n) + b" = 1\n",
        "quoted dotted key": lambda n: HEAD + b" . ".join([b'"a"'] * n) + b" = 1\n",
        "dotted header": lambda n: HEAD + b"[" + b".".join([b"a"] * n) + b"]\n",
        "many dotted headers": lambda n: (
            HEAD + b"".join(b"[" + b".".join([b"a"] * 60) + b".b%d]\n" % i for i in range(n // 20))
        ),
        "inline dotted": lambda n: HEAD + b"x = {" + b".".join([b"a"] * n) + b" = 1}\n",
        "hexadecimal": lambda n: HEAD + b"x = 0x" + b"f" * n,
        "decimal": lambda n: HEAD + b"x = " + b"9" * n,
        "deep arrays": lambda n: HEAD + b"x = " + b"[" * n + b"]" * n,
        "open strings": lambda n: HEAD + b'x = """' + b'\\"""' * n,
        "equal tables": lambda n: HEAD + b'[[scenario]]\nid = "a"\n' * n,
        "labels": lambda n: _json(
            {**SCENARIO, "choices": [{"text": c, "labels": {f"l{i}": 1 for i in range(n)}}
                                     for c in "ab"]}
        ),
        "ids like numbers": lambda n: _json([_record(f"a#{i % 7}") for i in range(n // 8)]),
    },
    "target": {
        "base sixty": lambda n: b"id: 1" + b":1" * n,
        "base sixty fraction": lambda n: b"id: 1" + b":1" * n + b".5",
        "binary": lambda n: b"id: 0b" + b"1" * n,
        "aliases": lambda n: b"a: &a [1]\nb: [" + b"*a," * n + b"]",
        "flow": lambda n: b"[" * n,
        "sequences": lambda n: b"- " * n,
        "mappings": lambda n: b"".join(b"k%d: 1\n" % i for i in range(n)),
        "plain": lambda n: b"id: " + b"a b " * n,
        "merge": lambda n: b"<<: {a: 1}\n" * n,
        "tags": lambda n: b"!!python/object:os.system " * n,
        "quotes": lambda n: b'id: "' + b"\\n" * n,
        "names": lambda n: _json({"id": "x", "kdma_values": [{"kdma": "a" * n, "value": 1}]}),
        "parameters": lambda n: _json(
            {"id": "x", "kdma_values": [{"kdma": "m", "parameters": [{"name": "p" * n}] * 3}]}
        ),
    },
    "profile": {
        "header blanks": lambda n: b"[" + b" " * n + b"x",
        "header tabs": lambda n: b"oops = 1\n[" + b"\t " * n + b"\nadm = 1",
        "header brackets": lambda n: b"oops = 1\n" + b"[[" * n,
        "key blanks": lambda n: b"oops = 1\n" + b"a . " * n,
        "many keys": lambda n: b"".join(b"k%d = 1\n" % i for i in range(n)),
        "long key": lambda n: b"k" * n + b" = 1\n",
        "long kind": lambda n: b'[adm]\nkind = "' + b"x" * n + b'"\n',
        "long extends": lambda n: b'extends = "' + b"x" * n + b'"\n',
        "long path": lambda n: b'extends = "./' + b"x" * n + b'.toml"\n',
        "NUL path": lambda n: b'extends = "./a\\u0000b.toml"\n',
        "NUL file": lambda n: b'[adm]\nkind = "custom"\nfile = "a\\u0000b.py"\n',
        "long file": lambda n: b'[adm]\nkind = "custom"\nfile = "' + b"x" * n + b'"\n',
        "home of nobody": lambda n: b'[adm]\nkind = "custom"\nfile = "~nobody-at-all/b.py"\n',
        "NUL model": lambda n: b'extends = "baseline"\nbackbone.model = "a\\u0000b"\n',
        "long model": lambda n: b'extends = "baseline"\nbackbone.model = "' + b"x/" * n + b'"\n',
        "long use": lambda n: b'extends = "baseline"\nbackbone.use = "./' + b"x" * n + b'.toml"\n',
        "NaN in load": lambda n: b'extends = "baseline"\nbackbone.load = {x = nan, y = [inf]}\n',
        "NaN in custom": lambda n: b'[adm]\nkind = "custom"\nfile = "x.py"\nx = [nan]\n',
        "huge in load": lambda n: (
            b'extends = "baseline"\nbackbone.load = {x = 0x' + b"f" * n + b"}\n"
        ),
        "huge seed": lambda n: b'extends = "baseline"\ndecoding.seed = 0x' + b"f" * n + b"\n",
        "date in load": lambda n: b'extends = "baseline"\nbackbone.load = {x = 1979-05-27}\n',
        "many targets": lambda n: b'name = "x"\n' + b'[[target]]\nattribute = "a"\nvalue = 1\n' * n,
        "other encoding": lambda n: "name = 'x'".encode("utf-16"),
        "one big letter": lambda n: ('description = "' + "\U0001f600" * n + '"').encode(),
    },
    "template": {
        "multiplied": lambda n: template("{{ 'a' * 10**9 }}"),
        "power": lambda n: template("{{ 10 ** (10 ** 10) }}"),
        "percent": lambda n: template("{{ '%1000000000d' % 1 }}"),
        "star": lambda n: template("{{ '%*d' % (10**9, 1) }}"),
        "format": lambda n: template("{{ '{:>1000000000}'.format(1) }}"),
        "nested format": lambda n: template("{{ '{:{}}'.format(1, 10**9) }}"),
        "attr format": lambda n: template("{{ ('{:>1000000000}'|attr('format'))(1) }}"),
        "loops": lambda n: template(
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"
        ),
        "filtered loops": lambda n: template(
            "{% for a in range(100000) %}{% for b in range(100000) if false %}{% endfor %}"
            "{% endfor %}"
        ),
        "doubling": lambda n: template(
            "{% set n = namespace(x='aa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}"
            "{% endfor %}"
        ),
        "doubling lists": lambda n: template(
            "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}"
            "{% endfor %}{{ n.x }}"
        ),
        "loop text": lambda n: template(
            "{% for i in range(100000) %}" + "x" * 20_000 + "{% endfor %}"
        ),
        "captured": lambda n: template(
            "{% set a %}{% for i in range(100000) %}" + "x" * 20_000 + "{% endfor %}{% endset %}"
        ),
        "macro": lambda n: template("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
        "division": lambda n: template("fine\n{{ 1/0 }}"),
        "parentheses": lambda n: template("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"),
        "lists": lambda n: template("{{ " + "[" * 5000 + "]" * 5000 + " }}"),
        "ifs": lambda n: template("{% if 1 %}" * 2000 + "{% endif %}" * 2000),
        "fors": lambda n: template("{% for a in [1] %}" * 30 + "{% endfor %}" * 30),
        "digits": lambda n: template("{{ " + "9" * 20_000 + " }}"),
        "center": lambda n: template("{{ 'a'|center(10**9) }}"),
        "mapped center": lambda n: template("{{ [1]|map('center', 10**9)|list }}"),
        "indent": lambda n: template("{{ 'a\n'|indent(10**9) }}"),
        "join": lambda n: template("{{ range(100000)|join('x' * 10000) }}"),
        "replace": lambda n: template("{{ ('a' * 10000)|replace('a', 'b' * 100000) }}"),
        "batch": lambda n: template("{{ [1]|batch(10**9, 'x')|list }}"),
        "slice": lambda n: template("{{ [1]|slice(10**9)|list }}"),
        "wordwrap": lambda n: template("{{ ('a' * 3000000)|wordwrap(1) }}"),
        "urlize": lambda n: template("{{ ('http://a.b ' * 100000)|urlize }}"),
        "pprint": lambda n: template("{{ (range(100000)|list)|pprint }}"),
        "tojson": lambda n: template("{{ (range(100000)|list)|tojson(indent=10**9) }}"),
        "lipsum": lambda n: template("{{ lipsum(n=10**6) }}"),
        "round": lambda n: template("{{ 1|round(10**9) }}"),
        "list": lambda n: template("{{ [0] * 10**9 }}"),
        "ljust": lambda n: template("{{ 'a'.ljust(10**9) }}"),
        "expandtabs": lambda n: template("{{ 'a\t'.expandtabs(10**9) }}"),
        "bytes": lambda n: template("{{ (1).to_bytes(10**9, 'big') }}"),
        "escape": lambda n: template("{{ ''.__class__.__mro__ }}"),
        "include": lambda n: template("{% include 'x' %}"),
        "undefined": lambda n: template("{{ nothing }}"),
        "compared": lambda n: template(
            "{% set l = range(100000)|list %}{{ [" + "'x' in l, " * 1000 + "1] }}"
        ),
        "kept": lambda n: template(
            "".join(f"{{% set a{i} = 'x' * 3000000 %}}" for i in range(1200))
        ),
        "itself": lambda n: template("{% set n = namespace() %}{% set n.x = n %}{{ n }}"),
    },
    "study": {
        "many profiles": lambda n: b'scenarios = ["demo-triage"]\nprofiles = ['
        + b'"baseline",' * (n // 100) + b"]\n",
        "many scenarios": lambda n: b'profiles = ["random"]\nscenarios = ['
        + b'"demo-triage",' * (n // 500) + b"]\n",
        "long names": lambda n: b'profiles = ["' + b"x" * n + b'"]\nscenarios = ["a"]\n',
        "long set": lambda n: (
            b'profiles = ["random"]\nscenarios = ["demo-triage"]\nset = ["' + b"a." * n + b'b=1"]\n'
        ),
        "NaN target": lambda n: (
            b'profiles = ["oracle"]\nscenarios = ["demo-triage"]\ntarget = {x = nan}\n'
        ),
    },
    "pack": {
        "aliases": lambda n: (
            b'name = "x"\n[[attribute]]\nid = "a"\nname = "a"\ndefinition = "d"\nhigh = "h"\n'
            b'low = "l"\naliases = [' + b'"a",' * n + b"]\n"
        ),
        "blank name": lambda n: b'name = "x"\n[[attribute]]\nid = "' + b" " * n + b'"\n',
    },
    "personas": {
        "many people": lambda n: (
            b'name = "x"\n' + b'[[persona]]\nname = "a"\nbackstory = "b"\n' * (n // 20)
        ),
        "many questions": lambda n: (
            b'name = "x"\n' + b"".join(b'[questions.q%d]\ntext = "t"\n' % i for i in range(n // 20))
        ),
        "long answer": lambda n: b'name = "x"\nquestions.a = { text = "' + b"x" * n + b'" }\n',
    },
    "keymap": {
        "many lines": lambda n: (
            b"[study]\n" + b"".join(b'"step(%d)" = "j"\n' % i for i in range(n // 2))
        ),
        "many keys": lambda n: b"[study]\nrun_all = [" + b'"y",' * n + b"]\n",
        "long key": lambda n: b'[study]\nrun_all = "' + b"ctrl+" * n + b'a"\n',
        "no key": lambda n: b'[study]\nrun_all = ["", " ", ",", "+", "ctrl+"]\n',
        "long action": lambda n: b'[study]\n"' + b"x" * n + b'" = "y"\n',
    },
    "gguf": {
        "counts": lambda n: b"GGUF" + struct.pack("<IQQ", 3, 2**63, 2**63),
        "long text": lambda n: b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**40),
        "long array": lambda n: b"GGUF"
        + struct.pack("<IQQQ", 3, 0, 1, 1) + b"a" + struct.pack("<IIQ", 9, 4, 2**61),
        "deep arrays": lambda n: b"GGUF"
        + struct.pack("<IQQQ", 3, 0, 1, 1) + b"a" + struct.pack("<I", 9)
        + struct.pack("<IQ", 9, 1) * n,
        "many arrays": lambda n: b"GGUF"
        + struct.pack("<IQQQ", 3, 0, 1, 1) + b"a" + struct.pack("<IIQ", 9, 9, n)
        + struct.pack("<IQ", 4, 0) * n,
    },
    "safetensors": {
        "long header": lambda n: struct.pack("<Q", 2**40) + b"{}",
        "deep header": lambda n: struct.pack("<Q", 2 * n) + b"[" * n + b"]" * n,
        "huge shape": lambda n: _header(
            {"a": {"dtype": "F32", "shape": [10**18] * 3000, "data_offsets": [0, 1]}}
        ),
        "wrong shape": lambda n: _header(
            {"a": {"dtype": [], "shape": "x", "data_offsets": ["1", {}]}}
        ),
    },
    "config": {
        "layers": lambda n: _json({"model_type": "llama", "num_hidden_layers": 10**9}),
        "deep": lambda n: b'{"a":' * n + b"1" + b"}" * n,
        "list": lambda n: b"[]",
        "long number": lambda n: b'{"vocab_size": ' + b"9" * n + b"}",
    },
}  # fmt: skip


def _header(value: object) -> bytes:
    text = _json(value)
    return struct.pack("<Q", len(text)) + text


def no_files(folder: Path) -> list[Path]:
    """Paths that are not files, or names that no file can have."""
    folder.mkdir(parents=True, exist_ok=True)
    pipe, loop = folder / "pipe.toml", folder / "loop.toml"
    if not pipe.exists():
        os.mkfifo(pipe)
        loop.symlink_to(loop)
        with (folder / "huge.toml").open("wb") as file:
            file.truncate(10**11)  # sparse: takes no room
    return [pipe, loop, folder / "huge.toml", folder, Path("/dev/zero"), Path("/dev/tty"),
            folder / ("x" * 300 + ".toml"), folder / "a\0b.toml", folder / "none.toml",
            folder / "\udcff.toml"]  # fmt: skip
