"""Every line of a run's events fits docs/formats.md and the JSON Schema in the package."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from align_tui.cli.runs import export_run, show_run
from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.targets import Distribution, RandomEffects, Target
from align_tui.formats.align_system.runs import read_run_directory
from align_tui.output import choice_info, events
from align_tui.output.decision_json import target_words, targets_json
from align_tui.output.exporters.align_system import align_system
from align_tui.output.exporters.csv import csv_lines
from align_tui.output.exporters.jsonl import jsonl
from align_tui.output.exporters.markdown import markdown
from align_tui.output.report import words
from align_tui.output.report.data import gather
from align_tui.output.report.html import html
from align_tui.output.report.markdown import markdown as report_markdown
from align_tui.store import runs, workers
from align_tui.store.database import Database
from align_tui.store.imports import import_run
from tests import ending
from tests.calling import align_tui
from tests.tui import fakes

SCHEMA = json.loads(
    Path(events.__file__).with_name("events.schema.json").read_text(encoding="utf-8")
)
DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
LINE = jsonschema.Draft202012Validator(SCHEMA)
SHOWN = jsonschema.Draft202012Validator({"$ref": "#/$defs/shown", "$defs": SCHEMA["$defs"]})
SPREAD = Distribution((0.2, 0.4), 0.1, "p7")

CUSTOM = """
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Step, UsedExample
from align_tui.core.predictions import Prediction, Relevance


async def decide(scenario, targets, llm, parameters):
    way = parameters["way"]
    if way == "fail":
        raise ValueError("nothing to decide")
    if scenario.asks == "text":
        return Decision(TextAnswer("Neither of them first."), "It depends.")
    count = len(scenario.choices)
    rated = Prediction((0.5, 0.25, 0.75), ("a", "b", "c"), "regression")
    return Decision(
        ChoiceAnswer(0),
        "They are alike.",
        predictions=({"moral_desert": rated},) * count,
        relevance=Relevance.of_scenario({"moral_desert": 1.0}, count, "labels"),
        ranking=Ranking("mine", "closeness", (0.5,) * count, tuple(range(count)), 0, "first"),
        steps=(Step("rate", 0.1),),
    )
"""


def kind(schema: dict[str, Any]) -> str:
    """A type of the schema in the documentation's words."""
    if "$ref" in schema:
        known = {
            "share": "number (0 to 1)", "index": "whole number", "seconds": "number (seconds)",
            "predictions": "list of objects",
        }  # fmt: skip
        return known.get(schema["$ref"].rpartition("/")[2], "object")
    if "const" in schema:
        return f'`"{schema["const"]}"`'
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return ", or ".join(map(kind, schema["anyOf"]))
    if isinstance(schema["type"], list):
        return ", or ".join(kind({"type": name}) for name in schema["type"])
    if schema["type"] == "array":
        several = {
            "number (0 to 1)": "numbers (0 to 1)", "text": "texts", "object": "objects",
            "whole number": "whole numbers", "number, or null": "numbers or nulls",
        }  # fmt: skip
        return f"list of {several[kind(schema['items'])]}"
    return {
        "string": "text", "integer": "whole number", "number": "number", "object": "object",
        "boolean": "true, false", "null": "null",
    }[schema["type"]]  # fmt: skip


def objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in SCHEMA["$defs"].items():
        if "properties" in schema:
            yield name, schema


def test_it_is_a_schema_that_allows_no_key_it_does_not_name() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for name, schema in objects():
        assert schema["additionalProperties"] is False, name
        assert set(schema["required"]) <= set(schema["properties"]), name


@pytest.mark.parametrize("name", [name for name, _ in objects()])
def test_the_documentation_has_the_same_fields(name: str) -> None:
    rows = [
        f"| `{key}` | {kind(each)} | {each['description']} |"
        for key, each in SCHEMA["$defs"][name]["properties"].items()
    ]
    assert "|---|---|---|\n" + "\n".join(rows) + "\n\n" in DOCS


