"""What a file's value must be is said in plain words, with the value that stands there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from align_tui.config.reading.problem_words import sentence


class Table(BaseModel):
    model_config = ConfigDict(strict=True)
    share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    rate: Annotated[float, Field(gt=0.25)] = 1.0
    count: Annotated[int, Field(ge=1)] = 1
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = ["a"]
    order: Literal["given", "both"] = "given"
    options: dict[str, int] = {}
    on: bool = False


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("share", 3.0, "share must be at most 1, not 3.0"),
        ("share", -1, "share must be at least 0, not -1"),
        ("rate", 0.25, "rate must be above 0.25, not 0.25"),
        ("count", 0, "count must be at least 1, not 0"),
        ("count", "2", "count must be a whole number, not '2'"),
        ("names", [], "names must not be empty"),
        ("names", ["a", "b", "c"], "names has more than 2 entries"),
        ("names", "a", "names must be a list, not 'a'"),
        ("order", "random", "order must be 'given' or 'both', not 'random'"),
        ("options", ["a"], "options must be a table, not a list"),
        ("on", 1.5, "on must be true or false, not 1.5"),
        ("order", "x" * 200, "order must be 'given' or 'both', not '" + "x" * 59 + "…"),
    ],
)
def test_a_wrong_value_is_said_plainly(key: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Table.model_validate({key: value})
    [problem] = caught.value.errors()
    assert sentence(key, problem) == said
