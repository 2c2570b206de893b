"""Values for JSON schemas, checked by the models that the schemas were made from."""

import datetime
import enum
import re
import uuid
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from conversations.localmodel.schema import matching, sample


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Leaf(BaseModel):
    name: Annotated[str, Field(min_length=3, max_length=8)]
    colour: Colour


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    leaf: Leaf
    leaves: Annotated[list[Leaf], Field(min_length=2, max_length=4)]
    parent: "Tree | None"
    when: datetime.date
    moment: datetime.datetime
    key: uuid.UUID
    kind: Literal["oak", "elm"]
    height: Annotated[float, Field(gt=0, lt=1)]
    count: Annotated[int, Field(ge=5, le=9, multiple_of=4)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{3,5}$")]
    pair: tuple[int, str]
    either: int | list[str]
    alive: bool
    nothing: None


class Chain(BaseModel):
    next: "Chain | None"
    rest: list["Chain"]


@pytest.mark.parametrize("prompt", ["", "A red elm with 17 leaves in New York, 0.5 metres", "x" * 500, "-3 and 1e9"])
@pytest.mark.parametrize("kind", [Tree, Leaf, Chain, list[int], dict[str, int], Colour, int | None])
def test_a_sample_is_valid_whatever_the_prompt(kind: object, prompt: str) -> None:
    adapter = TypeAdapter(kind)
    adapter.validate_python(sample(adapter.json_schema(), prompt), strict=False)


def test_the_prompt_decides_where_it_can() -> None:
    tree = sample(Tree.model_json_schema(), "A blue elm")
    assert tree["kind"] == "elm"
    assert tree["leaf"]["colour"] == "blue"
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "integer"}, "b": {"type": "number"}},
    }
    assert sample(schema, "What is 2 plus 3.5?") == {"a": 2, "b": 3.5}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-\d{2}$",
        "^(foo|bar)+$",
        r"^[^aeiou]\w+\s.$",
        "^[a-f0-9]{8}$",
        r"^\+?[1-9]\d{1,14}$",
        "^x*$",
        "[^xyz0-9]{2}",
    ],
)
def test_a_pattern_is_met(pattern: str) -> None:
    assert re.search(pattern, matching(pattern))