def test_the_example_of_the_documentation_is_valid() -> None:
    LINE.validate(json.loads(DOCS.split("```json\n")[1].split("```")[0]))


def rated(choices: int) -> Decision:
    """A decision with every part that it can have, and a drawn choice among two that tie."""
    first = {"moral_desert": Prediction((0.8, 1.0), ("he helped", "=1+1"), "regression")}
    others: tuple[dict[str, Prediction], ...] = ({},) * (choices - 1)
    relevance = Relevance(({"moral_desert": 1.0}, *({"moral_desert": 0.5},) * (choices - 1)), "r")
    scores = (0.9, 0.9, *(0.1,) * (choices - 2))
    ranking = Ranking(
        "average_distance", "probability", scores, (0, 1), 1, "seed", {"misaligned": False},
        ("alike",), 0, {"distances": [0.1, 0.1]},
    )  # fmt: skip
    steps = (Step("rate", 0.25), Step("rank", 0.001))
    shown = UsedExample("solved", 0.5, "moral_desert", "What?", '{"choice":"A"}')
    return Decision(
        ChoiceAnswer(1), "So.", predictions=(first, *others), relevance=relevance,
        ranking=ranking, steps=steps, examples=(shown, replace(shown, similarity=None)),
    )  # fmt: skip


def mixed(db: Database) -> tuple[str, Study]:
    """A run with a model's decisions, rated ones, an open answer and a failure."""
    study = fakes.study(2)
    run = runs.create_run(db, study, {"python": "3"})
    worker = fakes.FakeWorker(db, study)
    for claimed in (each for batch in iter(lambda: worker.claim(8), []) for each in batch):
        shown = study.scenarios[claimed.scenario]
        place = (claimed.scenario, claimed.profile)
        if place == (0, 1):
            made = rated(len(shown.choices))
            ending.finish(db, worker.id, claimed, made, shown.choices[1].text, {}, 0.5)
        elif place == (0, 2):
            open_answer = Decision(TextAnswer("Both of them."), "It can be done.")
            ending.finish(db, worker.id, claimed, open_answer, "Both of them.", {}, 0.5)
        elif place == (1, 3):
            worker.fail(claimed, "truncated", "cut at 9 tokens")
        else:
            worker.finish(claimed, thinking="let me see" if claimed.profile else "")
    workers.unregister(db, worker.id)
    return run, study


def test_what_a_run_decided_is_valid_and_whole(database: Database) -> None:
    run, study = mixed(database)
    lines = [json.loads(line) for line in jsonl(database, run)]
    for line in lines:
        LINE.validate(line)
    found = {(li.get("profile"), li.get("scenario")): li for li in lines}
    where = study.scenarios[0].key
    made, choices = found[study.profiles[1].name, where], study.scenarios[0].choices
    assert made["answer"] == {"kind": "choice", "index": 1, "text": choices[1].text}
    assert (made["choice"], made["choice_text"]) == (1, choices[1].text)
    assert made["predictions"][0]["moral_desert"] == {
        "mean": 0.9, "samples": [0.8, 1.0], "reasons": ["he helped", "=1+1"], "rater": "regression",
    }  # fmt: skip
    assert made["predictions"][1:] == [{}] * (len(choices) - 1)
    assert made["relevance"]["by_choice"][1] == {"moral_desert": 0.5}
    assert made["ranking"]["best"] == [0, 1] and made["ranking"]["tie_break"] == "seed"
    assert made["ranking"]["details"] == {"distances": [0.1, 0.1]}
    assert made["steps"] == [
        {"name": "rate", "seconds": 0.25}, {"name": "rank", "seconds": 0.001},
    ]  # fmt: skip
    assert made["examples"] == [
        {"example": "solved", "attribute": "moral_desert", "similarity": similarity,
         "response": '{"choice":"A"}'}
        for similarity in (0.5, None)
    ]  # fmt: skip
    said = found[study.profiles[2].name, where]
    assert said["answer"] == {"kind": "text", "text": "Both of them."}
    assert said["choice"] is None and said["choice_text"] is None
    direct = found[study.profiles[0].name, where]
    assert [direct[k] for k in ("predictions", "relevance", "ranking", "steps", "examples")] == [
        None
    ] * 5
    SHOWN.validate({**lines[-1], "parent": None, "failures": []})


def test_an_imported_run_is_valid(database: Database, tmp_path: Path) -> None:
    run, _ = mixed(database)
    align_system(database, run, tmp_path / "out")
    folder = next((tmp_path / "out").iterdir())
    imported = import_run(database, read_run_directory(folder, load_attributes()))
    lines = list(jsonl(database, imported))
    assert len(lines) > 2
    for line in lines:
        LINE.validate(json.loads(line))


def test_what_the_commands_print_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = tmp_path / "mine.py"
    code.write_text(CUSTOM, encoding="utf-8")
    profiles = []
    for way in ("rate", "fail"):
        profile = tmp_path / f"{way}.toml"
        profile.write_text(
            f'name = "{way}"\n[adm]\nkind = "custom"\nfile = {json.dumps(str(code))}\n'
            f'needs_model = false\nway = "{way}"\n',
            encoding="utf-8",
        )
        profiles += ["-p", str(profile)]
    aligned = tmp_path / "aligned.toml"
    aligned.write_text(
        'name = "aligned"\n[adm]\nkind = "prompt_aligned"\nn_positive = 2\nn_negative = 1\n'
        "[decoding]\ntemperature = 0.7\nmax_tokens = 256\n",
        encoding="utf-8",
    )
    done = align_tui(
        "run", *profiles, "-p", str(aligned), "-p", "oracle", "-s", "demo-triage",
        "--limit", "1", "--target", "moral_desert=1.0", "--trust", "--json",
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        LINE.validate(line)
    found = {line["profile"]: line for line in lines if "profile" in line}
    assert found["fail"]["event"] == "failed" and "nothing to decide" in str(found["fail"])
    assert found["rate"]["ranking"]["function"] == "mine"
    assert found["oracle"]["ranking"]["function"] == "average_distance"
    assert found["oracle"]["predictions"][0]["moral_desert"]["rater"] == "labels"
    assert found["aligned"]["tokens"] > 0 and found["aligned"]["predictions"] is None
    show_run(None, None, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    SHOWN.validate(shown)
    assert "ValueError" in shown["failures"][0]["error"]["traceback"]
    export_run(None, None, "jsonl", None)
    exported = capsys.readouterr().out.splitlines()
    assert sorted(map(json.loads, exported), key=str) == sorted(lines, key=str)
    question = tmp_path / "open.toml"
    question.write_text(
        'format = "align-tui/scenarios/1"\n[[scenario]]\nid = "q"\ntext = "Whom first?"\n'
        'asks = "text"\n',
        encoding="utf-8",
    )
    done = align_tui("run", "-p", str(tmp_path / "rate.toml"), "-s", str(question), "--json")
    _, said, _ = (json.loads(line) for line in done.stdout.splitlines())
    LINE.validate(said)
    assert said["answer"] == {"kind": "text", "text": "Neither of them first."}


def test_csv_has_what_each_decision_was_made_of(database: Database) -> None:
    run, study = mixed(database)
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(database, run)))))
    of = {(row["profile"], row["scenario"]): row for row in rows}
    where = study.scenarios[0].key
    made = of[study.profiles[1].name, where]
    assert made["ranking_function"] == "average_distance" and made["tied"] == "2"
    assert json.loads(made["predictions"])[0]["moral_desert"]["samples"] == [0.8, 1.0]
    assert json.loads(made["ranking_scores"])[:2] == [0.9, 0.9]
    said = of[study.profiles[2].name, where]
    assert (said["answer_kind"], said["answer_text"]) == ("text", "Both of them.")
    assert said["choice"] == said["choice_text"] == said["predictions"] == ""
    failed = of[study.profiles[3].name, study.scenarios[1].key]
    assert failed["error"] == "truncated" and failed["answer_kind"] == ""


def test_align_system_has_what_its_records_have_a_place_for(
    database: Database, tmp_path: Path
) -> None:
    run, study = mixed(database)
    align_system(database, run, tmp_path / "out")
    records = json.loads((tmp_path / "out/moral-desert-high/input_output.json").read_text())
    texts = [choice["unstructured"] for choice in records[0]["input"]["choices"]]
    info = records[0]["choice_info"]
    assert info["predicted_kdma_values"][texts[0]] == {"moral_desert": [0.8, 1.0]}
    assert info["predicted_relevance"][texts[1]] == {"moral_desert": 0.5}
    assert info["alignment_info"]["source"] == "average_distance"
    assert info["alignment_info"]["scores"]["1"] == 0.9
    assert info["per_step_timing_stats"][0] == {"step": "rate", "step_num": 0, "elapsed_s": 0.25}
    labels = {c.text: dict(c.labels) for c in study.scenarios[0].choices if c.labels}
    assert info.get("true_kdma_values", {}) == labels
    direct = records[1]["choice_info"]
    assert set(direct) <= {"predicted_probabilities", "true_kdma_values"}
    assert len(direct["predicted_probabilities"]) == len(records[1]["input"]["choices"])
    low = tmp_path / "out/moral-desert-low/input_output.json"
    assert len(json.loads(low.read_text())) == 1  # align-system's format has no open answers


def test_markdown_and_reports_say_the_ratings_in_short(database: Database) -> None:
    run, _ = mixed(database)
    text = "".join(markdown(database, run))
    short = "moral\\_desert A .90; average\\_distance A .90, B .90"
    assert "| ratings |" in text and short in text and "A, B tied" in text
    assert "Both of them." in text
    report = gather(database, [run])
    [said] = [said for example in report.examples for said in example.said if said.ratings]
    assert said.ratings.startswith("moral_desert A .90; average_distance A .90, B .90")
    assert short in report_markdown(report) and said.ratings in html(report)
    assert "Both of them." in report_markdown(report) and "Both of them." in html(report)


def test_no_export_takes_a_distribution_for_its_mean() -> None:
    targets = (Target("a", 0.7), Target("b", 0.5, 2.0), Target("c", SPREAD))
    effects = Target("d", RandomEffects(0.5, 1.0, -2.0))
    body = targets_json((*targets, effects))
    assert body == {
        "a": 0.7,
        "b": {"value": 0.5, "weight": 2.0},
        "c": {
            "name": "p7", "samples": [0.2, 0.4], "bandwidth": 0.1, "kernel": "gaussian",
            "mean": SPREAD.mean, "weight": 1.0,
        },
        "d": {
            "value": None, "weight": 1.0,
            "parameters": {"intercept": 0.5, "medical_weight": 1.0, "attr_weight": -2.0},
        },
    }  # fmt: skip
    jsonschema.Draft202012Validator({"$ref": "#/$defs/targets", "$defs": SCHEMA["$defs"]}).validate(
        body
    )
    assert target_words(targets) == "a 0.7 + b 0.5 x2 + c ~p7 (mean 0.3)"
    assert words.target_words((replace(targets[2], attribute="x_y"),)) == "x y ~p7 (mean 0.3)"
    assert target_words((effects,)) == "d (intercept 0.5, medical weight 1, attribute weight -2)"
    config = yaml.safe_load(yaml.safe_dump(choice_info.kdma_values((*targets, effects))))
    assert config[0] == {"kdma": "a", "value": 0.7} and config[1]["weight"] == 2.0
    assert config[2]["distribution"] == {"name": "p7", "samples": [0.2, 0.4], "bandwidth": 0.1}
    assert set(config[3]) == {"kdma", "parameters"}  # no value, which is not null either
    assert config[3]["parameters"][2] == {"name": "attr_weight", "value": -2.0}
